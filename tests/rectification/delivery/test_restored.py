"""An older copy of the database is put back: what it has as due may have been sent since."""

from datetime import timedelta

import time_machine
from django.core.management import call_command

from rectification.models import Notice
from rectification.states import NoticeState
from tests.factories import NOON
from tests.rectification.delivery.conftest import deliver, fate, mail

LATER = NOON + timedelta(seconds=1000)
AS_COPIED = {"state": NoticeState.DUE, "attempt": 0, "outcome_at": None, "claim": ""}


def put_back(notice: Notice) -> None:
    Notice.objects.filter(pk=notice.pk).update(**AS_COPIED)


def test_with_an_archive_only_what_is_not_there_is_sent(cast, sink, archived):
    sent, unsent = mail(cast), mail(cast, address="second@bureau.test")
    sink.plan["RCPT"] = ["", "451 later"]
    deliver()
    for each in (sent, unsent):
        put_back(each)

    with time_machine.travel(LATER, tick=False):
        call_command("tick", restored=True)

    assert [fate(each)[0] for each in (sent, unsent)] == [NoticeState.SENT] * 2
    assert [recipient for recipient, _ in sink.took] == [sent.address, unsent.address]


def test_without_one_it_is_held_for_the_office(cast, sink, capsys):
    sent = mail(cast)
    deliver()
    put_back(sent)

    with time_machine.travel(LATER, tick=False):
        call_command("tick", restored=True)

    assert fate(sent)[0] == NoticeState.HELD
    assert len(sink.took) == 1
    assert "待发送的1条，先核实再发。" in capsys.readouterr().out
