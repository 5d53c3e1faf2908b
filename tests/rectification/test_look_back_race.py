"""What several people of the office at the same moment cannot do to a look-back."""

from datetime import date

import pytest
from django.db import connection  # noqa: F401  # the mark below asks it, by name

from accounts import journal
from accounts.models import JournalEntry, Role
from rectification import looking_back, moving, recurring
from rectification.models import LookBack, LookBackItem, Measure, MeasureEvent, Recurrence
from tests.factories import NOON, InspectionFactory, ProblemFactory, person
from tests.rectification.test_looking_back import asked, closed_measures, consolidated, draw
from tests.rectification.test_race import together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a race needs PostgreSQL"),
]
REFUSALS = (moving.MoveRefused, moving.StaleSave)


def test_draws_at_once_share_no_measure(cast):
    closed_measures(cast, 9)

    def drawn(number):
        try:
            looking_back.draw(cast.inspection, asked(3), seed=f"s{number}", by=cast.office, at=NOON)
        except moving.MoveRefused:
            return "refused"
        return "done"

    assert together(5, drawn) == ["done"] * 3 + ["refused"] * 2
    assert LookBackItem.objects.values("measure").distinct().count() == 9
    assert sorted(LookBack.objects.values_list("number", flat=True)) == [1, 2, 3]
    assert journal.first_fault() is None


@pytest.mark.parametrize("mixed", [False, True])
def test_of_eight_results_at_once_one_is_kept(cast, mixed):
    closed_measures(cast, 1)
    item = draw(cast).items.get()
    version = Measure.objects.get(pk=item.measure_id).version
    people = [person(Role.OFFICE, cast.inspection.inspected_unit) for _ in range(8)]
    bad = looking_back.Found("rebounded", consolidated().answers, "又停了")

    def recorded(number):
        mine = LookBackItem.objects.select_related("look_back", "measure__inspection").get()
        found = bad if mixed and number % 2 else consolidated()
        try:
            looking_back.record(mine, found, by=people[number], at=NOON, version=version)
        except REFUSALS:
            return "refused"
        return "done"

    assert together(8, recorded) == ["done"] + ["refused"] * 7
    kept = LookBackItem.objects.get()
    assert MeasureEvent.objects.get(verb__in=["confirm", "reopen"]) == kept.event
    assert JournalEntry.objects.filter(verb="record").count() == 1


def test_of_eight_decisions_on_a_pair_one_is_kept(cast):
    before = InspectionFactory(
        inspected_unit=cast.inspection.inspected_unit, feedback_date=date(2020, 5, 20)
    )
    earlier = ProblemFactory(inspection=before)

    def decided(number):
        pair = recurring.Pair(cast.problem, type(earlier).objects.get(pk=earlier.pk))
        link = recurring.Decided("linked", "同一件事")
        try:
            recurring.decide(pair, link, by=cast.office, at=NOON, version=0)
        except recurring.RecurrenceRefused:
            return "refused"
        return "done"

    assert together(8, decided) == ["done"] + ["refused"] * 7
    assert Recurrence.objects.count() == JournalEntry.objects.count() == 1
