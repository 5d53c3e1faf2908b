"""The bell: short where nobody answers, silent for a while after, one ring for a whole fan-out."""

import socket
import time
from collections.abc import Iterator

import pytest

from config.celery import app
from rectification import notifications
from rectification.models import Notice, NoticeKind
from rectification.recipients import Addressee
from rectification.states import NoticeState
from tests.factories import NOON, UserFactory

pytestmark = pytest.mark.usefixtures("mail_is_set_up")


@pytest.fixture
def black_hole(monkeypatch) -> Iterator[socket.socket]:
    """A Redis that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(app.conf, "broker_url", f"redis://127.0.0.1:{port}/0")
        yield server


def post(topic: str) -> None:
    message = notifications.Message(
        topic=topic, kind=NoticeKind.DIGEST, subject="提醒", body="有3条", path="/"
    )
    user = UserFactory(email=f"{topic}@bureau.test")
    notifications.post([(message, Addressee(user, None))], at=NOON)


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_never_answers_holds_one_request_for_a_moment_and_the_next_not_at_all(
    black_hole,
):
    begun = time.monotonic()
    post("first")
    first = time.monotonic() - begun
    for number in range(5):
        post(f"next{number}")
    rest = time.monotonic() - begun - first

    assert Notice.objects.filter(state=NoticeState.DUE).count() == 6
    assert 0.5 < first < 3
    assert rest < first
    black_hole.settimeout(0.2)
    black_hole.accept()[0].close()
    with pytest.raises(TimeoutError):
        black_hole.accept()


@pytest.mark.django_db(transaction=True)
def test_another_broker_is_rung_at_at_once(black_hole, broker, monkeypatch):
    post("unheard")
    monkeypatch.setattr(app.conf, "broker_url", broker)

    post("heard")

    with app.connection_for_write() as connection:
        queue = connection.SimpleQueue("celery")
        waiting = [queue.get(timeout=5)]
        assert waiting[0].headers["task"] == notifications.DELIVER
        waiting[0].ack()
        queue.close()


def test_one_ring_is_enough_for_all_of_a_transaction(db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as calls:
        for number in range(3):
            post(f"topic{number}")

    assert calls.count(notifications._ring) == 1
