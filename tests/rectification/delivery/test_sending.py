"""What leaves the outbox, and what becomes of it."""

from rectification.delivery import Tally
from rectification.states import NoticeState
from tests.rectification.delivery.conftest import deliver, fate, mail


def test_a_mail_that_is_due_goes_out_once(cast, sink):
    notice = mail(cast)

    assert deliver() == Tally(sent=1)
    assert deliver() == Tally()
    assert fate(notice) == (NoticeState.SENT, 1, "")
    assert [recipient for recipient, _ in sink.took] == ["liaison@bureau.test"]
