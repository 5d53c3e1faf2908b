"""What is overdue as of a day: how much of it for how long, and the oldest of it with reasons."""

from dataclasses import dataclass
from datetime import date

from rectification import clock
from rectification.models import Inspection, Measure
from rectification.states import Basis
from reports.figures.counting import counters
from reports.figures.definitions import AGE_BANDS, ORIGINAL_AGE_BANDS, OVERDUE, Figure
from reports.figures.listing import measures_behind, standing_of
from reports.figures.standing import measures_as_of


@dataclass(frozen=True)
class Band:
    """So many measures are overdue for so long."""

    figure: Figure
    count: int


@dataclass(frozen=True)
class OverdueMeasure:
    """One overdue measure: for how many days, and how it came to that, in words."""

    measure: Measure
    days: int
    reason: str

    @property
    def says(self) -> str:
        return f"超{self.days}天"


def overdue_by_age(
    inspection: Inspection, *, on: date, basis: Basis = Basis.AGREED
) -> tuple[Band, ...]:
    """The overdue measures by days overdue, shortest first; empty bands included."""
    bands = AGE_BANDS if basis == Basis.AGREED else ORIGINAL_AGE_BANDS
    rows = measures_as_of(inspection, on=on)
    counts = rows.aggregate(**counters(bands, inspection, on=on))
    return tuple(Band(figure, counts[figure.key]) for figure in bands)


def longest_overdue(inspection: Inspection, *, on: date, most: int) -> tuple[OverdueMeasure, ...]:
    """At most so many overdue measures, the longest overdue first, with its lead unit fetched."""
    return tuple(
        OverdueMeasure(row, clock.days_overdue(then, on=on), standing_of(row))
        for row in measures_behind(OVERDUE, inspection, on=on)[:most]
        if (then := getattr(row, "deadline_then", None)) is not None
    )
