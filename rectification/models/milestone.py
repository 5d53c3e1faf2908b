from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import models
from django.db.models import Q

from rectification import clock
from rectification.models.measure import Measure
from rectification.states import PERIODS, Precision


@dataclass(frozen=True)
class Progress:
    """序时进度: how much of a measure was to be reached by a day, and how much was, in per cent."""

    scheduled: int
    reached: int

    @property
    def is_behind(self) -> bool:
        """未达序时."""
        return self.reached < self.scheduled

    @property
    def says(self) -> str:
        behind = "，未达序时" if self.is_behind else ""
        return f"序时进度{self.scheduled}%，实际{self.reached}%{behind}"


def progress_of(milestones: Iterable["Milestone"], *, on: date) -> Progress | None:
    """Of the milestones of one measure, as of the end of `on`; None where it has none."""
    milestones = list(milestones)
    if not milestones:
        return None
    due = [each.share for each in milestones if each.due_on < on]
    reached = [each.share for each in milestones if each.is_reached(on=on)]
    return Progress(scheduled=max(due, default=0), reached=max(reached, default=0))


class Milestone(models.Model):
    """What must be reached by when; `share` is the part of the measure, in per cent, by then."""

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="milestones")
    text = models.CharField("节点", max_length=200)
    due_on = models.DateField("时间节点")
    precision = models.CharField(
        "时限精度", max_length=10, choices=Precision, default=Precision.DAY
    )
    share = models.PositiveSmallIntegerField("应达进度(%)")
    reached_on = models.DateField("达到日期", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "时间节点"
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(
                name="milestone_share_is_a_percentage",
                condition=Q(share__gte=1, share__lte=100),
                violation_error_message="应达进度请填 1 到 100。",
            ),
            models.CheckConstraint(
                name="milestone_precision_is_known",
                condition=Q(precision__in=PERIODS),
                violation_error_message="时间节点的精度不在列表中。",
            ),
            models.UniqueConstraint(
                name="one_milestone_of_a_share",
                fields=["measure", "share"],
                violation_error_message="同一措施的两个节点不能是同一进度。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure.code} {self.text}"

    @property
    def due_phrase(self) -> str:
        return clock.deadline_phrase(self.due_on, self.precision)

    def is_missed(self, *, on: date) -> bool:
        """Its day has passed, and it was not reached by then."""
        return self.due_on < on and not self.is_reached(on=on)

    def is_reached(self, *, on: date) -> bool:
        return self.reached_on is not None and self.reached_on <= on
