"""回炉返工: every return of a measure as an episode with a number. Nothing is overwritten."""

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from rectification import clock
from rectification.models.closeout import CloseoutRequest, ReviewStage
from rectification.models.measure import Measure
from rectification.states import ReturnGround


class ReworkQuerySet(models.QuerySet["Rework"]):
    def open(self) -> Self:
        """Those that the unit has not answered yet."""
        return self.filter(answered_at=None)


class Rework(models.Model):
    """The n-th return of a measure: from which stage, on which ground, why, to be redone by when.

    It is answered when the measure leaves 已退回: by a report with news or a new application.
    `stage` and `request` are empty where the office returned work without an application; `due_on`
    is empty for returns from before episodes were kept.
    """

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="reworks")
    number = models.PositiveSmallIntegerField("第几次退回")
    ground = models.CharField("退回依据", max_length=20, choices=ReturnGround)
    reason = models.TextField("退回原因", max_length=2000)
    due_on = models.DateField("返工期限", null=True, blank=True)
    request = models.ForeignKey(
        CloseoutRequest, on_delete=models.PROTECT, related_name="reworks", null=True, blank=True
    )
    stage = models.ForeignKey(
        ReviewStage, on_delete=models.PROTECT, related_name="reworks", null=True, blank=True
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="退回人",
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
    at = models.DateTimeField("退回时间")
    on = models.DateField("退回日期")
    answered_at = models.DateTimeField("重报时间", null=True, blank=True)
    answered_on = models.DateField("重报日期", null=True, blank=True)

    objects = ReworkQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "回炉返工"
        ordering = ["measure", "number"]
        constraints = [
            models.UniqueConstraint(
                name="one_rework_of_a_number",
                fields=["measure", "number"],
                violation_error_message="这一次退回已经有了。",
            ),
            models.UniqueConstraint(
                name="one_open_rework",
                fields=["measure"],
                condition=Q(answered_at=None),
                violation_error_message="这条措施还有一次退回没有重报。",
            ),
            models.CheckConstraint(
                name="rework_ground_is_known",
                condition=Q(ground__in=ReturnGround.values),
                violation_error_message="退回依据不在列表中。",
            ),
            models.CheckConstraint(
                name="rework_is_due_after_it_was_sent_back",
                condition=Q(due_on=None) | Q(due_on__gte=F("on")),
                violation_error_message="返工期限不能早于退回日期。",
            ),
            models.CheckConstraint(
                name="rework_answer_is_dated",
                condition=Q(answered_at=None, answered_on=None)
                | Q(answered_at__isnull=False, answered_on__gte=F("on")),
                violation_error_message="重报日期不能早于退回日期。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure.code} 第{self.number}次退回"

    def due_phrase(self, *, on: date) -> str:
        """8月10日, and how far past it is; empty where no day was set."""
        if self.due_on is None:
            return ""
        late = clock.days_overdue(self.due_on, on=on)
        return f"{clock.short_day(self.due_on, on=on)}{f'，已超期{late}天' if late > 0 else ''}"
