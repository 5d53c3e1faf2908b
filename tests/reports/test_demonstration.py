"""The demonstration ledger in the database, as `load_demo --on 2025-07-31` leaves it."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.db.models import Count
from pytest_django import DjangoDbBlocker

from accounts import journal
from accounts.models import JournalEntry, Role, User
from rectification import (
    clock,
    closing,
    dispatching,
    looking_back,
    permissions,
    rounds_told,
)
from rectification.evidence import storing
from rectification.models import (
    AccountabilityAction,
    CloseoutRequest,
    DeadlineChange,
    DispatchRound,
    Evidence,
    EvidenceUse,
    EvidenceVersion,
    Exemption,
    Extension,
    ExtensionDecision,
    Handover,
    Inspection,
    InstitutionalOutcome,
    LookBack,
    LookBackItem,
    LookBackResult,
    Measure,
    MeasureEvent,
    MeetingPoint,
    Milestone,
    Notice,
    Problem,
    ProgressEntry,
    RecoveredMoney,
    RequestEvidence,
    Review,
    SupervisionAction,
    Workday,
)
from rectification.states import (
    Decision,
    LetterState,
    RequestOutcome,
    ReturnGround,
    TimeKind,
    WorkStatus,
)
from reports import figures
from reports.demonstration import checks
from reports.demonstration.loading import AlreadyLoaded, load
from reports.models import Publication

ON = date(2025, 7, 31)
NOON = datetime(2025, 7, 31, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
MODELS = (
    Problem,
    Measure,
    Milestone,
    ProgressEntry,
    CloseoutRequest,
    RequestEvidence,
    Review,
    Workday,
    Evidence,
    EvidenceVersion,
    EvidenceUse,
    Extension,
    ExtensionDecision,
    DeadlineChange,
    Handover,
    Exemption,
    LookBack,
    LookBackItem,
    AccountabilityAction,
    RecoveredMoney,
)

pytestmark = pytest.mark.usefixtures("inspection")


@pytest.fixture(scope="module")
def _loaded_once(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The ledger for all tests of this module, taken away again by the database itself."""
    with django_db_blocker.unblock(), transaction.atomic():
        load(on=ON, at=NOON)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def inspection(_loaded_once: None, db: None) -> Inspection:
    return Inspection.objects.get()


def test_the_ledger_has_the_shape_of_the_real_one(inspection):
    assert Problem.objects.count() == 48
    assert Problem.objects.closed().count() == 16
    assert Problem.objects.awaiting_acceptance().count() == 5
    assert Measure.objects.count() == 161
    assert Measure.objects.closed().count() == 109
    assert InstitutionalOutcome.objects.count() == 25
    assert Measure.objects.overdue(on=ON).count() == 11
    assert Measure.objects.near(on=ON).count() == 7
    unfinished = Measure.objects.unfinished()
    assert unfinished.filter(time_kind=TimeKind.LONG_TERM).count() == 10
    assert Counter(Measure.objects.values_list("status", flat=True)) == checks.STATUSES


def test_the_figures_counted_from_events_say_the_same(inspection):
    measures = figures.count_measures(inspection, on=ON)
    problems = figures.count_problems(inspection, on=ON)
    assert (measures.done, measures.total, measures.overdue, measures.near) == (109, 161, 11, 7)
    assert (problems.done, problems.total, problems.awaiting) == (16, 48, 5)
    assert (measures.rate.says, problems.rate.says) == ("67.7%", "33.3%")
    assert figures.count_outcomes(inspection, on=ON) == 25


def test_each_closed_round_keeps_its_sheet_as_of_its_end(inspection):
    measures = {each.code: each for each in inspection.measures.prefetch_related("events")}
    for round in inspection.rounds.exclude(closed_at=None).select_related("sheet"):
        sheet, day = rounds_told.sheet(round, at=NOON), clock.day_of(round.sheet.at)
        assert round.sheet.is_intact
        assert [line.number for line in sheet.lines] == list(range(1, len(sheet.lines) + 1))
        assert sheet.later == ()  # the points were there at the close
        for line in sheet.lines:
            told = [each for each in measures[line.measure].events.all() if each.on <= day]
            then = max(told, key=lambda each: (each.on, each.pk))
            assert line.status == WorkStatus(then.to_status).label, (round, line)
    assert inspection.rounds.filter(sheet=None).count() == inspection.rounds.open().count()


def test_every_status_is_the_last_event_and_every_count_its_events():
    for measure in Measure.objects.prefetch_related("events"):
        events = sorted(measure.events.all(), key=lambda event: (event.at, event.pk))
        returns = sum(event.verb == "send_back" for event in events)
        assert measure.status == events[-1].to_status, measure.code
        assert measure.rework_round == returns, measure.code
        passed = Review.objects.filter(
            request__measure=measure, decision=Decision.APPROVE, stage__order=1
        )
        raised = measure.deadline_changes.count() + measure.handovers.count() + passed.count()
        assert measure.version == len(events) + raised, measure.code
        chain = [event.from_status for event in events[1:]]
        assert chain == [event.to_status for event in events[:-1]], measure.code
        assert events[0].verb == "plan"


def test_rows_obey_the_constraints_and_the_fields_of_their_models():
    for model in MODELS:
        rows = model.objects.all()[:30]
        assert rows, model
        for row in rows:
            row.full_clean()


def test_every_closed_measure_was_reviewed_by_two_who_did_not_report_it():
    approved = CloseoutRequest.objects.filter(outcome=RequestOutcome.APPROVED)
    closed = set(Measure.objects.closed().values_list("pk", flat=True))
    assert closed <= set(approved.values_list("measure_id", flat=True))
    for request in approved.prefetch_related("reviews").annotate(told=Count("measure__progress")):
        reviews = list(request.reviews.all())
        assert [review.decision for review in reviews] == [Decision.APPROVE] * 2
        assert len({request.applied_by_id, *(review.by_id for review in reviews)}) == 3
        reporters = set(request.measure.progress.values_list("by_id", flat=True))
        assert reporters.isdisjoint(review.by_id for review in reviews)
        assert request.told


def test_what_waits_and_what_came_back_says_so():
    waiting = CloseoutRequest.objects.pending()
    in_review = Measure.objects.filter(status=WorkStatus.IN_REVIEW)
    assert set(waiting.values_list("measure", flat=True)) == set(
        in_review.values_list("pk", flat=True)
    )
    assert set(waiting.values_list("stage__order", flat=True)) == {1, 2}
    returned = MeasureEvent.objects.filter(verb="send_back")
    assert {event.ground for event in returned} == set(ReturnGround.values)
    assert all(event.why for event in returned)
    assert MeasureEvent.objects.filter(verb="reopen").get().measure.status == WorkStatus.REBOUNDED


def test_every_file_of_the_evidence_is_there_as_its_row_says():
    versions = EvidenceVersion.objects.all()
    assert versions.count() == 13
    for version in versions:
        assert storing.sound(version.key, sha256=version.sha256).stat().st_size == version.size
    assert Evidence.objects.exclude(withdrawn_at=None).get().version == 2
    assert {row.uses.count() for row in Evidence.objects.all()} == {1, 3}


def test_an_application_binds_the_evidence_that_it_names():
    for request in CloseoutRequest.objects.all():
        named = [each.version for each in request.evidence.select_related("version__evidence")]
        assert request.digest == closing.digest_of(request, named), request
        reviewed = set(request.reviews.values_list("digest", flat=True))
        assert reviewed <= {request.digest}, request
    for request in CloseoutRequest.objects.pending():
        current = closing.current_evidence(request.measure)
        assert request.digest == closing.digest_of(request, current), request


def test_no_evidence_came_while_an_application_waited_but_for_the_one_that_lapsed():
    lapsed = CloseoutRequest.objects.get(outcome=RequestOutcome.LAPSED)
    assert lapsed.measure.code == "M-026-3"
    assert lapsed.lapsed_why.endswith(str(Evidence.objects.get(number=9)) + "”")
    assert CloseoutRequest.objects.pending().get(measure=lapsed.measure).number == 2
    for use in EvidenceUse.objects.select_related("measure"):
        later = use.measure.events.filter(at__lt=use.at).order_by("at", "pk").last()
        assert later.to_status not in (WorkStatus.IN_REVIEW, WorkStatus.CLOSED) or (
            use.evidence.number == 9
        ), use


def test_three_extensions_ended_in_three_ways():
    states = Extension.objects.order_by("measure__code").values_list("measure__code", "state")
    assert list(states) == [("M-002-4", "granted"), ("M-005-3", "endorsed"), ("M-013-2", "refused")]
    measure = Measure.objects.get(code="M-002-4")
    change = measure.deadline_changes.get()
    assert (measure.deadline, measure.times_postponed) == (change.to_deadline, 1)
    assert (measure.original_deadline, measure.original_precision) == (
        change.from_deadline,
        change.from_precision,
    )
    chief = User.objects.get(username="penglidong")
    waiting = Extension.objects.get(state="endorsed")
    assert permissions.may_decide_extension(waiting.measure.problem.lead_executive, waiting)
    assert permissions.may_decide_exemption(chief, Exemption.objects.get())


def test_the_look_back_can_be_drawn_again_and_found_one_rebound():
    look_back = LookBack.objects.get()
    assert looking_back.redraw(look_back).faults == ()
    items = look_back.items.select_related("measure", "event", "by")
    assert look_back.items.unchecked().count() == 0
    rebound = items.get(result=LookBackResult.REBOUNDED)
    assert rebound.measure.status == WorkStatus.REBOUNDED
    for item in items:
        assert permissions.may_look_back(item.by, item.measure), item
        assert (item.event.measure_id, item.event.on) == (item.measure_id, item.on)
        assert look_back.at < item.at < look_back.closed_at


def test_progress_runs_over_twelve_dispatches():
    rounds = DispatchRound.objects.order_by("number")
    assert [row.number for row in rounds] == list(range(1, 13))
    assert rounds.last().due_on == date(2025, 7, 21)
    assert all(ProgressEntry.objects.filter(round=row).count() > 40 for row in rounds)
    assert ProgressEntry.objects.filter(nil_return=True).exists()
    assert ProgressEntry.objects.exclude(difficulty="").count() > 20


def test_every_role_is_held_and_the_three_administrators_are_three():
    for role in Role:
        assert User.objects.filter(assignments__role=role).exists(), role
    kinds = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)
    held = User.objects.filter(assignments__role__in=kinds)
    assert held.distinct().count() == 3
    assert not User.objects.filter(is_superuser=True).exists()


def test_the_public_finds_a_report_with_the_figures_of_the_ledger():
    publication = Publication.objects.get()
    assert publication.as_of == date(2025, 7, 25)
    values = {row["label"]: (row["value"], row["of"]) for row in publication.figures}
    assert values["已整改完成"] == ("16", "48")
    assert values["措施完成"] == ("109", "161")


def test_one_journal_entry_stands_for_the_whole_load():
    entries = JournalEntry.objects.filter(verb="load_demo")
    assert entries.get().after["measure"] == 161
    of_the_load = JournalEntry.objects.exclude(subject_kind="calendar")
    verbs = list(of_the_load.order_by("pk").values_list("verb", flat=True))
    assert verbs[:3] == ["draw", "announce", "load_demo"]
    assert verbs[3:5] == ["compose", "publish"]
    of_letters = {"propose", "issue", "acknowledge", "answer", "settle", "withdraw"}
    assert set(verbs[5:]) == of_letters | {"announce"}
    assert journal.first_fault() is None


def test_the_next_round_opens_over_the_ledger_as_it_is():
    opened = dispatching.open_due(at=datetime(2025, 8, 4, 9, tzinfo=NOON.tzinfo))
    assert [each.round.number for each in opened] == [13]
    assert Notice.objects.filter(round=opened[0].round).exists()


def test_nothing_is_due_on_the_day_of_loading():
    assert dispatching.open_due(at=NOON) == ()


def test_the_letters_of_the_ladder_are_in_every_state():
    letters = SupervisionAction.objects.all()
    assert set(letters.values_list("state", flat=True)) == {*LetterState.values} - {"lapsed"}
    overdue = Measure.objects.filter(letters__rung__isnull=False).distinct()
    assert overdue.count() == 10  # the eleventh is in review
    assert letters.filter(measure=None).get().unit.short_name == "青沐分局"


def test_the_points_of_the_meetings_go_on():
    points = MeetingPoint.objects.order_by("number")
    assert [each.state for each in points] == ["settled", "answered", "answered", "open", "open"]
    assert [each.answers.count() for each in points] == [2, 2, 1, 0, 0]


def test_a_second_load_changes_nothing():
    before = Measure.objects.count(), JournalEntry.objects.count()
    with pytest.raises(AlreadyLoaded, match="已经在库中"):
        load(on=date(2026, 1, 1), at=NOON)
    assert (Measure.objects.count(), JournalEntry.objects.count()) == before
