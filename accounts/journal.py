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
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from accounts.models import JournalEntry, JournalHead, User


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
    return entries


def first_broken() -> int | None:
    """The sequence of the first entry that does not fit the chain, or None where all do."""
    sequence, previous = 0, "0" * 64
    for entry in JournalEntry.objects.order_by("sequence").iterator():
        sequence += 1
        fits = entry.sequence == sequence and entry.previous_hash == previous
        if not fits or entry.hash != digest(entry):
            return sequence
        previous = entry.hash
    head = JournalHead.objects.filter(pk=1).first()
    if head and (head.sequence, head.hash) != (sequence, previous):
        return sequence + 1
    return None


def digest(entry: JournalEntry) -> str:
    """SHA-256 over the canonical form of every field but the hash itself."""
    content = [
        entry.sequence,
        entry.at.astimezone(UTC).isoformat(),
        entry.by_id,
        entry.verb,
        entry.subject_kind,
        entry.subject_code,
        entry.before,
        entry.after,
        entry.why,
        entry.previous_hash,
    ]
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
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
        previous_hash=head.hash,
    )
    entry.hash = digest(entry)
    return entry


def _plain(values: Mapping[str, Any]) -> Any:
    """The values as they come back from the database: dates and decimals as text."""
    return json.loads(json.dumps(dict(values), cls=DjangoJSONEncoder))
