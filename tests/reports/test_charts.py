from datetime import date

import pytest

from reports import charts
from reports.figures import Point, Series

ON = date(2025, 3, 13)
SERIES = Series(
    (
        Point(date(2025, 2, 1), 0, 0),
        Point(ON, 40, 60),
        Point(date(2025, 4, 22), None, 120),
    ),
    total=160,
)


def test_the_lines_run_from_corner_to_the_shares_of_the_total():
    chart = charts.burn_up(SERIES, on=ON)

    assert chart.actual == "0.0,100.0 50.0,75.0"
    assert chart.scheduled == "0.0,100.0 50.0,62.5 100.0,25.0"


def test_the_grid_shows_nothing_thirds_and_everything():
    assert charts.burn_up(SERIES, on=ON).grid == (
        (100.0, "0"),
        (66.88, "53"),
        (33.12, "107"),
        (0.0, "160"),
    )


def test_the_ticks_are_beginnings_of_months():
    ticks = charts.burn_up(SERIES, on=ON).ticks

    assert ticks == ((0.0, "2025年2月", False), (35.0, "3月", True), (73.75, "4月", False))


def test_the_chart_is_said_in_words_and_as_a_table():
    chart = charts.burn_up(SERIES, on=ON)

    assert chart.summary == "截至2025年3月13日，实际完成40条，序时应完成60条，共160条。"
    assert chart.rows == (
        ("2025年2月1日", 0, 0),
        ("2025年3月13日", 40, 60),
        ("2025年4月22日", None, 120),
    )


@pytest.mark.parametrize(
    ("x", "y", "anchor", "dy"),
    [(50, 40, "start", 18), (0, 100, "start", -10), (100, 10, "end", -10)],
)
def test_the_label_stays_inside_the_plot_and_clear_of_the_line(x, y, anchor, dy):
    mark = charts.Mark(x, y, "实际3条")

    assert (mark.anchor, mark.dy) == (anchor, dy)
    assert (mark.dx < 0) == (anchor == "end")


def test_a_plan_of_one_day_and_one_measure_is_drawn():
    chart = charts.burn_up(Series((Point(ON, 1, 1),), total=1), on=ON)

    assert chart.actual == "100.0,0.0"
    assert chart.grid == ((100.0, "0"), (0.0, "1"))
    assert chart.ticks == ()


@pytest.mark.parametrize(("years", "most"), [(1, 12), (3, 12), (9, 12)])
def test_a_long_plan_has_no_more_ticks_than_fit(years, most):
    series = Series((Point(ON, 0, 0), Point(ON.replace(year=ON.year + years), None, 1)), total=1)

    assert 1 <= len(charts.burn_up(series, on=ON).ticks) <= most
