"""A row has one pair of hands at a time; what a worker that died had in its hands is recovered."""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from accounts.models import JournalEntry
from rectification.delivery import Tally, claiming, send_again, sending
from rectification.delivery.answers import Answer, Kind
from rectification.delivery.claiming import Outcome
from rectification.models import Channel, Notice, NoticeKind
from rectification.states import NoticeState
from tests.factories import NOON
from tests.rectification.delivery.conftest import at, deliver, fate, mail

MAIL = (Channel.MAIL,)
LEASE = 120


def claim(*, most=100, together=False, asked=False, seconds=0):
    return claiming.claim(MAIL, most=most, together=together, asked=asked, at=at(seconds)())


def doubtful(*, seconds=LEASE):
    return claiming.claim_doubtful(MAIL, most=100, at=at(seconds)())


def recover(*, can_look, seconds=LEASE):
    return claiming.recover(MAIL, can_look=can_look, at=at(seconds)())


def test_a_claimed_row_is_nobody_elses_until_its_lease_has_run_out(cast):
    notice = mail(cast)
    claim()

    assert doubtful(seconds=LEASE - 1) == claim(together=True, seconds=LEASE) == []
    assert doubtful() == [notice]


def test_of_a_dead_worker_that_wrote_each_outcome_only_the_first_row_is_in_doubt(cast):
    notices = [mail(cast) for _ in range(4)]
    batch = claim()
    claiming.settle([(batch[0], Outcome(NoticeState.SENT))], at=NOON)

    held = recover(can_look=False)

    assert held == 1
    assert [fate(each)[:2] for each in notices] == [
        (NoticeState.SENT, 1),
        (NoticeState.HELD, 1),
        (NoticeState.DUE, 0),
        (NoticeState.DUE, 0),
    ]


def test_of_one_that_wrote_them_together_each_row_is_in_doubt(cast):
    notices = [mail(cast) for _ in range(3)]
    claim(together=True)

    assert recover(can_look=False) == 3
    assert {fate(each)[0] for each in notices} == {NoticeState.HELD}


def test_where_it_can_be_looked_up_the_row_in_doubt_waits_for_that(cast):
    first, *others = [mail(cast) for _ in range(3)]
    claim()

    assert recover(can_look=True) == recover(can_look=True) == 0

    assert (doubtful(), claim(together=True, seconds=LEASE)) == ([first], others)
    assert [fate(each)[1] for each in (first, *others)] == [1, 1, 1]


def test_a_row_that_was_tried_is_sent_one_by_one_so_that_it_alone_is_charged_with_a_death(cast):
    notices = [mail(cast) for _ in range(3)]
    claim(together=True)
    for row in doubtful():
        claiming.settle([(row, Outcome(NoticeState.DUE))], at=NOON)

    claim(together=True, seconds=LEASE)
    recover(can_look=True, seconds=2 * LEASE)

    assert [fate(each)[:2] for each in notices] == [
        (NoticeState.SENDING, 2),
        (NoticeState.DUE, 1),
        (NoticeState.DUE, 1),
    ]


def test_what_waits_to_be_looked_up_stays_in_doubt_also_beside_others_of_its_batch(cast):
    """Two that were sent one by one, and the server's answer to both was lost."""
    notices = [mail(cast, attempt=1) for _ in range(2)]
    for row in claim(together=True):
        waits = Outcome(NoticeState.SENDING, "没有回应", wait=timedelta(seconds=LEASE))
        claiming.settle([(row, waits)], at=NOON)

    recover(can_look=True)

    assert doubtful() == notices


def test_who_has_lost_a_row_writes_nothing_of_it(cast):
    notice = mail(cast)
    (late,) = claim(together=True)
    doubtful()

    assert claiming.settle([(late, Outcome(NoticeState.SENT))], at=NOON) == 0
    claiming.give_back([late])

    assert fate(notice)[:2] == (NoticeState.SENDING, 1)
    assert not JournalEntry.objects.filter(verb="send").exists()


def test_what_was_not_begun_is_due_as_before_and_what_was_in_doubt_stays_so(cast):
    """A row in doubt that the office wants sent; nobody could say what became of it."""
    held = {"state": NoticeState.HELD, "reason": "没有回应", "outcome_at": NOON, "claim": "1a"}
    asked, fresh = mail(cast, **held), mail(cast)
    send_again(asked, by=cast.office, at=NOON)

    alone = claim()
    claiming.give_back(alone)
    batch = claim(asked=True)
    claiming.give_back(batch)

    assert (alone, batch) == ([fresh], [asked, fresh])
    assert fate(fresh)[:2] == fate(asked)[:2] == (NoticeState.DUE, 0)
    assert doubtful() == [asked]


def test_also_a_death_before_its_turn_leaves_it_in_doubt(cast):
    held = {"state": NoticeState.HELD, "reason": "没有回应", "outcome_at": NOON, "claim": "1a"}
    first, asked = mail(cast), mail(cast, **held)
    send_again(asked, by=cast.office, at=NOON)
    claim(asked=True)

    recover(can_look=True)

    assert doubtful() == [first, asked]


def test_each_outcome_has_its_entry_and_the_office_hears_once_a_day_of_what_was_not_sent(
    cast, sink
):
    notices = [mail(cast) for _ in range(3)]
    sink.plan["RCPT"] = ["", "550 nobody", "550 nobody"]

    assert deliver() == Tally(sent=1, failed=2)

    entries = JournalEntry.objects.filter(subject_kind="notice").exclude(verb="announce")
    assert [entry.verb for entry in entries.order_by("sequence")] == ["send", "fail", "fail"]
    assert entries.get(verb="send").after == {
        "notice": notices[0].pk,
        "channel": "mail",
        "recipient": "填报员甲",
        "attempt": 1,
        "state": "sent",
    }
    trouble = Notice.objects.get(kind=NoticeKind.TROUBLE)
    assert (trouble.recipient, trouble.channel) == (cast.office, Channel.IN_APP)


def test_two_who_fail_at_once_are_told_about_once(cast, sink):
    sink.always["RCPT"] = "550 nobody"
    for day in (0, 0, 86_400):
        mail(cast)
        deliver(day)

    assert Notice.objects.filter(kind=NoticeKind.TROUBLE).count() == 2


def test_a_row_that_no_longer_says_what_was_frozen_is_held_and_not_sent(cast, sink):
    notice = mail(cast)
    Notice.objects.filter(pk=notice.pk).update(body="别的内容")

    deliver()

    assert fate(notice)[0] == NoticeState.HELD
    assert sink.took == []


def test_old_news_is_not_sent(cast, sink):
    notice = mail(cast)

    deliver(15 * 86_400)

    assert fate(notice)[0] == NoticeState.FAILED
    assert sink.took == []


def test_an_error_of_ours_at_one_mail_keeps_no_other_waiting(cast, sink, monkeypatch):
    first, second = mail(cast), mail(cast, address="second@bureau.test")
    real = sending.MailLane.send

    def broken(lane, notice, **given):
        if notice.pk == first.pk:
            raise RuntimeError
        return real(lane, notice, **given)

    monkeypatch.setattr(sending.MailLane, "send", broken)
    deliver()

    assert fate(first)[0] == NoticeState.HELD
    assert fate(second)[0] == NoticeState.SENT


def test_what_is_known_is_on_record_also_where_an_error_ends_the_batch(
    cast, sink, archived, monkeypatch
):
    first, second = mail(cast), mail(cast, address="second@bureau.test")
    real = sending.MailLane.send

    def stopped(lane, notice, **given):
        if notice.pk == second.pk:
            raise KeyboardInterrupt
        return real(lane, notice, **given)

    monkeypatch.setattr(sending.MailLane, "send", stopped)
    with pytest.raises(KeyboardInterrupt):
        deliver()

    assert fate(first)[0] == NoticeState.SENT
    assert fate(second)[0] == NoticeState.SENDING


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("committed", [True, False])
def test_an_outcome_that_the_database_does_not_confirm_is_written_once(
    cast, sink, monkeypatch, committed
):
    """An error at COMMIT may have committed."""
    notice = mail(cast)
    real = claiming.settle
    errors = [OperationalError("server closed the connection")]

    def unsure(outcomes, *, at):
        if not errors:
            return real(outcomes, at=at)
        if committed:
            real(outcomes, at=at)
        raise errors.pop()

    monkeypatch.setattr(claiming, "settle", unsure)
    deliver()

    assert fate(notice)[0] == NoticeState.SENT
    assert JournalEntry.objects.filter(verb="send").count() == 1
    assert len(sink.took) == 1


def test_a_run_that_takes_too_long_leaves_the_rest_to_the_next_one(cast, sink, settings):
    settings.DELIVERY_BATCH = 2
    for _ in range(4):
        mail(cast)

    tally = sending.deliver_due(now=at(), within=-1)

    assert (tally.sent, tally.is_finished) == (0, False)
    assert deliver() == Tally(sent=4)


def test_a_batch_asks_the_database_as_often_for_30_mails_as_for_3(cast, sink, archived):
    asked = []
    for count in (1, 3, 30):  # the first makes what is made once
        for _ in range(count):
            mail(cast)
        with CaptureQueriesContext(connection) as queries:
            deliver()
        asked.append(len(queries))

    assert asked[1] == asked[2]


def test_also_where_all_of_them_fail(cast, sink, archived):
    """The journal's head is held meanwhile."""
    sink.always["RCPT"], sink.always["DATA"] = "550 nobody", "503 to whom?"
    asked = []
    for count, day in ((1, 0), (3, 1), (30, 2)):
        for _ in range(count):
            mail(cast)
        with CaptureQueriesContext(connection) as queries:
            deliver(day * 86_400)
        asked.append(len(queries))

    assert asked[1] == asked[2]


def test_where_there_is_no_time_to_begin_the_rows_stay_due(cast, sink, monkeypatch):
    """The machine sleeps, or its clock jumps, between the claim and the first mail."""
    notice = mail(cast)
    clock = [NOON]
    real = claiming.claim

    def slept(*given, **more):
        batch = real(*given, **more)
        clock[0] += timedelta(days=1)
        return batch

    monkeypatch.setattr(claiming, "claim", slept)
    tally = sending.deliver_due(now=lambda: clock[0])

    assert tally == Tally()
    assert fate(notice)[:2] == (NoticeState.DUE, 0)
    assert sink.took == []


def test_without_a_mail_server_mails_wait_and_say_so(cast, settings):
    settings.EMAIL_HOST = ""
    notice = mail(cast)

    tally = deliver(86_400)

    assert "EMAIL_HOST" in tally.trouble
    state, attempt, reason = fate(notice)
    assert (state, attempt) == (NoticeState.DUE, 0)
    assert "EMAIL_HOST" in reason
    assert not Notice.objects.filter(kind=NoticeKind.TROUBLE).exists()


def test_what_is_in_doubt_is_held_also_while_the_server_is_away(cast, sink):
    notice = mail(cast)
    claim()
    sink.close()

    assert deliver(LEASE).held == 1
    assert fate(notice)[0] == NoticeState.HELD


def test_a_reason_that_is_too_long_is_cut(cast):
    mail(cast)
    (claimed,) = claim()

    claiming.settle([(claimed, Outcome(NoticeState.HELD, "长" * 999))], at=NOON)

    assert fate(claimed)[2] == "长" * 300


def test_the_office_hears_of_a_server_that_is_away_for_hours(cast, sink):
    mail(cast)
    sink.close()

    deliver(3600)
    assert not Notice.objects.filter(kind=NoticeKind.TROUBLE).exists()
    deliver(3 * 3600)

    assert Notice.objects.get(kind=NoticeKind.TROUBLE).recipient == cast.office


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_send_each_mail_once(cast, settings, monkeypatch):
    """The fence is for a main thread and is tested elsewhere; here it is of paper."""
    settings.EMAIL_HOST = "paper"
    settings.DELIVERY_BATCH = 7
    notices = [mail(cast) for _ in range(60)]
    sent: list[int] = []
    monkeypatch.setattr("rectification.delivery.fence.require", lambda: None)
    monkeypatch.setattr("signal.setitimer", lambda *_: None)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    monkeypatch.setattr("rectification.delivery.lanes.MailLane.open", lambda lane: None)
    monkeypatch.setattr("rectification.delivery.lanes.MailLane.is_open", True)

    def send(lane, notice, **given):
        sent.append(notice.pk)
        return Answer(Kind.SENT)

    monkeypatch.setattr("rectification.delivery.lanes.MailLane.send", send)
    together = threading.Barrier(4)

    def work():
        together.wait(timeout=30)
        try:
            deliver()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)

    assert sorted(sent) == sorted(notice.pk for notice in notices)
    assert Notice.objects.filter(channel=Channel.MAIL, state=NoticeState.SENT).count() == 60
