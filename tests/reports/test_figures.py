from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import given

from rectification.models import InstitutionalOutcome, MeasureEvent
from rectification.states import Basis, WorkStatus
from reports import figures
from tests import factories
from tests.reports import histories

pytestmark = pytest.mark.django_db

ON = date(2025, 7, 31)


# Any history, any day ----------------------------------------------------------------------------


@given(history=histories.histories(), on=histories.DAYS)
def test_every_figure_of_any_day_is_what_a_recount_of_the_events_gives(history, on):
    with transaction.atomic():
        inspection = histories.write(history)

        assert asdict(figures.count_measures(inspection, on=on)) == histories.recount_measures(
            history, on
        )
        assert asdict(figures.count_problems(inspection, on=on)) == histories.recount_problems(
            history, on
        )
        assert figures.count_rework_rounds(inspection, on=on) == sum(
            each.returns(on) for each in history.measures
        )
        bands = figures.overdue_by_age(inspection, on=on)
        assert [band.count for band in bands] == histories.recount_ages(history, on)
        bands = figures.overdue_by_age(inspection, on=on, basis=Basis.ORIGINAL)
        assert [band.count for band in bands] == histories.recount_ages(history, on, original=True)
        transaction.set_rollback(True)


@given(history=histories.histories(), on=histories.DAYS)
def test_each_point_of_the_line_is_the_figure_of_its_day(history, on):
    with transaction.atomic():
        inspection = histories.write(history)

        line = figures.series(inspection, on=on)

        if histories.recount_measures(history, on)["total"] == 0:
            assert line is None
        for point in line.points if line else ():
            if point.on <= on:
                counted = histories.recount_measures(history, point.on)
                assert (point.done, point.scheduled) == (counted["done"], counted["scheduled"])
            else:
                assert point.done is None
        transaction.set_rollback(True)


@given(history=histories.histories(), on=histories.DAYS)
def test_the_units_rows_are_what_a_recount_of_each_unit_gives(history, on):
    with transaction.atomic():
        inspection = histories.write(history)

        rows = figures.unit_rows(inspection, on=on, round=None)

        expected = [histories.recount_measures(history, on, unit=unit) for unit in (0, 1)]
        shown = ("total", "done", "overdue", "overdue_original", "returned")
        assert [tuple(getattr(row, key) for key in shown) for row in rows] == [
            tuple(unit[key] for key in shown) for unit in expected if unit["total"]
        ]
        assert sum(row.rework_rounds for row in rows) == sum(
            each.returns(on) for each in history.measures
        )
        assert [row.first_pass for row in rows] == [
            figures.Rate(unit["passed_first"], unit["decided"])
            for unit in expected
            if unit["total"]
        ]
        transaction.set_rollback(True)


# Rates -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numerator", "denominator", "says"),
    [
        (16, 48, "33.3%"),
        (109, 161, "67.7%"),
        (1, 16, "6.3%"),  # 6.25: halves go up, to even they would not
        (1, 800, "0.1%"),
        (0, 3, "0.0%"),
        (3, 3, "100.0%"),
    ],
)
def test_a_rate_has_one_decimal_and_rounds_halves_up(numerator, denominator, says):
    assert figures.Rate(numerator, denominator).says == says


def test_a_rate_of_nothing_is_a_dash():
    assert figures.Rate(0, 0).percent is None
    assert figures.Rate(0, 0).says == "—"


def test_a_rate_is_a_decimal_and_no_float():
    assert figures.Rate(109, 161).percent == Decimal("67.7")


# Nothing -----------------------------------------------------------------------------------------


def test_an_empty_inspection_has_zeros_and_no_line():
    inspection = factories.InspectionFactory()

    counted = figures.overview(inspection, on=ON)

    assert set(asdict(counted.measures).values()) == {0}
    assert set(asdict(counted.problems).values()) == {0}
    assert (counted.outcomes, counted.rework_rounds, counted.extensions) == (0, 0, 0)
    assert counted.measures.rate.says == counted.problems.rate.says == "—"
    assert figures.series(inspection, on=ON) is None
    assert figures.unit_rows(inspection, on=ON, round=None) == ()
    assert figures.longest_overdue(inspection, on=ON, most=5) == ()


def test_another_inspection_is_not_counted():
    inspection = factories.InspectionFactory()
    elsewhere = factories.MeasureFactory()

    assert figures.count_measures(elsewhere.inspection, on=ON).total == 1
    assert figures.count_measures(inspection, on=ON).total == 0
    assert figures.count_problems(inspection, on=ON).total == 0


# Days --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days_after", "overdue", "near"), [(-11, 0, 0), (-10, 0, 1), (0, 0, 1), (1, 1, 0)]
)
def test_the_day_of_the_deadline_is_near_and_the_day_after_is_overdue(days_after, overdue, near):
    measure = factories.MeasureFactory(deadline=ON)

    counted = figures.count_measures(measure.inspection, on=ON + timedelta(days=days_after))

    assert (counted.overdue, counted.near) == (overdue, near)


def test_a_rebound_takes_a_measure_out_of_the_rate_and_leaves_the_past_alone():
    measure = factories.MeasureFactory(status=WorkStatus.CLOSED, closed_on=date(2025, 5, 10))
    MeasureEvent.objects.create(
        measure=measure,
        verb="reopen",
        from_status=WorkStatus.CLOSED,
        to_status=WorkStatus.REBOUNDED,
        on=date(2025, 7, 1),
        at=factories.NOON,
    )

    before = figures.count_measures(measure.inspection, on=date(2025, 6, 30))
    after = figures.count_measures(measure.inspection, on=date(2025, 7, 1))

    assert (before.done, before.rebounded) == (1, 0)
    assert (after.done, after.rebounded) == (0, 1)


def test_a_milestone_reached_late_was_missed_until_then():
    measure = factories.MeasureFactory()
    factories.MilestoneFactory(
        measure=measure, due_on=date(2025, 5, 31), reached_on=date(2025, 6, 5)
    )

    behind = [
        figures.count_measures(measure.inspection, on=day).behind
        for day in (date(2025, 5, 31), date(2025, 6, 1), date(2025, 6, 4), date(2025, 6, 5))
    ]

    assert behind == [0, 1, 1, 0]


def test_an_outcome_of_three_measures_is_counted_once_and_not_before_its_day():
    problem = factories.ProblemFactory()
    outcome = InstitutionalOutcome.objects.create(
        inspection=problem.inspection, title="河湖巡查办法", issued_on=date(2025, 6, 1)
    )
    outcome.measures.set(factories.MeasureFactory.create_batch(3, problem=problem))

    assert figures.count_outcomes(problem.inspection, on=date(2025, 5, 31)) == 0
    assert figures.count_outcomes(problem.inspection, on=date(2025, 6, 1)) == 1


def test_the_reason_of_an_overdue_measure_is_that_of_the_day_asked_about():
    measure = factories.MeasureFactory(deadline=date(2025, 6, 30))
    _returned(measure, date(2025, 7, 5), "缺少验收单")
    _returned(measure, date(2025, 7, 25), "照片看不清")

    early, late = (
        figures.longest_overdue(measure.inspection, on=day, most=5)[0]
        for day in (date(2025, 7, 10), ON)
    )

    assert (early.days, early.reason) == (10, "原定2025年6月底前，已退回；第1次退回：缺少验收单")
    assert (late.days, late.reason) == (31, "原定2025年6月底前，已退回；第2次退回：照片看不清")


def test_the_longest_overdue_come_first_and_no_more_than_asked():
    problem = factories.ProblemFactory()
    for day in (20, 5, 12):
        factories.MeasureFactory(problem=problem, deadline=date(2025, 7, day))

    rows = figures.longest_overdue(problem.inspection, on=ON, most=2)

    assert [row.days for row in rows] == [26, 19]


def _returned(measure, on, why):
    MeasureEvent.objects.create(
        measure=measure,
        verb="send_back",
        ground="late",
        from_status=WorkStatus.IN_REVIEW,
        to_status=WorkStatus.SENT_BACK,
        on=on,
        at=factories.NOON,
        why=why,
    )


# The line ----------------------------------------------------------------------------------------


def test_the_line_has_a_point_for_each_dispatch_and_ends_at_the_last_deadline():
    measure = factories.MeasureFactory(deadline=date(2025, 9, 30))

    line = figures.series(measure.inspection, on=ON)

    assert line is not None
    days = [point.on for point in line.points]
    assert days[:3] == [date(2025, 2, 10), date(2025, 2, 17), date(2025, 3, 3)]
    assert date(2025, 7, 21) in days
    assert ON in days
    assert days[-1] == date(2025, 9, 30)


def test_the_line_counts_each_measure_by_itself_and_goes_down_with_a_rebound():
    problem = factories.ProblemFactory()
    first, _ = (
        factories.MeasureFactory(problem=problem, status=WorkStatus.CLOSED, closed_on=day)
        for day in (date(2025, 3, 3), date(2025, 3, 10))
    )
    factories.MeasureFactory(problem=problem)
    first.events.create(
        verb="reopen",
        from_status=WorkStatus.CLOSED,
        to_status=WorkStatus.REBOUNDED,
        on=date(2025, 4, 1),
        at=factories.NOON,
    )

    line = figures.series(problem.inspection, on=ON)

    assert line is not None
    done = {point.on: point.done for point in line.points}
    days = (date(2025, 2, 17), date(2025, 3, 3), date(2025, 3, 17), date(2025, 4, 14))
    assert [done[day] for day in days] == [0, 1, 2, 1]


def test_a_daily_rhythm_and_a_deadline_in_a_hundred_years_make_a_short_line():
    inspection = factories.InspectionFactory(dispatch_every_days=1)
    measure = factories.MeasureFactory(
        problem=factories.ProblemFactory(inspection=inspection), deadline=date(2125, 1, 1)
    )

    line = figures.series(measure.inspection, on=ON)

    assert line is not None
    assert len(line.points) <= 65
    assert line.points[-1].on == date(2028, 1, 20)


# Dispatch ----------------------------------------------------------------------------------------


def test_the_last_sitting_met_before_the_day_and_was_held():
    inspection = factories.InspectionFactory()
    for number, day, state in [(1, 7, "closed"), (2, 21, "superseded")]:
        factories.DispatchRoundFactory(
            inspection=inspection,
            number=number,
            due_on=date(2025, 7, day),
            meeting_on=date(2025, 7, day),
            state=state,
            closed_at=factories.NOON if state == "closed" else None,
        )

    assert figures.last_sitting(inspection, before=date(2025, 7, 7)) is None
    for later in (date(2025, 7, 8), ON):
        found = figures.last_sitting(inspection, before=later)
        assert found is not None
        assert found.number == 1


# Definitions -------------------------------------------------------------------------------------


def test_every_figure_has_a_name_and_a_sentence_of_its_own():
    for group in (figures.MEASURE_FIGURES, figures.PROBLEM_FIGURES, figures.AGE_BANDS):
        assert all(
            figure.meaning.startswith("截至当日") or "截至当日" in figure.meaning
            for figure in group
        )
        assert len({figure.key for figure in group}) == len(group)
        assert len({figure.meaning for figure in group}) == len(group)


def test_the_overview_needs_five_queries_at_most(django_assert_max_num_queries):
    measure = factories.MeasureFactory()

    with django_assert_max_num_queries(5):
        figures.overview(measure.inspection, on=ON)
