from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Prefetch, Q

from accounts.models import Unit, under
from rectification.models.dispatch import DispatchRound
from rectification.models.inspection import Inspection
from rectification.models.measure import Measure
from rectification.states import POINT_PENDING, PointState


class MeetingPointQuerySet(models.QuerySet["MeetingPoint"]):
    def pending(self) -> Self:
        """Not settled: each next round asks for an answer again."""
        return self.filter(state__in=POINT_PENDING)

    def carried_into(self, round: DispatchRound) -> Self:
        """Decided in an earlier round, and asked about in this one: pending when it opened."""
        earlier = self.filter(inspection=round.inspection_id, round__number__lt=round.number)
        return earlier.filter(Q(ended_at=None) | Q(ended_at__gte=round.opened_at))

    def visible_within(self, paths: Iterable[str]) -> Self:
        """Those of an organisation in the subtrees, or for a unit there to answer."""
        paths = list(paths)
        return self.filter(
            under(paths, "inspection__inspected_unit__path") | under(paths, "unit__path")
        )

    def for_list(self) -> Self:
        """With everything that is said of them, in order of their numbers."""
        answers = PointAnswer.objects.select_related("by", "on_behalf_of", "round")
        return (
            self.select_related(
                *("inspection__inspected_unit", "round", "unit", "measure"),
                *("by", "on_behalf_of", "ended_by"),
            )
            .prefetch_related(Prefetch("answers", answers))
            .order_by("number")
        )


class MeetingPoint(models.Model):
    """议定事项: what a dispatch meeting decided that a unit is to do or to answer.

    It comes back in each next round as a point to answer until the office settles or withdraws it.
    """

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="points")
    number = models.PositiveIntegerField("编号")
    round = models.ForeignKey(
        DispatchRound,
        verbose_name="议定于",
        on_delete=models.PROTECT,
        related_name="points",
    )
    unit = models.ForeignKey(
        Unit, verbose_name="承办单位", on_delete=models.PROTECT, related_name="points"
    )
    measure = models.ForeignKey(
        Measure,
        verbose_name="有关措施",
        on_delete=models.PROTECT,
        related_name="points",
        null=True,
        blank=True,
    )
    text = models.TextField("议定事项", max_length=2000)
    state = models.CharField("状态", max_length=20, choices=PointState, default=PointState.OPEN)
    version = models.PositiveIntegerField("版本", default=1)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="记录人", on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="代何人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    at = models.DateTimeField("记录时间")
    ended_at = models.DateTimeField("办结或撤销时间", null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="办结或撤销人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    ended_why = models.CharField("办结或撤销说明", max_length=500, blank=True)

    objects = MeetingPointQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "议定事项"
        constraints = [
            models.UniqueConstraint(
                name="one_point_of_a_number",
                fields=["inspection", "number"],
                violation_error_message="本次巡察已有这个编号的议定事项。",
            ),
            models.CheckConstraint(
                name="point_state_is_known",
                condition=Q(state__in=PointState.values),
                violation_error_message="议定事项的状态不在列表中。",
            ),
            models.CheckConstraint(
                name="point_says_something",
                condition=~Q(text=""),
                violation_error_message="议定事项不能为空。",
            ),
            models.CheckConstraint(
                name="point_ended_iff_over",
                condition=(Q(state__in=POINT_PENDING) & Q(ended_at=None, ended_by=None))
                | (
                    ~Q(state__in=POINT_PENDING)
                    & Q(ended_at__isnull=False, ended_by__isnull=False)
                    & ~Q(ended_why="")
                ),
                violation_error_message="议定事项办结或撤销时要写明说明。",
            ),
        ]

    def __str__(self) -> str:
        return f"议定事项{self.number}"

    @property
    def is_pending(self) -> bool:
        return self.state in POINT_PENDING

    @property
    def subject_code(self) -> str:
        """How the journal names it."""
        return f"{self.inspection.code}/{self.number}"


class PointAnswer(models.Model):
    """What the unit answers to a point in a round. Never overwritten: a further one follows."""

    point = models.ForeignKey(MeetingPoint, on_delete=models.PROTECT, related_name="answers")
    round = models.ForeignKey(
        DispatchRound, on_delete=models.PROTECT, related_name="answers", null=True, blank=True
    )
    text = models.TextField("答复", max_length=2000)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="答复人", on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="代何人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    at = models.DateTimeField("答复时间")

    class Meta:
        verbose_name = verbose_name_plural = "议定事项的答复"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="point_answer_says_something",
                condition=~Q(text=""),
                violation_error_message="答复不能为空。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.point}的答复"
