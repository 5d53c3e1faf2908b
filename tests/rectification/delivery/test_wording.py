"""E6 of the corpus: addresses, names and texts. One message, one address, no further header."""

import pytest

from rectification import notifications
from rectification.delivery import wording
from rectification.models import Channel, Notice, NoticeKind, digest_of
from rectification.recipients import Addressee
from rectification.states import NoticeState
from tests.factories import NOON
from tests.rectification.delivery.conftest import deliver, fate, mail

HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
]


def said(cast, sink, *, subject="开始报送", body="请报送", path="/i/x25/"):
    """The one mail that comes of these words, as its reader has it."""
    digest = digest_of(subject, body, path)
    mail(cast, subject=subject, body=body, path=path, digest=digest)
    deliver()
    (letter,) = sink.mails
    return letter


def test_a_mail_says_what_is_said_and_where_it_leads(cast, sink):
    letter = said(cast, sink)
    notice = Notice.objects.get(channel=Channel.MAIL)

    assert letter.keys() == HEADERS
    assert letter["From"] == "整改办 <zg@bureau.test>"
    assert letter["To"] == "liaison@bureau.test"
    assert letter["Subject"] == "开始报送"
    assert letter["Message-ID"] == notice.message_id
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime == NOON
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content() == "请报送\r\n\r\nhttps://zg.bureau.test/i/x25/\r\n"
    assert sink.commands.count("MAIL FROM:<zg@bureau.test>") == 1


@pytest.mark.parametrize(
    "body",
    ["一\n.\n二", ".", "..", "x" * 10_000, "河" * 10_000, "一\r\n\r\n.\r\n二", "末尾\n", "  "],
    ids=lambda body: f"{len(body)} characters from {body[:2]!r}",
)
def test_a_lone_dot_and_long_lines_arrive_as_they_were_written(cast, sink, body):
    letter = said(cast, sink, body=body)

    whole = f"{body}\n\nhttps://zg.bureau.test/i/x25/\n".replace("\r\n", "\n")
    assert letter.get_content().replace("\r\n", "\n") == whole
    assert max(map(len, sink.took[0][1].split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    "subject",
    [
        "标题" * 100,
        "=?utf-8?b?QmNjOiB4QHkuY24=?=",
        "x\r\nBcc: evil@y.cn",
        "x\nBcc: evil@y.cn",
        "a" * 200,
    ],
)
def test_a_subject_is_text_and_no_header(cast, sink, subject):
    letter = said(cast, sink, subject=subject)

    assert letter.keys() == HEADERS
    assert letter["To"] == "liaison@bureau.test"
    assert "".join(str(letter["Subject"]).split()) == "".join(subject.split())
    assert [recipient for recipient, _ in sink.took] == ["liaison@bureau.test"]


@pytest.mark.parametrize(
    "address",
    [
        "a@b",
        '"a b"@x.cn',
        '"a"@x.cn',
        "a@x.cn\r\nBcc: evil@y.cn",
        "a@x.cn\nRCPT TO:<evil@y.cn>",
        "a\x01@x.cn",
        "a@x.cn,b@x.cn",
        ",".join(f"a{n}@x.cn" for n in range(10)),
        "甲 <a@x.cn>",
        "=?utf-8?b?YQ==?= <a@x.cn>",
        "a@x.cn>",
        "填报员@x.cn",
        "a@",
        "@x.cn",
        " a@x.cn",
    ],
)
def test_an_address_that_is_none_is_refused_and_the_next_unit_is_written_to(cast, sink, address):
    bad, good = mail(cast, address=address), mail(cast)

    deliver()

    assert fate(bad)[0] == NoticeState.FAILED
    assert "邮件地址" in fate(bad)[2]
    assert fate(good)[0] == NoticeState.SENT
    assert [recipient for recipient, _ in sink.took] == ["liaison@bureau.test"]


def test_an_address_with_nul_is_refused(cast):
    """PostgreSQL does not even keep one; what is sent is asked for all the same."""
    with pytest.raises(wording.AddressRefused, match="邮件地址"):
        wording.address_of(Notice(address="a\0@x.cn"))


def test_a_name_in_the_senders_setting_is_encoded(cast, sink, settings):
    settings.EMAIL_FROM = '整改办 "一, 二" <zg@bureau.test>'

    letter = said(cast, sink)

    assert [each.addr_spec for each in letter["From"].addresses] == ["zg@bureau.test"]


def test_a_subject_of_5000_characters_is_cut_where_it_is_written(cast):
    message = notifications.Message(
        topic="x", kind=NoticeKind.DIGEST, subject="长" * 5000, body="短", path="/"
    )
    addressee = Addressee(cast.liaison, cast.division)

    notifications.post([(message, addressee)], at=NOON)

    notice = Notice.objects.get(topic="x")
    assert len(notice.subject) == 200
    assert notice.is_intact


def test_the_address_is_the_one_at_the_time_of_writing(cast, sink):
    """It changed between fan-out and sending: the next message goes to the new one."""
    notice = mail(cast)
    cast.liaison.email = "new@bureau.test"
    cast.liaison.save()

    deliver()

    assert fate(notice)[0] == NoticeState.SENT
    assert [recipient for recipient, _ in sink.took] == ["liaison@bureau.test"]


def test_no_text_of_a_message_is_logged(cast, sink, caplog):
    caplog.set_level("DEBUG")
    sink.always["RCPT"] = "550 nobody"

    mail(cast, body="秘密", digest=digest_of("开始报送", "秘密", ""))
    deliver()

    assert "秘密" not in caplog.text
