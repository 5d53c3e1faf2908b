from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from accounts.models import Unit, under
from rectification.models.dispatch import DispatchRound
from rectification.models.measure import Measure, MeasureQuerySet
from rectification.models.progress import ProgressEntry
from rectification.states import NOT_ASKED, UNREPORTED, ReturnState, RoundState


class DispatchReturnQuerySet(models.QuerySet["DispatchReturn"]):
    def unreported(self) -> Self:
        """Without a report that counts: nothing yet, or one that the unit itself turned back."""
        return self.filter(state__in=UNREPORTED)

    def standing(self) -> Self:
        """Those that are asked for as things are now: what is not reported must still be open, and
        the unit must still work on it."""
        helps = Measure.supporting_units.through.objects.filter(
            measure=OuterRef("measure"), unit=OuterRef("unit")
        )
        works = Q(measure__lead_unit=F("unit")) | Exists(helps)
        return self.filter(~Q(state__in=UNREPORTED) | (works & ~Q(measure__status__in=NOT_ASKED)))

    def asked(self) -> Self:
        """Those that a round asks for: of an open one as things are now, of a closed one as they
        stood when it was closed."""
        now = Q(pk__in=self.model.objects.standing().values("pk"), round__state=RoundState.OPEN)
        return self.filter(~Q(closed_state="") | now)

    def came_late(self) -> Self:
        """Reported after the close, and not turned back by the unit's own head."""
        return self.filter(is_late=True).exclude(state__in=UNREPORTED)

    def of_units_within(self, paths: Iterable[str]) -> Self:
        return self.filter(under(paths, "unit__path"))

    def with_measures(self, measures: MeasureQuerySet) -> list["DispatchReturn"]:
        """The rows, each with its measure as `measures` reads it.

        Not by prefetch_related, which asks SQLite for a foreign key of many rows with one OR for
        each of them: it refuses an expression of a thousand.
        """
        rows = list(self)
        found = measures.in_bulk({row.measure_id for row in rows})
        for row in rows:
            row.measure = found[row.measure_id]
        return rows


class DispatchReturn(models.Model):
    """调度反馈: what one unit is asked, and says, of one measure in one round.

    `leads` tells the lead unit's line from a supporting one's. `draft_*` is what somebody is
    typing; it counts for nothing until it is filed, and then the progress entry is the report.
    `version` goes up with each change of the draft or the state. `closed_state` is the state when
    the round was closed, empty where the line was not asked for then, and never changes again: a
    report that comes later is `is_late`. The rest of the account is in `RoundSheet`.
    """

    round = models.ForeignKey(DispatchRound, on_delete=models.PROTECT, related_name="returns")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="returns")
    unit = models.ForeignKey(
        Unit, verbose_name="报送单位", on_delete=models.PROTECT, related_name="returns"
    )
    leads = models.BooleanField("牵头")
    state = models.CharField(
        "状态", max_length=20, choices=ReturnState, default=ReturnState.WAITING
    )
    version = models.PositiveIntegerField("版本", default=1)
    draft_text = models.TextField("进展草稿", max_length=4000, blank=True)
    draft_difficulty = models.TextField("困难草稿", max_length=2000, blank=True)
    draft_next_step = models.TextField("下一步草稿", max_length=2000, blank=True)
    drafted_at = models.DateTimeField("草稿时间", null=True, blank=True)
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="草稿人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    entry = models.ForeignKey(
        ProgressEntry,
        verbose_name="报送内容",
        on_delete=models.PROTECT,
        related_name="returns",
        null=True,
        blank=True,
    )
    filed_at = models.DateTimeField("报送时间", null=True, blank=True)
    is_late = models.BooleanField("迟报", default=False)
    turned_back_why = models.CharField("退回修改的理由", max_length=500, blank=True)
    confirmed_at = models.DateTimeField("确认时间", null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="确认人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="代何人确认",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    closed_state = models.CharField(
        "结束时的报送情况", max_length=20, choices=ReturnState, blank=True
    )

    objects = DispatchReturnQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "调度反馈"
        constraints = [
            models.UniqueConstraint(
                name="one_return_of_a_unit_and_measure",
                fields=["round", "measure", "unit"],
                violation_error_message="这次调度里，这个单位的这条措施已经列入。",
            ),
            models.CheckConstraint(
                name="return_state_is_known",
                condition=Q(state__in=ReturnState.values),
                violation_error_message="报送情况不在列表中。",
            ),
            models.CheckConstraint(
                name="return_has_an_entry_iff_reported",
                condition=Q(state=ReturnState.WAITING, entry=None, filed_at=None)
                | (~Q(state=ReturnState.WAITING) & Q(entry__isnull=False, filed_at__isnull=False)),
                violation_error_message="已报的才有报送内容，未报的没有。",
            ),
            models.CheckConstraint(
                name="return_turned_back_with_a_reason",
                condition=~Q(state=ReturnState.TURNED_BACK, turned_back_why=""),
                violation_error_message="退回修改要写明理由。",
            ),
            models.CheckConstraint(
                name="return_confirmed_by_somebody",
                condition=Q(confirmed_at=None, confirmed_by=None, on_behalf_of=None)
                | Q(confirmed_at__isnull=False, confirmed_by__isnull=False),
                violation_error_message="确认时间和确认人要同时有。",
            ),
            models.CheckConstraint(
                name="return_late_is_filed",
                condition=Q(is_late=False) | Q(filed_at__isnull=False),
                violation_error_message="只有已报的才谈得上迟报。",
            ),
            models.CheckConstraint(
                name="return_closed_state_is_known",
                condition=Q(closed_state__in=["", *ReturnState.values]),
                violation_error_message="结束时的报送情况不在列表中。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round} {self.measure.code} {self.unit}"

    @property
    def is_told(self) -> bool:
        """Reported, whether its head has yet to confirm it or not: a nil return adds nothing."""
        return self.state not in UNREPORTED

    @property
    def has_draft(self) -> bool:
        return self.drafted_at is not None
