"""A mail server of the test's own, settings that lead to it, and notices that wait."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from rectification import delivery
from rectification.delivery import Tally
from rectification.models import Channel, Notice
from rectification.states import NoticeState
from tests.factories import NOON, NoticeFactory
from tests.rectification.delivery.sink import Sink

PATIENCE = 0.3  # seconds


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    for part in ("tmp", "new", "cur"):
        (tmp_path / "archive" / part).mkdir(parents=True)
    return tmp_path / "archive"


@pytest.fixture(params=["step by step", "at one go"])
def sink(request, settings, archive: Path) -> Iterator[Sink]:
    """Takes commands in both manners. Without an archive; `archived` turns it on."""
    server = Sink(archive)
    if request.param == "at one go":
        server.always["EHLO"] = "250-sink\r\n250 PIPELINING"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_TIMEOUT = PATIENCE
    settings.EMAIL_FROM = "整改办 <zg@bureau.test>"
    settings.MAIL_DOMAIN = "bureau.test"
    settings.SITE_URL = "https://zg.bureau.test"
    yield server
    server.close()


@pytest.fixture
def archived(settings, archive: Path) -> Path:
    settings.MAIL_ARCHIVE = f"maildir:{archive}"
    return archive


def mail(cast, **fields) -> Notice:
    """A mail to the liaison that is due at noon."""
    given = {
        "inspection": cast.inspection,
        "unit": cast.division,
        "recipient": cast.liaison,
        "channel": Channel.MAIL,
        "address": "liaison@bureau.test",
        "state": NoticeState.DUE,
        "outcome_at": None,
        "path": "",
    }
    return NoticeFactory(**{**given, **fields})


def at(seconds: float = 0) -> Callable[[], datetime]:
    """A clock that stands at noon and so many seconds."""
    moment = NOON + timedelta(seconds=seconds)
    return lambda: moment


def deliver(seconds: float = 0) -> Tally:
    return delivery.deliver_due(now=at(seconds))


def fate(notice: Notice) -> tuple[str, int, str]:
    """State, attempts and reason as they are on record."""
    notice.refresh_from_db()
    return notice.state, notice.attempt, notice.reason
