"""The figures of one inspection as of the end of a day: each group in one query."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, QuerySet

from rectification.models import DeadlineChange, Inspection, InstitutionalOutcome, MeasureEvent
from reports.figures.definitions import MEASURE_FIGURES, PROBLEM_FIGURES, Figure
from reports.figures.rates import Rate
from reports.figures.standing import measures_as_of, problems_as_of


@dataclass(frozen=True, kw_only=True)
class MeasureCounts:
    """How many measures; the fields are the keys of MEASURE_FIGURES."""

    total: int
    done: int
    unfinished: int
    not_started: int
    under_way: int
    in_review: int
    sent_back: int
    rebounded: int
    not_applicable: int
    overdue: int
    overdue_original: int
    near: int
    behind: int
    scheduled: int
    returned: int
    decided: int
    passed_first: int

    @property
    def rate(self) -> Rate:
        """措施完成率"""
        return Rate(self.done, self.total)

    @property
    def scheduled_rate(self) -> Rate:
        return Rate(self.scheduled, self.total)

    @property
    def first_pass(self) -> Rate:
        """一次通过率: of the measures whose first application was decided."""
        return Rate(self.passed_first, self.decided)


@dataclass(frozen=True, kw_only=True)
class ProblemCounts:
    """How many problems; the fields are the keys of PROBLEM_FIGURES."""

    total: int
    done: int
    awaiting: int
    rebounded: int

    @property
    def rate(self) -> Rate:
        """问题销号率"""
        return Rate(self.done, self.total)

    @property
    def awaiting_rate(self) -> Rate:
        """Done or only waiting for acceptance, of all."""
        return Rate(self.done + self.awaiting, self.total)


@dataclass(frozen=True)
class Overview:
    """The headline figures of an inspection as of a day."""

    on: date
    measures: MeasureCounts
    problems: ProblemCounts
    outcomes: int
    rework_rounds: int
    extensions: int


def overview(inspection: Inspection, *, on: date) -> Overview:
    return Overview(
        on=on,
        measures=count_measures(inspection, on=on),
        problems=count_problems(inspection, on=on),
        outcomes=count_outcomes(inspection, on=on),
        rework_rounds=count_rework_rounds(inspection, on=on),
        extensions=count_extensions(inspection, on=on),
    )


def count_measures(inspection: Inspection, *, on: date) -> MeasureCounts:
    rows = measures_as_of(inspection, on=on)
    counts = rows.aggregate(**counters(MEASURE_FIGURES, inspection, on=on))
    return MeasureCounts(**counts)


def count_problems(inspection: Inspection, *, on: date) -> ProblemCounts:
    rows = problems_as_of(inspection, on=on)
    return ProblemCounts(**rows.aggregate(**counters(PROBLEM_FIGURES, inspection, on=on)))


def count_outcomes(inspection: Inspection, *, on: date) -> int:
    """Institutional outcomes issued by `on`, each title once."""
    return outcomes_issued(inspection, on=on).count()


def outcomes_issued(inspection: Inspection, *, on: date) -> QuerySet[InstitutionalOutcome]:
    """Those that count: issued by `on`, and not withdrawn."""
    standing = InstitutionalOutcome.objects.standing()
    return standing.filter(inspection=inspection, issued_on__lte=on)


def count_rework_rounds(inspection: Inspection, *, on: date) -> int:
    """How many times measures were returned by `on`, every time counted."""
    returns = MeasureEvent.objects.filter(
        measure__inspection=inspection, verb="send_back", on__lte=on
    )
    return returns.count()


def count_extensions(inspection: Inspection, *, on: date) -> int:
    """How many extensions were granted by `on`, every one counted."""
    return DeadlineChange.objects.granted(inspection, on=on).count()


def counters(figures: Iterable[Figure], inspection: Inspection, *, on: date) -> dict[str, Count]:
    """One aggregate for each figure, under its key, over the rows of `standing`."""
    return {figure.key: Count("pk", filter=figure.condition(inspection, on)) for figure in figures}
