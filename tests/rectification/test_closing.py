"""What an approval binds: the digest of an application, and everything that makes it lapse."""

import hashlib
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts import journal
from accounts.models import Role
from rectification import closing, moving, permissions, planning, shelf, workflow
from rectification.models import (
    CloseoutRequest,
    Evidence,
    EvidenceUse,
    EvidenceVersion,
    Inspection,
    Measure,
    MeasureEvent,
    Review,
    ReviewStage,
    Rework,
)
from tests.factories import NOON, MeasureFactory, person

BACK = workflow.Return("below_standard", "印发件缺文号。", date(2025, 8, 10))
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_disk(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def piece(cast, *measures, number=1):
    """A piece of evidence with one version that serves the measures."""
    found = Evidence.objects.create(
        inspection=cast.inspection,
        number=number,
        title="巡查制度印发件",
        kind="document",
        dated_on=date(2025, 6, 30),
        unit=cast.division,
    )
    for measure in measures:
        EvidenceUse.objects.create(evidence=found, measure=measure, by=cast.liaison, at=NOON)
    add_version(cast, found)
    return found


def add_version(cast, found):
    number = found.versions.count() + 1
    content = f"{found.number}/{number}".encode()
    path = shelf.path_of(f"{found.pk}-{number}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return EvidenceVersion.objects.create(
        evidence=found,
        number=number,
        name="印发件.pdf",
        media_type="application/pdf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        key=f"{found.pk}-{number}",
        by=cast.liaison,
        at=NOON,
    )


def apply_for(measure, *, by, note="印发件"):
    measure = fresh(measure)
    return closing.submit(
        measure,
        statement="制度已印发。",
        evidence_note=note,
        by=by,
        at=NOON,
        version=measure.version,
    )


def approve(measure, *, by):
    request = permissions.pending_request(fresh(measure))
    assert request is not None
    closing.approve(request, by=by, at=NOON, opinion="同意", version=request.measure.version)
    return request


def change_evidence(cast, found, *measures):
    """What the verbs of evidence do: the new version, and then the applications that rest on it."""
    add_version(cast, found)
    why = f"{found.code}《{found.title}》更新为第{found.versions.count()}版。"
    closing.evidence_changed(map(fresh, measures), why=why, by=cast.liaison, at=NOON)


def test_an_application_lists_its_evidence_with_hashes_and_a_digest_of_all_of_it(cast):
    found = piece(cast, cast.measure)
    latest = add_version(cast, found)

    request = apply_for(cast.measure, by=cast.liaison)

    assert [(each.version, each.sha256) for each in request.evidence.all()] == [
        (latest, latest.sha256)
    ]
    assert request.digest == closing.digest_of(request, [latest])
    assert len(request.digest) == 64


@pytest.mark.parametrize("field", ["statement", "evidence_note", "number", "measure_version"])
def test_the_digest_depends_on_every_part_of_the_application(cast, field):
    request = apply_for(cast.measure, by=cast.liaison)
    before = request.digest

    setattr(request, field, 99)

    assert closing.digest_of(request, []) != before


def test_without_evidence_the_application_says_where_it_is(cast):
    with pytest.raises(moving.MoveRefused, match="还没有佐证材料"):
        apply_for(cast.measure, by=cast.liaison, note=" ")

    assert fresh(cast.measure).status == "not_started"
    assert not CloseoutRequest.objects.exists()


def test_each_approval_names_the_digest_that_it_approved(cast):
    request = apply_for(cast.measure, by=cast.liaison)

    approve(cast.measure, by=cast.head)
    approve(cast.measure, by=cast.office)

    assert set(Review.objects.values_list("digest", flat=True)) == {request.digest}
    assert fresh(cast.measure).status == "closed"


def test_changed_evidence_lapses_the_application_and_its_approvals_with_the_reason(cast):
    found = piece(cast, cast.measure)
    request = apply_for(cast.measure, by=cast.liaison)
    approve(cast.measure, by=cast.head)

    change_evidence(cast, found, cast.measure)

    request.refresh_from_db()
    assert request.outcome == "lapsed"
    assert request.lapsed_why == "E-001《巡查制度印发件》更新为第2版。"
    review = Review.objects.get()
    assert review.lapsed_at == NOON
    assert review.lapsed_why == request.lapsed_why
    assert fresh(cast.measure).status == "under_way"
    event = MeasureEvent.objects.last()
    assert (event.verb, event.why) == ("lapse", request.lapsed_why)
    assert journal.first_fault() is None


def test_one_piece_on_three_measures_lapses_what_waits_and_nothing_else(cast):
    others = [
        MeasureFactory(problem=cast.problem, lead_unit=cast.division, code=f"M-900-{number}")
        for number in (2, 3)
    ]
    measures = [cast.measure, *others]
    found = piece(cast, *measures)
    for measure in measures[:2]:
        apply_for(measure, by=cast.liaison)

    change_evidence(cast, found, *measures)

    assert [fresh(each).status for each in measures] == ["under_way", "under_way", "not_started"]


def test_after_a_lapse_every_stage_is_asked_again(cast):
    found = piece(cast, cast.measure)
    apply_for(cast.measure, by=cast.liaison)
    approve(cast.measure, by=cast.head)
    change_evidence(cast, found, cast.measure)

    second = apply_for(cast.measure, by=cast.liaison)

    assert (second.number, second.stage.order) == (2, 1)
    approve(cast.measure, by=cast.head)
    assert fresh(cast.measure).status == "in_review"
    approve(cast.measure, by=cast.office)
    assert fresh(cast.measure).status == "closed"


def test_evidence_that_changed_behind_the_verbs_is_not_approved(cast):
    found = piece(cast, cast.measure)
    apply_for(cast.measure, by=cast.liaison)
    add_version(cast, found)  # nobody was told

    with pytest.raises(moving.MoveRefused, match="与申请时不一致"):
        approve(cast.measure, by=cast.head)

    assert not Review.objects.exists()


def test_an_approval_of_another_digest_does_not_close(cast):
    apply_for(cast.measure, by=cast.liaison)
    approve(cast.measure, by=cast.head)
    Review.objects.update(digest="0" * 64)

    with pytest.raises(moving.MoveRefused, match="没有通过或已失效"):
        approve(cast.measure, by=cast.office)

    assert fresh(cast.measure).status == "in_review"


def test_without_the_digest_a_changed_piece_would_be_approved(cast, monkeypatch):
    """The sabotage twin: what the digest protects happens where it is the same for everything."""
    monkeypatch.setattr(closing, "digest_of", lambda request, versions: "0" * 64)
    found = piece(cast, cast.measure)
    apply_for(cast.measure, by=cast.liaison)
    add_version(cast, found)

    approve(cast.measure, by=cast.head)

    assert Review.objects.count() == 1


def test_a_changed_application_begins_again_under_the_next_number(cast):
    first = apply_for(cast.measure, by=cast.liaison)
    approve(cast.measure, by=cast.head)
    pending = permissions.pending_request(fresh(cast.measure))

    second = closing.resubmit(
        pending,
        statement="制度已印发，并执行两轮。",
        evidence_note="印发件",
        by=cast.liaison,
        at=NOON,
        version=pending.measure.version,
    )

    first.refresh_from_db()
    assert first.statement == "制度已印发。"
    assert (first.outcome, second.outcome) == ("lapsed", "pending")
    assert (second.number, second.stage.order) == (2, 1)
    assert Review.objects.get().lapsed_why.startswith("申请人修改了申请内容")
    assert fresh(cast.measure).status == "in_review"


@pytest.mark.parametrize("field", ["text", "target"])
def test_a_changed_plan_lapses_what_was_applied_for(cast, field):
    apply_for(cast.measure, by=cast.liaison)
    measure = fresh(cast.measure)
    before = planning.content_of(measure, planning.MEASURE_CONTENT)
    setattr(measure, field, "另一种说法。")

    planning.amend_measure(measure, before=before, by=cast.office, at=NOON, why="更正")

    assert CloseoutRequest.objects.get().lapsed_why == "整改措施或整改目标已修改。"
    assert fresh(cast.measure).status == "under_way"


def test_a_new_person_in_charge_lapses_nothing(cast):
    apply_for(cast.measure, by=cast.liaison)
    measure = fresh(cast.measure)
    before = planning.content_of(measure, planning.MEASURE_CONTENT)
    measure.person_in_charge = cast.head

    planning.amend_measure(measure, before=before, by=cast.office, at=NOON, why="更正")

    assert CloseoutRequest.objects.get().outcome == "pending"


def test_an_application_climbs_five_stages_by_five_people(cast):
    root = cast.inspection.inspected_unit
    ReviewStage.objects.bulk_create(
        ReviewStage(inspection=cast.inspection, order=order, name=name, role=role)
        for order, name, role in (
            (3, "分管领导审核", Role.EXECUTIVE),
            (4, "主要领导审核", Role.EXECUTIVE),
            (5, "党组会审定", Role.PARTY_GROUP),
        )
    )
    second = person(Role.EXECUTIVE, root)
    group = person(Role.PARTY_GROUP, root)
    apply_for(cast.measure, by=cast.liaison)

    for reviewer in (cast.head, cast.office, cast.executive):
        approve(cast.measure, by=reviewer)
    with pytest.raises(moving.MoveRefused):
        approve(cast.measure, by=cast.executive)
    approve(cast.measure, by=second)
    assert fresh(cast.measure).status == "in_review"
    approve(cast.measure, by=group)

    assert fresh(cast.measure).status == "closed"
    assert Review.objects.count() == 5


def test_one_person_reviews_several_stages_where_the_inspection_says_so(cast):
    Inspection.objects.update(reviewers_may_repeat=True)
    both = person(Role.UNIT_HEAD, cast.division)
    cast.office.assignments.update(ended_on=NOON.date())
    both.assignments.create(
        role=Role.OFFICE, unit=cast.inspection.inspected_unit, started_on=NOON.date()
    )
    apply_for(cast.measure, by=cast.liaison)

    approve(cast.measure, by=both)
    approve(cast.measure, by=both)

    assert fresh(cast.measure).status == "closed"


def test_returns_are_episodes_with_numbers_and_nothing_is_overwritten(cast):
    for number in (1, 2):
        apply_for(cast.measure, by=cast.liaison)
        measure = fresh(cast.measure)
        workflow.send_back(measure, BACK, by=cast.head, at=NOON, version=measure.version)
        assert Rework.objects.open().get().number == number
    measure = fresh(cast.measure)
    later = NOON + timedelta(days=12)
    workflow.report(
        measure,
        workflow.Told("已补文号。"),
        unit=measure.lead_unit,
        by=cast.liaison,
        at=later,
        version=measure.version,
    )

    episodes = Rework.objects.order_by("number")
    assert [(each.number, each.reason, each.due_on) for each in episodes] == [
        (1, "印发件缺文号。", date(2025, 8, 10)),
        (2, "印发件缺文号。", date(2025, 8, 10)),
    ]
    assert [each.request.number for each in episodes] == [1, 2]
    assert [each.answered_on for each in episodes] == [date(2025, 7, 31), date(2025, 8, 12)]
    assert measure.deadline == measure.original_deadline


def test_a_nil_return_does_not_answer_a_return(cast):
    workflow.send_back(cast.measure, BACK, by=cast.office, at=NOON, version=1)
    measure = fresh(cast.measure)
    nil = workflow.Told("无变化", nil_return=True)

    workflow.report(
        measure, nil, unit=measure.lead_unit, by=cast.liaison, at=NOON, version=measure.version
    )

    assert Rework.objects.open().count() == 1


def test_a_return_is_not_due_before_it_was_made(cast):
    past = workflow.Return("late", "逾期。", NOON.date() - timedelta(days=1))

    with pytest.raises(moving.MoveRefused, match="返工期限不能早于今天"):
        workflow.send_back(cast.measure, past, by=cast.office, at=NOON, version=1)

    with pytest.raises(IntegrityError), transaction.atomic():
        Rework.objects.create(
            measure=cast.measure, number=1, ground="late", reason="迟", due_on=past.due_on,
            by=cast.office, at=NOON, on=NOON.date(),
        )  # fmt: skip


def test_where_the_applicant_has_left_a_colleague_takes_the_application_back(cast):
    request = apply_for(cast.measure, by=cast.liaison)
    colleague = person(Role.LIAISON, cast.division)

    closing.withdraw(
        request, by=colleague, at=NOON, why="补充材料", version=fresh(cast.measure).version
    )

    assert fresh(cast.measure).status == "under_way"
    assert not permissions.may_withdraw(cast.stranger, request)


def test_whoever_reported_does_not_accept_the_effect(cast):
    Measure.objects.update(status="closed", closed_on=NOON.date())
    assert permissions.may_accept(cast.executive, cast.problem)

    cast.executive.assignments.create(role=Role.LIAISON, unit=cast.division, started_on=NOON.date())
    cast.measure.requests.create(
        number=1, statement="完成", measure_version=1, stage=cast.inspection.stages.first(),
        outcome="approved", applied_by=cast.executive, applied_at=NOON, applied_on=NOON.date(),
    )  # fmt: skip

    assert not permissions.may_accept(cast.executive, cast.problem)
