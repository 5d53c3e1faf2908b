"""Several people at one request for more time: one succeeds, everybody else is told."""

import pytest
from django.db import connection

from accounts.models import Role
from rectification import extending, moving
from rectification.models import DeadlineChange, Extension, ExtensionDecision, Measure
from rectification.states import Precision
from tests.factories import NOON, person
from tests.rectification.extending import ask
from tests.rectification.test_race import together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="a race needs PostgreSQL"),
]


def attempt(verb):
    try:
        verb()
    except moving.StaleSave:
        return "stale"
    except moving.MoveRefused:
        return "refused"
    return "done"


def test_of_eight_requests_at_once_one_is_kept(cast):
    def request(number):
        measure = Measure.objects.get(pk=cast.measure.pk)
        wish = extending.Wish(NOON.date().replace(year=2026), Precision.DAY, f"第{number}份")
        return attempt(
            lambda: extending.request(measure, wish, by=cast.liaison, at=NOON, version=1)
        )

    assert together(8, request) == ["done"] + ["stale"] * 7
    assert Extension.objects.count() == 1


def test_of_eight_second_approvals_at_once_one_moves_the_deadline(cast):
    extension = ask(cast.measure, cast, on=NOON)
    extending.decide(extension, "agree", opinion="", by=cast.office, at=NOON, version=1)
    bureau = cast.inspection.inspected_unit
    people = [person(Role.EXECUTIVE, bureau) for _ in range(8)]

    def decide(number):
        own = Extension.objects.select_related("measure__inspection").get()
        by = people[number]
        return attempt(
            lambda: extending.decide(own, "agree", opinion="", by=by, at=NOON, version=2)
        )

    assert together(8, decide) == ["done"] + ["stale"] * 7
    assert (ExtensionDecision.objects.count(), DeadlineChange.objects.count()) == (2, 1)
    assert Measure.objects.get(pk=cast.measure.pk).times_postponed == 1
