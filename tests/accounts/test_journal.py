from datetime import timedelta

import pytest

from accounts import journal
from accounts.journal import Act
from accounts.models import JournalEntry, JournalHead
from tests.factories import NOON, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def entries():
    by = UserFactory()
    for number in range(1, 6):
        act = Act("report", "measure", f"x25/M-{number}", {"status": "a"}, {"status": "b"}, "理由")
        journal.append(act, by=by, at=NOON + timedelta(minutes=number))
    return JournalEntry.objects.all()


def test_the_chain_counts_without_gaps_and_verifies(entries):
    assert [entry.sequence for entry in entries] == [1, 2, 3, 4, 5]
    assert [entry.previous_hash for entry in entries][1:] == [entry.hash for entry in entries][:-1]
    assert journal.first_broken() is None


def test_an_empty_chain_verifies():
    assert journal.first_broken() is None


@pytest.mark.parametrize(
    "change",
    [
        {"why": "另一个理由"},
        {"verb": "close"},
        {"subject_code": "x25/M-9"},
        {"after": {"status": "c"}},
        {"before": {}},
        {"at": NOON},
        {"by": None},
        {"hash": "0" * 64},
        {"previous_hash": "0" * 64},
        {"sequence": 99},
    ],
)
def test_a_changed_entry_is_found(entries, change):
    entries.filter(sequence=3).update(**change)

    assert journal.first_broken() == 3


def test_a_forged_entry_with_a_hash_of_its_own_breaks_the_next(entries):
    entry = entries.get(sequence=3)
    entry.why = "改过"
    entry.hash = journal.digest(entry)
    entry.save()

    assert journal.first_broken() == 4


@pytest.mark.parametrize(("lost", "found"), [(1, 1), (3, 3), (5, 5)])
def test_a_lost_entry_is_found(entries, lost, found):
    entries.filter(sequence=lost).delete()

    assert journal.first_broken() == found


def test_a_head_that_was_set_back_is_found(entries):
    JournalHead.objects.update(sequence=4)

    assert journal.first_broken() is not None


def test_several_acts_are_chained_in_their_order():
    acts = [Act("load", "problem", code) for code in ("P-1", "P-2", "P-3")]

    written = journal.append_all(acts, by=None, at=NOON)

    assert [entry.subject_code for entry in written] == ["P-1", "P-2", "P-3"]
    assert journal.first_broken() is None


def test_the_hash_does_not_depend_on_the_order_of_keys():
    first = journal.append(Act("a", "b", "c", after={"x": 1, "y": 2}), by=None, at=NOON)
    read = JournalEntry.objects.get(pk=first.pk)
    read.after = {"y": 2, "x": 1}

    assert journal.digest(read) == first.hash
