import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

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


def broken_at() -> int:
    fault = journal.first_fault()
    assert fault is not None
    return fault.sequence


def test_the_chain_counts_without_gaps_and_verifies(entries):
    assert [entry.sequence for entry in entries] == [1, 2, 3, 4, 5]
    assert [entry.previous_hash for entry in entries][1:] == [entry.hash for entry in entries][:-1]
    assert journal.first_fault() is None


def test_an_empty_chain_verifies():
    assert journal.first_fault() is None


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
def test_a_changed_entry_is_found(entries, unguarded, change):
    entries.filter(sequence=3).update(**change)

    assert broken_at() == 3


def test_a_forged_entry_with_a_hash_of_its_own_breaks_the_next(entries, unguarded):
    entry = entries.get(sequence=3)
    entry.why = "改过"
    entry.hash = journal.digest(entry)
    entry.save()

    assert broken_at() == 4


@pytest.mark.parametrize(("lost", "found"), [(1, 1), (3, 3), (5, 5)])
def test_a_lost_entry_is_found(entries, unguarded, lost, found):
    entries.filter(sequence=lost).delete()

    assert broken_at() == found


def test_a_head_that_was_set_back_is_found(entries):
    JournalHead.objects.update(sequence=4)

    assert broken_at() == 6


def test_a_tail_that_was_cut_with_its_head_is_shown_by_the_witness(entries, unguarded):
    heads = list(entries.values_list("sequence", "hash"))
    entries.filter(sequence__gt=3).delete()
    JournalHead.objects.update(sequence=3, hash=heads[2][1])

    assert journal.first_fault() is None
    fault = journal.first_fault(witnessed=heads)
    assert fault is not None
    assert fault.sequence == 4
    assert "到第5条" in fault.reason


def test_a_chain_forged_from_the_middle_is_shown_by_the_witness(entries, unguarded):
    heads = list(entries.values_list("sequence", "hash"))
    entries.filter(sequence__gt=3).delete()
    JournalHead.objects.update(sequence=3, hash=heads[2][1])
    for number in (4, 5):
        journal.append(Act("report", "measure", f"x25/M-{number}"), by=None, at=NOON)

    assert journal.first_fault() is None
    fault = journal.first_fault(witnessed=heads)
    assert fault is not None
    assert fault.sequence == 4


def test_a_printed_head_is_looked_for(entries):
    printed = entries.get(sequence=2).hash

    assert journal.first_fault(head=printed) is None
    fault = journal.first_fault(head="f" * 64)
    assert fault is not None
    assert "没有校验码" in fault.reason


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_refuses_to_change_the_journal(entries, change):
    rows = entries.filter(sequence=3)

    with pytest.raises(DatabaseError, match="只能追加"), transaction.atomic():
        rows.update(why="") if change == "update" else rows.delete()

    assert journal.first_fault() is None


@pytest.mark.django_db(transaction=True)
def test_each_commit_leaves_its_head_outside_the_database(settings, tmp_path):
    settings.HEAD_FILE = tmp_path / "heads"
    for number in (1, 2):
        journal.append(Act("report", "measure", f"x25/M-{number}"), by=None, at=NOON)

    heads = list(JournalEntry.objects.values_list("sequence", "hash"))
    assert journal.witnessed() == heads


@pytest.mark.django_db(transaction=True)
def test_the_command_names_the_first_broken_entry(settings, tmp_path, unguarded):
    settings.HEAD_FILE = tmp_path / "heads"
    for number in (1, 2, 3):
        journal.append(Act("report", "measure", f"x25/M-{number}"), by=None, at=NOON)
    said = io.StringIO()
    call_command("verify_journal", stdout=said)
    assert "共3条" in said.getvalue()
    JournalEntry.objects.filter(sequence=2).update(why="改过")

    with pytest.raises(CommandError, match="第2条：内容与校验码不符") as refused:
        call_command("verify_journal")

    assert refused.value.returncode == 1


def test_several_acts_are_chained_in_their_order():
    acts = [Act("load", "problem", code) for code in ("P-1", "P-2", "P-3")]

    written = journal.append_all(acts, by=None, at=NOON)

    assert [entry.subject_code for entry in written] == ["P-1", "P-2", "P-3"]
    assert journal.first_fault() is None


def test_the_hash_does_not_depend_on_the_order_of_keys():
    first = journal.append(Act("a", "b", "c", after={"x": 1, "y": 2}), by=None, at=NOON)
    read = JournalEntry.objects.get(pk=first.pk)
    read.after = {"y": 2, "x": 1}

    assert journal.digest(read) == first.hash
