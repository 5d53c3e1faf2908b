"""Two people decide, or one answers while the other settles: each gets a number or an answer."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from rectification import deciding
from rectification.models import MeetingPoint, PointAnswer
from rectification.moving import StaleSave
from tests.factories import NOON, DispatchRoundFactory, MeetingPointFactory

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 6


def together(*acts):
    def carried_out(act):
        try:
            return act()
        except StaleSave:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(carried_out, acts))


def test_points_that_are_decided_at_once_have_numbers_of_their_own(cast):
    round = DispatchRoundFactory(inspection=cast.inspection, number=1)
    matters = [deciding.Matter(cast.division, None, f"事项{n}") for n in range(AT_ONCE)]

    together(
        *(
            lambda each=each: deciding.decide(round, each, by=cast.office, at=NOON)
            for each in matters
        )
    )

    assert sorted(MeetingPoint.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]


def test_of_an_answer_and_an_end_at_once_the_second_is_told(cast):
    round = DispatchRoundFactory(inspection=cast.inspection, number=1)
    point = MeetingPointFactory(round=round, unit=cast.division, by=cast.office)

    def fresh():
        return MeetingPoint.objects.select_related("inspection__inspected_unit", "unit").get()

    one, other = fresh(), fresh()
    together(
        lambda: deciding.answer(one, text="已办", by=cast.liaison, at=NOON, version=1),
        lambda: deciding.settle(other, why="已落实", by=cast.office, at=NOON, version=1),
    )

    point.refresh_from_db()
    assert point.version == 2
    assert PointAnswer.objects.count() == (point.state == "answered")
