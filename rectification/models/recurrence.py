"""屡查屡犯: what a person decided of a problem and one of an earlier inspection like it."""

from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from rectification.models.problem import Problem


class RecurrenceDecision(models.TextChoices):
    LINKED = "linked", "屡查屡犯"
    DISMISSED = "dismissed", "不是同类问题"


class RecurrenceQuerySet(models.QuerySet["Recurrence"]):
    def linked(self) -> Self:
        return self.filter(decision=RecurrenceDecision.LINKED)

    def dismissed(self) -> Self:
        return self.filter(decision=RecurrenceDecision.DISMISSED)

    def visible_within(self, paths: Iterable[str]) -> Self:
        """Those of which both problems are visible there."""
        visible = Problem.objects.visible_within(list(paths)).order_by().values("pk")
        return self.filter(problem__in=visible, earlier__in=visible)

    def for_list(self) -> Self:
        """Everything a page shows of them, the latest feedback first."""
        related = ("problem__inspection", "earlier__inspection", "by", "on_behalf_of")
        return self.select_related(*related).order_by("-earlier__inspection__feedback_date", "pk")


class Recurrence(models.Model):
    """A decision on one pair of problems. The earlier one's feedback is the earlier one.

    `score` is the similarity in per cent (`resemblance.score`) when it was decided. A decision
    may be changed by a further one; the journal keeps both.
    """

    problem = models.ForeignKey(Problem, on_delete=models.PROTECT, related_name="forebear_links")
    earlier = models.ForeignKey(
        Problem,
        verbose_name="以往问题",
        on_delete=models.PROTECT,
        related_name="successor_links",
    )
    decision = models.CharField("认定", max_length=10, choices=RecurrenceDecision)
    score = models.PositiveSmallIntegerField("相似度")
    why = models.TextField("理由", max_length=2000)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="认定人",
        on_delete=models.PROTECT,
        related_name="+",
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="代何人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    at = models.DateTimeField("认定时间")
    version = models.PositiveIntegerField("版本", default=1)

    objects = RecurrenceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "屡查屡犯"
        constraints = [
            models.UniqueConstraint(
                name="a_pair_of_problems_is_decided_once",
                fields=["problem", "earlier"],
                violation_error_message="这两个问题已经认定过。",
            ),
            models.CheckConstraint(
                name="recurrence_decision_is_known",
                condition=Q(decision__in=RecurrenceDecision.values),
                violation_error_message="屡查屡犯的认定不在列表中。",
            ),
            models.CheckConstraint(
                name="recurrence_score_is_a_share",
                condition=Q(score__gte=0, score__lte=100),
                violation_error_message="相似度要在 0 到 100 之间。",
            ),
            models.CheckConstraint(
                name="recurrence_has_two_problems_and_a_reason",
                condition=~Q(problem=F("earlier")) & ~Q(why=""),
                violation_error_message="认定屡查屡犯要选两个不同的问题，并写明理由。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.problem.code} {self.get_decision_display()} {self.earlier.code}"

    @property
    def is_linked(self) -> bool:
        return self.decision == RecurrenceDecision.LINKED

    @property
    def subject_code(self) -> str:
        """How the journal names this pair."""
        return f"{self.problem.subject_code}~{self.earlier.subject_code}"
