"""The list of rounds: how many lines each asked for, and what came. The sheet is `rounds_told`."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q

from rectification import clock
from rectification.models import (
    DispatchReturn,
    DispatchReturnQuerySet,
    DispatchRound,
    Inspection,
    MeasureEvent,
    ProgressEntry,
)
from rectification.states import NOT_ASKED, UNREPORTED, ReturnState, RoundState

# As at the close, or now; and what the head let count that waited for it then.
_REPORTED = (
    Q(closed_state=ReturnState.FILED)
    | Q(closed_state="", state=ReturnState.FILED)
    | Q(closed_state=ReturnState.TO_CONFIRM, state=ReturnState.FILED, is_late=False)
)
_LATE = Q(is_late=True) & ~Q(state__in=UNREPORTED)


@dataclass(frozen=True)
class RoundRow:
    """One round in the list: how many lines it asked for, and what came."""

    round: DispatchRound
    expected: int = 0
    reported: int = 0
    nil_returns: int = 0
    late: int = 0
    sent_back: int = 0


def round_rows(inspection: Inspection) -> tuple[RoundRow, ...]:
    """Every round, latest first, in a fixed number of queries; missed ones asked for nothing."""
    asked = DispatchReturn.objects.filter(round__inspection=inspection)
    has_lines = set(asked.order_by().values_list("round", flat=True).distinct())
    lines, told = _counts_of_lines(asked), _Told(inspection)
    events = Count("events", filter=Q(events__verb="send_back"))
    sent_back = dict(inspection.rounds.order_by().annotate(n=events).values_list("pk", "n"))
    return tuple(
        RoundRow(
            round=each,
            sent_back=sent_back[each.pk],
            **(lines.get(each.pk, {}) if each.pk in has_lines else told.counts(each)),
        )
        for each in inspection.rounds.latest_first()
    )


def _counts_of_lines(rows: DispatchReturnQuerySet) -> dict[int, dict[str, int]]:
    """By round, what it asked for and what came."""
    counts = {
        "expected": Count("pk"),
        "reported": Count("pk", filter=_REPORTED),
        "nil_returns": Count("pk", filter=_REPORTED & Q(entry__nil_return=True)),
        "late": Count("pk", filter=_LATE),
    }
    counted = rows.asked().order_by().values("round").annotate(**counts)
    return {
        round_id: dict(zip(counts, figures, strict=True))
        for round_id, *figures in counted.values_list("round", *counts)
    }


@dataclass(frozen=True)
class _Change:
    measure: int
    to_status: str
    on: date


class _Told:
    """What rounds of before there were returns asked for and got, by reports and dated events."""

    def __init__(self, inspection: Inspection) -> None:
        self.reports: dict[int, dict[int, bool]] = {}
        told = ProgressEntry.objects.filter(round__inspection=inspection).order_by("pk")
        for round_id, measure_id, nil in told.values_list("round", "measure", "nil_return"):
            self.reports.setdefault(round_id or 0, {})[measure_id] = nil
        events = MeasureEvent.objects.filter(measure__inspection=inspection).order_by("on", "pk")
        self.changes = [_Change(*row) for row in events.values_list("measure", "to_status", "on")]

    def counts(self, round: DispatchRound) -> dict[str, int]:
        reports = self.reports.get(round.pk, {})
        if round.state == RoundState.SUPERSEDED:
            return {}
        day = clock.day_of(round.closed_at) if round.closed_at else None
        standing = {
            change.measure: change.to_status
            for change in self.changes
            if day is None or change.on <= day
        }
        asked = {measure for measure, status in standing.items() if status not in NOT_ASKED}
        return {
            "expected": len(asked | set(reports)),
            "reported": len(reports),
            "nil_returns": sum(reports.values()),
        }
