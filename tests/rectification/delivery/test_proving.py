"""An archive that has never shown a mail of ours is tried with one mail before it is believed."""

import pytest

from rectification.delivery import Tally, claiming
from rectification.models import Channel, Notice
from rectification.states import NoticeState
from tests.rectification.delivery.conftest import at, deliver, fate, mail

LEASE, LATER = 120, 1000


def dead_batch(cast, sink, *, stored: bool = False) -> list[Notice]:
    """Mails of a worker that died and had written nothing."""
    notices = [mail(cast, address=f"a{number}@bureau.test") for number in range(4)]
    claiming.claim((Channel.MAIL,), most=9, together=True, asked=False, at=at()())
    if stored:
        for each in notices:
            sink.store(each.address, f"Message-ID: {each.message_id}\r\n\r\n".encode())
    return notices


def states(notices: list[Notice]) -> list[str]:
    return [fate(each)[0] for each in notices]


@pytest.fixture
def elsewhere(settings, tmp_path):
    """An archive that nothing comes to."""
    for part in ("tmp", "new", "cur"):
        (tmp_path / "elsewhere" / part).mkdir(parents=True)
    settings.MAIL_ARCHIVE = f"maildir:{tmp_path / 'elsewhere'}"


def test_of_a_first_batch_that_is_not_there_one_goes_alone_and_then_the_others(
    cast, sink, archived
):
    notices = dead_batch(cast, sink)

    tally = deliver(LATER)

    assert (tally.sent, "证实归档邮箱可用" in tally.trouble) == (1, True)
    assert states(notices) == [NoticeState.SENT] + [NoticeState.SENDING] * 3
    deliver(LATER + LEASE - 1)
    assert len(sink.took) == 1  # the server may still have it in hand
    assert deliver(LATER + 2 * LEASE) == Tally(sent=3)
    assert len(sink.took) == 4


def test_a_first_batch_is_not_doubled_where_the_archive_is_another_one(cast, sink, elsewhere):
    notices = dead_batch(cast, sink, stored=True)

    for number in range(1, 6):
        deliver(number * LATER)

    assert len(sink.took) == 4 + 1
    assert states(notices) == [NoticeState.SENT] + [NoticeState.SENDING] * 3
    assert "最近发出的邮件" in fate(notices[1])[2]


def test_while_the_server_is_away_no_second_one_is_let_go(cast, sink, archived):
    notices = dead_batch(cast, sink)
    sink.close()

    for number in range(1, 6):
        deliver(number * LATER)

    assert states(notices) == [NoticeState.DUE] + [NoticeState.SENDING] * 3


def test_an_archive_that_has_one_of_them_is_believed_of_the_others(cast, sink, archived):
    first, *others = dead_batch(cast, sink)
    sink.store(first.address, f"Message-ID: {first.message_id}\r\n\r\n".encode())

    assert deliver(LATER) == Tally(sent=4)

    assert len(sink.took) == 4


def test_what_was_sent_within_the_last_lease_need_not_be_there_yet(cast, sink, archived):
    """The server may still have its copy in hand."""
    notices = dead_batch(cast, sink, stored=True)
    sink.archive = None
    mail(cast, address="just-now@bureau.test")
    deliver(1)

    assert deliver(LEASE) == Tally(sent=4)

    assert states(notices) == [NoticeState.SENT] * 4
