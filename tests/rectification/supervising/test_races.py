"""What only several connections at once can show: each letter once, each number once."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts import journal
from accounts.models import JournalEntry
from rectification import dispatching, supervising
from rectification.models import LetterStep, Notice, SupervisionAction
from rectification.moving import MoveRefused, StaleSave
from tests.factories import NOON, MeasureFactory
from tests.rectification.rounds import ANCHOR
from tests.rectification.supervising.conftest import after, late_by, lettered
from tests.rectification.test_race import together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a race needs PostgreSQL"),
]
assert connection


def attempt(verb):
    try:
        verb()
    except (MoveRefused, StaleSave):
        return "refused"
    return "done"


def test_eight_climbs_at_once_give_each_measure_one_letter(ladder):
    deadline = late_by(ladder, 1)
    for _ in range(4):
        MeasureFactory(problem=ladder.problem, lead_unit=ladder.division, deadline=deadline)

    done = together(8, lambda _: supervising.climb(at=NOON).issued)

    assert sum(done) == 5
    letters = SupervisionAction.objects.order_by("number")
    assert [each.number for each in letters] == [1, 2, 3, 4, 5]
    assert {each.reference for each in letters} == {f"整督〔2025〕{n}号" for n in range(1, 6)}
    assert Notice.objects.in_app().count() == 10
    assert journal.first_fault() is None


def test_of_an_issue_and_a_lapse_at_once_one_is_first(ladder):
    for _ in range(5):
        letter = lettered(ladder, "proposed")
        late_by(ladder, -20)

        def act(number, letter=letter):
            if number % 2:
                return str(supervising.climb(at=NOON).lapsed)
            row = SupervisionAction.objects.get(pk=letter.pk)
            return attempt(
                lambda: supervising.issue(row, by=ladder.office, at=NOON, version=row.version)
            )

        answers = together(6, act)

        letter.refresh_from_db()
        assert letter.state == "lapsed"  # the ground had gone before
        assert answers.count("1") == 1
        assert letter.steps.filter(verb="lapse").count() == 1
        assert journal.first_fault() is None
        LetterStep.objects.all().delete()
        SupervisionAction.objects.all().delete()


def test_of_issuers_and_withdrawers_at_once_one_is_first(ladder):
    letter = lettered(ladder, "proposed")

    def act(number):
        row = SupervisionAction.objects.get(pk=letter.pk)
        given = {"by": ladder.office, "at": NOON, "version": 1}
        if number % 2:
            return attempt(lambda: supervising.issue(row, **given))
        return attempt(lambda: supervising.withdraw(row, why="发错", **given))

    assert together(8, act) == ["done"] + ["refused"] * 7
    assert LetterStep.objects.filter(verb__in=["issue", "withdraw"]).count() == 1


def test_letters_issued_at_once_have_references_without_a_gap(ladder):
    wording = supervising.Wording("提醒函", "事由", "要求", 5)

    def act(number):
        letter = supervising.propose(
            ladder.inspection,
            "reminder",
            wording,
            unit=ladder.division,
            measure=None,
            by=ladder.office,
            at=NOON,
        )
        supervising.issue(letter, by=ladder.office, at=NOON, version=1)
        return letter.serial

    assert together(8, act) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert JournalEntry.objects.filter(subject_kind="letter").count() == 16
    assert journal.first_fault() is None


def test_of_eight_answers_of_one_version_one_is_kept(ladder):
    letter = lettered(ladder, "acknowledged")

    def act(number):
        row = SupervisionAction.objects.get(pk=letter.pk)
        given = {"by": ladder.head, "at": NOON, "version": 3}
        return attempt(lambda: supervising.answer(row, text=f"第{number}稿", **given))

    assert together(8, act) == ["done"] + ["refused"] * 7
    assert LetterStep.objects.filter(verb="answer").count() == 1


def test_a_climb_that_replaces_proposals_and_an_office_that_issues_wait_in_no_circle(ladder):
    """Each climb ends proposals and gives higher ones; each issue takes a number meanwhile."""
    deadline = late_by(ladder, 8)
    for _ in range(11):
        MeasureFactory(problem=ladder.problem, lead_unit=ladder.division, deadline=deadline)
    supervising.climb(at=NOON)
    wording = supervising.Wording("提醒函", "事由", "要求", 5)

    def act(number):
        if number == 0:
            return str(supervising.climb(at=after(8)))
        for _ in range(8):
            letter = supervising.propose(
                ladder.inspection,
                "reminder",
                wording,
                unit=ladder.division,
                measure=None,
                by=ladder.office,
                at=NOON,
            )
            supervising.issue(letter, by=ladder.office, at=NOON, version=1)
        return "issued"

    answers = together(3, act)

    assert answers == ["Climbed(proposed=12, issued=0, lapsed=0)", "issued", "issued"]
    assert journal.first_fault() is None


def test_a_climb_and_a_round_that_opens_wait_in_no_circle(ladder):
    deadline = late_by(ladder, 8)
    for _ in range(11):
        MeasureFactory(problem=ladder.problem, lead_unit=ladder.division, deadline=deadline)

    def act(number):
        if number == 0:
            return str(supervising.climb(at=NOON))
        opened = [dispatching.open_due(at=ANCHOR + timedelta(days=14 * n)) for n in range(8)]
        return f"opened {sum(map(len, opened))}"

    answers = together(2, act)

    assert answers == ["Climbed(proposed=12, issued=0, lapsed=0)", "opened 8"]
