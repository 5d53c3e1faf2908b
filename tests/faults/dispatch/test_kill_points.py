"""F1: kill -9 at each named point of a round, from its first row to the last commit."""

import signal

import pytest

from tests.faults.dispatch import points
from tests.faults.dispatch.conftest import UNITS
from tests.faults.dispatch.invariants import Broken
from tests.faults.dispatch.scene import A_DAY

pytestmark = pytest.mark.django_db  # the run's database is what the house's is copied from

STORED_ALREADY = (points.AFTER_THE_DOT, points.AFTER_THE_REPLY, points.BEFORE_THE_OUTCOME)


def killed(scene, point, **fate):
    outcome = scene.house.run("tick", die_at=point, **fate)
    assert (outcome.code, outcome.at) == (-signal.SIGKILL, point), scene.house.log()


@pytest.mark.parametrize("point", points.NAMES)
def test_whoever_dies_there_leaves_nothing_lost_and_nothing_doubled(scene, say, point):
    killed(scene, point)

    scene.recover()

    say(f"F1 {point}", scene.check(), kills=1)


@pytest.mark.parametrize("point", STORED_ALREADY)
def test_without_looking_into_the_archive_a_mail_that_was_stored_goes_out_twice(scene, point):
    """Sabotage."""
    killed(scene, point)

    scene.recover(without=("the look-up",))

    with pytest.raises(Broken) as broken:
        scene.check()
    assert broken.value.findings.wrong.keys() == {"doubled"}


def test_with_the_outcome_written_before_sending_a_mail_is_lost(scene):
    """Sabotage."""
    killed(scene, points.AFTER_MAIL, without=["the outcome after sending"])

    scene.recover()

    with pytest.raises(Broken) as broken:
        scene.check()
    assert broken.value.findings.wrong.keys() == {"lost"}


def test_without_one_transaction_a_round_is_there_and_nobody_was_told(scene):
    """Sabotage."""
    killed(scene, points.AFTER_THE_ROUND, without=["one transaction for a round"])

    scene.recover(without=("asking further",))  # else the next tick would ask, and tell

    with pytest.raises(Broken) as broken:
        scene.check()
    assert broken.value.findings.lost != []


def test_without_taking_up_what_a_dead_worker_held_a_mail_is_lost(scene):
    """Sabotage."""
    killed(scene, points.AFTER_CLAIMING)

    scene.recover(without=("the end of a lease",))

    with pytest.raises(Broken) as broken:
        scene.check()
    assert broken.value.findings.wrong.keys() == {"lost"}


def test_without_an_archive_a_doubtful_mail_is_held_and_shown_to_the_office(scene, say):
    scene.archived = False
    for point in STORED_ALREADY:
        killed(scene, point, without=["the archive"])
        scene.recover(without=("the archive",))
        scene.house.do("fill", inspections=1, units=UNITS)
    scene.recover(without=("the archive",))

    findings = scene.check()
    say("F1 without an archive", findings, kills=len(STORED_ALREADY))
    assert findings.held == len(STORED_ALREADY)
    assert scene.house.do("held_as_the_office_sees_them") == findings.held


def test_a_worker_that_dies_at_every_attempt_ends_in_a_mail_that_is_shown(scene, say):
    """After so many deaths the mail that was begun each time is held, although the archive says
    that it is not there: it might be the mail that kills. What was claimed beside it goes out."""
    scene.archived = False
    attempts = scene.house.do("most_attempts")
    for number in range(attempts):
        scene.house.run("tick", given={"ahead": number * A_DAY}, die_at=points.AFTER_CLAIMING)

    scene.house.post.quiet()
    for number in (attempts, attempts + 1):
        scene.deliver(ahead=number * A_DAY)

    findings = scene.check()
    say("F1 at every attempt", findings, kills=attempts)
    assert findings.held == scene.house.do("held_as_the_office_sees_them") == 1
