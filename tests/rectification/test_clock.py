from datetime import date

import pytest

from rectification import clock
from rectification.clock import Series, WorkCalendar
from rectification.states import Precision

ANCHOR = date(2025, 2, 17)  # a Monday
PLAIN = WorkCalendar()
BIWEEKLY = Series(ANCHOR)


@pytest.mark.parametrize(
    ("deadline", "on", "overdue", "left"),
    [
        (date(2025, 6, 30), date(2025, 6, 30), 0, 0),
        (date(2025, 6, 30), date(2025, 7, 1), 1, -1),
        (date(2025, 6, 30), date(2025, 6, 20), -10, 10),
    ],
)
def test_a_deadline_is_the_end_of_its_day(deadline, on, overdue, left):
    assert clock.days_overdue(deadline, on=on) == overdue
    assert clock.days_left(deadline, on=on) == left


@pytest.mark.parametrize(
    ("month", "precision", "part", "day"),
    [
        (2, Precision.TEN_DAYS, 1, date(2025, 2, 10)),
        (2, Precision.TEN_DAYS, 2, date(2025, 2, 20)),
        (2, Precision.TEN_DAYS, 3, date(2025, 2, 28)),
        (2, Precision.MONTH, 3, date(2025, 2, 28)),
        (2, Precision.QUARTER, 3, date(2025, 3, 31)),
        (2, Precision.YEAR, 3, date(2025, 12, 31)),
    ],
)
def test_a_period_is_stored_as_its_last_day(month, precision, part, day):
    assert clock.last_day(2025, month, precision=precision, ten_days=part) == day


@pytest.mark.parametrize(
    ("day", "precision", "phrase"),
    [
        (date(2025, 6, 30), Precision.MONTH, "2025年6月底前"),
        (date(2025, 6, 30), Precision.DAY, "2025年6月30日前"),
        (date(2025, 6, 10), Precision.TEN_DAYS, "2025年6月上旬"),
        (date(2025, 6, 20), Precision.TEN_DAYS, "2025年6月中旬"),
        (date(2025, 6, 30), Precision.TEN_DAYS, "2025年6月下旬"),
        (date(2025, 6, 30), Precision.QUARTER, "2025年第二季度"),
        (date(2025, 12, 31), Precision.YEAR, "2025年底前"),
        (None, Precision.NONE, ""),
    ],
)
def test_a_deadline_is_shown_as_it_was_agreed(day, precision, phrase):
    assert clock.deadline_phrase(day, precision) == phrase


def test_a_rest_day_moves_the_meeting_and_not_the_series():
    holiday = WorkCalendar({date(2025, 3, 3): False, date(2025, 3, 4): False})

    second = clock.sitting(2, series=BIWEEKLY, work=holiday)
    third = clock.sitting(3, series=BIWEEKLY, work=holiday)

    assert (second.due_on, second.meeting_on) == (date(2025, 3, 3), date(2025, 3, 5))
    assert third.due_on == date(2025, 3, 17)


def test_a_make_up_working_day_at_the_weekend_is_worked():
    calendar = WorkCalendar({date(2025, 2, 8): True})

    assert calendar.next_working_day(date(2025, 2, 8)) == date(2025, 2, 8)
    assert calendar.next_working_day(date(2025, 2, 9)) == date(2025, 2, 10)


@pytest.mark.parametrize(
    ("on", "numbers"),
    [
        (date(2025, 2, 16), []),
        (date(2025, 2, 17), [1]),
        (date(2025, 3, 2), [1]),
        (date(2025, 3, 3), [1, 2]),
        (date(2025, 7, 31), list(range(1, 13))),
    ],
)
def test_rounds_are_due_every_fourteen_days_from_the_anchor(on, numbers):
    due = clock.sittings_due(series=BIWEEKLY, work=PLAIN, on=on)

    assert [each.number for each in due] == numbers


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2025, 1, 20), 6, date(2025, 7, 20)),
        (date(2025, 8, 31), 6, date(2026, 2, 28)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
    ],
)
def test_months_later(day, months, later):
    assert clock.months_later(day, months) == later


def test_the_year_is_said_where_it_is_another_one():
    assert clock.short_day(date(2025, 6, 30), on=date(2025, 7, 31)) == "6月30日"
    assert clock.short_day(date(2024, 6, 30), on=date(2025, 7, 31)) == "2024年6月30日"
