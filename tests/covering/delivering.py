"""A scenario for each verb by which a message leaves, or does not."""

from rectification import delivery
from rectification.delivery import claiming
from rectification.delivery.claiming import Outcome
from rectification.models import Channel
from rectification.states import NoticeState
from tests.covering import scenario
from tests.factories import NOON
from tests.rectification.delivery.conftest import at, mail

MAIL = (Channel.MAIL,)
AFTER_THE_LEASE = 1000  # seconds


def claimed(cast, *, together=True):
    """A mail that a worker has taken up."""
    mail(cast)
    return claiming.claim(MAIL, most=9, together=together, asked=False, at=at()())


@scenario("rectification.delivery.claiming.settle")
def settle(stage):
    cast = stage.cast
    mail(cast)
    first, second = claimed(cast)
    yield
    failed = Outcome(NoticeState.FAILED, "没有这个邮箱。")
    claiming.settle([(first, Outcome(NoticeState.SENT)), (second, failed)], at=NOON)


@scenario("rectification.delivery.claiming.recover")
def recover(stage):
    claimed(stage.cast)
    yield
    assert claiming.recover(MAIL, can_look=False, at=at(AFTER_THE_LEASE)()) == 1


@scenario("rectification.delivery.again.send_again")
def send_again(stage):
    cast = stage.cast
    (notice,) = claimed(cast)
    claiming.settle([(notice, Outcome(NoticeState.HELD, "不能确定。"))], at=NOON)
    notice.refresh_from_db()
    yield
    delivery.send_again(notice, by=cast.office, at=NOON)
