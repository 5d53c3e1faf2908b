"""E6 of the corpus, as far as it is about days, hours, zones and calendars: each item its test."""

from pathlib import Path

import pytest
import time_machine
from django.conf import settings

from rectification import calendar_keeping, checks, dispatching
from rectification.models import CalendarYear, DispatchRound
from tests.factories import NOON, InspectionFactory
from tests.rectification.test_bad_input import corpus

HERE = "tests/rectification/calendar"
ROUNDS = "tests/rectification/test_dispatching.py"
TIMELINES = "tests/faults/test_timelines.py::test_no_timeline_loses_a_round_or_has_one_twice"
CLOCK = f"{ROUNDS}::test_a_clock_put_back_and_forward_again_opens_nothing_twice"
FORM = f"{HERE}/test_rhythm_page.py::test_what_cannot_be_is_refused_in_words_and_kept_in_the_form"
ADMIN = f"{HERE}/test_rhythm_page.py::test_the_admin_form_refuses_an_interval_in_the_same_words"
VERB = (
    f"{HERE}/test_scheduling.py::"
    "test_a_rhythm_that_cannot_be_is_refused_whichever_door_it_comes_through"
)
CALENDAR = f"{HERE}/test_meeting_days.py"
MISSED = f"{ROUNDS}::test_missed_rounds_are_on_record_and_only_the_latest_opens"

TESTS = {
    "anchor on a Sunday": [
        f"{HERE}/test_series.py::"
        "test_an_anchor_on_a_sunday_meets_on_the_monday_and_stays_in_the_series"
    ],
    "anchor on 2025-01-28 (Spring Festival)": [
        f"{ROUNDS}::"
        "test_of_two_weekly_rounds_moved_onto_one_day_the_later_opens_and_takes_its_place"
    ],
    "anchor 2024-02-29": [
        f"{HERE}/test_series.py::test_a_month_is_the_day_of_the_anchor_cut_at_its_end"
    ],
    "period 0 days": [FORM, ADMIN, VERB],
    "period 13.5": [FORM, ADMIN],
    "period 10,000": [FORM, ADMIN, VERB],
    "send time 02:30 in a zone with DST (must be refused or shifted, once)": [
        f"{HERE}/test_series.py::test_half_past_two_in_the_night_without_it_is_shifted_once",
        f"{HERE}/test_series.py::test_half_past_two_in_the_night_with_two_of_them_is_the_first",
        TIMELINES,
    ],
    "zone Asia/Shanghai, server UTC": [
        f"{HERE}/test_series.py::test_a_round_opens_at_eight_where_the_work_is_done",
        f"{HERE}/test_bad_schedule.py::test_the_zone_of_the_machine_does_not_matter",
    ],
    "zone changed between two cycles": [
        f"{ROUNDS}::test_another_zone_between_two_rounds_loses_and_doubles_none",
        TIMELINES,
    ],
    "server clock +1 day then back": [
        f"{ROUNDS}::test_a_clock_a_day_ahead_opens_a_day_early_and_once",
        TIMELINES,
    ],
    "server clock 1970": [CLOCK],
    "NTP step of 30 s during a run": [CLOCK],
    "down for 1 cycle": [MISSED, TIMELINES],
    "down for 3 cycles": [MISSED, TIMELINES],
    "restart 1 s before the due time": [f"{ROUNDS}::test_a_round_opens_at_its_hour_and_not_before"],
    "restart 1 s after the due time": [f"{ROUNDS}::test_a_round_opens_at_its_hour_and_not_before"],
    "two beats in one second": [f"{ROUNDS}::test_a_hundred_ticks_in_one_second_open_one_round"],
    "100 ticks in one second": [f"{ROUNDS}::test_a_hundred_ticks_in_one_second_open_one_round"],
    "calendar file without next year (chinesecalendar raises NotImplementedError for 2027)": [
        f"{CALENDAR}::test_2027_is_computed_and_says_so_of_each_day",
        f"{HERE}/test_bad_schedule.py::test_check_says_which_year_is_not_announced",
    ],
    "holiday notice changed after the cycle was made": [
        f"{CALENDAR}::test_a_round_that_is_there_keeps_its_days_whatever_the_calendar_says_later",
        f"{ROUNDS}::test_a_calendar_that_changes_after_a_round_opened_opens_nothing_again",
    ],
}


@pytest.mark.parametrize("item", sorted(TESTS))
def test_every_item_here_is_of_the_corpus(item):
    assert item in corpus("E6")


@pytest.mark.parametrize("named", sorted({each for found in TESTS.values() for each in found}))
def test_every_test_of_the_table_exists(named):
    file, name = named.split("::")

    assert f"def {name}(" in (Path(settings.BASE_DIR) / file).read_text(encoding="utf-8")


@pytest.mark.django_db
def test_the_zone_of_the_machine_does_not_matter(monkeypatch):
    """Its clock shows the evening of the day before while it is eight in the morning at work."""
    monkeypatch.setenv("TZ", "America/New_York")
    InspectionFactory(dispatch_anchor=NOON.date())
    with time_machine.travel("2025-07-30 19:59:59 -0400", tick=False):
        assert dispatching.open_due(at=NOON.replace(hour=7, minute=59, second=59)) == ()
    dispatching.open_due(at=NOON.replace(hour=8))

    assert DispatchRound.objects.get().meeting_on == NOON.date()


@pytest.mark.django_db
def test_check_says_which_year_is_not_announced():
    def said():
        found = checks.the_calendar_is_announced(None, databases=["default"])
        return [message.msg for message in found]

    with time_machine.travel("2026-12-10 12:00 +0800", tick=False):
        assert said() == []  # nobody meets
        InspectionFactory(dispatch_anchor=NOON.date())
        calendar_keeping.prefill((2026, 2027), at=NOON)
        assert said() == ["2027年放假安排还没有登记为已公布，这一年的调度会议日是推算的。"]
        CalendarYear.objects.update(is_announced=True, source="notice")
        assert said() == []
    assert checks.the_calendar_is_announced(None) == []
