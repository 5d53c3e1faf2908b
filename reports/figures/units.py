"""Each unit's share of the work that it leads, and how it kept to the last dispatch."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django.db.models import QuerySet

from accounts.models import Unit
from rectification import clock
from rectification.models import (
    DeadlineChange,
    DispatchRound,
    Inspection,
    MeasureEvent,
    ProgressEntry,
)
from rectification.rounds_told import sheet_of_day
from rectification.sheets import Line
from reports.figures.counting import counters
from reports.figures.definitions import MEASURE_FIGURES
from reports.figures.listing import extensions_behind, returns_behind
from reports.figures.rates import Rate
from reports.figures.standing import measures_as_of

SHOWN = ("total", "done", "overdue", "overdue_original", "returned", "decided", "passed_first")


@dataclass(frozen=True)
class Discipline:
    """How one unit reported in one round: measures still missing; days after its close."""

    missing: int
    days_late: int

    @property
    def says(self) -> str:
        if self.missing:
            return f"未报{self.missing}条"
        return f"迟报{self.days_late}天" if self.days_late > 0 else "按时"


@dataclass(frozen=True, kw_only=True)
class UnitRow:
    """One unit, counted by what it leads. `discipline` is None where nothing was asked of it."""

    unit: Unit
    total: int
    done: int
    overdue: int
    overdue_original: int
    returned: int
    rework_rounds: int
    extensions: int
    first_pass: Rate
    discipline: Discipline | None

    @property
    def rate(self) -> Rate:
        return Rate(self.done, self.total)


def unit_rows(
    inspection: Inspection, *, on: date, round: DispatchRound | None
) -> tuple[UnitRow, ...]:
    """The units that lead measures, or were asked as supporting ones, in the order of the house.

    `round` is the dispatch by which their discipline is judged, all of it, whatever the day.
    """
    shown = [figure for figure in MEASURE_FIGURES if figure.key in SHOWN]
    grouped = (
        measures_as_of(inspection, on=on)
        .values("lead_unit")
        .annotate(**counters(shown, inspection, on=on))
    )
    counts: dict[int, Mapping[str, Any]] = {row["lead_unit"]: row for row in grouped}
    kept = {} if round is None else _disciplines(round, on=on)
    returns = _by_unit(returns_behind(inspection, on=on))
    granted = _by_unit(extensions_behind(inspection, on=on))
    nothing = dict.fromkeys(SHOWN, 0)
    units = Unit.objects.filter(pk__in={*counts, *kept}).in_order()
    return tuple(
        _unit_row(
            unit,
            {
                **counts.get(unit.pk, nothing),
                "rounds": returns[unit.pk],
                "granted": granted[unit.pk],
            },
            kept.get(unit.pk),
        )
        for unit in units
    )


def _by_unit(rows: "QuerySet[MeasureEvent] | QuerySet[DeadlineChange]") -> Counter[int]:
    """How many of the rows belong to measures of each lead unit."""
    return Counter(rows.order_by().values_list("measure__lead_unit", flat=True))


def _unit_row(unit: Unit, counts: Mapping[str, Any], discipline: Discipline | None) -> UnitRow:
    return UnitRow(
        unit=unit,
        total=counts["total"],
        done=counts["done"],
        overdue=counts["overdue"],
        overdue_original=counts["overdue_original"],
        returned=counts["returned"],
        rework_rounds=counts["rounds"],
        extensions=counts["granted"],
        first_pass=Rate(counts["passed_first"], counts["decided"]),
        discipline=discipline,
    )


def _disciplines(round: DispatchRound, *, on: date) -> dict[int, Discipline]:
    """By unit, as the round's sheet has it; what came after the close is late, not missing."""
    account = sheet_of_day(round, on=on)
    came = _days_after_close(round)
    found: dict[int, Discipline] = {}
    for unit, lines in groupby(sorted(account.lines, key=_unit), key=_unit):
        mine = list(lines)
        found[unit] = Discipline(
            missing=sum(line.is_missing and not line.late for line in mine),
            days_late=max(_days_late(line, came.get(line.key, [])) for line in mine),
        )
    return found


def _unit(line: Line) -> int:
    return line.unit_pk


def _days_after_close(round: DispatchRound) -> dict[str, list[int]]:
    """By line, for each report how many days after the close it came; none of an open round."""
    if round.closed_at is None:
        return {}
    last_day = clock.day_of(round.closed_at)
    days: dict[str, list[int]] = {}
    told = ProgressEntry.objects.filter(round=round).order_by("reported_on", "pk")
    for unit, measure, day in told.values_list("unit", "measure__code", "reported_on"):
        days.setdefault(f"{unit}:{measure}", []).append((day - last_day).days)
    return days


def _days_late(line: Line, came: list[int]) -> int:
    """Of the first report; of a line that was still owed at the close, of the first after it."""
    if line.is_missing:
        came = [days for days in came if days > 0] if line.late else []
    return max(came[0], 0) if came else 0
