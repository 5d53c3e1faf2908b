"""What only several connections at once can show; SQLite queues its writers."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts import journal
from accounts.models import JournalEntry, Role
from rectification import closing, dispatching, moving, permissions, workflow
from rectification.models import (
    DispatchRound,
    Measure,
    Notice,
    Problem,
    ProgressEntry,
    Review,
)
from tests.factories import NOON, person

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a race needs PostgreSQL"),
]


def together(count, act):
    """Run `act(number)` in as many threads at the same moment; their answers, sorted."""
    barrier = Barrier(count)

    def run(number):
        try:
            barrier.wait()
            return act(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return sorted(pool.map(run, range(count)))


def attempt(verb):
    try:
        verb()
    except moving.StaleSave:
        return "stale"
    except moving.MoveRefused:
        return "refused"
    return "done"


def test_of_eight_reports_at_once_one_is_kept_and_seven_are_told(cast):
    def report(number):
        measure = Measure.objects.get(pk=cast.measure.pk)
        told = workflow.Told(f"第{number}稿")
        return attempt(
            lambda: workflow.report(
                measure, told, unit=measure.lead_unit, by=cast.liaison, at=NOON, version=1
            )
        )

    assert together(8, report) == ["done"] + ["stale"] * 7
    assert ProgressEntry.objects.count() == 1
    assert JournalEntry.objects.count() == 1


def test_of_eight_reviewers_at_once_one_approves(cast):
    heads = [person(Role.UNIT_HEAD, cast.division) for _ in range(8)]
    closing.submit(
        cast.measure,
        statement="完成",
        evidence_note="见档案",
        by=cast.liaison,
        at=NOON,
        version=1,
    )

    def approve(number):
        request = permissions.pending_request(Measure.objects.get(pk=cast.measure.pk))
        return attempt(
            lambda: closing.approve(request, by=heads[number], at=NOON, opinion="", version=2)
        )

    assert together(8, approve).count("done") == 1
    assert Review.objects.count() == 1
    assert journal.first_fault() is None


def test_eight_ticks_at_once_open_one_round(cast):
    together(8, lambda _: len(dispatching.open_due(at=NOON)))

    assert DispatchRound.objects.filter(state="open").count() == 1
    assert DispatchRound.objects.count() == 12
    assert Notice.objects.count() == 1
    assert JournalEntry.objects.filter(subject_kind="round", verb="open").count() == 12
    assert journal.first_fault() is None


def test_a_problem_is_not_accepted_while_a_measure_of_it_rebounds(cast):
    executives = [person(Role.EXECUTIVE, cast.inspection.inspected_unit) for _ in range(4)]
    Measure.objects.filter(pk=cast.measure.pk).update(status="closed", closed_on=NOON.date())

    def accept(number):
        problem = Problem.objects.get(pk=cast.problem.pk)
        by = executives[number // 2]
        return attempt(lambda: workflow.accept(problem, by=by, at=NOON, why="成效明显", version=1))

    def reopen():
        measure = Measure.objects.get(pk=cast.measure.pk)
        return attempt(
            lambda: workflow.reopen(measure, by=cast.office, at=NOON, why="反弹", version=1)
        )

    together(8, lambda number: accept(number) if number % 2 else reopen())

    assert Measure.objects.get().status == "rebounded"
    assert Problem.objects.get().status in {"under_way", "rebounded"}
    assert journal.first_fault() is None
