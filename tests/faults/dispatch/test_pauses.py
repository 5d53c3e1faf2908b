"""F3: a worker is stopped past its lease, another sends, then the first one goes on."""

import signal
import time

import pytest

from tests.faults.dispatch import points
from tests.faults.dispatch.house import BATCH, TIMER
from tests.faults.dispatch.invariants import Broken

pytestmark = pytest.mark.django_db  # the run's database is what the house's is copied from

# Where a worker that goes on would still send, or write, what another has done meanwhile.
PAUSED_AT = (
    points.AFTER_CLAIMING,
    points.BEFORE_THE_FENCE,
    points.AFTER_THE_FENCE,
    points.AFTER_MAIL,
    points.AFTER_RCPT,
    points.HALF_OF_THE_BODY,
    points.AFTER_THE_DOT,
    points.BEFORE_THE_OUTCOME,
)


def paused_and_overtaken(scene, *, without=()):
    """A worker is stopped at each point, all work is done by another one, then they go on. Returns
    how each of them ended."""
    scene.house.do("fill", inspections=BATCH, units=len(PAUSED_AT))  # a batch for each
    scene.house.do("open_rounds")
    workers = {
        point: scene.house.begin("deliver", die_at=point, pause=True, without=list(without))
        for point in PAUSED_AT
    }
    for point, worker in workers.items():
        stopped = scene.house.wait(worker)
        assert (stopped.code, stopped.at) == ("stopped", point)
    time.sleep(TIMER + 0.5)
    scene.recover(paused=len(PAUSED_AT))
    for worker in workers.values():
        scene.house.signal(worker, signal.SIGCONT)
    return {point: scene.house.wait(worker).code for point, worker in workers.items()}


def test_a_worker_paused_past_its_lease_sends_nothing_more(scene, say):
    ended = paused_and_overtaken(scene)

    fenced = list(ended.values()).count(-signal.SIGALRM)
    say("F3", scene.check(), pauses=len(ended), fenced=fenced)
    assert fenced >= len(PAUSED_AT) - 2, f"who was not ended by the timer: {ended}"


def test_without_the_fence_it_sends_again_what_another_has_sent(scene):
    """Sabotage."""
    paused_and_overtaken(scene, without=["the fence"])

    with pytest.raises(Broken) as broken:
        scene.check()
    assert broken.value.findings.wrong.keys() == {"doubled"}
