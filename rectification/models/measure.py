from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, F, Max, OuterRef, Q, When
from django.db.models.functions import Coalesce

from accounts.models import Unit, under
from rectification import clock
from rectification.models.inspection import CODE, Inspection
from rectification.states import FINISHED, PERIODS, Basis, Precision, TimeKind, WorkStatus

_DEADLINE = {Basis.AGREED: "deadline", Basis.ORIGINAL: "original_deadline"}
_FINISHED_LAST = Case(When(status__in=FINISHED, then=1), default=0)


@dataclass(frozen=True)
class Light:
    """A traffic light that carries its reason in words. Colours: red, yellow, green, done, none."""

    colour: str
    reason: str


class MeasureQuerySet(models.QuerySet["Measure"]):
    def visible_within(self, paths: Iterable[str]) -> Self:
        """Those of an organisation in the subtrees, or led or supported by a unit there."""
        paths = list(paths)
        link = Measure.supporting_units.through.objects.filter(measure=OuterRef("pk"))
        return self.filter(
            under(paths, "inspection__inspected_unit__path")
            | under(paths, "lead_unit__path")
            | Exists(link.filter(under(paths, "unit__path")))
        )

    def led_within(self, paths: Iterable[str]) -> Self:
        return self.filter(under(paths, "lead_unit__path"))

    def closed(self) -> Self:
        return self.filter(status=WorkStatus.CLOSED)

    def unfinished(self) -> Self:
        return self.exclude(status__in=FINISHED)

    def overdue(self, *, on: date, basis: Basis = Basis.AGREED) -> Self:
        """Unfinished past the deadline, as of the end of `on`."""
        return self.unfinished().filter(**{f"{_DEADLINE[basis]}__lt": on})

    def near(self, *, on: date, basis: Basis = Basis.AGREED) -> Self:
        """Unfinished, with no more days left than the inspection's threshold."""
        window = Q(pk__in=[])
        # Date arithmetic on columns differs between the databases: one window for each threshold.
        for threshold in Inspection.objects.values_list("near_days", flat=True).distinct():
            until = on + timedelta(days=threshold)
            due = Q((f"{_DEADLINE[basis]}__range", (on, until)))
            window |= due & Q(inspection__near_days=threshold)
        return self.unfinished().filter(window)

    def behind_schedule(self, *, on: date) -> Self:
        """Unfinished, with less reached than the milestones whose day has passed ask for."""
        return self.unfinished().filter(Exists(_behind(on)))

    def with_behind(self, *, on: date) -> Self:
        """Annotated with `is_behind`, which `light` needs."""
        return self.annotate(is_behind=Exists(_behind(on)))

    def matching(self, text: str) -> Self:
        """Those whose code, text, target or problem contains the text."""
        return self.filter(
            Q(code__icontains=text)
            | Q(text__icontains=text)
            | Q(target__icontains=text)
            | Q(problem__wording__icontains=text)
        )

    def for_list(self, *, on: date, basis: Basis = Basis.AGREED) -> Self:
        """Everything the list page shows, in a fixed number of queries.

        Most urgent first: unfinished before finished, then by deadline.
        """
        due = F(_DEADLINE[basis]).asc(nulls_last=True)
        return (
            self.select_related("inspection", "problem", "lead_unit", "person_in_charge")
            .prefetch_related("supporting_units")
            .with_behind(on=on)
            .order_by(_FINISHED_LAST, due, "code", "pk")
        )


def _behind(on: date) -> MeasureQuerySet:
    """The measure itself, where it is 未达序时 as `models.milestone.progress_of` has it."""
    due = Max("milestones__share", filter=Q(milestones__due_on__lt=on))
    reached = Max("milestones__share", filter=Q(milestones__reached_on__lte=on))
    shares = Measure.objects.filter(pk=OuterRef("pk")).annotate(
        due_share=due, reached_share=Coalesce(reached, 0)
    )
    return shares.filter(due_share__gt=F("reached_share"))


class Measure(models.Model):
    """One measure of the plan. `status` changes only through `rectification.workflow`.

    `deadline` is the last day of the agreed period and `precision` says how it was agreed;
    `original_deadline`, with its own precision, is the first one and never moves. `rework_round`
    counts the returns, `times_postponed` the changes to a later deadline, by whichever door.
    `version` goes up with each save, and a save must name the version that it was made from.
    """

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="measures")
    problem = models.ForeignKey(
        "rectification.Problem",
        verbose_name="问题",
        on_delete=models.PROTECT,
        related_name="measures",
    )
    code = models.CharField("措施编号", max_length=20, validators=[CODE])
    text = models.TextField("整改措施", max_length=4000)
    target = models.TextField("整改目标", max_length=2000, blank=True)
    lead_unit = models.ForeignKey(
        Unit, verbose_name="牵头单位", on_delete=models.PROTECT, related_name="led_measures"
    )
    supporting_units = models.ManyToManyField(
        Unit, verbose_name="配合单位", related_name="supported_measures", blank=True
    )
    responsible_executive = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="责任领导",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    person_in_charge = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="责任人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    time_kind = models.CharField(
        "时限类型", max_length=20, choices=TimeKind, default=TimeKind.DATED
    )
    deadline = models.DateField("整改时限", null=True, blank=True)
    original_deadline = models.DateField("原定时限", null=True, blank=True)
    precision = models.CharField(
        "时限精度", max_length=10, choices=Precision, default=Precision.MONTH
    )
    original_precision = models.CharField(
        "原定时限精度", max_length=10, choices=Precision, default=Precision.MONTH
    )
    review_every_months = models.PositiveSmallIntegerField("复查周期(月)", null=True, blank=True)
    status = models.CharField(
        "状态", max_length=20, choices=WorkStatus, default=WorkStatus.NOT_STARTED
    )
    closed_on = models.DateField("销号日期", null=True, blank=True)
    rework_round = models.PositiveSmallIntegerField("退回次数", default=0)
    times_postponed = models.PositiveSmallIntegerField("延期次数", default=0)
    version = models.PositiveIntegerField("版本", default=1)

    objects = MeasureQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "措施"
        indexes = [
            models.Index(fields=["inspection", "status", "deadline"], name="measure_by_urgency")
        ]
        constraints = [
            models.UniqueConstraint(
                name="one_measure_of_a_code",
                fields=["inspection", "code"],
                violation_error_message="本次巡察已有这个措施编号。",
            ),
            models.CheckConstraint(
                name="measure_status_is_known",
                condition=Q(status__in=WorkStatus.values),
                violation_error_message="措施状态不在列表中。",
            ),
            models.CheckConstraint(
                name="measure_time_kind_is_known",
                condition=Q(time_kind__in=TimeKind.values),
                violation_error_message="时限类型不在列表中。",
            ),
            models.CheckConstraint(
                name="measure_closed_on_iff_closed",
                condition=Q(status=WorkStatus.CLOSED, closed_on__isnull=False)
                | (~Q(status=WorkStatus.CLOSED) & Q(closed_on=None)),
                violation_error_message="只有已销号的措施才有销号日期。",
            ),
            models.CheckConstraint(
                name="measure_deadline_iff_precise",
                condition=Q(
                    deadline=None,
                    original_deadline=None,
                    precision=Precision.NONE,
                    original_precision=Precision.NONE,
                )
                | (
                    Q(deadline__isnull=False, original_deadline__isnull=False)
                    & Q(precision__in=PERIODS, original_precision__in=PERIODS)
                ),
                violation_error_message="整改时限和时限精度要同时填写，或者都不填。",
            ),
            models.CheckConstraint(
                name="measure_dated_has_deadline",
                condition=~Q(time_kind=TimeKind.DATED) | Q(deadline__isnull=False),
                violation_error_message="限期整改的措施要填整改时限。",
            ),
            models.CheckConstraint(
                name="measure_long_term_has_rhythm",
                condition=~Q(time_kind=TimeKind.LONG_TERM)
                | Q(deadline=None, review_every_months__gte=1),
                violation_error_message="长期坚持的措施没有时限，要填复查周期（至少 1 个月）。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def title(self) -> str:
        """The text, cut at a length that a heading carries."""
        return self.text if len(self.text) <= 60 else f"{self.text[:59]}…"

    @property
    def subject_code(self) -> str:
        """How the journal names this measure."""
        return f"{self.inspection.code}/{self.code}"

    @property
    def is_finished(self) -> bool:
        return self.status in FINISHED

    @property
    def rework_note(self) -> str:
        return f"第{self.rework_round}次退回" if self.rework_round else ""

    @property
    def deadline_phrase(self) -> str:
        """The time as it was agreed: 2025年6月底前, 立行立改 or 长期坚持."""
        phrase = clock.deadline_phrase(self.deadline, self.precision)
        return phrase or TimeKind(self.time_kind).label

    def light(self, *, on: date, basis: Basis = Basis.AGREED) -> Light:
        """The traffic light as of the end of `on`. Needs `with_behind` and the inspection.

        By the agreed deadline, one that has passed its original one is at least yellow.
        """
        if self.is_finished:
            return Light("done", WorkStatus(self.status).label)
        due = self.deadline if basis == Basis.AGREED else self.original_deadline
        if due is None:
            return Light("green", f"绿：{self.deadline_phrase}，按计划推进")
        left, says = clock.days_left(due, on=on), self._said(basis)
        if left < 0:
            first = "" if self.is_rescheduled else "原定"
            return Light("red", f"红：{first}{says.removesuffix('前')}，已超期{-left}天")
        late = clock.days_overdue(self.original_deadline or due, on=on)
        passed = f"，已过原定时限{late}天" if late > 0 else ""
        if left <= self.inspection.near_days:
            return Light("yellow", f"黄：{says}，剩{left}天{passed}")
        if getattr(self, "is_behind", False):
            return Light("yellow", f"黄：{says}，未达序时{passed}")
        if passed:
            return Light("yellow", f"黄：{says}{passed}")
        return Light("green", f"绿：{says}，剩{left}天")

    @property
    def original_phrase(self) -> str:
        """The first agreed time, in its own precision; empty where there is none."""
        return clock.deadline_phrase(self.original_deadline, self.original_precision)

    @property
    def is_rescheduled(self) -> bool:
        """Whether another time than the original one is agreed now."""
        return self.deadline != self.original_deadline

    @property
    def postponed_note(self) -> str:
        return f"已延期{self.times_postponed}次" if self.times_postponed else ""

    def _said(self, basis: Basis) -> str:
        """The time that counts; a postponed one names the other, so that it is never silent."""
        if not self.is_rescheduled:
            note = f"（{self.postponed_note}）" if self.times_postponed else ""
            return f"{self.deadline_phrase}{note}"
        note = f"，{self.postponed_note}" if self.times_postponed else ""
        if basis == Basis.AGREED:
            return f"{self.deadline_phrase}（原定{self.original_phrase}{note}）"
        return f"原定{self.original_phrase}（现行{self.deadline_phrase}{note}）"
