"""屡查屡犯: the system proposes, a person decides, and nobody learns of what they may not see."""

from datetime import date

import pytest
import time_machine
from django.db import IntegrityError, transaction

from accounts import journal
from accounts.models import JournalEntry, Role
from rectification import recurring
from rectification.models import Inspection, Problem, Recurrence
from tests.factories import NOON, PLANNED, InspectionFactory, ProblemFactory, bureau, person

NOW = "河湖岸线管护责任压得不实，河长制在个别河段落实不够。"
BEFORE = "落实河长制不到位，部分河段岸线管护责任没有压实。"
CANARY = "河湖岸线管护责任压得不实，河长制在个别河段落实不够，金丝雀。"


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def earlier(cast):
    """A problem of an earlier inspection of the same bureau, on the same matter."""
    Problem.objects.filter(pk=cast.problem.pk).update(wording=NOW)
    cast.problem.refresh_from_db()
    before = InspectionFactory(
        code="x20",
        name="2020年巡察",
        inspected_unit=cast.inspection.inspected_unit,
        feedback_date=date(2020, 5, 20),
        dispatch_anchor=None,
    )
    return ProblemFactory(inspection=before, code="P-001", wording=BEFORE)


@pytest.fixture
def hidden(cast, earlier):
    """The same matter in an earlier inspection of another bureau, which nobody here may see."""
    other = InspectionFactory(
        code="secret", inspected_unit=bureau("清河市教育局"), feedback_date=date(2019, 5, 20)
    )
    return ProblemFactory(inspection=other, code="P-777", wording=CANARY)


def also(user, role, problem):
    """Give the person the role in the organisation of the problem as well."""
    user.assignments.create(role=role, unit=problem.inspection.inspected_unit, started_on=PLANNED)


def decide(cast, earlier, decision="linked", why="同一条河段", *, by=None, version=0):
    pair, decided = recurring.Pair(cast.problem, earlier), recurring.Decided(decision, why)
    return recurring.decide(pair, decided, by=by or cast.office, at=NOON, version=version)


# Proposing ---------------------------------------------------------------------------------------


def test_the_same_matter_of_an_earlier_inspection_is_proposed_with_its_score(cast, earlier):
    ProblemFactory(inspection=earlier.inspection, wording="公务用车管理不规范，存在公车私用。")

    (proposal,) = recurring.proposals(cast.problem, to=cast.office)

    assert (proposal.problem, proposal.score >= 40) == (earlier, True)


def test_problems_of_the_same_or_a_later_inspection_are_not_proposed(cast, earlier):
    later = InspectionFactory(
        inspected_unit=cast.inspection.inspected_unit, feedback_date=date(2025, 3, 1)
    )
    same_day = InspectionFactory(
        inspected_unit=cast.inspection.inspected_unit, feedback_date=cast.inspection.feedback_date
    )
    for inspection in (cast.inspection, later, same_day):
        ProblemFactory(inspection=inspection, wording=NOW)

    found = recurring.proposals(cast.problem, to=cast.office)

    assert [each.problem for each in found] == [earlier]


@pytest.mark.parametrize("decision", ["linked", "dismissed"])
def test_a_pair_that_was_decided_is_not_proposed_again(cast, earlier, decision):
    decide(cast, earlier, decision)

    assert recurring.proposals(cast.problem, to=cast.office) == ()
    another = ProblemFactory(inspection=cast.inspection, wording=NOW)
    assert len(recurring.proposals(another, to=cast.office)) == 1


def test_five_are_proposed_at_most_the_best_first(cast, earlier):
    for _ in range(6):
        ProblemFactory(inspection=earlier.inspection, wording=NOW)

    found = recurring.proposals(cast.problem, to=cast.office)

    assert [each.score for each in found] == [100] * 5


def test_what_the_person_may_not_see_is_not_proposed(cast, earlier, hidden):
    found = recurring.proposals(cast.problem, to=cast.office)

    assert [each.problem for each in found] == [earlier]
    both = person(Role.OFFICE, cast.inspection.inspected_unit)
    both.assignments.create(
        role=Role.SUPERVISOR, unit=hidden.inspection.inspected_unit, started_on=NOON
    )
    assert hidden in [each.problem for each in recurring.proposals(cast.problem, to=both)]


# Deciding ----------------------------------------------------------------------------------------


def test_a_link_is_on_record_with_its_reason_and_score(cast, earlier):
    away = person(Role.OFFICE, cast.inspection.inspected_unit)
    cast.office.acting_for = away

    decide(cast, earlier)

    link = Recurrence.objects.get()
    assert (link.decision, link.why, link.by, link.on_behalf_of, link.at) == (
        "linked",
        "同一条河段",
        cast.office,
        away,
        NOON,
    )
    assert link.score >= 40
    entry = JournalEntry.objects.get()
    assert (entry.verb, entry.subject_kind, entry.subject_code, entry.why) == (
        "decide",
        "recurrence",
        "x25/P-900~x20/P-001",
        "同一条河段",
    )
    assert journal.first_fault() is None


def test_a_decision_is_changed_by_a_further_one_and_the_journal_keeps_both(cast, earlier):
    decide(cast, earlier)

    decide(cast, earlier, "dismissed", "另一条河", version=1)

    link = Recurrence.objects.get()
    assert (link.decision, link.why, link.version) == ("dismissed", "另一条河", 2)
    assert JournalEntry.objects.last().before == {"decision": "linked", "why": "同一条河段"}
    with pytest.raises(recurring.RecurrenceRefused, match="已经认定"):
        decide(cast, earlier, "dismissed", version=2)


def test_the_earlier_problem_must_have_the_earlier_feedback(cast, earlier):
    for day in (cast.inspection.feedback_date, date(2025, 6, 1)):
        Inspection.objects.filter(pk=earlier.inspection_id).update(feedback_date=day)
        with pytest.raises(recurring.RecurrenceRefused, match="早于"):
            decide(cast, Problem.objects.get(pk=earlier.pk))


@pytest.mark.parametrize("who", ["liaison", "head", "executive", "supervisor", "stranger"])
def test_only_the_office_decides(cast, earlier, who):
    with pytest.raises(recurring.RecurrenceRefused, match="不能由您"):
        decide(cast, earlier, by=getattr(cast, who))


def test_what_the_person_may_not_see_is_not_linked(cast, hidden):
    with pytest.raises(recurring.RecurrenceRefused, match="没有找到"):
        decide(cast, hidden)


@pytest.mark.parametrize(("decision", "why"), [("perhaps", "像"), ("linked", " ")])
def test_a_decision_is_one_of_two_and_has_a_reason(cast, earlier, decision, why):
    with pytest.raises(recurring.RecurrenceRefused):
        decide(cast, earlier, decision, why)

    assert not JournalEntry.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"decision": "perhaps"}, {"score": 101}, {"why": ""}, {"earlier": "itself"}]
)
def test_the_database_refuses_nonsense(cast, earlier, wrong):
    decide(cast, earlier)
    if "earlier" in wrong:
        wrong = {"earlier": cast.problem}

    with pytest.raises(IntegrityError), transaction.atomic():
        Recurrence.objects.update(**wrong)


def test_a_pair_is_decided_once(cast, earlier):
    decide(cast, earlier)
    row = Recurrence.objects.get()
    row.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


# The pages ---------------------------------------------------------------------------------------


def test_the_office_decides_on_the_page_and_both_problems_show_it(cast, client, earlier):
    client.force_login(cast.office)
    page = client.get("/i/x25/problems/P-900/recurrence/").content.decode()
    assert BEFORE in page
    assert "相似度" in page

    answer = client.post(
        "/i/x25/problems/P-900/recurrence/decide/",
        {
            "inspection": "x20",
            "earlier": "P-001",
            "version": 0,
            "decision": "linked",
            "why": "同一条河段",
        },
        follow=True,
    )

    assert "P-001 已认定为“屡查屡犯”" in answer.content.decode()
    assert answer.context["proposals"] == []
    client.force_login(cast.supervisor)
    later = client.get("/i/x25/problems/P-900/").content.decode()
    assert "/i/x20/problems/P-001/" in later
    assert "同一条河段" in later
    assert "/i/x25/problems/P-900/" in client.get("/i/x20/problems/P-001/").content.decode()


def test_a_decision_without_a_reason_comes_back_in_its_place(cast, client, earlier):
    client.force_login(cast.office)

    answer = client.post(
        "/i/x25/problems/P-900/recurrence/decide/",
        {"inspection": "x20", "earlier": "P-001", "version": 0, "decision": "linked", "why": ""},
    )

    assert answer.status_code == 200
    assert "请填写认定理由。" in answer.content.decode()
    assert not Recurrence.objects.exists()


def test_what_somebody_else_decided_meanwhile_answers_409_and_keeps_what_was_typed(
    cast, client, earlier
):
    decide(cast, earlier)
    client.force_login(cast.office)

    answer = client.post(
        "/i/x25/problems/P-900/recurrence/decide/",
        {
            "inspection": "x20",
            "earlier": "P-001",
            "version": 0,
            "decision": "linked",
            "why": "我也这样看",
        },
    )

    assert answer.status_code == 409
    assert "我也这样看" in answer.content.decode()
    assert "同一条河段" in answer.content.decode()
    ((_, form),) = answer.context["decided"]
    assert form["version"].value() == "1"


def test_a_decision_that_was_changed_since_it_was_read_is_not_overwritten(cast, earlier):
    decide(cast, earlier)
    decide(cast, earlier, "dismissed", "另一条河", version=1)

    with pytest.raises(recurring.RecurrenceRefused, match="刚被别人"):
        decide(cast, earlier, "linked", "我打开的是第一版", version=1)

    assert Recurrence.objects.get().decision == "dismissed"


def test_the_list_is_narrowed_to_what_recurs(cast, client, earlier):
    ProblemFactory(inspection=cast.inspection, code="P-901", wording="别的事")
    decide(cast, earlier)
    client.force_login(cast.office)

    answer = client.get("/i/x25/problems/?recurring=yes")

    assert [problem.code for problem, _ in answer.context["rows"]] == ["P-900"]
    numbers = {tab.label: tab.number for tab in answer.context["tabs"]}
    assert (numbers["屡查屡犯"], numbers["全部"]) == (1, 2)
    assert client.get("/i/x20/problems/?recurring=yes").context["rows"] == []


def test_a_link_to_what_the_reader_may_not_see_shows_nowhere(cast, client, hidden):
    """Somebody who sees both bureaus linked them; the readers of one learn nothing of it."""
    both = person(Role.OFFICE, cast.inspection.inspected_unit)
    both.assignments.create(
        role=Role.OFFICE, unit=hidden.inspection.inspected_unit, started_on=NOON
    )
    decide(cast, hidden, why="金丝雀也在飞", by=both)
    pages = [
        "/i/x25/problems/P-900/",
        "/i/x25/problems/P-900/recurrence/",
        "/i/x25/problems/?recurring=yes",
        "/i/x25/problems/",
    ]
    client.force_login(both)
    assert "P-777" in client.get(pages[0]).content.decode()

    client.force_login(cast.office)
    shown = [client.get(page) for page in pages]

    for answer in shown:
        said = answer.content.decode()
        assert answer.status_code == 200
        assert "金丝雀" not in said
        assert "P-777" not in said
        assert "secret" not in said
    assert shown[2].context["rows"] == []


@pytest.mark.parametrize("pair", [("secret", "P-777"), ("nowhere", "P-777"), ("x20", "P-404")])
def test_a_foreign_forebear_answers_like_an_absent_one(cast, client, hidden, pair):
    client.force_login(cast.office)

    answer = client.post(
        "/i/x25/problems/P-900/recurrence/decide/",
        {
            "inspection": pair[0],
            "earlier": pair[1],
            "version": 0,
            "decision": "linked",
            "why": "像",
        },
    )

    assert answer.status_code == 404
    assert not Recurrence.objects.exists()


@pytest.mark.parametrize("who", ["liaison", "head", "executive", "supervisor", "stranger"])
def test_only_the_office_opens_the_proposals(cast, client, earlier, who):
    client.force_login(getattr(cast, who))

    assert client.get("/i/x25/problems/P-900/recurrence/").status_code == 404
    path = "/i/x25/problems/P-900/recurrence/decide/"
    assert client.post(path, {"decision": "linked"}).status_code == 404


def test_a_liaison_sees_a_link_only_where_both_problems_are_theirs(cast, client, earlier):
    decide(cast, earlier)
    client.force_login(cast.liaison)
    assert "P-001" not in client.get("/i/x25/problems/P-900/").content.decode()

    Problem.objects.filter(pk=earlier.pk).update(lead_unit=cast.division)

    assert "P-001" in client.get("/i/x25/problems/P-900/").content.decode()
