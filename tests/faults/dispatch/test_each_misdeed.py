"""F7, one misdeed at a time. What is said to a mail server depends on no database: in one lane, and
in both with --full."""

import pytest

from tests.faults.dispatch import sink

pytestmark = pytest.mark.django_db  # the run's database is what the house's is copied from

ONCE = sorted((sink.AT_THE_GREETING | sink.WITH_A_LETTER) - {"STARTTLS broken"})
FOR_EVER = ("550 at RCPT", "552 after the dot")  # the answer is no, and the office is told


@pytest.mark.parametrize("misdeed", ONCE)
def test_one_misdeed_loses_and_doubles_nothing(scene, say, misdeed):
    """The second letter, or the first greeting; all others go out."""
    scene.house.post.misbehave(*[""] * (misdeed in sink.WITH_A_LETTER), misdeed)

    first = scene.house.run("tick")
    waited = scene.house.do("waiting")
    scene.recover()

    findings = scene.check()
    say(f"F7 {misdeed}", findings, ended=first.code, waited=waited)
    assert scene.house.post.misdeeds() == {misdeed: 1}
    assert findings.failed == (misdeed in FOR_EVER)
    if misdeed in sink.WITH_A_LETTER:
        assert waited <= 1, "one letter kept the others from going out"


def test_where_encryption_breaks_nothing_goes_out_in_the_clear(scene, say):
    scene.house.post.misbehave("STARTTLS broken")
    encrypted = {"EMAIL_SECURITY": "starttls"}

    first = [scene.house.run("tick", settings=encrypted).code for _ in range(2)]
    before = len(scene.house.post.accepted())
    scene.recover()

    say("F7 STARTTLS broken", scene.check(), sent_before=before)
    assert (first, before) == ([0, 0], 0)
    assert scene.house.post.misdeeds() == {"STARTTLS broken": 1}
