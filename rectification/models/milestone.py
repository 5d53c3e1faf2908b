from datetime import date

from django.db import models
from django.db.models import Q

from rectification import clock
from rectification.models.measure import Measure
from rectification.states import PERIODS, Precision


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
        reached = self.reached_on is not None and self.reached_on <= on
        return self.due_on < on and not reached
