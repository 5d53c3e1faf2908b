from datetime import date, datetime, timedelta

import pytest

from accounts.models import JournalEntry
from rectification import closing, dispatching, queries, workflow
from rectification.models import DispatchRound, Inspection, Notice, Workday
from rectification.states import RoundState
from tests.factories import NOON, SHANGHAI, MeasureFactory

ANCHOR = datetime(2025, 2, 17, 8, tzinfo=SHANGHAI)


def rounds():
    return list(DispatchRound.objects.values_list("number", "state"))


def test_the_round_opens_on_its_day_with_one_notice_for_each_unit(cast):
    MeasureFactory(problem=cast.problem, lead_unit=cast.division)
    MeasureFactory(problem=cast.problem, lead_unit=cast.elsewhere)

    opened = dispatching.open_due(at=ANCHOR)

    assert [(each.round.number, each.notices) for each in opened] == [(1, 2)]
    bodies = {notice.unit: notice.body for notice in Notice.objects.all()}
    assert "2条措施未销号" in bodies[cast.division]
    assert "1条措施未销号" in bodies[cast.elsewhere]


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

    assert rounds() == [(1, "open"), (2, "superseded"), (3, "superseded"), (4, "open")]
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
    workflow.report(cast.measure, told, by=cast.liaison, at=ANCHOR, version=1)

    returns = queries.round_returns(DispatchRound.objects.get())

    counted = [(each.unit, each.measures, each.reported, each.nil_returns) for each in returns]
    assert counted == [(cast.division, 2, 1, 1), (cast.elsewhere, 1, 0, 0)]
    assert [entry.difficulty for entry in returns[0].difficulties] == ["经费未到位"]


def test_a_closed_round_still_says_who_was_silent(cast):
    dispatching.open_due(at=ANCHOR)
    round = DispatchRound.objects.get()
    dispatching.close(round, by=cast.office, at=ANCHOR + timedelta(days=3))
    workflow.report(cast.measure, workflow.Told("迟报"), by=cast.liaison, at=NOON, version=1)

    (only,) = queries.round_returns(round)
    (row,) = queries.round_rows(cast.inspection)

    assert (only.unit, only.measures, only.missing) == (cast.division, 1, 1)
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

    while_open = (queries.round_returns(round), queries.round_rows(cast.inspection)[0].expected)
    dispatching.close(round, by=cast.office, at=ANCHOR)
    closed = (queries.round_returns(round), queries.round_rows(cast.inspection)[0].expected)

    assert while_open == closed == ((), 0)
    assert queries.desk(cast.liaison, on=ANCHOR.date()).not_reported == ()
