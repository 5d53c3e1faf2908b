"""The climb: who is due by now and has not heard; nothing twice, nothing in a heap."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import journal
from accounts.models import JournalEntry
from rectification import supervising
from rectification.models import (
    Measure,
    Notice,
    Rung,
    SupervisionAction,
)
from rectification.states import WorkStatus
from tests.factories import NOON, InspectionFactory, MeasureFactory
from tests.rectification.supervising.conftest import (
    CIRCULAR,
    INTERVIEW,
    ISSUED,
    LAPSED,
    ORDER,
    PROPOSED,
    REMINDER,
    after,
    climb,
    kinds,
    late_by,
)

# Days ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "letters", "passed_over"),
    [
        (-11, [], ""),
        (-10, [], ""),
        (-1, [], ""),
        (0, [], ""),
        (1, [(REMINDER, ISSUED)], ""),
        (6, [(REMINDER, ISSUED)], ""),
        (7, [(ORDER, PROPOSED)], "提醒函（超期1天）"),
        (14, [(ORDER, PROPOSED)], "提醒函（超期1天）"),
        (15, [(INTERVIEW, PROPOSED)], "提醒函（超期1天）、督办函（超期7天）"),
        (29, [(INTERVIEW, PROPOSED)], "提醒函（超期1天）、督办函（超期7天）"),
        (30, [(CIRCULAR, PROPOSED)], "提醒函（超期1天）、督办函（超期7天）、约谈（超期15天）"),
        (40, [(CIRCULAR, PROPOSED)], "提醒函（超期1天）、督办函（超期7天）、约谈（超期15天）"),
        (400, [(CIRCULAR, PROPOSED)], "提醒函（超期1天）、督办函（超期7天）、约谈（超期15天）"),
    ],
)
def test_a_measure_that_is_late_when_the_system_begins_gets_the_highest_rung_alone(
    ladder, days, letters, passed_over
):
    late_by(ladder, days)

    climb()

    assert kinds() == letters
    assert [row.passed_over for row in SupervisionAction.objects.all()] == [passed_over] * len(
        letters
    )


def test_a_measure_climbs_one_rung_after_the_other(ladder):
    late_by(ladder, 0)
    seen = []
    for day in range(40):
        climb(after(day))
        letters = kinds()
        if not seen or letters != seen[-1][1]:
            seen.append((day, letters))

    assert seen == [
        (0, []),
        (1, [(REMINDER, ISSUED)]),
        (7, [(REMINDER, ISSUED), (ORDER, PROPOSED)]),
        (15, [(REMINDER, ISSUED), (ORDER, LAPSED), (INTERVIEW, PROPOSED)]),
        (
            30,
            [(REMINDER, ISSUED), (ORDER, LAPSED), (INTERVIEW, LAPSED), (CIRCULAR, PROPOSED)],
        ),
    ]


def test_a_second_run_changes_nothing(ladder):
    late_by(ladder, 1)
    other = MeasureFactory(
        problem=ladder.problem, lead_unit=ladder.division, deadline=NOON.date() - timedelta(20)
    )
    assert climb() == (1, 1, 0)
    before = list(SupervisionAction.objects.values()), JournalEntry.objects.count()

    assert climb() == climb(after(0)) == (0, 0, 0)

    assert (list(SupervisionAction.objects.values()), JournalEntry.objects.count()) == before
    assert {row.measure_id for row in SupervisionAction.objects.all()} == {
        ladder.measure.pk,
        other.pk,
    }


@pytest.mark.parametrize("missed", [1, 3, 5])
def test_a_missed_night_is_caught_up_the_next_day(ladder, missed):
    late_by(ladder, 0)
    climb()

    climb(after(1 + missed))

    assert kinds() == [(REMINDER, ISSUED)]


def test_the_clock_set_back_takes_nothing_away(ladder):
    late_by(ladder, 7)
    climb()

    assert climb(after(-30)) == (0, 0, 0)
    assert kinds() == [(ORDER, PROPOSED)]


def test_a_rung_before_the_deadline_gives_its_letter_too(ladder):
    """In one county a green letter is a first warning."""
    Rung.objects.filter(days=-10).update(letter=REMINDER, colour="green")
    late_by(ladder, -9)

    assert climb() == (1, 0, 0)

    letter = SupervisionAction.objects.get()
    assert "距时限还有9天" in letter.matter
    assert climb(after(10)) == (0, 1, 0)


@pytest.mark.parametrize(
    "status", [WorkStatus.NOT_STARTED, WorkStatus.UNDER_WAY, WorkStatus.SENT_BACK]
)
def test_every_open_status_climbs(ladder, status):
    late_by(ladder, 8)
    Measure.objects.filter(pk=ladder.measure.pk).update(status=status)

    assert climb() == (1, 0, 0)


@pytest.mark.parametrize("status", ["in_review", "closed", "not_applicable"])
def test_what_is_done_or_in_review_does_not_climb(ladder, status):
    late_by(ladder, 8)
    closed_on = NOON.date() if status == "closed" else None
    Measure.objects.filter(pk=ladder.measure.pk).update(status=status, closed_on=closed_on)

    assert climb() == (0, 0, 0)


def test_what_has_no_deadline_does_not_climb(ladder):
    Measure.objects.filter(pk=ladder.measure.pk).update(
        deadline=None,
        original_deadline=None,
        precision="none",
        original_precision="none",
        time_kind="long_term",
        review_every_months=3,
    )

    assert climb() == (0, 0, 0)


def test_an_inspection_without_rungs_has_no_ladder(cast):
    late_by(cast, 40)

    assert climb() == (0, 0, 0)


def test_a_rung_that_is_ended_gives_nothing_and_one_that_is_new_gives_what_is_due(ladder):
    Rung.objects.filter(days__in=[1, 7]).update(ended_on=NOON.date())
    late_by(ladder, 9)
    assert climb() == (0, 0, 0)
    Rung.objects.create(inspection=ladder.inspection, days=5, letter=ORDER, to_head=True)

    assert climb() == (1, 0, 0)
    assert climb(after(6)) == (1, 0, 0)


def test_each_inspection_climbs_its_own_ladder(ladder):
    late_by(ladder, 3)
    other = InspectionFactory(code="other", letter_word="水督")
    Rung.objects.create(inspection=other, days=3, letter=CIRCULAR, to_head=True)
    MeasureFactory(problem__inspection=other, deadline=NOON.date() - timedelta(3))

    assert climb() == (1, 1, 0)
    assert kinds(inspection=other) == [(CIRCULAR, PROPOSED)]


# What it writes -----------------------------------------------------------------------------------


def test_an_automatic_letter_has_its_reference_deadline_and_recipients(ladder):
    Measure.objects.update(person_in_charge=ladder.head)
    late_by(ladder, 1)

    climb()

    letter = SupervisionAction.objects.get()
    assert letter.reference == "整督〔2025〕1号"
    assert letter.sender == "云州市水务局巡察整改办公室"
    assert letter.addressee == "河湖管理处"
    assert (letter.issued_on, letter.due_on) == (date(2025, 7, 31), date(2025, 8, 5))
    told = Notice.objects.filter(topic="letter/x25/1/issue").in_app()
    assert {each.recipient for each in told} == {ladder.liaison, ladder.head}
    assert {each.path for each in told} == {"/i/x25/supervision/1/"}
    assert all(ladder.measure.text not in f"{each.subject}{each.body}" for each in told)


def test_a_deadline_on_a_rest_day_is_moved_to_the_next_working_day(ladder):
    Rung.objects.filter(letter=REMINDER).update(answer_days=2)  # a Saturday
    late_by(ladder, 1)

    climb()

    assert SupervisionAction.objects.get().due_on == date(2025, 8, 4)


def test_the_office_hears_that_proposals_wait_and_again_where_more_have_come(ladder):
    late_by(ladder, 7)
    climb()
    climb(NOON + timedelta(minutes=1))
    measures(ladder, 2, days=20)
    climb(NOON + timedelta(hours=1))
    for letter in SupervisionAction.objects.order_by("number")[:2]:
        supervising.withdraw(letter, why="已当面督促", by=ladder.office, at=NOON, version=1)
    climb(NOON + timedelta(hours=2))

    told = Notice.objects.filter(recipient=ladder.office).in_app().order_by("pk")
    assert [each.subject for each in told] == ["有1份督办函件待签发", "有3份督办函件待签发"]


def test_the_journal_has_one_entry_for_each_letter_and_one_for_who_was_told(ladder):
    late_by(ladder, 1)

    climb()

    entries = JournalEntry.objects.order_by("sequence").values_list(
        "verb", "subject_kind", "subject_code"
    )
    assert list(entries) == [
        ("issue", "letter", "x25/1"),
        ("announce", "notice", "letter/x25/1/issue"),
    ]
    assert journal.first_fault() is None


# How much it takes --------------------------------------------------------------------------------


def queries_of(act):
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


def measures(ladder, count, *, days):
    deadline = NOON.date() - timedelta(days)
    for _ in range(count):
        MeasureFactory(problem=ladder.problem, lead_unit=ladder.division, deadline=deadline)


def test_where_nothing_is_due_many_measures_take_the_same_queries_as_one(ladder):
    measures(ladder, 1, days=7)
    climb()
    for_one = queries_of(climb)
    measures(ladder, 20, days=7)
    climb()

    assert queries_of(climb) == for_one <= 8


@pytest.mark.parametrize(("days", "most"), [(7, 20), (1, 40)])
def test_each_further_measure_takes_the_same_queries(ladder, days, most):
    measures(ladder, 1, days=days)
    for_one = queries_of(climb)
    measures(ladder, 10, days=days)

    for_ten = queries_of(climb)

    assert (for_ten - for_one) / 9 <= most
