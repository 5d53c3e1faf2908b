from datetime import date

import pytest
from django.db import IntegrityError, transaction

from accounts import journal
from accounts.models import JournalEntry, Role
from rectification import closing, moving, permissions, workflow
from rectification.models import Measure, MeasureEvent, Problem, ProgressEntry, Review
from rectification.states import (
    MEASURE_MOVES,
    ProblemStatus,
    RequestOutcome,
    ReturnGround,
    WorkStatus,
)
from tests.factories import NOON, DispatchRoundFactory, MeasureFactory, ProblemFactory, person

LATE = workflow.Return(ReturnGround.LATE, "节点未达到，请补充施工进度。", date(2025, 8, 10))


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def apply_for(cast):
    measure = fresh(cast.measure)
    return closing.submit(
        measure,
        statement="制度已印发。",
        evidence_note="印发件",
        by=cast.liaison,
        at=NOON,
        version=measure.version,
    )


def approve(cast, *, by):
    request = permissions.pending_request(fresh(cast.measure))
    closing.approve(request, by=by, at=NOON, opinion="", version=request.measure.version)


def in_status(cast, status):
    closed_on = NOON.date() if status == WorkStatus.CLOSED else None
    Measure.objects.filter(pk=cast.measure.pk).update(status=status, closed_on=closed_on)
    return fresh(cast.measure)


def test_a_report_is_kept_with_its_round_and_moves_the_measure(cast):
    round = DispatchRoundFactory(inspection=cast.inspection)

    workflow.report(
        cast.measure,
        workflow.Told("完成初稿。"),
        unit=cast.measure.lead_unit,
        by=cast.liaison,
        at=NOON,
        version=1,
    )

    entry = ProgressEntry.objects.get()
    assert (entry.text, entry.round, entry.unit, entry.by) == (
        "完成初稿。",
        round,
        cast.division,
        cast.liaison,
    )
    assert (cast.measure.status, cast.measure.version) == (WorkStatus.UNDER_WAY, 2)


@pytest.mark.parametrize("status", ["not_started", "sent_back", "rebounded", "under_way"])
def test_a_nil_return_is_on_record_and_leaves_the_status_as_it_is(cast, status):
    measure = in_status(cast, status)
    told = workflow.Told("无变化", nil_return=True)

    workflow.report(
        measure, told, unit=measure.lead_unit, by=cast.liaison, at=NOON, version=measure.version
    )

    assert fresh(measure).status == status
    event = measure.events.latest("pk")
    assert (event.verb, event.from_status, event.to_status) == ("nil_return", status, status)
    assert measure.progress.get().nil_return is True


def test_the_whole_way_to_close_out(cast):
    apply_for(cast)
    approve(cast, by=cast.head)
    approve(cast, by=cast.office)

    measure = fresh(cast.measure)
    assert (measure.status, measure.closed_on) == (WorkStatus.CLOSED, NOON.date())
    assert measure.requests.get().outcome == RequestOutcome.APPROVED
    assert [event.verb for event in measure.events.order_by("pk")] == ["plan", "submit", "close"]
    assert [entry.verb for entry in JournalEntry.objects.all()] == ["submit", "approve", "close"]
    assert journal.first_fault() is None


def test_a_return_counts_its_rounds_and_erases_nothing(cast):
    for number in (1, 2):
        apply_for(cast)
        measure = fresh(cast.measure)
        workflow.send_back(measure, LATE, by=cast.head, at=NOON, version=measure.version)
        assert measure.rework_round == number

    assert measure.status == WorkStatus.SENT_BACK
    assert [request.outcome for request in measure.requests.all()] == ["returned", "returned"]
    assert measure.events.filter(verb="send_back", why=LATE.reason).count() == 2


def test_an_application_can_be_taken_back_by_whoever_made_it_alone(cast):
    request = apply_for(cast)
    with pytest.raises(moving.MoveRefused):
        closing.withdraw(request, by=cast.head, at=NOON, why="材料不全", version=2)

    closing.withdraw(request, by=cast.liaison, at=NOON, why="材料不全", version=2)

    assert fresh(cast.measure).status == WorkStatus.UNDER_WAY
    assert fresh(request).outcome == RequestOutcome.WITHDRAWN


def test_a_rebound_reopens_the_problem_too(cast):
    in_status(cast, WorkStatus.CLOSED)
    Problem.objects.filter(pk=cast.problem.pk).update(status="closed", closed_on=NOON.date())

    workflow.reopen(fresh(cast.measure), by=cast.office, at=NOON, why="复查又见垃圾", version=1)

    assert (fresh(cast.measure).status, fresh(cast.measure).closed_on) == ("rebounded", None)
    assert fresh(cast.problem).status == ProblemStatus.REBOUNDED


@pytest.mark.parametrize("status", sorted(set(WorkStatus) - MEASURE_MOVES["report"].sources))
def test_a_report_is_refused_where_the_law_has_no_such_move(cast, status):
    measure = in_status(cast, status)

    with pytest.raises(moving.MoveRefused, match="现在是"):
        workflow.report(
            measure,
            workflow.Told("新进展"),
            unit=measure.lead_unit,
            by=cast.liaison,
            at=NOON,
            version=1,
        )

    assert not ProgressEntry.objects.exists()
    assert not JournalEntry.objects.exists()


@pytest.mark.parametrize("status", sorted(set(WorkStatus) - MEASURE_MOVES["send_back"].sources))
def test_a_return_is_refused_where_the_law_has_no_such_move(cast, status):
    measure = in_status(cast, status)

    with pytest.raises(moving.MoveRefused):
        workflow.send_back(measure, LATE, by=cast.office, at=NOON, version=1)

    assert fresh(cast.measure).rework_round == 0


@pytest.mark.parametrize("who", ["head", "office", "executive", "supervisor", "stranger"])
def test_only_the_units_own_liaison_reports(cast, who):
    with pytest.raises(moving.MoveRefused):
        workflow.report(
            cast.measure,
            workflow.Told("进展"),
            unit=cast.measure.lead_unit,
            by=getattr(cast, who),
            at=NOON,
            version=1,
        )


def test_the_liaison_of_a_supporting_unit_reports_and_does_not_apply(cast):
    cast.measure.supporting_units.add(cast.elsewhere)

    workflow.report(
        cast.measure,
        workflow.Told("配合"),
        unit=cast.elsewhere,
        by=cast.stranger,
        at=NOON,
        version=1,
    )

    with pytest.raises(moving.MoveRefused):
        closing.submit(
            cast.measure,
            statement="完成",
            evidence_note="见档案",
            by=cast.stranger,
            at=NOON,
            version=2,
        )


@pytest.mark.parametrize("who", ["liaison", "office", "executive", "supervisor", "stranger"])
def test_the_first_stage_belongs_to_the_units_head(cast, who):
    apply_for(cast)

    with pytest.raises(moving.MoveRefused):
        approve(cast, by=getattr(cast, who))


def test_whoever_applied_never_reviews_although_they_hold_the_role(cast):
    person_with_both = cast.liaison
    person_with_both.assignments.create(
        role=Role.UNIT_HEAD, unit=cast.division, started_on=NOON.date()
    )
    apply_for(cast)

    with pytest.raises(moving.MoveRefused):
        approve(cast, by=person_with_both)


def test_whoever_reported_never_reviews_although_another_applied(cast):
    head = person(Role.UNIT_HEAD, cast.division)
    head.assignments.create(role=Role.LIAISON, unit=cast.division, started_on=NOON.date())
    workflow.report(
        cast.measure,
        workflow.Told("进展"),
        unit=cast.measure.lead_unit,
        by=head,
        at=NOON,
        version=1,
    )
    apply_for(cast)

    with pytest.raises(moving.MoveRefused):
        approve(cast, by=head)
    approve(cast, by=cast.head)


def test_one_person_never_decides_at_two_stages(cast):
    both = person(Role.UNIT_HEAD, cast.division)
    both.assignments.create(
        role=Role.OFFICE, unit=cast.inspection.inspected_unit, started_on=NOON.date()
    )
    apply_for(cast)
    approve(cast, by=both)

    with pytest.raises(moving.MoveRefused):
        approve(cast, by=both)


def test_an_ended_role_gives_nothing(cast):
    cast.liaison.assignments.update(ended_on=NOON.date())

    with pytest.raises(moving.MoveRefused):
        workflow.report(
            cast.measure,
            workflow.Told("进展"),
            unit=cast.measure.lead_unit,
            by=cast.liaison,
            at=NOON,
            version=1,
        )


def test_a_stale_report_is_refused_and_nothing_is_written(cast):
    mine, theirs = fresh(cast.measure), fresh(cast.measure)
    workflow.report(
        theirs, workflow.Told("先报的"), unit=theirs.lead_unit, by=cast.liaison, at=NOON, version=1
    )

    with pytest.raises(moving.StaleSave, match="被别人改过"):
        workflow.report(
            mine, workflow.Told("后报的"), unit=mine.lead_unit, by=cast.liaison, at=NOON, version=1
        )

    assert [entry.text for entry in ProgressEntry.objects.all()] == ["先报的"]


def test_nobody_approves_what_they_have_not_read(cast):
    request = apply_for(cast)
    read = request.measure.version
    closing.withdraw(request, by=cast.liaison, at=NOON, why="改一改", version=read)
    apply_for(cast)

    pending = permissions.pending_request(fresh(cast.measure))
    with pytest.raises(moving.StaleSave):
        closing.approve(pending, by=cast.head, at=NOON, opinion="", version=read)

    assert fresh(cast.measure).status == WorkStatus.IN_REVIEW


def test_a_page_of_the_stage_before_does_not_decide_at_this_one(cast):
    read = apply_for(cast).measure.version
    approve(cast, by=cast.head)

    pending = permissions.pending_request(fresh(cast.measure))
    with pytest.raises(moving.StaleSave):
        closing.approve(pending, by=cast.office, at=NOON, opinion="", version=read)


def test_a_measure_amended_between_reading_and_approval_is_not_approved(cast, monkeypatch):
    request = apply_for(cast)
    seen = moving.require_seen

    def amended_just_after(measure, version):
        seen(measure, version)
        Measure.objects.filter(pk=measure.pk).update(version=version + 1)

    monkeypatch.setattr(moving, "require_seen", amended_just_after)
    with pytest.raises(moving.StaleSave):
        closing.approve(request, by=cast.head, at=NOON, opinion="", version=request.measure.version)

    assert not Review.objects.exists()


def test_the_second_click_loses(cast):
    apply_for(cast)
    stale = permissions.pending_request(fresh(cast.measure))
    version = stale.measure.version
    approve(cast, by=cast.head)

    with pytest.raises((moving.MoveRefused, moving.StaleSave)):
        closing.approve(stale, by=cast.head, at=NOON, opinion="", version=version)

    assert stale.reviews.count() == 1


def test_a_return_without_a_reason_is_refused(cast):
    with pytest.raises(moving.MoveRefused, match="理由"):
        workflow.send_back(
            cast.measure,
            workflow.Return(ReturnGround.LATE, " ", date(2025, 8, 10)),
            by=cast.office,
            at=NOON,
            version=1,
        )

    assert not MeasureEvent.objects.filter(verb="send_back").exists()


def test_an_executive_accepts_a_problem_once_all_measures_are_closed(cast):
    second = MeasureFactory(problem=cast.problem, lead_unit=cast.division)
    in_status(cast, WorkStatus.CLOSED)
    with pytest.raises(moving.MoveRefused, match="未销号"):
        workflow.accept(cast.problem, by=cast.executive, at=NOON, why="成效明显", version=1)
    Measure.objects.filter(pk=second.pk).update(status="closed", closed_on=NOON.date())

    workflow.accept(cast.problem, by=cast.executive, at=NOON, why="成效明显", version=1)

    assert (cast.problem.status, cast.problem.closed_on) == ("closed", NOON.date())


def test_a_problem_without_measures_is_not_accepted(cast):
    empty = ProblemFactory(inspection=cast.inspection)

    with pytest.raises(moving.MoveRefused):
        workflow.accept(empty, by=cast.executive, at=NOON, why="成效明显", version=1)


def test_a_second_acceptance_is_told_that_the_problem_has_changed(cast):
    in_status(cast, WorkStatus.CLOSED)
    late = fresh(cast.problem)
    workflow.accept(cast.problem, by=cast.executive, at=NOON, why="成效明显", version=1)

    with pytest.raises(moving.StaleSave):
        workflow.accept(late, by=cast.executive, at=NOON, why="成效明显", version=1)


def test_the_acceptance_of_a_changed_problem_is_stale(cast):
    in_status(cast, WorkStatus.CLOSED)
    Problem.objects.filter(pk=cast.problem.pk).update(version=2)

    with pytest.raises(moving.StaleSave):
        workflow.accept(fresh(cast.problem), by=cast.executive, at=NOON, why="好", version=1)


@pytest.mark.parametrize("status", WorkStatus)
def test_the_database_refuses_a_closing_day_without_closing_and_the_reverse(cast, status):
    day = None if status == WorkStatus.CLOSED else NOON.date()

    with pytest.raises(IntegrityError, match="measure_closed_on_iff_closed"), transaction.atomic():
        Measure.objects.filter(pk=cast.measure.pk).update(status=status, closed_on=day)
