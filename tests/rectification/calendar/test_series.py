"""The days of the rounds: four rhythms, and what a rest day does to a meeting."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from rectification import clock
from rectification.clock import Series, Sitting, WorkCalendar
from rectification.states import Rhythm

PLAIN = WorkCalendar()
ANCHORS = st.dates(date(2000, 1, 1), date(2060, 12, 31))
SERIES = st.builds(
    Series,
    anchor=ANCHORS,
    rhythm=st.sampled_from(Rhythm.values),
    every_days=st.integers(1, 366),
    first_number=st.integers(-300, 300),
)


def days(rhythm, anchor, count, every_days=14):
    series = Series(anchor, rhythm, every_days)
    return [series.day(number) for number in range(1, count + 1)]


def test_half_a_month_is_the_day_of_the_anchor_and_the_one_fifteen_apart():
    assert days(Rhythm.HALF_MONTHLY, date(2025, 1, 3), 4) == [
        date(2025, 1, 3),
        date(2025, 1, 18),
        date(2025, 2, 3),
        date(2025, 2, 18),
    ]


def test_an_anchor_in_the_second_half_begins_there():
    assert days(Rhythm.HALF_MONTHLY, date(2025, 1, 20), 3) == [
        date(2025, 1, 20),
        date(2025, 2, 5),
        date(2025, 2, 20),
    ]


def test_half_a_month_is_cut_at_the_end_of_a_shorter_month():
    assert days(Rhythm.HALF_MONTHLY, date(2025, 1, 31), 5) == [
        date(2025, 1, 31),
        date(2025, 2, 16),
        date(2025, 2, 28),
        date(2025, 3, 16),
        date(2025, 3, 31),
    ]
    assert days(Rhythm.HALF_MONTHLY, date(2025, 1, 15), 4)[1:] == [
        date(2025, 1, 30),
        date(2025, 2, 15),
        date(2025, 2, 28),
    ]


def test_a_month_is_the_day_of_the_anchor_cut_at_its_end():
    assert days(Rhythm.MONTHLY, date(2024, 2, 29), 13)[::12] == [
        date(2024, 2, 29),
        date(2025, 2, 28),
    ]
    assert days(Rhythm.MONTHLY, date(2025, 1, 31), 3) == [
        date(2025, 1, 31),
        date(2025, 2, 28),
        date(2025, 3, 31),
    ]


def test_a_week_needs_no_interval():
    assert days(Rhythm.WEEKLY, date(2025, 2, 3), 2, every_days=99) == [
        date(2025, 2, 3),
        date(2025, 2, 10),
    ]


@given(SERIES, st.integers(0, 200))
def test_the_days_go_up_by_less_than_the_next_rhythm_and_are_found_again(series, place):
    number = series.first_number + place
    here, following = series.day(number), series.day(number + 1)

    assert here < following
    assert series.last_by(here) == number
    assert series.last_by(following - timedelta(days=1)) == number
    assert series.first_from(here) == number
    assert series.first_from(here + timedelta(days=1)) == number + 1


@given(SERIES)
def test_before_the_anchor_there_is_no_round(series):
    before = series.anchor - timedelta(days=1)

    assert series.day(series.first_number) == series.anchor
    assert series.last_by(before) == series.first_number - 1
    assert clock.sittings_due(series=series, work=PLAIN, on=before, after=-1000) == ()


@given(SERIES, st.dates(date(2000, 1, 1), date(2062, 12, 31)), st.integers(0, 40))
def test_the_coming_meeting_is_the_first_that_is_not_over(series, on, after):
    coming = clock.next_sitting(series=series, work=PLAIN, on=on, after=after)
    earlier = clock.sitting(coming.number - 1, series=series, work=PLAIN)
    later = clock.sitting(coming.number + 1, series=series, work=PLAIN)

    assert coming.meeting_on >= on
    assert coming.number > after
    assert later.meeting_on > coming.meeting_on
    is_first = coming.number - 1 < max(after + 1, series.first_number)
    assert is_first or earlier.meeting_on < on or earlier.meeting_on == coming.meeting_on


# E6: anchors ------------------------------------------------------------------------------------


def test_an_anchor_on_a_sunday_meets_on_the_monday_and_stays_in_the_series():
    series = Series(date(2025, 3, 2))

    first, second = (clock.sitting(number, series=series, work=PLAIN) for number in (1, 2))

    assert (first.due_on, first.meeting_on) == (date(2025, 3, 2), date(2025, 3, 3))
    assert (second.due_on, second.meeting_on) == (date(2025, 3, 16), date(2025, 3, 17))


def test_an_interval_of_a_day_skips_the_weekend_once():
    series = Series(date(2025, 3, 7), every_days=1)  # a Friday

    due = clock.sittings_due(series=series, work=PLAIN, on=date(2025, 3, 10))

    assert [each.meeting_on.day for each in due] == [7, 10, 10, 10]
    assert clock.next_sitting(series=series, work=PLAIN, on=date(2025, 3, 8)).number == 4


# What is to be said of a year ---------------------------------------------------------------------


def test_a_year_that_is_not_announced_is_said_beside_the_day():
    work = WorkCalendar(known_years=frozenset({2026}), computed_years=frozenset({2027}))

    assert work.caveat(date(2026, 12, 31)) == ""
    assert work.caveat(date(2027, 1, 4)) == "2027年放假安排尚未公布，按法定节日推算"
    assert work.caveat(date(2028, 1, 4)) == "2028年放假安排尚未公布，按周一至周五推算"
    assert work.caveat(date(2026, 12, 31), date(2027, 1, 4)).startswith("2027年")


def test_a_meeting_that_moves_into_a_year_not_announced_is_computed():
    rest = {date(2026, 12, 31): False}
    work = WorkCalendar(rest, frozenset({2026}), frozenset({2027}))

    found = clock.sitting(1, series=Series(date(2026, 12, 31)), work=work)

    day, said = date(2027, 1, 1), "2027年放假安排尚未公布，按法定节日推算"
    assert found == Sitting(1, date(2026, 12, 31), day, said)


def test_why_nobody_works_is_said_in_a_word():
    festival = {date(2025, 1, 29): False, date(2025, 1, 30): False, date(2025, 2, 8): True}
    work = WorkCalendar(festival, names={date(2025, 1, 29): "春节"})

    assert work.why_rest(date(2025, 1, 29)) == "春节"
    assert work.why_rest(date(2025, 1, 30)) == "休息"
    assert work.why_rest(date(2025, 2, 9)) == "周日"
    assert work.why_rest(date(2025, 2, 8)) == ""


# The hour at which a round opens -----------------------------------------------------------------

EIGHT = time(8)


@pytest.mark.parametrize(
    ("zone", "moment"),
    [
        ("Asia/Shanghai", datetime(2025, 3, 30, 0, tzinfo=UTC)),
        ("Asia/Urumqi", datetime(2025, 3, 30, 2, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2025, 3, 30, 6, tzinfo=UTC)),
    ],
)
def test_a_round_opens_at_eight_where_the_work_is_done(zone, moment):
    with timezone.override(zone):
        assert clock.opening(date(2025, 3, 30), EIGHT) == moment
        assert clock.last_opened_day(moment, at=EIGHT) == date(2025, 3, 30)
        before = moment - timedelta(seconds=1)
        assert clock.last_opened_day(before, at=EIGHT) == date(2025, 3, 29)


def test_half_past_two_in_the_night_without_it_is_shifted_once():
    half_past_two = time(2, 30)
    with timezone.override("Europe/Berlin"):
        moment = clock.opening(date(2025, 3, 30), half_past_two)

        assert timezone.localtime(moment).time() == time(3, 30)
        assert clock.last_opened_day(moment, at=half_past_two) == date(2025, 3, 30)
        assert clock.last_opened_day(moment - timedelta(seconds=1), at=half_past_two) == date(
            2025, 3, 29
        )


def test_half_past_two_in_the_night_with_two_of_them_is_the_first():
    half_past_two = time(2, 30)
    with timezone.override("Europe/Berlin"):
        moment = clock.opening(date(2025, 10, 26), half_past_two)

        assert moment == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
        for later in (timedelta(), timedelta(minutes=59), timedelta(hours=1), timedelta(hours=3)):
            day = clock.last_opened_day(moment + later, at=half_past_two)
            assert day == date(2025, 10, 26)
