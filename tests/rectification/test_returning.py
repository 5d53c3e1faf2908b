"""What a round asks of each unit, and what the unit and its head make of it."""

from datetime import date, timedelta

import pytest

from accounts import journal
from accounts.models import JournalEntry, Role
from rectification import closing, dispatching, moving, returning, rounds_told, workflow
from rectification.models import (
    DispatchReturn,
    Measure,
    MeasureEvent,
    Notice,
    ProgressEntry,
)
from rectification.states import ReturnState, TimeKind
from rectification.workflow import Told
from tests.factories import (
    NOON,
    MeasureFactory,
    person,
    unit,
)
from tests.rectification.rounds import ANCHOR, LATER, TOLD, file, line_of, returned, seen, states

# What is asked -----------------------------------------------------------------------------------


def test_a_round_asks_each_unit_that_leads_or_supports_an_open_measure(cast):
    cast.measure.supporting_units.add(cast.elsewhere)
    MeasureFactory(problem=cast.problem, lead_unit=cast.division, status="in_review")
    MeasureFactory(
        problem=cast.problem, lead_unit=cast.division, status="closed", closed_on=ANCHOR.date()
    )

    dispatching.open_due(at=ANCHOR)

    assert states() == [("河湖管理处", True, "waiting"), ("滨江分局", False, "waiting")]
    assert Notice.objects.filter(unit=cast.elsewhere, state="sent").exists()
    asked = JournalEntry.objects.get(verb="ask")
    assert (asked.by, asked.subject_code, asked.after) == (None, "x25/1", {"measures": 2})


@pytest.mark.parametrize(
    ("last", "is_asked"),
    [(None, False), (date(2024, 11, 17), True), (date(2024, 11, 18), False)],
)
def test_long_term_work_comes_up_by_its_rhythm(cast, last, is_asked):
    """Every three months since the last report, or since the plan; the meeting is on 17 Feb."""
    long_term(cast)
    if last:
        reported(cast, on=last)

    dispatching.open_due(at=ANCHOR)

    assert DispatchReturn.objects.exists() == is_asked


def test_long_term_work_that_came_back_is_asked_for_at_once(cast):
    long_term(cast)
    Measure.objects.update(status="rebounded")

    dispatching.open_due(at=ANCHOR)

    assert states() == [("河湖管理处", True, "waiting")]


def long_term(cast):
    Measure.objects.update(
        time_kind=TimeKind.LONG_TERM,
        deadline=None,
        original_deadline=None,
        precision="none",
        original_precision="none",
        review_every_months=3,
    )
    MeasureEvent.objects.filter(verb="plan").update(on=date(2024, 12, 1))


def reported(cast, *, on):
    ProgressEntry.objects.create(
        measure=cast.measure,
        unit=cast.division,
        text="已复查。",
        by=cast.liaison,
        reported_on=on,
        at=NOON,
        measure_version=1,
    )


def test_what_is_open_again_while_a_round_is_open_is_asked_for_by_the_next_tick(cast):
    Measure.objects.update(status="closed", closed_on=ANCHOR.date())
    MeasureEvent.objects.update(to_status="closed")
    dispatching.open_due(at=ANCHOR)
    assert states() == []
    measure = Measure.objects.get()
    workflow.reopen(measure, by=cast.office, at=ANCHOR, why="反弹", version=1)

    dispatching.open_due(at=ANCHOR + LATER)
    entries = JournalEntry.objects.count()
    dispatching.open_due(at=ANCHOR + LATER)

    assert states() == [("河湖管理处", True, "waiting")]
    assert JournalEntry.objects.count() == entries
    told = Notice.objects.filter(unit=cast.division, recipient=cast.liaison)
    assert [notice.state for notice in told] == ["sent"]


def test_a_unit_that_is_added_at_the_cut_off_second_is_asked_once(cast, opened):
    late = unit("水文中心", parent=cast.inspection.inspected_unit)
    person(Role.LIAISON, late)
    MeasureFactory(problem=cast.problem, lead_unit=late)

    for _ in range(2):
        dispatching.open_due(at=ANCHOR)

    assert states() == [("河湖管理处", True, "waiting"), ("水文中心", True, "waiting")]
    assert Notice.objects.filter(unit=late, state="sent").count() == 1


def test_a_report_before_the_next_tick_is_not_asked_for_again(cast, opened):
    new = MeasureFactory(problem=cast.problem, lead_unit=cast.division)
    workflow.report(new, TOLD, unit=cast.division, by=cast.liaison, at=ANCHOR, version=1)

    dispatching.open_due(at=ANCHOR + LATER)

    assert [state for _, _, state in states()] == ["waiting", "filed"]


def test_a_unit_whose_measures_are_all_finished_is_told_nothing_with_the_reason(cast):
    MeasureFactory(
        problem=cast.problem, lead_unit=cast.elsewhere, status="closed", closed_on=ANCHOR.date()
    )

    dispatching.open_due(at=ANCHOR)

    (untold,) = Notice.objects.filter(unit=cast.elsewhere)
    assert (untold.state, untold.recipient) == ("suppressed", None)
    assert "都已销号" in untold.reason
    assert not DispatchReturn.objects.filter(unit=cast.elsewhere).exists()


def test_an_inspection_without_units_has_its_rounds_all_the_same(cast):
    MeasureEvent.objects.all().delete()
    Measure.objects.all().delete()

    (found,) = dispatching.open_due(at=ANCHOR)
    dispatching.close(found.round, by=cast.office, at=ANCHOR)

    assert found.notices == 0
    assert rounds_told.sheet(found.round, at=NOON).units == ()


def test_who_no_longer_works_on_a_measure_is_not_asked_for_it_any_more(cast, opened):
    Measure.objects.update(lead_unit=cast.elsewhere)

    dispatching.open_due(at=ANCHOR + LATER)

    asked = DispatchReturn.objects.asked()
    assert [line.unit for line in asked] == [cast.elsewhere]


# Reporting ---------------------------------------------------------------------------------------


def test_filing_reports_answers_the_line_and_is_done_with_the_draft(cast, opened):
    line = returning.keep_draft(
        line_of(cast), Told("完成初"), by=cast.liaison, at=ANCHOR, version=1
    )

    entry = file(cast, line=line)

    line = line_of(cast)
    assert (line.state, line.entry, line.filed_at) == ("filed", entry, ANCHOR)
    assert (line.has_draft, line.draft_text, line.is_late) == (False, "", False)
    assert (entry.round, entry.unit, entry.text) == (opened, cast.division, "完成初稿。")
    verbs = list(JournalEntry.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs[-2:] == ["report", "file_return"]
    assert journal.first_fault() is None


def test_a_report_from_the_page_of_the_measure_answers_the_line_of_that_unit_alone(cast):
    cast.measure.supporting_units.add(cast.elsewhere)
    dispatching.open_due(at=ANCHOR)

    workflow.report(cast.measure, TOLD, unit=cast.elsewhere, by=cast.stranger, at=ANCHOR, version=1)

    assert states() == [("河湖管理处", True, "waiting"), ("滨江分局", False, "filed")]


def test_a_nil_return_says_that_what_was_named_still_stands(cast, opened):
    file(cast)
    dispatching.open_due(at=ANCHOR + timedelta(days=14))
    line = line_of(cast)

    entry = file(cast, workflow.nothing_new(line.measure, unit=line.unit), line=line)

    assert (entry.nil_return, entry.text) == (True, "无变化")
    assert (entry.difficulty, entry.next_step) == ("经费未到位", "征求意见")
    assert line_of(cast).state == ReturnState.FILED


def test_a_nil_return_does_not_hide_what_was_reported_before_it(cast, opened):
    entry = file(cast)

    nil = Told("无变化", nil_return=True)
    workflow.report(cast.measure, nil, unit=cast.division, by=cast.liaison, at=ANCHOR, version=2)

    assert line_of(cast).entry == entry


def test_the_report_of_another_unit_does_not_make_mine_stale(cast):
    cast.measure.supporting_units.add(cast.elsewhere)
    dispatching.open_due(at=ANCHOR)
    mine = line_of(cast)
    as_opened = seen(mine)
    theirs = line_of(cast, cast.elsewhere)
    file(cast, line=theirs, by=cast.stranger)

    file(cast, line=mine, seen=as_opened)

    assert [state for _, _, state in states()] == ["filed", "filed"]


@pytest.mark.parametrize("change", ["sent back", "amended"])
def test_a_measure_that_changed_since_makes_the_report_stale(cast, opened, change):
    line = line_of(cast)
    as_opened = seen(line)
    if change == "sent back":
        returned(cast)
    else:
        Measure.objects.update(version=2, deadline=date(2025, 12, 31))

    with pytest.raises(moving.StaleSave, match="M-900-1 在您打开之后被别人改过"):
        file(cast, line=line, seen=as_opened)

    assert not ProgressEntry.objects.exists()
    assert line_of(cast).state == ReturnState.WAITING


def test_of_two_tabs_the_second_draft_and_the_second_report_are_refused(cast, opened):
    line, as_opened = line_of(cast), seen(line_of(cast))
    returning.keep_draft(line_of(cast), Told("甲"), by=cast.liaison, at=ANCHOR, version=1)

    with pytest.raises(moving.StaleSave):
        returning.keep_draft(line, Told("乙"), by=cast.liaison, at=ANCHOR, version=1)
    with pytest.raises(moving.StaleSave):
        file(cast, Told("乙"), line=line, seen=as_opened)

    assert line_of(cast).draft_text == "甲"
    assert not ProgressEntry.objects.exists()


def test_drafts_write_no_journal_and_an_empty_one_is_none(cast, opened):
    before = JournalEntry.objects.count()

    line = returning.keep_draft(line_of(cast), TOLD, by=cast.liaison, at=NOON, version=1)
    assert (line.has_draft, line.drafted_by, line.version) == (True, cast.liaison, 2)
    line = returning.keep_draft(line, Told(""), by=cast.liaison, at=NOON, version=2)

    assert (line.has_draft, line.draft_difficulty, line.drafted_by) == (False, "", None)
    assert JournalEntry.objects.count() == before


@pytest.mark.parametrize("who", ["head", "office", "executive", "supervisor", "stranger"])
def test_only_the_liaison_of_the_unit_writes_and_files(cast, opened, who):
    by = getattr(cast, who)

    with pytest.raises(moving.MoveRefused):
        returning.keep_draft(line_of(cast), TOLD, by=by, at=ANCHOR, version=1)
    with pytest.raises(moving.MoveRefused):
        file(cast, by=by)

    assert states() == [("河湖管理处", True, "waiting")]


def test_what_is_in_review_takes_no_report_and_is_not_missing(cast, opened):
    closing.submit(
        cast.measure,
        statement="完成",
        evidence_note="见档案",
        by=cast.liaison,
        at=ANCHOR,
        version=1,
    )

    with pytest.raises(moving.MoveRefused, match="待审核"):
        file(cast)

    assert not DispatchReturn.objects.asked().exists()


def test_all_at_once_files_each_for_itself(cast):
    other = MeasureFactory(problem=cast.problem, lead_unit=cast.division, code="M-900-2")
    dispatching.open_due(at=ANCHOR)
    lines = list(DispatchReturn.objects.order_by("measure__code"))
    at_first = {line.pk: seen(line) for line in lines}
    Measure.objects.filter(pk=other.pk).update(version=5)

    outcome = returning.each(
        lines,
        lambda line: returning.file(
            line,
            returning.as_drafted(line),
            by=cast.liaison,
            at=ANCHOR,
            seen=at_first[line.pk],
        ),
    )

    assert [line.measure.code for line in outcome.done] == ["M-900-1"]
    assert [refusal.line.measure for refusal in outcome.refused] == [other]
    assert ProgressEntry.objects.get().nil_return
