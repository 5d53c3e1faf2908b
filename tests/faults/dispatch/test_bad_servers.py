"""F7: a mail server that refuses, hangs, cuts off, or has stored and does not say so.

All together, and what protects; test_each_misdeed.py has them one by one."""

import pytest

from tests.faults.dispatch import sink
from tests.faults.dispatch.conftest import UNITS
from tests.faults.dispatch.invariants import Broken
from tests.faults.dispatch.scene import A_DAY

pytestmark = pytest.mark.django_db  # the run's database is what the house's is copied from

QUICK = sorted(
    name
    for name in (sink.AT_THE_GREETING | sink.WITH_A_LETTER) - {"STARTTLS broken"}
    if not name.startswith(("silence", "a byte"))
)
STORED_AND_NOT_SAID = ("drop after storing", "silence after storing")


def test_every_misdeed_at_once_loses_and_doubles_nothing(scene, say):
    """By chance, and again and again: sweep after sweep, until the server has come to itself."""
    shares = {name.replace(" ", "_"): 0.04 for name in QUICK}
    scene.house.do("fill", inspections=4, units=UNITS)
    scene.house.do("open_rounds")
    scene.house.post.misbehave(seed=scene.seed, **shares)
    for sweep in range(1, 4):
        scene.deliver(ahead=sweep * A_DAY / 10)
    scene.house.post.misbehave()
    scene.recover()

    misdeeds = scene.house.post.misdeeds()
    say("F7 at random", scene.check(), misdeeds=misdeeds.total(), kinds=len(misdeeds))
    assert misdeeds.total() > 0


@pytest.mark.parametrize("misdeed", STORED_AND_NOT_SAID)
def test_without_looking_into_the_archive_what_was_stored_goes_out_again(scene, misdeed):
    """Sabotage."""
    scene.house.post.misbehave("", misdeed)
    scene.house.run("tick")

    scene.recover(without=("the look-up",))

    with pytest.raises(Broken) as broken:
        scene.check()
    assert broken.value.findings.wrong.keys() == {"doubled"}


@pytest.mark.parametrize("misdeed", STORED_AND_NOT_SAID)
def test_without_an_archive_what_may_have_been_stored_is_held(scene, say, misdeed):
    scene.archived = False
    scene.house.post.misbehave("", misdeed)
    scene.house.run("tick", without=["the archive"])

    scene.recover(without=("the archive",))

    findings = scene.check()
    say(f"F7 {misdeed}, no archive", findings)
    assert findings.held == scene.house.do("held_as_the_office_sees_them") == 1


def test_without_a_second_attempt_a_server_that_is_busy_loses_a_mail(scene):
    """Sabotage: every answer that is not yes is taken for a no that nobody is told of."""
    scene.house.post.misbehave("", "451 at RCPT")
    scene.house.run("tick", without=["the second attempt"])

    scene.recover()

    with pytest.raises(Broken) as broken:
        scene.check()
    assert broken.value.findings.wrong.keys() == {"lost"}
