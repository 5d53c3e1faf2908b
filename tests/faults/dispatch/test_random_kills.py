"""F2: kill -9 at random, two workers, while the mail server fails now and then."""

from collections import Counter

import pytest

from tests.conftest import FULL
from tests.faults.dispatch import points
from tests.faults.dispatch.invariants import Broken

pytestmark = pytest.mark.django_db  # the run's database is what the house's is copied from

# Both databases together: 200 in bin/test, 1,000 with --full.
KILLS = 500 if FULL else 100
MOST_AT_ONCE = 250  # in one house: a tick looks at every inspection
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
MAILS_FOR_A_KILL = 5


def storm(scene, kills, *, seed, at=points.NAMES, without=()):
    """Two workers that always have something to do, and are killed again and again; how often, and
    where. Half of the rounds are open before, the others are opened under fire."""
    house = scene.house
    half = max(kills * MAILS_FOR_A_KILL // UNITS_EACH // 2, 1)
    house.do("fill", inspections=half, units=UNITS_EACH)
    house.do("open_rounds")
    house.do("fill", inspections=half, units=UNITS_EACH)
    house.post.misbehave(seed=seed, **TROUBLE)
    jobs = [
        {"what": "work_without_end", "given": {"opening": opening}, "without": list(without)}
        for opening in (True, False)
    ]
    done = house.ask("storm", kills=kills, workers=2, seed=seed, jobs=jobs, at=list(at))
    house.post.misbehave()
    scene.recover(without=without)
    return Counter(done["killed"])


def test_whatever_dies_nothing_is_lost_and_nothing_is_doubled(scene, say, request):
    wanted = request.config.getoption("--kills", default=0) or KILLS
    killed, misdeeds, number = Counter(), 0, 0
    while killed.total() < wanted:
        scene.begin_anew()
        this_time = min(wanted - killed.total(), MOST_AT_ONCE)
        killed += storm(scene, this_time, seed=scene.seed + number)
        misdeeds += scene.house.post.misdeeds().total()
        scene.check()
        number += 1

    say("F2", scene.all_findings, kills=killed.total(), misdeeds=misdeeds, places=len(killed))
    assert killed.total() == wanted
    assert killed[points.STILL_TO_COME] < wanted / 2, f"too many were killed idle: {killed}"


@pytest.mark.parametrize(
    ("off", "at", "wrong"),
    [
        ("the look-up", points.BEFORE_THE_OUTCOME, "doubled"),
        ("the outcome after sending", points.AFTER_MAIL, "lost"),
    ],
)
def test_with_one_protection_off_the_same_storm_does_harm(scene, off, at, wrong):
    """Sabotage, and half of the kills fall where it matters."""
    storm(scene, 12, seed=scene.seed, at=[at], without=(off,))

    with pytest.raises(Broken) as broken:
        scene.check()
    assert wrong in broken.value.findings.wrong
