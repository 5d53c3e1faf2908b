"""The append-only, hash-chained journal: who did what to which subject, and why.

All three apps write through `append`, inside the transaction of the verb that acts. Each entry's
SHA-256 covers its own fields and the hash of the entry before it, so a changed, missing or moved
entry breaks the chain from that place on.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from accounts.models import JournalEntry, JournalHead, User

NOTHING = "0" * 64  # what the first entry follows
COLUMNS = (
    "sequence",
    "at",
    "by_id",
    "verb",
    "subject_kind",
    "subject_code",
    "before",
    "after",
    "why",
    "on_behalf_of_id",
    "previous_hash",
    "hash",
)
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


@dataclass(frozen=True)
class Act:
    """One thing done: a verb, and the subject that it was done to."""

    verb: str
    subject_kind: str
    subject_code: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""


def append(act: Act, *, by: User | None, at: datetime) -> JournalEntry:
    """Write one entry; `by` is nobody where the system itself acted."""
    return append_all([act], by=by, at=at)[0]


@transaction.atomic
def append_all(acts: Iterable[Act], *, by: User | None, at: datetime) -> list[JournalEntry]:
    """Write the entries in order, one for each act, under one lock of the chain's head."""
    head, _ = JournalHead.objects.select_for_update().get_or_create(pk=1)
    entries = []
    for act in acts:
        entry = _entry(act, head=head, by=by, at=at)
        head.sequence, head.hash = entry.sequence, entry.hash
        entries.append(entry)
    JournalEntry.objects.bulk_create(entries, batch_size=500)
    head.save()
    transaction.on_commit(lambda: _witness(entries), robust=True)
    return entries


def witnessed() -> list[tuple[int, str]]:
    """The heads that HEAD_FILE holds, oldest first; a line cut short by a crash is passed over."""
    path = Path(settings.HEAD_FILE)
    if not path.is_file():
        return []
    lines = (line.split() for line in path.read_text(encoding="ascii").splitlines())
    return [(int(line[0]), line[1]) for line in lines if len(line) == 3 and len(line[1]) == 64]


def _witness(entries: list[JournalEntry]) -> None:
    """The new head, appended outside the database after the commit: it may lag, never lead."""
    if not entries:
        return
    last = entries[-1]
    line = f"{last.sequence} {last.hash} {last.at.astimezone(UTC).isoformat()}\n"
    with Path(settings.HEAD_FILE).open("a", encoding="ascii") as file:
        file.write(line)


@dataclass(frozen=True)
class Fault:
    """Where the chain breaks first, and what is wrong there, in words."""

    sequence: int
    reason: str


def first_fault(*, head: str = "", witnessed: Iterable[tuple[int, str]] = ()) -> Fault | None:
    """The first place where the chain does not hold, or None where all of it does.

    `head` is a hash that was printed once (on a report, a publication) and must still be in the
    chain; `witnessed` are pairs of sequence and hash from HEAD_FILE, which a chain inside one
    database cannot forge: they show a tail that was cut off, or an old copy put back.
    """
    known = dict(witnessed)
    sequence, previous, found = 0, NOTHING, not head
    for row in JournalEntry.objects.order_by("sequence").values_list(*COLUMNS).iterator(2000):
        sequence += 1
        stored_sequence, *_, stored_previous, stored_hash = row
        if stored_sequence != sequence:
            return Fault(sequence, "这一条缺失，或序号被改动。")
        if stored_previous != previous:
            return Fault(sequence, "与前一条的校验码接不上。")
        if _hash_of(row[:-1]) != stored_hash:
            return Fault(sequence, "内容与校验码不符。")
        if known.get(sequence, stored_hash) != stored_hash:
            return Fault(sequence, "与数据库外的校验记录不符。")
        previous = stored_hash
        found = found or stored_hash == head
    return _fault_at_the_end(sequence, previous, known) or (
        None if found else Fault(sequence, f"日志里没有校验码 {head}。")
    )


def _fault_at_the_end(sequence: int, last: str, known: Mapping[int, str]) -> Fault | None:
    if max(known, default=0) > sequence:
        return Fault(sequence + 1, f"从这一条起的日志缺失，数据库外的校验记录到第{max(known)}条。")
    head = JournalHead.objects.filter(pk=1).first()
    if (head.sequence, head.hash) != (sequence, last) if head else sequence:
        return Fault(sequence + 1, "末尾与记录的链头不符，可能有日志被删去。")
    return None


def digest(entry: JournalEntry) -> str:
    """SHA-256 over the canonical form of every field but the hash itself."""
    return _hash_of(tuple(getattr(entry, column) for column in COLUMNS[:-1]))


def _hash_of(content: tuple[Any, ...]) -> str:
    sequence, at, *rest, on_behalf_of, previous = content
    moment = at.astimezone(UTC).isoformat()
    # Entries from before there were deputies were hashed without them, and still verify.
    deputy = [] if on_behalf_of is None else [on_behalf_of]
    canonical = _CANONICAL([sequence, moment, *rest, previous, *deputy])
    return hashlib.sha256(canonical.encode()).hexdigest()


def _entry(act: Act, *, head: JournalHead, by: User | None, at: datetime) -> JournalEntry:
    entry = JournalEntry(
        sequence=head.sequence + 1,
        at=at,
        by=by,
        verb=act.verb,
        subject_kind=act.subject_kind,
        subject_code=act.subject_code,
        before=_plain(act.before),
        after=_plain(act.after),
        why=act.why,
        on_behalf_of=by.acting_for if by else None,
        previous_hash=head.hash,
    )
    entry.hash = digest(entry)
    return entry


def _plain(values: Mapping[str, Any]) -> Any:
    """The values as they come back from the database: dates and decimals as text."""
    return json.loads(json.dumps(dict(values), cls=DjangoJSONEncoder))
