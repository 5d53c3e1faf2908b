"""F6: three beats, two workers and a cron at once; and a hundred ticks in one second."""

import signal

import pytest

from tests.conftest import FULL
from tests.faults.dispatch import points, programs, servers
from tests.faults.dispatch.conftest import UNITS
from tests.faults.dispatch.invariants import Broken

pytestmark = pytest.mark.django_db  # the run's database is what the house's is copied from

TICKS = 100 if FULL else 30


def test_three_beats_two_workers_and_a_cron_do_everything_once(scene, say):
    house = scene.house
    house.do("fill", inspections=7, units=UNITS)
    with programs.running(house, workers=2, beats=3) as kept:
        crons = [programs.cron(house) for _ in range(2)]
        programs.until(lambda: house.do("rounds") == 8, what="a tick", kept=kept)
        programs.all_sent(house, kept=kept)
        codes = [cron.wait(timeout=servers.PATIENCE) for cron in crons]

    scene.recover()
    say("F6", scene.check(), beats=3, workers=2, crons=codes.count(0))
    assert codes == [0, 0]


def test_a_hundred_ticks_in_one_second_do_everything_once(scene, say):
    house = scene.house
    house.do("fill", inspections=3, units=UNITS)

    ticks = [house.begin("tick") for _ in range(TICKS)]
    codes = [house.wait(tick).code for tick in ticks]

    # A machine that is too slow for its two seconds meets the fence, as it should.
    assert set(codes) <= {0, -signal.SIGALRM}, house.log()
    scene.recover()
    say("F6 at once", scene.check(), ticks=TICKS, fenced=TICKS - codes.count(0))


def test_without_a_claim_two_workers_send_the_same(scene):
    """Sabotage. One has just taken up a mail when the other takes up the same."""
    house = scene.house
    house.do("open_rounds")
    slow = house.begin("deliver", die_at=points.AFTER_MAIL, pause=True, without=["the claim"])
    house.wait(slow)

    scene.deliver(without=["the claim"])
    house.signal(slow, signal.SIGCONT)
    house.wait(slow)
    scene.recover()

    with pytest.raises(Broken) as broken:
        scene.check()
    assert broken.value.findings.doubled != []
