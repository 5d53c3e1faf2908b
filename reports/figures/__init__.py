"""The numbers that anybody reads. Each is counted from dated events as of the end of a day.

Dashboards and reports take them from here, so they cannot contradict each other.
"""

from reports.figures.counting import (
    MeasureCounts,
    Overview,
    ProblemCounts,
    count_measures,
    count_outcomes,
    count_problems,
    count_rework_rounds,
    overview,
)
from reports.figures.definitions import (
    AGE_BANDS,
    DEFINITIONS,
    MEASURE_FIGURES,
    NEAR,
    OUTCOMES,
    OVERDUE,
    PROBLEM_FIGURES,
    RATES,
    REWORK_ROUNDS,
    Figure,
    measure_figure,
    problem_figure,
)
from reports.figures.history import Point, Series, last_sitting, series
from reports.figures.listing import (
    Line,
    measure_line,
    measures_behind,
    outcome_line,
    outcomes_behind,
    problem_line,
    problems_behind,
    return_line,
    returns_behind,
)
from reports.figures.overdue import Band, OverdueMeasure, longest_overdue, overdue_by_age
from reports.figures.rates import Rate
from reports.figures.results import MoneyOfKind, PeopleOfKind, accountability, money
from reports.figures.standing import measures_as_of, problems_as_of
from reports.figures.stated import Statement, statements
from reports.figures.units import Discipline, UnitRow, unit_rows

__all__ = [
    "AGE_BANDS",
    "DEFINITIONS",
    "MEASURE_FIGURES",
    "NEAR",
    "OUTCOMES",
    "OVERDUE",
    "PROBLEM_FIGURES",
    "RATES",
    "REWORK_ROUNDS",
    "Band",
    "Discipline",
    "Figure",
    "Line",
    "MeasureCounts",
    "MoneyOfKind",
    "OverdueMeasure",
    "Overview",
    "PeopleOfKind",
    "Point",
    "ProblemCounts",
    "Rate",
    "Series",
    "Statement",
    "UnitRow",
    "accountability",
    "count_measures",
    "count_outcomes",
    "count_problems",
    "count_rework_rounds",
    "last_sitting",
    "longest_overdue",
    "measure_figure",
    "measure_line",
    "measures_as_of",
    "measures_behind",
    "money",
    "outcome_line",
    "outcomes_behind",
    "overdue_by_age",
    "overview",
    "problem_figure",
    "problem_line",
    "problems_as_of",
    "problems_behind",
    "return_line",
    "returns_behind",
    "series",
    "statements",
    "unit_rows",
]
