"""F18: somebody with the database in hand changes the journal; HEAD_FILE is out of their reach.

A seeded script tampers with a chain of 24 entries, each time in a transaction that is rolled back,
and every tamper must be found. The twins show which protection finds what.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import transaction

from accounts import journal
from accounts.journal import Act
from accounts.models import JournalEntry, JournalHead, User
from tests.conftest import FULL
from tests.factories import NOON, UserFactory

TAMPERS = 1_200 if FULL else 200
LENGTH = 24
Chain = list[JournalEntry]

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(unguarded) -> Chain:
    people = [UserFactory(), None, UserFactory()]
    for number in range(LENGTH):
        act = Act("report", "measure", f"x25/M-{number}", {"version": number}, {"note": "办"}, "由")
        by = people[number % 3]
        if by:
            by.acting_for = people[0] if number % 4 == 2 else None
        journal.append(act, by=by, at=NOON + timedelta(minutes=number))
    return list(JournalEntry.objects.all())


@pytest.fixture
def witness(chain) -> list[tuple[int, str]]:
    return [(entry.sequence, entry.hash) for entry in chain]


def test_every_tamper_is_found(chain, witness, capsys):
    chance = random.Random(seed := int(os.environ["TEST_SEED"]))
    made, found = Counter(), Counter()
    for number in range(TAMPERS):
        name, tamper = list(WAYS.items())[number % len(WAYS)]
        with transaction.atomic():
            tamper(chain, chance)
            made[name] += 1
            found[name] += journal.first_fault(witnessed=witness) is not None
            transaction.set_rollback(True)
    with capsys.disabled():
        print(f"\njournal: seed={seed} tampers={made.total()} found={found.total()}")

    assert made.total() == TAMPERS
    assert found == made
    assert journal.first_fault(witnessed=witness) is None, "a tamper was left behind"


@pytest.mark.parametrize("name", ["cut the tail", "restore an old copy", "forge forward"])
def test_without_the_witness_a_chain_that_is_sound_in_itself_is_believed(chain, name):
    with transaction.atomic():
        WAYS[name](chain, random.Random(1))

        assert journal.first_fault() is None
        transaction.set_rollback(True)


# The ways -----------------------------------------------------------------------------------------


def edit(column: str) -> Callable[[Chain, random.Random], None]:
    """Another value in one column of one entry."""

    def tamper(chain: Chain, chance: random.Random) -> None:
        entry = chance.choice(chain)
        _update(entry.sequence, **{column: _other(entry, column, chance)})

    return tamper


def delete(chain: Chain, chance: random.Random) -> None:
    JournalEntry.objects.filter(sequence=chance.choice(chain).sequence).delete()


def close_the_gap(chain: Chain, chance: random.Random) -> None:
    """Delete one entry and number the later ones anew."""
    gone = chance.choice(chain[:-1]).sequence
    JournalEntry.objects.filter(sequence=gone).delete()
    for sequence in range(gone + 1, LENGTH + 1):
        _update(sequence, sequence=sequence - 1)
    JournalHead.objects.update(sequence=LENGTH - 1)


def insert(chain: Chain, chance: random.Random) -> None:
    """A forged entry among the others, or after the last one."""
    place = chance.randrange(1, LENGTH + 2)
    for sequence in range(LENGTH, place - 1, -1):
        _update(sequence, sequence=sequence + 1)
    previous = chain[place - 2].hash if place > 1 else journal.NOTHING
    forged = JournalEntry(
        sequence=place,
        at=NOON,
        verb="close",
        subject_kind="measure",
        subject_code="x25/M-1",
        previous_hash=previous,
    )
    forged.hash = journal.digest(forged)
    forged.save()


def swap(chain: Chain, chance: random.Random) -> None:
    """Two entries change places, hashes and all; only their numbers are put in order."""
    one, other = chance.sample(chain, 2)
    _update(one.sequence, sequence=LENGTH + 9)
    _update(other.sequence, sequence=one.sequence)
    _update(LENGTH + 9, sequence=other.sequence)


def cut_the_tail(chain: Chain, chance: random.Random) -> None:
    """The last entries go, and the head is set back to the one that is now last."""
    left = chance.randrange(0, LENGTH)
    JournalEntry.objects.filter(sequence__gt=left).delete()
    last = chain[left - 1].hash if left else journal.NOTHING
    JournalHead.objects.update(sequence=left, hash=last)


def restore_an_old_copy(chain: Chain, chance: random.Random) -> None:
    """The database of some days ago, on which the work then went on as if nothing had been."""
    cut_the_tail(chain, chance)
    for number in range(chance.randrange(1, LENGTH)):
        journal.append(Act("report", "measure", f"x25/M-{number}"), by=None, at=NOON)
    if chance.random() < 0.5:  # grown beyond where it was: the numbers alone show nothing
        for number in range(LENGTH):
            journal.append(Act("report", "measure", f"x25/M-{number}"), by=None, at=NOON)


def forge_forward(chain: Chain, chance: random.Random) -> None:
    """One entry is forged, and every hash from there on is made anew, the head's too."""
    entry = chance.choice(chain)
    previous = entry.previous_hash
    for row in JournalEntry.objects.filter(sequence__gte=entry.sequence).order_by("sequence"):
        if row.sequence == entry.sequence:
            row.why = "改过的理由"
        row.previous_hash = previous
        row.hash = previous = journal.digest(row)
        row.save()
    JournalHead.objects.update(hash=previous)


def forge_one(chain: Chain, chance: random.Random) -> None:
    """One entry is forged with a fitting hash of its own, nothing else."""
    row = JournalEntry.objects.get(sequence=chance.choice(chain).sequence)
    row.subject_code = "x25/M-forged"
    row.hash = journal.digest(row)
    row.save()


def set_the_head(chain: Chain, chance: random.Random) -> None:
    entry = chance.choice(chain[:-1])
    JournalHead.objects.update(sequence=entry.sequence, hash=entry.hash)


WAYS: dict[str, Callable[[Chain, random.Random], None]] = {
    **{f"edit {column}": edit(column) for column in journal.COLUMNS},
    "delete": delete,
    "delete and close the gap": close_the_gap,
    "insert": insert,
    "swap": swap,
    "cut the tail": cut_the_tail,
    "restore an old copy": restore_an_old_copy,
    "forge forward": forge_forward,
    "forge one": forge_one,
    "set the head": set_the_head,
}


def _update(number: int, /, **values: object) -> None:
    assert JournalEntry.objects.filter(sequence=number).update(**values) == 1


def _other(entry: JournalEntry, column: str, chance: random.Random) -> object:
    if column == "sequence":
        return LENGTH + chance.randrange(1, 1000)
    if column == "at":
        return entry.at + timedelta(microseconds=chance.randrange(1, 10**9))
    if column in {"by_id", "on_behalf_of_id"}:
        others = [None, *User.objects.values_list("pk", flat=True)]
        return chance.choice([pk for pk in others if pk != getattr(entry, column)])
    if column in {"before", "after"}:
        return {**getattr(entry, column), "version": chance.randrange(1000, 2000)}
    if column in {"hash", "previous_hash"}:
        return f"{chance.getrandbits(256):064x}"
    return f"{getattr(entry, column)}{chance.randrange(10)}"


def test_the_script_has_a_way_for_every_column():
    assert {f"edit {column}" for column in journal.COLUMNS} <= WAYS.keys()
    fields = {field.attname for field in JournalEntry._meta.concrete_fields} - {"id"}
    assert fields == set(journal.COLUMNS)
