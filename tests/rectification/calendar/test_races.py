"""What only several connections at once can show; SQLite queues its writers."""

from datetime import date, timedelta

import pytest
from django.db import connection

from accounts import journal
from accounts.models import JournalEntry
from rectification import calendar_keeping, dispatching, scheduling
from rectification.calendar_notice import Day
from rectification.models import CalendarYear, DispatchRound, Inspection, Workday
from tests.factories import NOON
from tests.rectification.calendar.test_scheduling import settings
from tests.rectification.test_race import together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a race needs PostgreSQL"),
]


def test_a_rhythm_that_changes_while_ticks_run_loses_and_doubles_no_round(cast):
    dispatching.open_due(at=NOON)
    later = NOON + timedelta(days=14)

    def act(number):
        if number:
            return len(dispatching.open_due(at=later))
        inspection = Inspection.objects.get()
        wished = settings(rhythm="weekly", anchor=date(2025, 8, 18))
        scheduling.set_rhythm(inspection, wished, version=1, by=cast.office, at=later)
        return 0

    together(6, act)

    rows = list(DispatchRound.objects.order_by("number").values_list("number", "due_on"))
    assert [number for number, _ in rows] == list(range(1, 14))
    assert rows[-1] == (13, date(2025, 8, 4))  # what was due by the old rhythm
    dispatching.open_due(at=later + timedelta(days=5))
    assert DispatchRound.objects.latest("number").due_on == date(2025, 8, 18)
    assert journal.first_fault() is None


def test_of_six_rhythms_at_once_one_is_kept_and_five_are_told(cast):
    def act(number):
        inspection = Inspection.objects.get()
        wished = settings(every=20 + number)
        try:
            scheduling.set_rhythm(inspection, wished, version=1, by=cast.office, at=NOON)
        except scheduling.StaleRhythm:
            return "stale"
        return "done"

    assert together(6, act) == ["done"] + ["stale"] * 5
    assert JournalEntry.objects.filter(verb="amend").count() == 1


def test_six_prefills_at_once_fill_in_once(cast):
    written = together(6, lambda _: len(calendar_keeping.prefill((2026, 2027), at=NOON)))

    assert sum(written) == 2
    assert JournalEntry.objects.filter(verb="prefill").count() == 2
    assert journal.first_fault() is None


def test_of_six_days_at_once_one_is_entered_and_five_are_told(cast):
    calendar_keeping.prefill((2027,), at=NOON)
    before = Workday.objects.count()

    def act(number):
        day = date(2027, 3, 1 + number)
        try:
            said = Day(False, "补放")
            calendar_keeping.set_day(day, said, version=1, by=cast.office, at=NOON)
        except calendar_keeping.StaleCalendar:
            return "stale"
        return "done"

    assert together(6, act) == ["done"] + ["stale"] * 5
    assert Workday.objects.count() == before + 1
    assert CalendarYear.objects.get().version == 2
    assert connection.vendor == "postgresql"
