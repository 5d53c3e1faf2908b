"""A changed rhythm: numbers go on, nothing past is opened again, nothing due is lost."""

import importlib
from datetime import date, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError

from accounts.models import JournalEntry
from rectification import dispatching, meeting_days, scheduling
from rectification.models import DispatchRound, Inspection
from rectification.scheduling import Settings
from rectification.states import Rhythm
from tests.factories import SHANGHAI, InspectionFactory

FIRST = datetime(2025, 2, 17, 12, tzinfo=SHANGHAI)  # the anchor of the cast's inspection, a Monday


def settings(anchor=date(2025, 2, 17), rhythm=Rhythm.EVERY_DAYS, every=14, at=time(8)):
    return Settings(anchor, rhythm, every, at)


def change(cast, wished, *, at):
    inspection = Inspection.objects.get(pk=cast.inspection.pk)
    version = inspection.dispatch_version
    scheduling.set_rhythm(inspection, wished, version=version, by=cast.office, at=at)
    return inspection


def rounds():
    rows = DispatchRound.objects.order_by("number")
    return [(each.number, each.due_on, each.state) for each in rows]


def to_come(inspection, year=2025):
    days = meeting_days.of_year(inspection, year)
    return [(each.number, each.due_on) for each in days if each.round is None]


def test_from_two_weeks_to_one_the_numbers_go_on_and_the_past_stays(cast):
    dispatching.open_due(at=FIRST)
    dispatching.open_due(at=FIRST + timedelta(days=14))
    before = rounds()

    changed = change(cast, settings(rhythm=Rhythm.WEEKLY), at=FIRST + timedelta(days=16))

    assert rounds() == before
    assert to_come(changed)[:2] == [(3, date(2025, 3, 10)), (4, date(2025, 3, 17))]
    dispatching.open_due(at=FIRST + timedelta(days=16))
    assert rounds() == before
    dispatching.open_due(at=FIRST + timedelta(days=21))
    assert rounds()[2:] == [(3, date(2025, 3, 10), "open")]


def test_a_week_that_has_passed_meanwhile_is_not_made_up_for(cast):
    dispatching.open_due(at=FIRST)

    changed = change(cast, settings(rhythm=Rhythm.WEEKLY), at=FIRST + timedelta(days=9))

    assert to_come(changed)[0] == (2, date(2025, 3, 3))


def test_what_is_due_by_the_old_rhythm_opens_before_it_goes(cast):
    dispatching.open_due(at=FIRST)

    change(cast, settings(anchor=date(2025, 4, 1)), at=FIRST + timedelta(days=15))

    assert rounds() == [(1, date(2025, 2, 17), "closed"), (2, date(2025, 3, 3), "open")]


def test_an_anchor_long_past_gives_no_number_again(cast):
    dispatching.open_due(at=FIRST)

    Inspection.objects.update(feedback_date=date(2023, 12, 20))
    cast.inspection.refresh_from_db()
    changed = change(cast, settings(anchor=date(2024, 1, 1)), at=FIRST)

    assert changed.dispatch_first_number < 1
    assert to_come(changed)[:2] == [(2, date(2025, 2, 24)), (3, date(2025, 3, 10))]
    dispatching.open_due(at=FIRST + timedelta(days=60))
    assert [number for number, _, _ in rounds()] == [1, 2, 3, 4, 5]


def test_an_anchor_of_before_the_feedback_is_refused(cast):
    for typed in (date(2005, 2, 17), cast.inspection.feedback_date - timedelta(days=1)):
        with pytest.raises(ValidationError, match="不能早于反馈日期"):
            change(cast, settings(anchor=typed), at=FIRST)

    change(cast, settings(anchor=cast.inspection.feedback_date), at=FIRST)


@pytest.mark.django_db
def test_an_old_anchor_of_before_the_feedback_goes_on_in_its_series():
    migration = importlib.import_module("rectification.migrations.0046_anchor_after_feedback")
    row = InspectionFactory(dispatch_anchor=date(2025, 2, 3))
    before = to_come(row)
    row.dispatch_anchor, row.dispatch_first_number = date(2025, 1, 6), -1

    migration.renumber(row)

    assert (row.dispatch_anchor, row.dispatch_first_number) == (date(2025, 1, 20), 0)
    assert [each for each in to_come(row) if each[0] > 0] == before


def test_an_anchor_of_today_opens_today(cast):
    dispatching.open_due(at=FIRST)
    at = FIRST + timedelta(days=3)

    change(cast, settings(anchor=at.date()), at=at)
    dispatching.open_due(at=at)

    assert rounds()[1:] == [(2, at.date(), "open")]


def test_on_a_day_with_a_round_there_is_no_second_one(cast):
    dispatching.open_due(at=FIRST)

    changed = change(cast, settings(rhythm=Rhythm.MONTHLY), at=FIRST)
    dispatching.open_due(at=FIRST)

    assert rounds() == [(1, date(2025, 2, 17), "open")]
    assert to_come(changed)[0] == (2, date(2025, 3, 17))


def test_without_an_anchor_nothing_opens_and_a_later_one_goes_on(cast):
    dispatching.open_due(at=FIRST)
    change(cast, settings(anchor=None), at=FIRST)
    dispatching.open_due(at=FIRST + timedelta(days=100))
    assert len(rounds()) == 1

    changed = change(cast, settings(anchor=date(2025, 9, 1)), at=FIRST + timedelta(days=150))

    assert to_come(changed)[0] == (2, date(2025, 9, 1))


def test_after_a_clock_that_ran_ahead_by_years_a_new_rhythm_goes_on_from_today(cast):
    dispatching.open_due(at=FIRST)
    dispatching.open_due(at=FIRST.replace(year=2031))
    last = DispatchRound.objects.latest("number").number
    assert dispatching.open_due(at=FIRST + timedelta(days=14)) == ()

    at = FIRST + timedelta(days=15)
    changed = change(cast, settings(anchor=date(2025, 4, 14)), at=at)
    dispatching.open_due(at=datetime(2025, 4, 14, 9, tzinfo=SHANGHAI))

    assert changed.dispatch_first_number == last + 1
    newest = DispatchRound.objects.latest("number")
    assert (newest.number, newest.due_on) == (last + 1, date(2025, 4, 14))


def test_before_the_first_round_a_past_anchor_is_the_first(cast):
    changed = change(cast, settings(anchor=date(2025, 3, 3)), at=FIRST - timedelta(days=5))

    assert changed.dispatch_first_number == 1
    assert to_come(changed)[0] == (1, date(2025, 3, 3))


def test_another_hour_alone_moves_no_day(cast):
    dispatching.open_due(at=FIRST)
    before = to_come(cast.inspection)

    changed = change(cast, settings(at=time(14, 30)), at=FIRST + timedelta(days=9))

    assert to_come(changed) == before
    half_past_two = (FIRST + timedelta(days=14)).replace(hour=14, minute=30)
    assert dispatching.open_due(at=half_past_two - timedelta(seconds=1)) == ()
    assert len(dispatching.open_due(at=half_past_two)) == 1


def test_a_change_is_in_the_journal_with_both_values(cast):
    change(cast, settings(rhythm=Rhythm.WEEKLY), at=FIRST - timedelta(days=1))

    entry = JournalEntry.objects.get(verb="amend")
    assert (entry.subject_kind, entry.subject_code, entry.by) == ("inspection", "x25", cast.office)
    assert (entry.before["dispatch_rhythm"], entry.after["dispatch_rhythm"]) == (
        "every_days",
        "weekly",
    )


def test_nobody_but_the_office_changes_it(cast):
    for by in (cast.liaison, cast.executive, cast.supervisor):
        with pytest.raises(scheduling.RhythmRefused, match="整改办"):
            scheduling.set_rhythm(cast.inspection, settings(), version=1, by=by, at=FIRST)


def test_a_stale_change_writes_nothing_and_opens_nothing(cast):
    change(cast, settings(rhythm=Rhythm.WEEKLY), at=FIRST - timedelta(days=5))
    entries = JournalEntry.objects.count()

    with pytest.raises(scheduling.StaleRhythm):
        scheduling.set_rhythm(
            cast.inspection,
            settings(rhythm=Rhythm.MONTHLY),
            version=1,
            by=cast.office,
            at=FIRST + timedelta(days=40),
        )

    assert Inspection.objects.get().dispatch_rhythm == Rhythm.WEEKLY
    assert (rounds(), JournalEntry.objects.count()) == ([], entries)


def test_the_same_settings_are_no_change(cast):
    with pytest.raises(scheduling.RhythmRefused, match="没有改动"):
        change(cast, settings(), at=FIRST)


@pytest.mark.parametrize(
    ("wished", "says"),
    [
        (settings(every=0), "1 到 366"),
        (settings(every=10_000), "1 到 366"),
        (settings(rhythm="fortnightly"), "fortnightly"),
        (settings(anchor=date(25, 2, 3)), "2000 年到 2099 年"),
    ],
)
def test_a_rhythm_that_cannot_be_is_refused_whichever_door_it_comes_through(cast, wished, says):
    with pytest.raises(ValidationError, match=says):
        change(cast, wished, at=FIRST)

    assert rounds() == []
    assert Inspection.objects.get().dispatch_version == 1
