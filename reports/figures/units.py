"""Each lead unit's share of the work, and how it kept to the last dispatch."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Min, QuerySet

from accounts.models import Unit
from rectification import clock
from rectification.models import (
    DeadlineChange,
    DispatchRound,
    Inspection,
    MeasureEvent,
    ProgressEntry,
)
from rectification.rounds_told import unit_totals
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
    """One lead unit as of a day. `discipline` is None where nothing was asked of it."""

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
    """The units that lead measures, in the order of the house.

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
    units = Unit.objects.filter(pk__in=counts).in_order()
    return tuple(
        _unit_row(
            unit,
            {**counts[unit.pk], "rounds": returns[unit.pk], "granted": granted[unit.pk]},
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
    """By unit, as the round's own page counts it; late is a first report after its close."""
    totals = unit_totals(round, on=on)
    if round.closed_at is None:
        return {each.unit_pk: Discipline(each.missing, 0) for each in totals}
    last_day = clock.day_of(round.closed_at)
    late = (
        ProgressEntry.objects.filter(round=round)
        .values("measure", "measure__lead_unit")
        .annotate(first=Min("reported_on"))
        .filter(first__gt=last_day)
    )
    days: dict[int, int] = {}
    for row in late:
        unit = row["measure__lead_unit"]
        days[unit] = max((row["first"] - last_day).days, days.get(unit, 0))
    return {
        each.unit_pk: Discipline(each.missing - each.late, days.get(each.unit_pk, 0))
        for each in totals
    }
