"""A ladder and what comes of it: the usual rungs, and a measure that is so many days late."""

from datetime import date, timedelta

import pytest

from rectification import supervising
from rectification.models import Measure, Rung, SupervisionAction
from tests.factories import NOON
from tests.rectification.conftest import cast  # noqa: F401  # the people around one measure

PROPOSED, ISSUED, LAPSED = "proposed", "issued", "lapsed"
REMINDER, ORDER, INTERVIEW, CIRCULAR = "reminder", "order", "interview", "circular"


@pytest.fixture
def ladder(cast):  # noqa: F811
    Rung.objects.set_up(cast.inspection)
    return cast


def late_by(cast, days: int) -> date:  # noqa: F811
    """The measure of the cast gets a deadline that is so many days before NOON's."""
    deadline = NOON.date() - timedelta(days=days)
    Measure.objects.filter(pk=cast.measure.pk).update(
        deadline=deadline, original_deadline=deadline, precision="day", original_precision="day"
    )
    cast.measure.refresh_from_db()
    return deadline


def kinds(**only) -> list[tuple[str, str]]:
    """The letters so far, each as kind and state, in order of their numbers."""
    rows = SupervisionAction.objects.filter(**only).order_by("number")
    return [(row.kind, row.state) for row in rows]


def climb(at=NOON) -> tuple[int, int, int]:
    """How many were proposed, issued, and lapsed."""
    done = supervising.climb(at=at)
    return done.proposed, done.issued, done.lapsed


def after(days):
    """NOON of the day so many days later."""
    return NOON + timedelta(days=days)


def lettered(cast, state: str, days: int = 8) -> SupervisionAction:  # noqa: F811
    """A 督办函 about the measure of the cast, brought as far as `state` by the usual people."""
    Rung.objects.set_up(cast.inspection)
    late_by(cast, days)
    supervising.climb(at=NOON)
    letter = SupervisionAction.objects.get(measure=cast.measure)
    way = {
        "issued": lambda v: supervising.issue(letter, by=cast.office, at=NOON, version=v),
        "acknowledged": lambda v: supervising.acknowledge(letter, by=cast.head, at=NOON, version=v),
        "answered": lambda v: supervising.answer(
            letter, text="已增加人手。", by=cast.head, at=NOON, version=v
        ),
        "settled": lambda v: supervising.settle(
            letter, why="同意", by=cast.office, at=NOON, version=v
        ),
    }
    for reached, step in way.items():
        if letter.state == state:
            break
        step(letter.version)
        assert letter.state == reached
    return letter
