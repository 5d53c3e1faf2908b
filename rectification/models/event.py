"""Status as dated events: what makes every figure computable as of any day, for ever."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from rectification.models.dispatch import DispatchRound
from rectification.models.measure import Measure
from rectification.models.problem import Problem
from rectification.states import (
    MEASURE_MOVES,
    PROBLEM_MOVES,
    ProblemStatus,
    ReturnGround,
    WorkStatus,
)


class StatusEvent(models.Model):
    """One change of status: from, to, on which day. Written once, by a verb, never edited.

    `on` is the day that counts in figures, `at` the moment of writing; they differ where something
    older is recorded later, and then `why` names the source.
    """

    verb = models.CharField("动作", max_length=20)
    from_status = models.CharField("原状态", max_length=20, blank=True)
    to_status = models.CharField("新状态", max_length=20)
    on = models.DateField("日期")
    at = models.DateTimeField("时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="操作人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="代何人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    why = models.TextField("理由", blank=True)

    class Meta:
        abstract = True


class MeasureEvent(StatusEvent):
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="events")
    ground = models.CharField("退回依据", max_length=20, choices=ReturnGround, blank=True)
    rework_round = models.PositiveSmallIntegerField("第几次退回", default=0)
    round = models.ForeignKey(
        DispatchRound, on_delete=models.PROTECT, related_name="events", null=True, blank=True
    )

    class Meta:
        verbose_name = verbose_name_plural = "措施状态变化"
        indexes = [
            models.Index(fields=["measure", "on", "id"], name="measure_event_by_day"),
            models.Index(fields=["on", "to_status"], name="measure_event_by_status"),
        ]
        constraints = [
            models.CheckConstraint(
                name="measure_event_statuses_are_known",
                condition=Q(to_status__in=WorkStatus.values)
                & Q(from_status__in=["", *WorkStatus.values]),
                violation_error_message="措施状态变化前后的状态要在列表中。",
            ),
            models.CheckConstraint(
                name="measure_event_ground_iff_sent_back",
                condition=Q(verb="send_back", ground__in=ReturnGround.values)
                | (~Q(verb="send_back") & Q(ground="")),
                violation_error_message="退回要选依据，其他动作没有依据。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure.code} {self.on} {self.says}"

    @property
    def says(self) -> str:
        return MEASURE_MOVES[self.verb].says


class ProblemEvent(StatusEvent):
    problem = models.ForeignKey(Problem, on_delete=models.PROTECT, related_name="events")

    class Meta:
        verbose_name = verbose_name_plural = "问题状态变化"
        indexes = [models.Index(fields=["problem", "on", "id"], name="problem_event_by_day")]
        constraints = [
            models.CheckConstraint(
                name="problem_event_statuses_are_known",
                condition=Q(to_status__in=ProblemStatus.values)
                & Q(from_status__in=["", *ProblemStatus.values]),
                violation_error_message="问题状态变化前后的状态要在列表中。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.problem.code} {self.on} {self.says}"

    @property
    def says(self) -> str:
        return PROBLEM_MOVES[self.verb].says
