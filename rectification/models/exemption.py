from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import under
from rectification.models.measure import Measure
from rectification.states import ExemptionState

_DECIDED = (ExemptionState.GRANTED, ExemptionState.REFUSED)


class ExemptionQuerySet(models.QuerySet["Exemption"]):
    def pending(self) -> Self:
        return self.filter(state=ExemptionState.REQUESTED)

    def of_bureaus_within(self, paths: Iterable[str]) -> Self:
        """Those in inspections of an organisation in the subtrees."""
        return self.filter(under(paths, "measure__inspection__inspected_unit__path"))


class Exemption(models.Model):
    """An application that a measure is not applicable any more: the n-th of its measure.

    A unit or the office asks with a reason, an executive or the party group decides. It lapses
    where the measure is reported as done in the meantime.
    """

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="exemptions")
    number = models.PositiveSmallIntegerField("第几次申请")
    reason = models.TextField("不再适用的理由", max_length=2000)
    state = models.CharField(
        "结果", max_length=20, choices=ExemptionState, default=ExemptionState.REQUESTED
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="申请人", on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="申请代何人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    at = models.DateTimeField("申请时间")
    on = models.DateField("申请日期")
    opinion = models.TextField("处理意见", max_length=2000, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="处理人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    settled_on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="处理代何人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    settled_at = models.DateTimeField("处理时间", null=True, blank=True)
    settled_on = models.DateField("处理日期", null=True, blank=True)
    version = models.PositiveIntegerField("版本", default=1)

    objects = ExemptionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "不再适用申请"
        ordering = ["measure", "number"]
        constraints = [
            models.UniqueConstraint(
                name="one_exemption_of_a_number",
                fields=["measure", "number"],
                violation_error_message="这一次不再适用申请已经有了。",
            ),
            models.UniqueConstraint(
                name="one_pending_exemption",
                fields=["measure"],
                condition=Q(state=ExemptionState.REQUESTED),
                violation_error_message="这条措施已有一份不再适用申请在审批。",
            ),
            models.CheckConstraint(
                name="exemption_state_is_known",
                condition=Q(state__in=ExemptionState.values),
                violation_error_message="不再适用申请的结果不在列表中。",
            ),
            models.CheckConstraint(
                name="exemption_has_a_reason",
                condition=~Q(reason=""),
                violation_error_message="不再适用要写明理由。",
            ),
            models.CheckConstraint(
                name="exemption_is_settled_by_somebody_on_a_day",
                condition=Q(
                    state=ExemptionState.REQUESTED,
                    settled_by=None,
                    settled_on_behalf_of=None,
                    settled_at=None,
                    settled_on=None,
                )
                | (
                    ~Q(state=ExemptionState.REQUESTED)
                    & Q(settled_by__isnull=False, settled_at__isnull=False)
                    & Q(settled_on__gte=models.F("on"))
                ),
                violation_error_message="处理过的申请要写明处理人和时间，未处理的不能有。",
            ),
            models.CheckConstraint(
                name="exemption_decision_has_an_opinion",
                condition=~Q(state__in=_DECIDED) | ~Q(opinion=""),
                violation_error_message="批准或不批准都要写明意见。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure.code} 第{self.number}次不再适用申请"

    @property
    def subject_code(self) -> str:
        """How the journal names this application."""
        return f"{self.measure.subject_code}/{self.number}"
