"""100,000 entries of the audit journal, verified; the floor reads the rows and hashes them.

In a SQLite file of its own, filled through `journal.append_all`.
"""

import hashlib
import os
import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks import Ratio, Result

ENTRIES = 100_000
AT_ONCE = 5_000
ROUNDS = 3
SECONDS = 2.0
BEGUN = datetime(2025, 2, 10, 1, tzinfo=UTC)
STATES = ("not_started", "under_way", "in_review", "sent_back", "closed")


def measure() -> Result:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        journal = _house(Path(folder))
        _fill(journal)
        floor = min(_timed(lambda: _read_and_hash(journal)) for _ in range(ROUNDS))
        verified = min(_timed(lambda: _verify(journal)) for _ in range(ROUNDS))
    return Result(
        name="journal",
        ratios={
            "verified / floor": Ratio(verified / floor, goal=2.0),
            "verified / 2 s": Ratio(verified / SECONDS, goal=1.0),
        },
        figures={"entries": ENTRIES, "floor_s": floor, "verified_s": verified},
    )


def _house(folder: Path):
    """Django on an empty, migrated database in the folder; the journal's module."""
    os.environ.pop("DATABASE_URL", None)
    os.environ |= {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings"}
    import django  # noqa: PLC0415  # the environment comes first
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", verbosity=0)
    from accounts import journal  # noqa: PLC0415

    return journal


def _fill(journal) -> None:
    chance = random.Random(2025)
    for begin in range(0, ENTRIES, AT_ONCE):
        acts = [_act(journal, number, chance) for number in range(begin, begin + AT_ONCE)]
        journal.append_all(acts, by=None, at=BEGUN + timedelta(minutes=begin))


def _act(journal, number: int, chance: random.Random):
    """Half of them moves of a measure, half with a text that no other has."""
    code = f"x25/M-{chance.randrange(161):03}"
    if number % 2:
        before = {"status": chance.choice(STATES), "version": number % 60}
        after = {"status": chance.choice(STATES), "version": number % 60 + 1}
        return journal.Act("report", "measure", code, before, after)
    texts = {"text": f"修订河湖巡查制度，明确每周巡查频次{number}。", "lead_unit": "河湖管理处"}
    return journal.Act("amend", "measure", code, {}, texts, "按整改方案第二稿调整。")


def _read_and_hash(journal) -> None:
    sequence = 0
    while rows := journal._rows_after(sequence):
        for row in rows:
            hashlib.sha256(repr(row).encode()).hexdigest()
        sequence = rows[-1][0]


def _verify(journal) -> None:
    assert journal.first_fault(witnessed=journal.witnessed()) is None


def _timed(work) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
