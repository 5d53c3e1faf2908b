"""The verbs of a letter: who may, in which state, what is written and who is told."""

from contextlib import suppress
from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from accounts import journal
from accounts.models import JournalEntry, Role
from rectification import closing, supervising
from rectification.models import LetterStep, Measure, Notice, SupervisionAction
from rectification.moving import MoveRefused, StaleSave
from tests.factories import NOON, bureau, person
from tests.rectification.supervising.conftest import climb, late_by, lettered

STATES = ("proposed", "issued", "acknowledged", "answered", "settled")
# verb: who may, in which states
MAY = {
    "reword": ({"office"}, {"proposed"}),
    "issue": ({"office"}, {"proposed"}),
    "acknowledge": ({"liaison", "head"}, {"issued"}),
    "answer": ({"liaison", "head"}, {"acknowledged", "answered"}),
    "settle": ({"office"}, {"issued", "acknowledged", "answered"}),
    "withdraw": ({"office"}, {"proposed", "issued", "acknowledged", "answered"}),
}
PEOPLE = ("liaison", "head", "office", "executive", "supervisor", "stranger")
WORDING = supervising.Wording("关于报送情况的提醒函", "三次调度没有报送。", "请补报。", 5)


def do(verb, letter, *, by, version=None):
    given = {"by": by, "at": NOON, "version": version or letter.version}
    more = {
        "answer": {"text": "在办"},
        "settle": {"why": "同意"},
        "withdraw": {"why": "发错"},
    }
    if verb == "reword":
        supervising.reword(letter, WORDING, **given)
    else:
        getattr(supervising, verb)(letter, **more.get(verb, {}), **given)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("verb", MAY)
def test_each_verb_is_for_its_people_in_its_states_alone(ladder, verb, state):
    letter = lettered(ladder, state)
    people, states = MAY[verb]
    allowed = set()
    for who in PEOPLE:
        with suppress(MoveRefused), transaction.atomic():
            do(verb, letter, by=getattr(ladder, who))
            allowed.add(who)
            transaction.set_rollback(True)
        letter.refresh_from_db()

    assert allowed == (people if state in states else set())


@pytest.mark.parametrize("verb", MAY)
def test_a_stale_version_changes_nothing(ladder, verb):
    state = {"acknowledge": "issued", "answer": "acknowledged", "settle": "answered"}
    letter = lettered(ladder, state.get(verb, "proposed"))
    SupervisionAction.objects.update(version=9)
    steps = LetterStep.objects.count()
    by = ladder.head if verb in ("acknowledge", "answer") else ladder.office

    with pytest.raises(StaleSave):
        do(verb, letter, by=by, version=1)

    assert LetterStep.objects.count() == steps


def test_what_is_issued_is_frozen_as_it_stands_or_not_at_all(ladder):
    letter = lettered(ladder, "proposed")
    stale = SupervisionAction.objects.get(pk=letter.pk)
    wording = supervising.Wording("新标题", "新事由", "新要求", 5)
    supervising.reword(letter, wording, by=ladder.office, at=NOON, version=1)

    with pytest.raises(StaleSave):
        supervising.issue(stale, by=ladder.office, at=NOON, version=2)

    letter.refresh_from_db()
    assert letter.is_proposed


def test_an_answer_is_never_overwritten(ladder):
    letter = lettered(ladder, "answered")
    supervising.answer(
        letter, text="补充材料已交。", by=ladder.liaison, at=NOON, version=letter.version
    )

    answers = letter.steps.filter(verb="answer").values_list("text", "by__name")
    assert list(answers) == [("已增加人手。", "处长乙"), ("补充材料已交。", "填报员甲")]
    topics = Notice.objects.filter(recipient=ladder.office, topic__contains="answer")
    assert set(topics.values_list("topic", flat=True)) == {
        "letter/x25/1/answer-1",
        "letter/x25/1/answer-2",
    }


def test_whoever_answered_does_not_settle(ladder):
    both = person(Role.OFFICE, bureau(), name="两职")
    both.assignments.create(role=Role.UNIT_HEAD, unit=ladder.division, started_on="2025-01-01")
    letter = lettered(ladder, "acknowledged")
    supervising.answer(letter, text="在办", by=both, at=NOON, version=letter.version)

    with pytest.raises(MoveRefused):
        supervising.settle(letter, why="同意", by=both, at=NOON, version=letter.version)


def test_without_an_answer_settling_needs_a_reason(ladder):
    letter = lettered(ladder, "issued")

    with pytest.raises(MoveRefused, match="还没有回复"):
        supervising.settle(letter, why=" ", by=ladder.office, at=NOON, version=letter.version)


def test_an_empty_answer_is_refused(ladder):
    letter = lettered(ladder, "acknowledged")

    with pytest.raises(MoveRefused, match="回复要写明内容。"):
        supervising.answer(letter, text=" ", by=ladder.head, at=NOON, version=letter.version)


def test_an_empty_reason_is_refused(ladder):
    letter = lettered(ladder, "acknowledged")

    with pytest.raises(MoveRefused, match="撤销要写明内容。"):
        supervising.withdraw(letter, why=" ", by=ladder.office, at=NOON, version=letter.version)


def test_references_run_by_the_year_and_the_inspection(ladder):
    first = lettered(ladder, "issued")
    unit = ladder.elsewhere
    made = [
        supervising.propose(
            ladder.inspection, "circular", WORDING, unit=unit, measure=None, by=ladder.office, at=at
        )
        for at in (NOON, NOON, NOON)
    ]
    for letter, at in zip(made, (NOON, NOON + timedelta(200), NOON + timedelta(200)), strict=True):
        supervising.issue(letter, by=ladder.office, at=at, version=1)

    assert [each.reference for each in (first, *made)] == [
        "整督〔2025〕1号",
        "整督〔2025〕2号",
        "整督〔2026〕1号",
        "整督〔2026〕2号",
    ]


def test_a_letter_to_a_unit_as_a_whole_goes_to_its_people_and_to_nobody_else(ladder):
    letter = supervising.propose(
        ladder.inspection,
        "reminder",
        WORDING,
        unit=ladder.division,
        measure=None,
        by=ladder.office,
        at=NOON,
    )
    supervising.issue(letter, by=ladder.office, at=NOON, version=1)

    told = Notice.objects.filter(topic="letter/x25/1/issue").in_app()
    assert {each.recipient for each in told} == {ladder.liaison, ladder.head}
    assert all(
        "三次调度没有报送" not in f"{each.subject}{each.body}" for each in Notice.objects.all()
    )


def test_signing_for_a_letter_tells_nobody_and_answering_it_the_office(ladder):
    letter = lettered(ladder, "issued")
    before = Notice.objects.count()

    supervising.acknowledge(letter, by=ladder.head, at=NOON, version=2)
    assert Notice.objects.count() == before
    supervising.answer(letter, text="在办", by=ladder.head, at=NOON, version=3)

    told = Notice.objects.filter(topic="letter/x25/1/answer-1").in_app()
    assert {each.recipient for each in told} == {ladder.office}


def test_an_order_goes_to_the_head_and_to_the_lead_executive_of_the_problem(ladder):
    leader = person(Role.EXECUTIVE, bureau(), name="牵头领导")
    ladder.problem.lead_executive = leader
    ladder.problem.save()
    lettered(ladder, "issued")

    told = Notice.objects.filter(topic="letter/x25/1/issue").in_app()
    assert {each.recipient for each in told} == {ladder.head, leader}


def test_a_letter_about_a_measure_goes_to_its_lead_unit(ladder):
    with pytest.raises(MoveRefused, match="牵头"):
        supervising.propose(
            ladder.inspection,
            "order",
            WORDING,
            unit=ladder.elsewhere,
            measure=ladder.measure,
            by=ladder.office,
            at=NOON,
        )


def test_a_proposal_whose_ground_has_gone_is_not_issued(ladder):
    letter = lettered(ladder, "proposed")
    closing.submit(
        ladder.measure,
        statement="完成",
        evidence_note="见档案",
        by=ladder.liaison,
        at=NOON,
        version=1,
    )

    with pytest.raises(MoveRefused, match="待审核"):
        supervising.issue(letter, by=ladder.office, at=NOON, version=letter.version)


def test_a_proposal_that_lapsed_is_not_issued(ladder):
    letter = lettered(ladder, "proposed")
    late_by(ladder, -30)
    climb()

    with pytest.raises(MoveRefused, match="不再需要"):
        supervising.issue(letter, by=ladder.office, at=NOON, version=letter.version)


def test_the_journal_tells_every_step_and_holds(ladder):
    lettered(ladder, "settled")

    entries = JournalEntry.objects.filter(subject_kind="letter").order_by("sequence")
    assert [(each.verb, each.by and each.by.name) for each in entries] == [
        ("propose", None),
        ("issue", "整改办丙"),
        ("acknowledge", "处长乙"),
        ("answer", "处长乙"),
        ("settle", "整改办丙"),
    ]
    assert journal.first_fault() is None


def test_a_letter_is_late_from_the_day_after_its_deadline(ladder):
    letter = lettered(ladder, "issued")
    due = letter.due_on

    assert letter.due_phrase(on=due) == "8月7日前回复，今天到期"
    assert not letter.is_late(on=due)
    assert letter.is_late(on=due + timedelta(1))
    assert letter.due_phrase(on=due + timedelta(3)) == "8月7日前回复，已超期3天"
    late = SupervisionAction.objects.late(on=due + timedelta(1))
    assert (late.count(), SupervisionAction.objects.late(on=due).count()) == (1, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "issued"},
        {"state": "nonsense"},
        {"kind": "none"},
        {"matter": ""},
        {"reference": "整督〔2025〕1号"},
        {"for_deadline": None},
        {"answer_days": 0},
    ],
)
def test_the_database_refuses_a_letter_that_makes_no_sense(ladder, wrong):
    lettered(ladder, "proposed")

    with pytest.raises(IntegrityError), transaction.atomic():
        SupervisionAction.objects.update(**wrong)


def test_a_deputy_is_named_beside_the_principal(ladder):
    letter = lettered(ladder, "issued")
    ladder.stranger.acting_for = ladder.head
    with time_machine.travel(NOON):
        supervising.acknowledge(letter, by=ladder.stranger, at=NOON, version=letter.version)

    step = letter.steps.last()
    assert step.who == "填报员己（代处长乙）"
    assert step.on == date(2025, 7, 31)
    assert Measure.objects.count() == 1
