"""Eight writers at once, real connections: the chain does not fork, and leaves nothing out."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import DatabaseError, connection
from django.db.models import QuerySet

from accounts import journal
from accounts.journal import Act
from accounts.models import JournalEntry, JournalHead
from tests.factories import NOON

WRITERS, EACH = 8, 12

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def head_file(settings, tmp_path):
    settings.HEAD_FILE = tmp_path / "heads"
    return settings.HEAD_FILE


def write_all_at_once() -> int:
    """How many entries the eight were told are written."""
    together = Barrier(WRITERS)

    def write(writer: int) -> int:
        try:
            together.wait(timeout=30)
            return sum(write_one(writer, number) for number in range(EACH))
        finally:
            connection.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        return sum(pool.map(write, range(WRITERS)))


def write_one(writer: int, number: int) -> bool:
    with contextlib.suppress(DatabaseError):
        journal.append(Act("report", "measure", f"x25/M-{writer}-{number}"), by=None, at=NOON)
        return True
    return False


def test_the_chain_does_not_fork_and_has_no_gap(capsys):
    journal.append(Act("open", "round", "x25/1"), by=None, at=NOON)

    written = write_all_at_once()

    sequences = list(JournalEntry.objects.values_list("sequence", flat=True))
    assert written == WRITERS * EACH
    assert sequences == list(range(1, written + 2))
    assert JournalEntry.objects.values("previous_hash").distinct().count() == written + 1
    assert journal.first_fault(witnessed=journal.witnessed()) is None
    assert len(journal.witnessed()) == written + 1
    with capsys.disabled():
        print(f"\njournal: writers={WRITERS} entries={written} forks=0")


def test_the_first_writers_of_an_empty_journal_do_not_fork_it_either():
    written = write_all_at_once()

    assert written == WRITERS * EACH
    assert journal.first_fault(witnessed=journal.witnessed()) is None


def test_the_twin_without_the_lock_loses_entries(monkeypatch):
    """No lock on the head's row; on SQLite the transaction is one that begins by reading."""
    journal.append(Act("open", "round", "x25/1"), by=None, at=NOON)
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)
    if connection.vendor == "sqlite":
        connection.close()
        options = connection.settings_dict["OPTIONS"]
        monkeypatch.setitem(options, "transaction_mode", "DEFERRED")

    written = write_all_at_once()

    monkeypatch.undo()
    connection.close()
    assert written < WRITERS * EACH, "nobody was refused: the lock protects nothing"
    assert JournalHead.objects.get().sequence <= written + 1
