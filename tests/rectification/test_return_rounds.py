"""The head of the unit confirms; the end of a round keeps what was said; late is late."""

from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from accounts.models import JournalEntry
from rectification import closing, dispatching, moving, returning, rounds_told, workflow
from rectification.models import (
    DispatchReturn,
    DispatchRound,
    Measure,
    Milestone,
    Progress,
    ProgressEntry,
    progress_of,
)
from rectification.states import ReturnState
from rectification.workflow import Told
from tests.factories import (
    NOON,
    DispatchRoundFactory,
    MilestoneFactory,
    round_with_lines,
)
from tests.rectification.rounds import ANCHOR, LATER, TOLD, file, line_of, states
from tests.rectification.test_returning import reported

# The head of the unit ----------------------------------------------------------------------------


@pytest.fixture
def to_confirm(cast, opened):
    type(cast.inspection).objects.update(returns_need_confirmation=True)
    file(cast)
    return line_of(cast)


def test_where_the_setting_says_so_a_report_counts_once_its_head_has_confirmed_it(
    cast, opened, to_confirm
):
    (before,) = rounds_told.sheet(opened, at=NOON).units
    returning.confirm(to_confirm, by=cast.head, at=NOON, version=to_confirm.version)
    (after,) = rounds_told.sheet(opened, at=NOON).units

    assert (before.reported, before.to_confirm, before.missing) == (0, 1, 0)
    assert (after.reported, after.to_confirm, after.missing) == (1, 0, 0)
    line = line_of(cast)
    assert (line.state, line.confirmed_by, line.confirmed_at) == ("filed", cast.head, NOON)


def test_the_head_turns_a_report_back_with_a_reason_and_it_is_written_again(cast, to_confirm):
    with pytest.raises(moving.MoveRefused, match="理由"):
        returning.turn_back(to_confirm, by=cast.head, at=NOON, why=" ", version=3)
    returning.turn_back(to_confirm, by=cast.head, at=NOON, why="缺数字", version=to_confirm.version)
    line = line_of(cast)
    assert (line.state, line.turned_back_why) == ("turned_back", "缺数字")

    file(cast, Told("完成巡查12次。"))

    line = line_of(cast)
    assert (line.state, line.turned_back_why) == ("to_confirm", "")
    assert ProgressEntry.objects.count() == 2


@pytest.mark.parametrize("who", ["liaison", "office", "stranger", "executive"])
def test_nobody_else_confirms_or_turns_back(cast, to_confirm, who):
    by, version = getattr(cast, who), to_confirm.version

    with pytest.raises(moving.MoveRefused, match="负责人"):
        returning.confirm(to_confirm, by=by, at=NOON, version=version)
    with pytest.raises(moving.MoveRefused, match="负责人"):
        returning.turn_back(to_confirm, by=by, at=NOON, why="缺数字", version=version)


def test_a_confirmation_of_what_was_not_seen_is_refused(cast, to_confirm):
    version = to_confirm.version
    file(cast, Told("又改了。"))

    with pytest.raises(moving.StaleSave):
        returning.confirm(line_of(cast), by=cast.head, at=NOON, version=version)

    returning.confirm(line_of(cast), by=cast.head, at=NOON, version=line_of(cast).version)
    with pytest.raises(moving.MoveRefused, match="没有等待确认"):
        returning.confirm(line_of(cast), by=cast.head, at=NOON, version=99)


def test_nobody_confirms_their_own_on_a_line_that_was_read_before_they_reported(cast, to_confirm):
    cast.head.assignments.create(role="liaison", unit=cast.division, started_on="2025-01-01")
    stale = line_of(cast)
    file(cast, by=cast.head)

    with pytest.raises(moving.StaleSave):
        returning.confirm(stale, by=cast.head, at=NOON, version=line_of(cast).version)

    assert line_of(cast).state == "to_confirm"


# The end of a round ------------------------------------------------------------------------------


def test_the_end_of_a_round_keeps_what_was_said_on_that_day(cast, opened):
    MilestoneFactory(measure=cast.measure, due_on=date(2025, 2, 1), share=40)
    dispatching.close(opened, by=cast.office, at=ANCHOR + LATER)
    Measure.objects.update(status="closed", closed_on=ANCHOR.date())
    Milestone.objects.update(reached_on=ANCHOR.date())

    line = line_of(cast)
    assert line.closed_state == "waiting"
    (kept,) = rounds_told.sheet(opened, at=NOON).lines
    assert (kept.said, kept.status, kept.light) == ("未报", "未启动", "yellow")
    assert (kept.scheduled, kept.reached) == (40, 0)
    assert kept.reason == "黄：2025年9月底前，未达序时"
    (unit,) = rounds_told.sheet(opened, at=NOON).units
    assert (unit.asked, unit.missing) == (1, 1)


def test_a_report_after_the_end_is_late_and_changes_nothing_of_what_was_kept(cast, opened):
    dispatching.close(opened, by=cast.office, at=ANCHOR + LATER)

    entry = file(cast, at=ANCHOR + 2 * LATER)

    line = line_of(cast)
    assert (line.state, line.is_late, line.closed_state) == ("filed", True, "waiting")
    assert entry.round == opened
    (unit,) = rounds_told.sheet(opened, at=NOON).units
    assert (unit.reported, unit.missing, unit.late) == (0, 1, 1)
    with pytest.raises(moving.MoveRefused, match="已经结束"):
        file(cast, at=ANCHOR + 3 * LATER)
    further = workflow.report(
        Measure.objects.get(), TOLD, unit=cast.division, by=cast.liaison, at=NOON, version=2
    )
    assert further.round is None


def test_the_next_round_ends_the_one_before_it_and_takes_the_reports_from_then_on(cast, opened):
    first = line_of(cast)

    dispatching.open_due(at=ANCHOR + timedelta(days=14))

    assert list(DispatchRound.objects.values_list("number", "state")) == [
        (1, "closed"),
        (2, "open"),
    ]
    ended = JournalEntry.objects.get(verb="close", subject_kind="round")
    assert (ended.by, ended.subject_code) == (None, "x25/1")
    first.refresh_from_db()
    assert first.closed_state == "waiting"
    with pytest.raises(moving.MoveRefused, match="已经过去"):
        file(cast, line=first)
    with pytest.raises(moving.MoveRefused, match="已经过去"):
        returning.keep_draft(first, TOLD, by=cast.liaison, at=NOON, version=1)


def test_a_report_that_waits_at_the_end_may_still_be_confirmed(cast, opened, to_confirm):
    dispatching.close(opened, by=cast.office, at=ANCHOR + LATER)
    returning.confirm(line_of(cast), by=cast.head, at=NOON, version=to_confirm.version)

    line = line_of(cast)
    assert (line.state, line.closed_state, line.is_late) == ("filed", "to_confirm", False)


def test_what_was_not_asked_at_the_end_is_not_owed_after_it(cast, opened):
    closing.submit(
        cast.measure,
        statement="完成",
        evidence_note="见档案",
        by=cast.liaison,
        at=ANCHOR,
        version=1,
    )
    dispatching.close(opened, by=cast.office, at=ANCHOR + LATER)
    request = cast.measure.requests.get()
    closing.withdraw(request, by=cast.liaison, at=ANCHOR + LATER, why="材料不全", version=2)

    entry = workflow.report(
        Measure.objects.get(), TOLD, unit=cast.division, by=cast.liaison, at=NOON, version=3
    )

    assert entry.round is None
    assert line_of(cast).state == ReturnState.WAITING


def test_no_inspection_has_two_open_rounds(cast):
    DispatchRoundFactory(inspection=cast.inspection, number=1)

    with pytest.raises(IntegrityError), transaction.atomic():
        DispatchRoundFactory(inspection=cast.inspection, number=2)


# 序时进度 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "scheduled", "reached"),
    [
        (date(2025, 3, 31), 0, 0),  # the day itself is not past
        (date(2025, 4, 1), 30, 0),
        (date(2025, 5, 2), 30, 60),  # further than was asked for
        (date(2025, 7, 1), 60, 60),
        (date(2026, 1, 1), 100, 60),
    ],
)
def test_the_scheduled_and_the_reached_share_of_a_day(cast, on, scheduled, reached):
    for due, share, came in [
        (date(2025, 3, 31), 30, None),
        (date(2025, 6, 30), 60, date(2025, 5, 2)),
        (date(2025, 12, 31), 100, None),
    ]:
        MilestoneFactory(measure=cast.measure, due_on=due, share=share, reached_on=came)

    found = progress_of(cast.measure.milestones.all(), on=on)

    assert found == Progress(scheduled, reached)
    is_behind = Measure.objects.behind_schedule(on=on).exists()
    assert found.is_behind == is_behind == (reached < scheduled)


def test_a_measure_without_milestones_has_no_share(cast):
    assert progress_of([], on=NOON.date()) is None
    assert not Measure.objects.behind_schedule(on=NOON.date()).exists()


# Databases of before -----------------------------------------------------------------------------


def test_of_several_open_rounds_the_last_stays_open_with_what_was_reported_in_it(cast):
    migration = import_module("rectification.migrations.0025_one_open_round")
    ended = {"state": "closed", "closed_at": NOON}
    first = DispatchRoundFactory(inspection=cast.inspection, number=1, **ended)
    last = round_with_lines(cast.inspection, number=3)
    reported(cast, on=NOON.date())
    ProgressEntry.objects.update(round=last)
    DispatchReturn.objects.all().delete()

    migration.close_older(apps, None)
    returning.expect(last, at=NOON)

    assert states() == [("河湖管理处", True, "filed")]
    assert rounds_told.sheet(first, at=NOON).units[0].missing == 1
