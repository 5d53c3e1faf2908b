"""E6 of the corpus: what a mail server may answer, and what becomes of the mail and of the next
one. An error before the final dot is certain; behind it, only a whole reply is."""

from dataclasses import dataclass
from typing import Any

import pytest

from accounts.models import JournalEntry
from rectification.states import NoticeState
from tests.rectification.delivery import sink as deeds
from tests.rectification.delivery.conftest import at, deliver, fate, mail
from tests.rectification.delivery.sink import Deed

DUE, SENT, FAILED, HELD, SENDING = (
    NoticeState.DUE,
    NoticeState.SENT,
    NoticeState.FAILED,
    NoticeState.HELD,
    NoticeState.SENDING,
)
A_DAY = 86_400


@dataclass(frozen=True)
class Case:
    """What the server does at a stage, what the mail is then, and a part of the reason."""

    name: str
    stage: str
    deed: Deed
    state: str
    reason: str


CASES = (
    Case("RCPT 451", "RCPT", "451 4.3.0 later", DUE, "451"),
    Case("RCPT 550", "RCPT", "550 5.1.1 nobody of that name", FAILED, "nobody of that name"),
    Case("RCPT 421", "RCPT", "421 4.3.2 closing", DUE, "421"),
    Case("drop at RCPT", "RCPT", deeds.hang_up, DUE, "连接断开"),
    Case("silence at RCPT", "RCPT", deeds.be_silent, DUE, "没有按时回应"),
    Case("1 byte at a time at RCPT", "RCPT", deeds.trickle, DUE, "没有按时回应"),
    Case("1 MB line at RCPT", "RCPT", deeds.say_a_megabyte, DUE, "回应看不懂"),
    Case("no reply code at RCPT", "RCPT", deeds.babble, DUE, "回应看不懂"),
    Case("DATA 451", "DATA", "451 4.3.0 later", DUE, "451"),
    Case("DATA 554", "DATA", "554 5.5.1 no", FAILED, "554"),
    Case("silence at DATA", "DATA", deeds.be_silent, DUE, "没有按时回应"),
    Case("451 after the dot", "dot", "451 4.3.0 later", DUE, "451"),
    Case("552 after the dot", "dot", "552 5.3.4 too big", FAILED, "552"),
    Case("cut before 250, not stored", "dot", deeds.hang_up, HELD, "没有等到"),
    Case("cut before 250, stored", "dot", deeds.store_and_hang_up, HELD, "没有等到"),
    Case("silence after storing", "dot", deeds.store_and_be_silent, HELD, "没有按时回应"),
    Case("1 byte at a time after the dot", "dot", deeds.trickle, HELD, "没有按时回应"),
    Case("1 MB line after storing", "dot", deeds.store_and_say_a_megabyte, HELD, "回应看不懂"),
    Case("354 after the dot", "dot", "354 go on", HELD, "354"),
    Case("250, then RST", "dot", deeds.store_and_reset, SENT, ""),
)
named = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@named
def test_a_mail_ends_as_the_server_answers_and_the_next_one_goes_out(cast, sink, case):
    first, second = mail(cast), mail(cast, address="second@bureau.test")
    sink.plan[case.stage] = [case.deed]

    deliver()

    state, attempt, reason = fate(first)
    assert (state, attempt) == (case.state, 1)
    assert case.reason in reason
    assert fate(second) == (SENT, 1, "")


@named
def test_with_an_archive_it_is_stored_once_whatever_the_server_answers(cast, sink, archived, case):
    first, second = mail(cast), mail(cast, address="second@bureau.test")
    sink.plan[case.stage] = [case.deed]

    for later in (0, A_DAY):
        deliver(later)

    over = FAILED if case.state == FAILED else SENT
    assert (fate(first)[0], fate(second)[0]) == (over, SENT)
    stored = [recipient for recipient, _ in sink.took]
    assert sorted(stored) == sorted(
        each.address for each in (first, second) if fate(each)[0] == SENT
    )


# What concerns no single mail --------------------------------------------------------------------

TROUBLES: tuple[tuple[str, dict[str, Any], str, Deed, str], ...] = (
    ("421 at the greeting", {}, "connect", "421 4.3.2 closing", "不接受连接：421"),
    ("554 at the greeting", {}, "connect", "554 no", "不接受连接：554"),
    ("silence at the greeting", {}, "connect", deeds.be_silent, "没有按时回应"),
    ("1 byte at a time at the greeting", {}, "connect", deeds.trickle, "没有按时回应"),
    ("1 MB line at the greeting", {}, "connect", deeds.say_a_megabyte, "回应看不懂"),
    ("EHLO and HELO 500", {}, "HELO", "500 what?", "500"),
    ("no STARTTLS", {"EMAIL_SECURITY": "starttls"}, "EHLO", "250 sink", "不支持 STARTTLS"),
    ("AUTH 535", {"EMAIL_USER": "zg"}, "AUTH", "535 5.7.8 wrong", "EMAIL_PASSWORD：535"),
    ("no AUTH", {"EMAIL_USER": "zg"}, "EHLO", "250 sink", "不支持登录"),
    ("MAIL 452", {}, "MAIL", "452 4.3.1 no room", "452 4.3.1 no room"),
    ("MAIL 421", {}, "MAIL", "421 4.3.2 closing", "421"),
    ("MAIL 550", {}, "MAIL", "550 5.7.1 not from you", "EMAIL_FROM"),
)


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble[0])
def test_trouble_with_the_server_itself_burns_no_attempt(cast, sink, settings, trouble):
    _, over, stage, deed, reason = trouble
    for name, value in over.items():
        setattr(settings, name, value)
    sink.always[stage] = deed
    if stage == "HELO":
        sink.always["EHLO"] = "500 what?"
    if stage == "AUTH":
        sink.always["EHLO"] = "250-sink\r\n250 AUTH PLAIN"
    notices = [mail(cast) for _ in range(3)]

    tally = deliver()

    assert reason in tally.trouble
    for notice in notices:
        state, attempt, said = fate(notice)
        assert (state, attempt) == (DUE, 0)
        assert reason in said
    assert sink.connections <= 1
    assert sink.took == []


@pytest.mark.parametrize("said", ["421 4.7.0 enough for one connection", "452 4.3.2 too many"])
def test_one_that_takes_so_many_on_a_connection_gets_the_rest_on_the_next_one(cast, sink, said):
    notices = [mail(cast) for _ in range(3)]
    sink.plan["MAIL"] = ["", said]

    deliver()

    assert [fate(each) for each in notices] == [(SENT, 1, "")] * 3
    assert sink.connections == 2


def test_a_server_that_knows_no_ehlo_is_spoken_to_all_the_same(cast, sink):
    notice = mail(cast)
    sink.plan["EHLO"] = ["500 what is EHLO?"]

    deliver()

    assert fate(notice)[0] == SENT


def test_a_refused_connection_and_an_unknown_host_are_said(cast, sink, settings):
    notice = mail(cast)
    sink.close()

    deliver()
    assert "连接被拒绝" in fate(notice)[2]

    settings.EMAIL_HOST = "no-such-host.invalid"
    deliver()
    assert "找不到邮件服务器" in fate(notice)[2]


def test_when_the_server_is_back_everything_goes_out(cast, sink):
    notices = [mail(cast) for _ in range(3)]
    sink.plan["connect"] = ["421 closing"]

    deliver()
    deliver()

    assert [fate(each) for each in notices] == [(SENT, 1, "")] * 3


def test_a_server_that_cuts_each_connection_is_left_alone_for_now(cast, sink):
    sink.always["RCPT"] = deeds.hang_up
    notices = [mail(cast) for _ in range(8)]

    tally = deliver()

    assert "一再断开" in tally.trouble
    assert sink.connections == 5
    assert [fate(each)[1] for each in notices] == [1] * 5 + [0] * 3


def test_attempts_wait_twice_as_long_each_time_and_end(cast, sink, settings):
    settings.DELIVERY_MOST_ATTEMPTS, settings.DELIVERY_RETRY_SECONDS = 3, 60
    sink.always["RCPT"] = "451 later"
    notice = mail(cast)

    deliver()
    assert notice.not_before < at(59)()
    deliver(59)
    assert fate(notice)[:2] == (DUE, 1)
    deliver(60)
    assert fate(notice)[:2] == (DUE, 2)
    deliver(179)
    assert fate(notice)[:2] == (DUE, 2)
    deliver(180)

    assert fate(notice)[:2] == (FAILED, 3)


def test_control_characters_of_the_server_do_not_reach_the_office(cast, sink):
    sink.plan["RCPT"] = ["550 no\x1b[31m\x00 such " + "x" * 1000]
    notice = mail(cast)

    deliver()

    reason = fate(notice)[2]
    assert reason.isprintable()
    assert len(reason) < 300


def test_a_reply_that_nobody_asked_for_does_not_pass_for_the_one_that_counts(cast, sink):
    """“354, and 250 at once”: the mail is not given to a server that says it is stored already."""
    notice = mail(cast)
    sink.plan["DATA"] = ["354 go on\r\n250 stored"]

    deliver()

    assert fate(notice)[:2] == (DUE, 1)
    assert sink.took == []


@pytest.mark.parametrize("more", ["250 stored", "550 5.7.1 no such sender", "421 4.4.2 idle"])
def test_a_second_reply_to_a_dot_is_no_reply_to_the_next_mail(cast, sink, more):
    first, second = mail(cast), mail(cast, address="second@bureau.test")
    sink.plan["dot"] = [f"250 stored\r\n{more}"]
    sink.plan["RCPT"] = ["", "550 nobody of that name"]  # and by one reply later it is the DATA's

    deliver()

    assert fate(first) == (SENT, 1, "")
    assert fate(second)[:2] == (FAILED, 1)
    assert "550 nobody" in fate(second)[2]
    assert sink.connections == 2


@pytest.mark.parametrize(
    "said", ["<Liaison@bureau.test>: user unknown", "no mailbox for liaison here"]
)
def test_an_address_that_the_server_repeats_is_masked(cast, sink, said):
    """The office reads it, and the journal keeps it."""
    sink.plan["RCPT"] = [f"550 5.1.1 {said}"]
    notice = mail(cast)

    deliver()

    assert "l***" in fate(notice)[2]
    assert "liaison" not in fate(notice)[2].lower()
    assert JournalEntry.objects.get(verb="fail").why == fate(notice)[2]
