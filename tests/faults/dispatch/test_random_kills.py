"""F2: kill -9 at random, two workers, while the mail server fails now and then."""

import pytest

from tests.conftest import FULL
from tests.faults.dispatch.invariants import Broken

pytestmark = pytest.mark.django_db  # the run's database is what the house's is copied from

# Both databases together: 200 in bin/test, 1,000 with --full.
KILLS = 500 if FULL else 100
TROUBLE = {
    "451_at_RCPT": 0.02,
    "452_at_MAIL": 0.02,
    "451_after_the_dot": 0.02,
    "drop_before_the_dot": 0.02,
    "drop_before_storing": 0.02,
    "drop_after_storing": 0.03,
    "421_at_the_greeting": 0.01,
}
UNITS_EACH = 12


def storm(scene, kills, *, without=()):
    """Two workers that always have something to do, and are killed again and again."""
    scene.house.do("fill", inspections=kills // 2, units=UNITS_EACH)
    scene.house.post.misbehave(seed=scene.seed, **TROUBLE)
    job = {"what": "work_without_end", "without": list(without)}
    killed = scene.house.ask(
        "storm", kills=kills, workers=2, seed=scene.seed, longest=0.12, jobs=[job]
    )["killed"]
    scene.house.post.misbehave()
    scene.recover(without=without)
    return killed


def test_whatever_dies_nothing_is_lost_and_nothing_is_doubled(scene, say, request):
    kills = request.config.getoption("--kills", default=0) or KILLS

    killed = storm(scene, kills)

    misdeeds = sum(scene.house.post.misdeeds().values())
    say("F2", scene.check(), kills=sum(killed.values()), misdeeds=misdeeds, where=len(killed))
    assert sum(killed.values()) == kills


@pytest.mark.parametrize(
    ("off", "wrong"), [("the look-up", "doubled"), ("the outcome after sending", "lost")]
)
def test_with_one_protection_off_the_same_storm_does_harm(scene, off, wrong):
    """Sabotage. By chance, but of a hundred kills a third fall where it matters."""
    storm(scene, 40, without=(off,))

    with pytest.raises(Broken) as broken:
        scene.check()
    assert wrong in broken.value.findings.wrong
