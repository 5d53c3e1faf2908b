"""After any doubt the archive mailbox is asked; it is believed where it shows that it works."""

import os
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from rectification.delivery import Tally, checks
from rectification.delivery.archive import ArchiveUnreadable, Maildir, open_archive
from rectification.models import Notice, NoticeKind
from rectification.states import NoticeState
from tests.factories import NOON
from tests.rectification.delivery import sink as deeds
from tests.rectification.delivery.conftest import deliver, fate, mail
from tests.rectification.delivery.imap import Imap

LATER = 1000  # seconds: beyond any lease
A_DAY = 86_400
LONG = {"left": lambda: 60.0, "since": NOON}


@pytest.fixture
def imap(archive) -> Iterator[Imap]:
    server = Imap(archive, folder="&X1JoYw-/2025")
    yield server
    server.close()


@pytest.fixture(params=["maildir", "imap"])
def asked(request, settings, archive, imap):
    """Either kind of archive, over the same mails."""
    by_imap = f"imap://zg%40bureau.test:geheim@127.0.0.1:{imap.port}/%E5%BD%92%E6%A1%A3/2025"
    settings.MAIL_ARCHIVE = by_imap if request.param == "imap" else f"maildir:{archive}"


def in_doubt(cast, sink, *, stored: bool) -> Notice:
    """A mail of which nobody knows whether the server has it."""
    notice = mail(cast)
    sink.plan["dot"] = [deeds.store_and_hang_up if stored else deeds.hang_up]
    deliver()
    assert fate(notice)[:2] == (NoticeState.SENDING, 1)
    return notice


@pytest.mark.parametrize("stored", [True, False])
def test_what_is_in_doubt_is_looked_up_and_sent_only_where_it_is_not_there(
    cast, sink, asked, stored
):
    notice = in_doubt(cast, sink, stored=stored)

    assert deliver(LATER) == Tally(sent=1)

    assert fate(notice)[:2] == (NoticeState.SENT, 1 if stored else 2)
    assert len(sink.took) == 1


def test_it_is_not_asked_before_the_server_has_had_a_lease_to_finish(cast, sink, asked):
    notice = in_doubt(cast, sink, stored=False)

    assert deliver(100) == Tally()
    assert fate(notice)[0] == NoticeState.SENDING


def test_two_hits_are_as_good_as_one(cast, sink, asked, archive):
    notice = in_doubt(cast, sink, stored=True)
    first = next((archive / "new").iterdir())
    shutil.copy(first, first.with_name("second"))

    deliver(LATER)

    assert fate(notice)[0] == NoticeState.SENT
    assert len(sink.took) == 1


def test_an_archive_without_what_was_sent_last_is_not_believed(cast, sink, asked, archive):
    """It is full, or the copies go elsewhere: a mail that is not there may have been delivered."""
    sent = mail(cast)
    deliver()
    notice = in_doubt(cast, sink, stored=True)
    for each in (archive / "new").iterdir():
        each.unlink()

    assert "最近发出的邮件" in deliver(LATER).trouble

    state, attempt, reason = fate(notice)
    assert (state, attempt) == (NoticeState.SENDING, 1)
    assert "最近发出的邮件" in reason
    assert fate(sent)[0] == NoticeState.SENT
    assert len(sink.took) == 2


def test_an_archive_that_has_whatever_it_is_asked_for_is_not_believed(cast, sink, settings, imap):
    """Else a mail that nobody got would count as sent, in silence."""
    settings.MAIL_ARCHIVE = f"imap://zg:geheim@127.0.0.1:{imap.port}/%E5%BD%92%E6%A1%A3/2025"
    notice = in_doubt(cast, sink, stored=False)
    imap.says_yes = True

    assert "从未写过" in deliver(LATER).trouble

    assert fate(notice)[:2] == (NoticeState.SENDING, 1)
    assert [check.id for check in checks.the_archive_can_be_read(None)] == ["rectification.E002"]


def test_while_it_cannot_be_read_doubt_waits_the_office_hears_of_it_and_in_the_end_it_is_held(
    cast, sink, archived
):
    notice = in_doubt(cast, sink, stored=True)
    aside = archived.rename(archived.with_name("aside"))

    for number in range(1, 9):
        deliver(number * LATER)
    assert fate(notice)[:2] == (NoticeState.SENDING, 1)
    (trouble,) = Notice.objects.filter(kind=NoticeKind.TROUBLE)
    assert (trouble.recipient, "归档邮箱" in trouble.body) == (cast.office, True)
    deliver(15 * A_DAY)

    assert fate(notice)[:2] == (NoticeState.HELD, 1)
    aside.rename(archived)
    assert len(sink.took) == 1


def test_what_is_not_there_after_the_last_attempt_is_held(cast, sink, asked, settings):
    settings.DELIVERY_MOST_ATTEMPTS = 1
    notice = in_doubt(cast, sink, stored=False)

    assert deliver(LATER) == Tally(held=1)

    assert fate(notice)[:2] == (NoticeState.HELD, 1)


def test_what_is_there_after_the_last_attempt_was_sent(cast, sink, asked, settings):
    settings.DELIVERY_MOST_ATTEMPTS = 1
    notice = in_doubt(cast, sink, stored=True)

    assert deliver(LATER) == Tally(sent=1)

    assert fate(notice)[0] == NoticeState.SENT


def test_it_is_asked_also_while_the_mail_server_is_away(cast, sink, archived):
    notice = in_doubt(cast, sink, stored=True)
    sink.close()

    assert deliver(LATER) == Tally(sent=1)

    assert fate(notice)[0] == NoticeState.SENT


def test_it_is_believed_again_when_it_can_be_read_again(cast, sink, archived):
    notice = in_doubt(cast, sink, stored=True)
    aside = archived.rename(archived.with_name("aside"))
    deliver(LATER)
    aside.rename(archived)

    deliver(2 * LATER)

    assert fate(notice)[0] == NoticeState.SENT
    assert len(sink.took) == 1


def test_other_mails_go_out_while_the_archive_cannot_be_read(cast, sink, archived):
    in_doubt(cast, sink, stored=True)
    archived.rename(archived.with_name("aside"))
    other = mail(cast, address="second@bureau.test")

    deliver(LATER)

    assert fate(other)[0] == NoticeState.SENT


def test_a_wrong_password_a_missing_folder_and_a_broken_connection_are_said(settings, imap):
    where = f"@127.0.0.1:{imap.port}"
    for address in (f"imap://zg:falsch{where}", f"imap://zg:geheim{where}/nowhere"):
        settings.MAIL_ARCHIVE = address
        with pytest.raises(ArchiveUnreadable, match="读不出来"):
            open_archive(**LONG)
    settings.MAIL_ARCHIVE = f"imap://zg:geheim{where}/%E5%BD%92%E6%A1%A3/2025"
    archive = open_archive(**LONG)
    imap.is_broken = True

    with pytest.raises(ArchiveUnreadable) as caught:
        archive.has("<x@y>")
    assert "geheim" not in str(caught.value)
    archive.close()


@pytest.mark.parametrize(
    "address", ["imap://zg:密码@127.0.0.1:{}", "imap://整改:geheim@127.0.0.1:{}"]
)
def test_a_password_that_the_protocol_cannot_carry_is_said(settings, imap, address):
    settings.MAIL_ARCHIVE = address.format(imap.port)

    with pytest.raises(ArchiveUnreadable, match="英文字母"):
        open_archive(**LONG)


def test_a_server_that_says_a_byte_now_and_then_is_given_up_in_time(settings, imap):
    imap.pause = 0.05
    settings.MAIL_ARCHIVE = f"imap://zg:geheim@127.0.0.1:{imap.port}"
    settings.EMAIL_TIMEOUT = 5
    begun = time.monotonic()

    with pytest.raises(ArchiveUnreadable):
        open_archive(left=lambda: begun + 0.4 - time.monotonic(), since=NOON)

    assert time.monotonic() - begun < 2


def test_it_is_opened_to_read_only(settings, imap, archive):
    settings.MAIL_ARCHIVE = f"imap://zg:geheim@127.0.0.1:{imap.port}/%E5%BD%92%E6%A1%A3/2025"
    opened = open_archive(**LONG)
    opened.has("<x@y>")
    opened.close()

    assert any(command.startswith("EXAMINE") for command in imap.commands)
    assert not any(command.startswith("SELECT") for command in imap.commands)


# Maildir ------------------------------------------------------------------------------------------


def test_a_mail_that_was_read_moved_or_folded_is_found(archive):
    (archive / "cur" / "1.a:2,S").write_bytes(
        b"Subject: x\nMessage-Id:\n <one@y>\n\nMessage-ID: <no@y>"
    )
    (archive / "new" / "2.a").write_bytes(b"MESSAGE-ID: <two@y>\r\n\r\ntext")
    box = Maildir(archive, **LONG)
    (archive / "new" / "2.a").rename(archive / "cur" / "2.a:2,RS")
    (archive / "new" / "3.a").write_bytes(b"Message-ID: <three@y>\n\n")
    (archive / "tmp" / "4.a").write_bytes(b"Message-ID: <four@y>\n\n")

    found = {name: box.has(f"<{name}@y>") for name in ("one", "two", "three", "four", "no")}

    assert found == {"one": True, "two": True, "three": True, "four": False, "no": False}


def test_a_mail_of_long_before_is_not_read_and_a_folder_without_end_is_given_up(archive):
    old = archive / "new" / "1.a"
    old.write_bytes(b"Message-ID: <one@y>\n\n")
    long_before = (NOON - timedelta(days=2)).timestamp()
    os.utime(old, (long_before, long_before))
    assert not Maildir(archive, **LONG).has("<one@y>")

    with pytest.raises(ArchiveUnreadable, match="太多"):
        Maildir(archive, left=lambda: 0.0, since=NOON)


def test_a_file_that_moves_while_it_is_read_is_found_where_it_went(archive, monkeypatch):
    (archive / "new" / "1.a").write_bytes(b"Message-ID: <one@y>\n\n")
    real = Maildir._read

    def moved(box, path, name):
        path.rename(archive / "cur" / "1.a:2,S")
        return real(box, path, name)

    monkeypatch.setattr(Maildir, "_read", moved)
    assert Maildir(archive, **LONG).has("<one@y>")
