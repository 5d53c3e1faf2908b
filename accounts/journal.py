"""The append-only, hash-chained journal: who did what to which subject, and why.

All three apps write through `append`, inside the transaction of the verb that acts. Each entry's
SHA-256 covers its own fields and the hash of the entry before it, so a changed, missing or moved
entry breaks the chain from that place on.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from json.encoder import encode_basestring as _quoted
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from accounts.models import JournalEntry, JournalHead, User

logger = logging.getLogger(__name__)

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
_PAGE = (
    f"SELECT {', '.join(COLUMNS)} FROM accounts_journalentry"
    " WHERE sequence > %s ORDER BY sequence LIMIT 5000"
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
    head = hold()
    entries = []
    for act in acts:
        entry = _entry(act, head=head, by=by, at=at)
        head.sequence, head.hash = entry.sequence, entry.hash
        entries.append(entry)
    JournalEntry.objects.bulk_create(entries, batch_size=500)
    head.save()
    transaction.on_commit(lambda: _witness(entries), robust=True)
    return entries


def hold() -> JournalHead:
    """The chain's head, held to the end of the transaction: from here on, one writer at a time."""
    head, _ = JournalHead.objects.select_for_update(no_key=True).get_or_create(pk=1)
    return head


class WitnessUnreadable(Exception):
    """HEAD_FILE is there and cannot be read: never to be taken for an empty one."""


def witnessed() -> list[tuple[int, str]]:
    """The heads that HEAD_FILE holds, in the order in which they were written.

    Several processes write it, so the order need not be that of the chain; a line cut short by a
    crash is passed over. Raises WitnessUnreadable.
    """
    try:
        text = Path(settings.HEAD_FILE).read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise WitnessUnreadable(
            f"日志链头文件 {settings.HEAD_FILE} 读不出来（{error.strerror}），请检查它的权限。"
        ) from error
    lines = (line.split() for line in text.splitlines())
    return [(int(line[0]), line[1]) for line in lines if _is_head(line)]


def witness_gap() -> str:
    """What HEAD_FILE lacks, in a sentence; empty where it holds the last head."""
    head = JournalHead.objects.filter(pk=1).first()
    try:
        seen = max((sequence for sequence, _ in witnessed()), default=0)
    except WitnessUnreadable as error:
        return str(error)
    if head is None or seen >= head.sequence:
        return ""
    return (
        f"日志已到第{head.sequence}条，日志链头文件 {settings.HEAD_FILE} 只记到第{seen}条："
        "请检查它所在的文件夹能否写入。下一次操作写入成功后会自动补上。"
    )


def _is_head(line: list[str]) -> bool:
    return len(line) == 3 and line[0].isdecimal() and len(line[1]) == 64


def _witness(entries: list[JournalEntry]) -> None:
    """The new head, appended outside the database after the commit: it may lag, never lead.

    One write to a file opened for appending, so that lines of several processes do not mix; it
    begins a line of its own, whatever a crash left of the one before.
    """
    if not entries:
        return
    last = entries[-1]
    line = f"\n{last.sequence} {last.hash} {last.at.astimezone(UTC).isoformat()}\n"
    try:
        with Path(settings.HEAD_FILE).open("ab", buffering=0) as file:
            file.write(line.encode("ascii"))
    except OSError:
        logger.exception("the head of entry %s is not in HEAD_FILE", last.sequence)


@dataclass(frozen=True)
class Fault:
    """Where the chain breaks first, and what is wrong there, in words."""

    sequence: int
    reason: str


def first_fault(*, head: str = "", witnessed: Iterable[tuple[int, str]] = ()) -> Fault | None:
    """The first place where the chain does not hold, or None where all of it does.

    `head` is a hash that was printed once (on a report, a publication) and must still be in the
    chain; `witnessed` are pairs of sequence and hash from HEAD_FILE, which a chain inside one
    database cannot forge: they show a tail that was cut off, or an old copy put back. A head that
    was witnessed once counts for ever, also where the chain grew again from before it.
    """
    known: dict[int, set[str]] = {}
    for number, seen in witnessed:
        known.setdefault(number, set()).add(seen)
    sequence, previous, found = 0, NOTHING, not head
    while rows := _rows_after(sequence):
        for row in rows:
            sequence += 1
            fault = _fault_of(row, sequence, previous, known.get(sequence))
            if fault:
                return Fault(sequence, fault)
            previous = row[-1]
            found = found or previous == head
    return _fault_at_the_end(sequence, previous, known) or (
        None if found else Fault(sequence, f"日志里没有校验码 {head}。")
    )


def _rows_after(sequence: int) -> list[tuple[Any, ...]]:
    """The next entries as the database holds them, times and JSON as it gives them.

    By pages along the index: one long result would be held in memory whole, and the objects of
    the ORM cost more than the hashes.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PAGE, [sequence])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _fault_of(row: tuple[Any, ...], sequence: int, previous: str, seen: set[str] | None) -> str:
    """What is wrong with an entry that should be the one of this number, or nothing."""
    if row[0] != sequence:
        return "这一条缺失，或序号被改动。"
    if row[-2] != previous:
        return "与前一条的校验码接不上。"
    if _hash_of(row[:-1]) != row[-1]:
        return "内容与校验码不符。"
    if seen and seen != {row[-1]}:
        return "与数据库外的校验记录不符。"
    return ""


def _fault_at_the_end(sequence: int, last: str, known: Mapping[int, set[str]]) -> Fault | None:
    if max(known, default=0) > sequence:
        return Fault(sequence + 1, f"从这一条起的日志缺失，数据库外的校验记录到第{max(known)}条。")
    head = JournalHead.objects.filter(pk=1).first()
    if head and head.sequence > sequence and _rows_after(sequence):
        return None  # somebody acted since the last page was read; the next run sees it
    if (head.sequence, head.hash) != (sequence, last) if head else sequence:
        return Fault(sequence + 1, "末尾与记录的链头不符，可能有日志被删去。")
    return None


def digest(entry: JournalEntry) -> str:
    """SHA-256 over the canonical form of every field but the hash itself."""
    values = {column: getattr(entry, column) for column in COLUMNS[:-1]}
    for name in ("before", "after"):
        values[name] = _CANONICAL(values[name])
    return _hash_of(tuple(values.values()))


def _hash_of(content: tuple[Any, ...]) -> str:
    """Of the columns before the hash, as `_rows_after` reads them.

    What is hashed is a JSON list in which the keys of objects are sorted.
    """
    sequence, at, by, verb, kind, code, before, after, why, on_behalf_of, previous = content
    # Entries from before there were deputies were hashed without them, and still verify.
    deputy = "" if on_behalf_of is None else f",{on_behalf_of}"
    canonical = (
        f'[{sequence},"{_moment(at)}",{"null" if by is None else by},'
        f"{_quoted(verb)},{_quoted(kind)},{_quoted(code)},"
        f"{_sorted(before)},{_sorted(after)},{_quoted(why)},{_quoted(previous)}{deputy}]"
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def _moment(at: datetime) -> str:
    """In UTC, which SQLite keeps and does not say."""
    return f"{at.isoformat()}+00:00" if at.tzinfo is None else at.astimezone(UTC).isoformat()


@lru_cache(maxsize=4096)  # most acts change a status and a version, in few ways
def _sorted(text: str) -> str:
    """A JSON object in its canonical form; "{}" is one. Broken JSON, which no verb wrote, stays."""
    try:
        return text if text == "{}" else _CANONICAL(json.loads(text))
    except ValueError:
        return text


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
