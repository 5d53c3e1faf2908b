"""延期: a request for more time, its two decisions, and every change of an agreed deadline.

The original deadline of a measure never moves; what was agreed on any past day is read back from
the dated changes.
"""

from collections.abc import Iterable
from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When

from rectification import clock
from rectification.models.inspection import Inspection
from rectification.models.measure import Measure
from rectification.states import (
    EXTENSION_PENDING,
    PERIODS,
    ExtensionState,
    Precision,
    Verdict,
)


class ExtensionQuerySet(models.QuerySet["Extension"]):
    def pending(self) -> Self:
        return self.filter(state__in=EXTENSION_PENDING)

    def at_steps_of(self, holdings: Iterable[tuple[str, str]]) -> Self:
        """Those at a step whose role is held (as role and path) for the measure's lead unit."""
        condition = Q(pk__in=[])
        first, second = "measure__inspection__extension_first_role", "extension_second_role"
        for role, path in holdings:
            step = Q(state=ExtensionState.REQUESTED, **{first: role}) | Q(
                state=ExtensionState.ENDORSED, **{f"measure__inspection__{second}": role}
            )
            condition |= step & Q(measure__lead_unit__path__startswith=path)
        return self.filter(condition)

    def matching(self, text: str) -> Self:
        """Those whose reason, or whose measure's code or text, contains the text."""
        return self.filter(
            Q(reason__icontains=text)
            | Q(measure__code__icontains=text)
            | Q(measure__text__icontains=text)
        )

    def for_list(self) -> Self:
        """Everything the list page shows, in a fixed number of queries, the latest first."""
        related = ("measure__inspection", "measure__lead_unit", "requested_by")
        return (
            self.select_related(*related)
            .prefetch_related("decisions__by")
            .order_by("-requested_at", "-pk")
        )


class Extension(models.Model):
    """The n-th request of a measure for a later deadline, with the one that it started from.

    `state` changes only through `rectification.extending`. `settled_*` say when and by whom a
    request ended, `settled_why` why it was withdrawn or lapsed; a decision has its own row.
    """

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="extensions")
    number = models.PositiveSmallIntegerField("第几次申请")
    reason = models.TextField("延期理由", max_length=2000)
    deadline = models.DateField("申请延至")
    precision = models.CharField("申请时限精度", max_length=10, choices=Precision)
    from_deadline = models.DateField("申请时的时限")
    from_precision = models.CharField("申请时的时限精度", max_length=10, choices=Precision)
    state = models.CharField(
        "状态", max_length=20, choices=ExtensionState, default=ExtensionState.REQUESTED
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="申请人", on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="代表谁申请",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    requested_at = models.DateTimeField("申请时间")
    requested_on = models.DateField("申请日期")
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="办结人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    settled_at = models.DateTimeField("办结时间", null=True, blank=True)
    settled_on = models.DateField("办结日期", null=True, blank=True)
    settled_why = models.TextField("撤回或失效的理由", max_length=2000, blank=True)
    version = models.PositiveIntegerField("版本", default=1)

    objects = ExtensionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "延期申请"
        ordering = ["measure", "number"]
        constraints = [
            models.UniqueConstraint(
                name="one_extension_of_a_number",
                fields=["measure", "number"],
                violation_error_message="这一次延期申请已经有了。",
            ),
            models.UniqueConstraint(
                name="one_pending_extension",
                fields=["measure"],
                condition=Q(state__in=EXTENSION_PENDING),
                violation_error_message="这条措施已有一份延期申请在审批。",
            ),
            models.CheckConstraint(
                name="extension_state_is_known",
                condition=Q(state__in=ExtensionState.values),
                violation_error_message="延期申请的状态不在列表中。",
            ),
            models.CheckConstraint(
                name="extension_deadlines_are_precise",
                condition=Q(precision__in=PERIODS, from_precision__in=PERIODS),
                violation_error_message="延期前后的时限都要有时限精度。",
            ),
            models.CheckConstraint(
                name="extension_leads_to_a_later_day",
                condition=Q(deadline__gt=F("from_deadline")),
                violation_error_message="延期后的时限要晚于现在的整改时限。",
            ),
            models.CheckConstraint(
                name="extension_is_asked_for_in_time",
                condition=Q(requested_on__lte=F("from_deadline")),
                violation_error_message="延期要在整改时限当天或之前申请。",
            ),
            models.CheckConstraint(
                name="extension_gives_a_reason",
                condition=~Q(reason=""),
                violation_error_message="申请延期要写明理由。",
            ),
            models.CheckConstraint(
                name="extension_settled_iff_not_pending",
                condition=Q(
                    state__in=EXTENSION_PENDING, settled_on__isnull=True, settled_at__isnull=True
                )
                | (
                    ~Q(state__in=EXTENSION_PENDING)
                    & Q(settled_on__isnull=False, settled_at__isnull=False)
                ),
                violation_error_message="办结的延期申请要有办结日期，在审批的没有。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure.code} 第{self.number}次延期申请"

    @property
    def asked_phrase(self) -> str:
        return clock.deadline_phrase(self.deadline, self.precision)

    @property
    def from_phrase(self) -> str:
        return clock.deadline_phrase(self.from_deadline, self.from_precision)

    @property
    def step(self) -> int:
        """The step that a pending one waits at."""
        return 2 if self.state == ExtensionState.ENDORSED else 1

    @property
    def step_name(self) -> str:
        return ("延期初审", "延期审定")[self.step - 1]

    @property
    def is_pending(self) -> bool:
        return self.state in EXTENSION_PENDING

    @property
    def tone(self) -> str:
        """The tone of the tag that names the state."""
        if self.is_pending:
            return "near"
        return "done" if self.state == ExtensionState.GRANTED else "plain"


class ExtensionDecision(models.Model):
    """One decision on a request, at step 1 or 2. Whoever asked or reported never decides."""

    extension = models.ForeignKey(Extension, on_delete=models.PROTECT, related_name="decisions")
    step = models.PositiveSmallIntegerField("环节", choices=((1, "延期初审"), (2, "延期审定")))
    decision = models.CharField("意见", max_length=10, choices=Verdict)
    opinion = models.TextField("审批意见", max_length=2000, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="审批人", on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="代表谁审批",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    at = models.DateTimeField("审批时间")
    on = models.DateField("审批日期")

    class Meta:
        verbose_name = verbose_name_plural = "延期审批"
        ordering = ["extension", "step"]
        constraints = [
            models.UniqueConstraint(
                name="one_decision_of_a_step",
                fields=["extension", "step"],
                violation_error_message="这一环节已经审批过了。",
            ),
            models.CheckConstraint(
                name="extension_step_is_one_of_two",
                condition=Q(step__in=[1, 2]),
                violation_error_message="延期审批只有初审和审定两个环节。",
            ),
            models.CheckConstraint(
                name="extension_decision_is_known",
                condition=Q(decision=Verdict.AGREE) | (Q(decision=Verdict.REFUSE) & ~Q(opinion="")),
                violation_error_message="延期审批意见只能是同意，或者写明理由的不同意。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.extension} {self.get_step_display()}{self.get_decision_display()}"


class DeadlineChangeQuerySet(models.QuerySet["DeadlineChange"]):
    def granted(self, inspection: Inspection, *, on: date) -> Self:
        """The extensions that were granted by the end of `on`, one row each."""
        of_inspection = self.filter(measure__inspection=inspection, on__lte=on)
        return of_inspection.filter(extension__isnull=False)


class DeadlineChange(models.Model):
    """One change of a measure's agreed deadline, on its day: by an extension, or of the plan.

    `on` is the day that counts in figures. Written once, by a verb, never edited.
    """

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="deadline_changes")
    from_deadline = models.DateField("原来的时限", null=True, blank=True)
    from_precision = models.CharField("原来的时限精度", max_length=10, choices=Precision)
    to_deadline = models.DateField("改为", null=True, blank=True)
    to_precision = models.CharField("改后的时限精度", max_length=10, choices=Precision)
    extension = models.OneToOneField(
        Extension, on_delete=models.PROTECT, related_name="change", null=True, blank=True
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="操作人", on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="代表谁操作",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    at = models.DateTimeField("时间")
    on = models.DateField("日期")
    why = models.TextField("理由", blank=True)

    objects = DeadlineChangeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "时限变更"
        ordering = ["measure", "on", "pk"]
        indexes = [models.Index(fields=["measure", "on", "id"], name="deadline_change_by_day")]
        constraints = [
            models.CheckConstraint(
                name="deadline_change_iff_precise",
                condition=(
                    Q(from_deadline=None, from_precision=Precision.NONE)
                    | Q(from_deadline__isnull=False, from_precision__in=PERIODS)
                )
                & (
                    Q(to_deadline=None, to_precision=Precision.NONE)
                    | Q(to_deadline__isnull=False, to_precision__in=PERIODS)
                ),
                violation_error_message="变更前后的时限和时限精度要同时填写，或者都不填。",
            ),
            models.CheckConstraint(
                name="deadline_change_of_extension_is_later",
                condition=Q(extension=None) | Q(to_deadline__gt=F("from_deadline")),
                violation_error_message="延期后的时限要晚于原来的时限。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure.code} {self.on} {self.from_phrase}→{self.to_phrase}"

    @property
    def from_phrase(self) -> str:
        return clock.deadline_phrase(self.from_deadline, self.from_precision) or "无时限"

    @property
    def to_phrase(self) -> str:
        return clock.deadline_phrase(self.to_deadline, self.to_precision) or "无时限"


def deadline_as_of(on: date) -> dict[str, Case]:
    """Annotations of a measure: `deadline_then`, `precision_then`, as agreed at the end of `on`.

    What the earliest later change moved away from; where there is none, what holds now.
    """
    later = DeadlineChange.objects.filter(measure=OuterRef("pk"), on__gt=on).order_by("on", "pk")

    def then(was: str, now: str) -> Case:
        return Case(
            When(Exists(later), then=Subquery(later.values(was)[:1])),
            default=F(now),
        )

    return {
        "deadline_then": then("from_deadline", "deadline"),
        "precision_then": then("from_precision", "precision"),
    }
