from typing import Self

from django.db import models
from django.db.models import Exists, F, Max, OuterRef, Q

from rectification import sheets
from rectification.models.inspection import Inspection
from rectification.states import RoundState


class DispatchRoundQuerySet(models.QuerySet["DispatchRound"]):
    def open(self) -> Self:
        return self.filter(state=RoundState.OPEN)

    def held(self) -> Self:
        """Those that took place: missed rounds are on record and were not held."""
        return self.exclude(state=RoundState.SUPERSEDED)

    def current(self) -> Self:
        """The last of each inspection that was held: its reports are taken, after its end as late
        ones, until the next opens."""
        later = DispatchRound.objects.held().filter(
            inspection=OuterRef("inspection"), number__gt=OuterRef("number")
        )
        return self.held().filter(~Exists(later))

    def latest_first(self) -> Self:
        return self.order_by("-number")

    def last_number(self) -> int:
        """The highest number that is there; 0 where there is none."""
        return int(self.aggregate(last=Max("number"))["last"] or 0)


class DispatchRound(models.Model):
    """One biweekly dispatch. `due_on` is its day in the series, `meeting_on` the working day of it.

    A round that was missed while the machine was off is recorded as superseded by the next one.
    """

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="rounds")
    number = models.PositiveIntegerField("次数")
    due_on = models.DateField("应调度日")
    meeting_on = models.DateField("会议日")
    state = models.CharField("状态", max_length=20, choices=RoundState, default=RoundState.OPEN)
    opened_at = models.DateTimeField("开始时间")
    closed_at = models.DateTimeField("结束时间", null=True, blank=True)

    objects = DispatchRoundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "调度"
        ordering = ["inspection", "number"]
        constraints = [
            models.UniqueConstraint(
                name="one_round_of_a_number",
                fields=["inspection", "number"],
                violation_error_message="本次巡察已有这一次调度。",
            ),
            models.UniqueConstraint(
                name="one_open_round_of_an_inspection",
                fields=["inspection"],
                condition=Q(state=RoundState.OPEN),
                violation_error_message="本次巡察已有一次进行中的调度，请先结束它。",
            ),
            models.CheckConstraint(
                name="round_state_is_known",
                condition=Q(state__in=RoundState.values),
                violation_error_message="调度状态不在列表中。",
            ),
            models.CheckConstraint(
                name="round_meets_on_or_after_its_day",
                condition=Q(meeting_on__gte=F("due_on")),
                violation_error_message="会议日不能早于应调度日。",
            ),
            models.CheckConstraint(
                name="round_closed_at_iff_closed",
                condition=Q(state=RoundState.CLOSED, closed_at__isnull=False)
                | (~Q(state=RoundState.CLOSED) & Q(closed_at=None)),
                violation_error_message="只有已结束的调度才有结束时间。",
            ),
        ]

    def __str__(self) -> str:
        return f"第{self.number}次调度"

    @property
    def is_open(self) -> bool:
        return self.state == RoundState.OPEN

    @property
    def subject_code(self) -> str:
        """How the journal names this round."""
        return f"{self.inspection.code}/{self.number}"


class RoundSheet(models.Model):
    """调度表: the whole account of a round, kept at its close and never changed again.

    `content` is `sheets.Sheet.kept()`, `digest` its SHA-256, which the journal has too.
    """

    round = models.OneToOneField(DispatchRound, on_delete=models.PROTECT, related_name="sheet")
    content = models.JSONField("内容", default=dict)
    digest = models.CharField("校验码", max_length=64)
    at = models.DateTimeField("存档时间")

    class Meta:
        verbose_name = verbose_name_plural = "调度表"

    def __str__(self) -> str:
        return f"{self.round}表"

    @property
    def is_intact(self) -> bool:
        """Whether it still says what was kept."""
        return sheets.digest_of(self.content) == self.digest
