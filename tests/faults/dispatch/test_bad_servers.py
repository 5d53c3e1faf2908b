"""F7: a mail server that refuses, hangs, cuts off, or has stored and does not say so."""

import pytest

from tests.faults.dispatch import sink
from tests.faults.dispatch.conftest import UNITS
from tests.faults.dispatch.invariants import Broken

pytestmark = pytest.mark.django_db  # the run's database is what the house's is copied from

ONCE = sorted(sink.AT_THE_GREETING | sink.WITH_A_LETTER)
STORED_AND_NOT_SAID = ("drop after storing", "silence after storing")


@pytest.mark.parametrize("misdeed", ONCE)
def test_one_misdeed_stops_no_other_mail_and_loses_and_doubles_nothing(scene, say, misdeed):
    scene.house.post.misbehave("", misdeed)

    first = scene.house.run("tick")
    before = scene.house.do("waiting")
    scene.recover()

    findings = scene.check()
    say(f"F7 {misdeed}", findings, ended=first.code, waited=before)
    assert scene.house.post.misdeeds() == {misdeed: 1}
    assert findings.failed == (misdeed == "550 at RCPT" or misdeed == "552 after the dot")
