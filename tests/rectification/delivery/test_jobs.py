"""The ways in: the task that a bell wakes, the tick of beat, and the command for cron."""

import pytest
from django.core.management import CommandError, call_command

from config.celery import app
from rectification import delivery, dispatching, notifications, tasks
from rectification.delivery import Tally
from rectification.models import Channel, Notice
from rectification.states import NoticeState
from tests.factories import NOON

MAILS = {"channel": Channel.MAIL}


@pytest.fixture
def liaison(cast):
    cast.liaison.email = "liaison@bureau.test"
    cast.liaison.save()
    return cast.liaison


def test_the_command_opens_what_is_due_and_delivers_what_waits(cast, liaison, sink, capsys):
    call_command("tick")
    call_command("tick")

    assert [recipient for recipient, _ in sink.took] == ["liaison@bureau.test"]
    assert Notice.objects.get(**MAILS).state == NoticeState.SENT
    assert "通知发出1条，待核实0条，失败0条，稍后再试0条。" in capsys.readouterr().out


def test_the_command_without_delivery_leaves_the_mail_in_the_outbox(cast, liaison, sink):
    call_command("tick", no_delivery=True)

    assert Notice.objects.get(**MAILS).state == NoticeState.DUE
    assert sink.took == []


def test_the_command_says_why_mails_wait(cast, liaison, mail_is_set_up, settings, capsys):
    call_command("tick", no_delivery=True)
    settings.EMAIL_HOST = ""

    call_command("tick")

    assert "EMAIL_HOST" in capsys.readouterr().out


def test_a_job_that_fails_keeps_no_other_from_its_work(cast, monkeypatch):
    def broken(*, at):
        raise RuntimeError

    monkeypatch.setattr(tasks, "JOBS", (broken, dispatching.open_due))

    with pytest.raises(RuntimeError):
        tasks.do_jobs(at=NOON)

    assert cast.inspection.rounds.exists()


def test_a_job_that_fails_keeps_no_mail_from_going_out(cast, liaison, sink, monkeypatch):
    """A house that cron alone keeps going."""

    def broken(*, at):
        raise RuntimeError

    call_command("tick", no_delivery=True)
    monkeypatch.setattr(tasks, "JOBS", (broken,))

    with pytest.raises(CommandError, match="没有做完") as caught:
        call_command("tick")

    assert caught.value.returncode == 1
    assert Notice.objects.get(**MAILS).state == NoticeState.SENT


def test_the_task_that_the_bell_wakes_delivers(cast, liaison, sink):
    """A worker of Celery's test kit is a thread; a real one is tested where workers are killed."""
    tasks.tick()
    tasks.deliver()

    assert len(sink.took) == 1


def test_a_task_that_is_not_finished_rings_for_the_next_one(cast, monkeypatch):
    rings = []
    monkeypatch.setattr(notifications, "ring", lambda: rings.append(True))
    monkeypatch.setattr(delivery, "deliver_due", lambda **_: Tally(is_finished=False))

    tasks.deliver()

    assert rings == [True]


def test_the_timetable_sweeps_and_lets_no_bell_pile_up():
    lines = app.conf.beat_schedule.values()

    assert {line["task"] for line in lines} == {"rectification.tick", notifications.DELIVER}
    assert all(line["options"]["expires"] <= line["schedule"] for line in lines)
