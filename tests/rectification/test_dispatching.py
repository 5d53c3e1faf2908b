from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import JournalEntry
from rectification import (
    closing,
    contacting,
    dispatching,
    queries,
    returning,
    rounds_told,
    workflow,
)
from rectification.models import DispatchRound, Inspection, Notice, Workday
from rectification.round_list import round_rows
from rectification.states import RoundState
from tests.factories import NOON, SHANGHAI, InspectionFactory, MeasureFactory

ANCHOR = datetime(2025, 2, 17, 8, tzinfo=SHANGHAI)


def rounds():
    return list(DispatchRound.objects.values_list("number", "state"))


def asked_by(round):
    """The lines of the round's sheet, and how many the list says."""
    (row,) = round_rows(round.inspection)
    return rounds_told.sheet(round, at=ANCHOR).lines, row.expected


def test_the_round_opens_on_its_day_with_one_notice_for_each_unit(cast):
    MeasureFactory(problem=cast.problem, lead_unit=cast.division)
    MeasureFactory(problem=cast.problem, lead_unit=cast.elsewhere)

    opened = dispatching.open_due(at=ANCHOR)

    assert [(each.round.number, each.notices) for each in opened] == [(1, 2)]
    bodies = {notice.unit: notice.body for notice in Notice.objects.all() if notice.recipient}
    assert "2条措施要在本次调度报送" in bodies[cast.division]
    assert "1条措施要在本次调度报送" in bodies[cast.elsewhere]


def test_the_day_before_nothing_opens(cast):
    assert dispatching.open_due(at=ANCHOR - timedelta(days=1)) == ()


def test_a_second_run_changes_nothing(cast):
    dispatching.open_due(at=ANCHOR)
    before = (rounds(), Notice.objects.count(), JournalEntry.objects.count())

    assert dispatching.open_due(at=ANCHOR + timedelta(hours=5)) == ()

    assert (rounds(), Notice.objects.count(), JournalEntry.objects.count()) == before


def test_missed_rounds_are_on_record_and_only_the_latest_opens(cast):
    dispatching.open_due(at=ANCHOR)

    dispatching.open_due(at=ANCHOR + timedelta(days=14 * 3 + 2))

    assert rounds() == [(1, "closed"), (2, "superseded"), (3, "superseded"), (4, "open")]
    assert set(Notice.objects.values_list("round__number", flat=True)) == {1, 4}


def test_a_clock_that_jumps_back_opens_nothing_old(cast):
    dispatching.open_due(at=ANCHOR + timedelta(days=28))
    DispatchRound.objects.filter(number=1).delete()

    assert dispatching.open_due(at=ANCHOR) == ()


def test_a_holiday_moves_the_meeting_to_a_working_day(cast):
    Workday.objects.create(day=date(2025, 2, 17), is_working=False, name="调休")

    assert dispatching.open_due(at=ANCHOR) == ()
    dispatching.open_due(at=ANCHOR + timedelta(days=1))

    round = DispatchRound.objects.get()
    assert (round.due_on, round.meeting_on) == (date(2025, 2, 17), date(2025, 2, 18))


def test_a_round_opens_at_its_hour_and_not_before(cast):
    assert dispatching.open_due(at=ANCHOR - timedelta(seconds=1)) == ()
    assert len(dispatching.open_due(at=ANCHOR + timedelta(seconds=1))) == 1
    assert dispatching.open_due(at=ANCHOR + timedelta(seconds=2)) == ()


def test_a_hundred_ticks_in_one_second_open_one_round(cast):
    opened = [
        dispatching.open_due(at=ANCHOR + timedelta(milliseconds=10 * tick)) for tick in range(100)
    ]

    assert sum(len(each) for each in opened) == 1
    assert JournalEntry.objects.filter(verb="open").count() == 1


@pytest.mark.parametrize(
    "back", [timedelta(seconds=30), timedelta(days=3), timedelta(days=20_000)], ids=str
)
def test_a_clock_put_back_and_forward_again_opens_nothing_twice(cast, back):
    dispatching.open_due(at=ANCHOR + timedelta(days=14))
    before = rounds()

    assert dispatching.open_due(at=ANCHOR + timedelta(days=14) - back) == ()
    assert dispatching.open_due(at=ANCHOR + timedelta(days=14)) == ()

    assert rounds() == before == [(1, "superseded"), (2, "open")]


def test_a_clock_a_day_ahead_opens_a_day_early_and_once(cast):
    dispatching.open_due(at=ANCHOR - timedelta(days=1) + timedelta(days=1))
    for hours in (0, 12, 24, 36):
        dispatching.open_due(at=ANCHOR - timedelta(days=1) + timedelta(hours=hours))

    assert rounds() == [(1, "open")]


def test_a_calendar_that_changes_after_a_round_opened_opens_nothing_again(cast):
    dispatching.open_due(at=ANCHOR)
    Workday.objects.create(day=date(2025, 2, 17), is_working=False, name="补放")

    for days in range(14):
        assert dispatching.open_due(at=ANCHOR + timedelta(days=days)) == ()
    assert DispatchRound.objects.get().meeting_on == date(2025, 2, 17)


def test_another_zone_between_two_rounds_loses_and_doubles_none(cast):
    dispatching.open_due(at=ANCHOR)
    for zone in ("Pacific/Auckland", "America/Los_Angeles", "UTC"):
        with timezone.override(zone):
            dispatching.open_due(at=ANCHOR + timedelta(hours=1))
    with timezone.override("America/Los_Angeles"):
        second = ANCHOR + timedelta(days=14, hours=15)  # eight o'clock there
        assert dispatching.open_due(at=second.astimezone(UTC)) == ()
        opened = dispatching.open_due(at=second.astimezone(UTC) + timedelta(hours=1))

    assert [each.round.number for each in opened] == [2]


def test_of_two_weekly_rounds_moved_onto_one_day_the_later_opens_and_takes_its_place(cast):
    Inspection.objects.update(dispatch_rhythm="weekly", dispatch_anchor=date(2025, 1, 28))
    for day in (*range(28, 32),):
        Workday.objects.create(day=date(2025, 1, day), is_working=False, name="春节")
    for day in (3, 4):
        Workday.objects.create(day=date(2025, 2, day), is_working=False, name="春节")

    opened = dispatching.open_due(at=datetime(2025, 2, 5, 8, tzinfo=SHANGHAI))

    assert [each.round.number for each in opened] == [2]
    assert rounds() == [(1, "superseded"), (2, "open")]
    assert set(DispatchRound.objects.values_list("meeting_on", flat=True)) == {date(2025, 2, 5)}


def test_an_inspection_without_a_rhythm_is_left_alone(cast):
    Inspection.objects.update(dispatch_anchor=None)

    assert dispatching.open_due(at=ANCHOR) == ()


def test_the_office_closes_a_round_once(cast):
    dispatching.open_due(at=ANCHOR)
    round = DispatchRound.objects.get()
    with pytest.raises(dispatching.DispatchRefused, match="整改办"):
        dispatching.close(round, by=cast.supervisor, at=ANCHOR)

    dispatching.close(round, by=cast.office, at=ANCHOR)

    assert (round.state, round.closed_at) == (RoundState.CLOSED, ANCHOR)
    with pytest.raises(dispatching.DispatchRefused, match="已经结束"):
        dispatching.close(round, by=cast.office, at=ANCHOR)


def test_a_round_says_who_has_reported_and_who_has_not(cast):
    MeasureFactory(problem=cast.problem, lead_unit=cast.division)
    MeasureFactory(problem=cast.problem, lead_unit=cast.elsewhere)
    dispatching.open_due(at=ANCHOR)
    told = workflow.Told("无变化", difficulty="经费未到位", nil_return=True)
    workflow.report(
        cast.measure, told, unit=cast.measure.lead_unit, by=cast.liaison, at=ANCHOR, version=1
    )

    account = rounds_told.sheet(DispatchRound.objects.get(), at=ANCHOR)

    counted = [(each.unit_pk, each.asked, each.reported, each.nil) for each in account.units]
    assert counted == [(cast.division.pk, 2, 1, 1), (cast.elsewhere.pk, 1, 0, 0)]
    assert [line.difficulty for line in account.difficulties] == ["经费未到位"]


def test_a_closed_round_still_says_who_was_silent(cast):
    dispatching.open_due(at=ANCHOR)
    round = DispatchRound.objects.get()
    dispatching.close(round, by=cast.office, at=ANCHOR + timedelta(days=3))
    workflow.report(
        cast.measure,
        workflow.Told("迟报"),
        unit=cast.measure.lead_unit,
        by=cast.liaison,
        at=NOON,
        version=1,
    )

    (only,) = rounds_told.sheet(round, at=NOON).units
    (row,) = round_rows(cast.inspection)

    assert (only.unit_pk, only.asked, only.missing) == (cast.division.pk, 1, 1)
    assert (row.expected, row.reported) == (1, 0)


def test_a_measure_that_waits_for_review_is_not_asked_for(cast):
    dispatching.open_due(at=ANCHOR)
    closing.submit(
        cast.measure,
        statement="完成",
        evidence_note="见档案",
        by=cast.liaison,
        at=ANCHOR,
        version=1,
    )
    round = DispatchRound.objects.get()

    while_open = asked_by(round)
    dispatching.close(round, by=cast.office, at=ANCHOR)
    closed = asked_by(round)

    assert while_open == closed == ((), 0)
    assert queries.desk(cast.liaison, on=ANCHOR.date()).not_reported == ()


def test_an_inspection_that_fails_keeps_no_other_from_its_round(cast, monkeypatch, caplog):
    other = InspectionFactory(inspected_unit=cast.inspection.inspected_unit)
    expect = returning.expect

    def fails(round, *, at):
        if round.inspection_id == cast.inspection.pk:
            raise ZeroDivisionError
        return expect(round, at=at)

    monkeypatch.setattr(returning, "expect", fails)
    with pytest.raises(ZeroDivisionError):
        dispatching.open_due(at=ANCHOR)

    assert [each.inspection for each in DispatchRound.objects.all()] == [other]
    assert "The rounds of x25 failed" in caplog.text


def test_a_unit_that_is_asked_later_is_told_and_no_other_again_at_its_new_address(cast, settings):
    settings.EMAIL_HOST = "mail.bureau.test"
    dispatching.open_due(at=ANCHOR)
    told = set(Notice.objects.values_list("pk", flat=True))
    contacting.enter(
        cast.liaison, contacting.Entry("mail", "new@bureau.test"), by=cast.liaison, at=ANCHOR
    )
    MeasureFactory(problem=cast.problem, lead_unit=cast.division)
    MeasureFactory(problem=cast.problem, lead_unit=cast.elsewhere)

    dispatching.open_due(at=ANCHOR + timedelta(minutes=1))

    assert {each.unit for each in Notice.objects.exclude(pk__in=told)} == {cast.elsewhere}


def test_a_tick_with_nothing_to_ask_writes_nothing_and_begins_nothing(cast):
    dispatching.open_due(at=ANCHOR)

    with CaptureQueriesContext(connection) as found:
        dispatching.open_due(at=ANCHOR + timedelta(minutes=1))

    words = {each["sql"].split()[0] for each in found}
    assert words == {"SELECT"}
