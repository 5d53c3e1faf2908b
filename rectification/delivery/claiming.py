"""Rows of the outbox change hands here, and nowhere else: claimed under a lease, settled, given
back, or recovered from a worker that died.

A batch is sent in the order of its keys. `claim` names it: where outcomes are written one at a
time, the first row without one is the only row of it that can have been begun.
"""

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from django.conf import settings
from django.db import transaction
from django.db.models import F

from accounts import journal
from rectification.delivery import alarms
from rectification.models import Channel, Notice, NoticeQuerySet
from rectification.states import NoticeState

ONE_BY_ONE, TOGETHER = "1", "n"  # the first letter of a claim: how its outcomes are written
VERBS = {NoticeState.SENT: "send", NoticeState.HELD: "hold", NoticeState.FAILED: "fail"}
MOST_OF_A_REASON = 300  # characters
DIED = "发送中断，不能确定对方是否收到。"


class Doubt(Enum):
    NONE = auto()
    OPEN = auto()  # somebody may have sent it, and nobody knows
    ASKED = auto()  # the same, and the office has asked to send it again


@dataclass(frozen=True)
class Claimed:
    notice: Notice
    doubt: Doubt


@dataclass(frozen=True)
class Outcome:
    """What a row becomes. `wait`: the time until it is taken up again, where it is not over."""

    state: NoticeState
    reason: str = ""
    wait: timedelta | None = None


def anything_awaits(channels: Collection[str], *, at: datetime) -> bool:
    return _due(channels, at=at).exists() or _expired(channels, at=at).exists()


@transaction.atomic
def claim(channels: Collection[str], *, most: int, together: bool, at: datetime) -> list[Claimed]:
    """Take up to `most` rows under a lease, in the order of their keys. `together`: the caller can
    look up what is in doubt, and writes the outcomes of the batch in one transaction; else it
    writes each one before it begins the next, and gets no row that is in doubt."""
    rows = (
        _locked(_expired(channels, at=at).order_by("lease_until", "pk")[:most]) if together else []
    )
    if len(rows) < most:
        rows += _locked(_due(channels, at=at).order_by("not_before", "pk")[: most - len(rows)])
    rows.sort(key=lambda row: row.pk)
    doubts = [_doubt(row) for row in rows]
    lease = at + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
    token = (TOGETHER if together else ONE_BY_ONE) + secrets.token_hex(16)
    taken = Notice.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=NoticeState.SENDING, lease_until=lease, attempt=F("attempt") + 1, claim=token
    )
    assert taken == len(rows), "a row that is locked changed"
    for row in rows:
        row.state, row.lease_until, row.claim = NoticeState.SENDING, lease, token
        row.attempt += 1
    return [Claimed(row, doubt) for row, doubt in zip(rows, doubts, strict=True)]


@transaction.atomic
def recover(channels: Collection[str], *, can_look: bool, at: datetime) -> int:
    """What died workers left: rows that were certainly not begun are due again; what is in doubt is
    left for `claim` where it can be looked up, else held. Returns how many are held."""
    expired = _expired(channels, at=at).order_by("lease_until", "pk").select_for_update()
    rows = sorted(expired, key=lambda row: row.pk)
    if not rows:
        return 0
    first: dict[str, int] = {}
    for row in rows:
        first.setdefault(row.claim, row.pk)
    unbegun = {
        row.pk for row in rows if row.claim.startswith(ONE_BY_ONE) and first[row.claim] != row.pk
    }
    _due_again(unbegun)
    doubtful = [row for row in rows if row.pk not in unbegun]
    spent = [row for row in doubtful if row.attempt >= settings.DELIVERY_MOST_ATTEMPTS]
    held = [(row, Outcome(NoticeState.HELD, DIED)) for row in (spent if can_look else doubtful)]
    return settle(held, at=at)


@transaction.atomic
def settle(outcomes: Sequence[tuple[Notice, Outcome]], *, at: datetime) -> int:
    """Write the outcomes of claimed rows with the journal; how many. A row that somebody else has
    taken meanwhile is passed over: it is theirs."""
    mine = _still_mine([notice for notice, _ in outcomes])
    settled = [(notice, outcome) for notice, outcome in outcomes if notice.pk in mine]
    groups: dict[Outcome, list[int]] = {}
    for notice, outcome in settled:
        groups.setdefault(outcome, []).append(notice.pk)
    for outcome, keys in groups.items():
        Notice.objects.filter(pk__in=keys).update(**_fields(outcome, at=at))
    over = [(notice, outcome) for notice, outcome in settled if outcome.state in VERBS]
    journal.append_all([_act(*each) for each in over], by=None, at=at)
    alarms.tell([notice for notice, outcome in over if outcome.state != NoticeState.SENT], at=at)
    return len(settled)


@transaction.atomic
def give_back(batch: Iterable[Claimed], *, at: datetime) -> None:
    """The rest of a batch that was not begun: due as before, or as doubtful as before."""
    batch = list(batch)
    mine = _still_mine([each.notice for each in batch])
    doubtful = {each.notice.pk for each in batch if each.doubt == Doubt.OPEN} & mine
    _due_again(mine - doubtful)
    open_doubt = Notice.objects.filter(pk__in=doubtful)
    open_doubt.update(lease_until=at, attempt=F("attempt") - 1)


def show(reason: str, channels: Collection[str], *, at: datetime) -> datetime | None:
    """Say at each row that waits why it waits; since when the first of them does."""
    due, reason = _due(channels, at=at), reason[:MOST_OF_A_REASON]
    due.exclude(reason=reason).update(reason=reason)
    first = due.order_by("not_before").first()
    return first.not_before if first else None


def first_of_each_house(channels: Collection[str], *, at: datetime) -> list[Notice]:
    """Of all that waits, one notice of each inspection and unit: somebody to tell for each."""
    rows = _due(channels, at=at).select_related("recipient")
    found: dict[tuple[int | None, int | None], Notice] = {}
    for row in rows.order_by("pk")[:1000]:
        unit = row.unit_id or (row.recipient.unit_id if row.recipient else None)
        found.setdefault((row.inspection_id, None if row.inspection_id else unit), row)
    return list(found.values())


def last_sent(*, before: Notice) -> Notice | None:
    """The mail that is known to have been sent last, which a working archive must hold."""
    sent = Notice.objects.filter(channel=Channel.MAIL, state=NoticeState.SENT, attempt__gt=0)
    return sent.exclude(pk=before.pk).order_by("-outcome_at", "-pk").first()


def _due(channels: Collection[str], *, at: datetime) -> NoticeQuerySet:
    return Notice.objects.due(at=at).filter(channel__in=channels)


def _expired(channels: Collection[str], *, at: datetime) -> NoticeQuerySet:
    return Notice.objects.expired(at=at).filter(channel__in=channels)


def _locked(rows: NoticeQuerySet) -> list[Notice]:
    """Those of them that nobody else is about to claim."""
    locked = rows.select_for_update(skip_locked=True, of=("self",))
    return list(locked.select_related("recipient"))


def _doubt(row: Notice) -> Doubt:
    if row.state == NoticeState.SENDING:
        return Doubt.OPEN
    return Doubt.ASKED if row.claim else Doubt.NONE


def _still_mine(notices: Collection[Notice]) -> set[int]:
    """Those that nobody has claimed since, locked: the claim and the attempt must be the same."""
    locked = Notice.objects.filter(
        pk__in=[notice.pk for notice in notices], state=NoticeState.SENDING
    )
    now = locked.order_by("pk").select_for_update().values_list("pk", "claim", "attempt")
    theirs = {(notice.pk, notice.claim, notice.attempt) for notice in notices}
    return {pk for pk, claim, attempt in now if (pk, claim, attempt) in theirs}


def _due_again(keys: Collection[int]) -> None:
    Notice.objects.filter(pk__in=keys).update(
        state=NoticeState.DUE, lease_until=None, claim="", attempt=F("attempt") - 1
    )


def _fields(outcome: Outcome, *, at: datetime) -> dict[str, object]:
    """A row that is held keeps its claim: whoever sends it again looks first."""
    reason = outcome.reason[:MOST_OF_A_REASON]
    fields: dict[str, object] = {"state": outcome.state, "reason": reason}
    if outcome.state == NoticeState.SENDING:
        return {**fields, "lease_until": at + (outcome.wait or timedelta())}
    fields["lease_until"] = None
    if outcome.state != NoticeState.HELD:
        fields["claim"] = ""
    if outcome.state == NoticeState.DUE:
        return {**fields, "not_before": at + (outcome.wait or timedelta())}
    return {**fields, "outcome_at": at}


def _act(notice: Notice, outcome: Outcome) -> journal.Act:
    after = {
        "notice": notice.pk,
        "channel": notice.channel,
        "recipient": str(notice.recipient or notice.unit or ""),
        "attempt": notice.attempt,
        "state": outcome.state,
    }
    verb = VERBS[outcome.state]
    return journal.Act(verb, "notice", notice.topic, after=after, why=outcome.reason)
