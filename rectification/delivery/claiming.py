"""Rows of the outbox change hands here, and nowhere else: claimed under a lease, settled, given
back, or recovered from a worker that died.

A batch is sent in the order of its keys. `claim` names it: where outcomes are written one at a
time, the first row without one is the only row of it that can have been begun. A row is in doubt
while nobody knows whether it was delivered: then it is `sending` and its lease has run out, or it
is held, or it is due with a claim (the office has asked to send it again).
"""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F

from accounts import journal
from rectification.delivery import alarms, waits
from rectification.models import Channel, Notice, NoticeQuerySet
from rectification.states import NoticeState

ONE_BY_ONE, TOGETHER = "1", "n"  # the first letter of a claim: how its outcomes are written
ASKED = "q"  # the last letter: in doubt, and the office has asked to send it again
VERBS = {
    NoticeState.SENT: "send",
    NoticeState.HELD: "hold",
    NoticeState.FAILED: "fail",
    NoticeState.SUPPRESSED: "drop",
}
# What an outcome is told with, to the journal and to the office.
SHOWN = ("recipient__unit", "unit", "contact", "inspection__inspected_unit")
MOST_OF_A_REASON = 300  # characters
CLOCKS_MAY_DIFFER = timedelta(seconds=5)
DIED = "发送中断，不能确定对方是否收到。"


@dataclass(frozen=True)
class Outcome:
    """What a row becomes. `wait`: the time until it is taken up again, where it is not over.
    `in_doubt`: it may have been delivered before, so whoever takes it up looks first."""

    state: NoticeState
    reason: str = ""
    wait: timedelta | None = None
    in_doubt: bool = False


def anything_awaits(channels: Collection[str], *, at: datetime) -> bool:
    return _due(channels, at=at).exists() or _expired(channels, at=at).exists()


@transaction.atomic
def claim(
    channels: Collection[str], *, most: int, together: bool, asked: bool, at: datetime
) -> list[Notice]:
    """Take up to `most` rows that are due under a lease, in the order of their keys, and count an
    attempt at each. `asked`: also those in doubt, which else are looked up before.

    `together`: the caller can look up what is in doubt, and may write the outcomes of the batch in
    one transaction. It may not where a row was tried before: should one of them be what kills its
    workers, it is that one that runs out of attempts, and no other.
    """
    due = _due(channels, at=at)
    waiting = due if asked else due.filter(claim="")
    rows = _locked(waiting.order_by("not_before", "pk")[:most])
    at_once = together and not any(row.attempt or row.claim for row in rows)
    _take(rows, TOGETHER if at_once else ONE_BY_ONE, attempts=1, at=at)
    return rows


@transaction.atomic
def claim_doubtful(channels: Collection[str], *, most: int, at: datetime) -> list[Notice]:
    """Take up to `most` rows that are in doubt under a lease, to look them up: no attempt."""
    rows = _locked(_expired(channels, at=at).order_by("lease_until", "pk")[:most])
    asked = _due(channels, at=at).exclude(claim="")
    rows += _locked(asked.order_by("not_before", "pk")[: most - len(rows)])
    _take(rows, TOGETHER, attempts=0, at=at)
    return rows


def is_asked(row: Notice) -> bool:
    """Whether the office wants it sent, should nobody be able to say what became of it."""
    return row.claim.endswith(ASKED)


def is_one_by_one(row: Notice) -> bool:
    """Whether its outcome must be on record before the next message of its batch begins."""
    return row.claim.startswith(ONE_BY_ONE)


def _take(rows: list[Notice], manner: str, *, attempts: int, at: datetime) -> None:
    rows.sort(key=lambda row: row.pk)
    lease = at + timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
    token = manner + secrets.token_hex(16)
    claims: dict[str, list[int]] = {}
    for row in rows:
        asked = row.state == NoticeState.DUE and row.claim
        row.claim = token + ASKED if asked else token
        row.state, row.lease_until = NoticeState.SENDING, lease
        row.attempt += attempts
        claims.setdefault(row.claim, []).append(row.pk)
    for each, keys in claims.items():
        taken = Notice.objects.filter(pk__in=keys).update(
            state=NoticeState.SENDING,
            lease_until=lease,
            attempt=F("attempt") + attempts,
            claim=each,
        )
        assert taken == len(keys), "a row that is locked changed"


def doubt_all(*, at: datetime) -> int:
    """After an older copy of the database was put back: what waits may have been sent since the
    copy was made, so all of it is in doubt. How many."""
    due = Notice.objects.filter(state=NoticeState.DUE, claim="").exclude(channel=Channel.IN_APP)
    return due.update(state=NoticeState.SENDING, lease_until=at, claim=TOGETHER)


def shorten(channels: Collection[str], *, at: datetime) -> None:
    """A lease that no clock like ours can have given ends when one given now would: a worker whose
    clock was ahead may have died under it. While that worker lives its fence ends it before."""
    lease = timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
    latest = at + max(lease, waits.after(1)) + CLOCKS_MAY_DIFFER
    taken = Notice.objects.filter(channel__in=channels, state=NoticeState.SENDING)
    taken.filter(lease_until__gt=latest).update(lease_until=at + lease)


@transaction.atomic
def recover(channels: Collection[str], *, can_look: bool, at: datetime) -> int:
    """What died workers left: rows that were certainly not begun are due again; what is in doubt
    waits to be looked up, or is held where nobody can. Returns how many are held."""
    expired = _expired(channels, at=at).order_by("lease_until", "pk")
    locked = expired.select_for_update(of=("self",), no_key=True).select_related(*SHOWN)
    rows = sorted(locked, key=lambda row: row.pk)
    if not rows:
        return 0
    first: dict[str, int] = {}
    for row in rows:
        first.setdefault(row.claim.removesuffix(ASKED), row.pk)
    unbegun = {
        row.pk
        for row in rows
        if row.claim.startswith(ONE_BY_ONE) and first[row.claim.removesuffix(ASKED)] != row.pk
    }
    _due_again(unbegun)
    if can_look:
        return 0
    held = Outcome(NoticeState.HELD, DIED)
    return settle([(row, held) for row in rows if row.pk not in unbegun], at=at)


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
    bad = {NoticeState.HELD, NoticeState.FAILED}
    alarms.tell([notice for notice, outcome in over if outcome.state in bad], at=at)
    return len(settled)


@transaction.atomic
def give_back(rows: Collection[Notice]) -> None:
    """The rest of a batch that was not begun: due as before, as doubtful as before."""
    _due_again(_still_mine(rows))


def show(reason: str, channels: Collection[str], *, at: datetime) -> datetime | None:
    """Say at each row that waits why it waits; since when the first of them does."""
    due, reason = _due(channels, at=at), reason[:MOST_OF_A_REASON]
    due.exclude(reason=reason).update(reason=reason)
    first = due.order_by("not_before").first()
    return first.not_before if first else None


def first_of_each_house(channels: Collection[str], *, at: datetime) -> list[Notice]:
    """Of all that waits, one notice of each inspection and unit: somebody to tell for each."""
    rows = _due(channels, at=at).select_related(*SHOWN)
    found: dict[tuple[int | None, int | None], Notice] = {}
    for row in rows.order_by("pk")[:1000]:
        unit = row.unit_id or (row.recipient.unit_id if row.recipient else None)
        found.setdefault((row.inspection_id, None if row.inspection_id else unit), row)
    return list(found.values())


def last_sent(*, at: datetime) -> Notice | None:
    """The mail that a working archive must hold: of those known to have been sent, the last one,
    but for those of the last lease, which the server may still have in hand."""
    there = at - timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
    sent = Notice.objects.filter(channel=Channel.MAIL, state=NoticeState.SENT, attempt__gt=0)
    return sent.filter(outcome_at__lte=there).order_by("-outcome_at", "-pk").first()


def is_one_on_its_way() -> bool:
    """Whether a mail was sent, or was tried and will be again: by it the archive will show whether
    it works."""
    tried = Notice.objects.filter(channel=Channel.MAIL, attempt__gt=0)
    return any(tried.filter(state=each).exists() for each in (NoticeState.SENT, NoticeState.DUE))


def _due(channels: Collection[str], *, at: datetime) -> NoticeQuerySet:
    return Notice.objects.due(at=at).filter(channel__in=channels)


def _expired(channels: Collection[str], *, at: datetime) -> NoticeQuerySet:
    return Notice.objects.expired(at=at).filter(channel__in=channels)


def _locked(rows: NoticeQuerySet) -> list[Notice]:
    """Those of them that nobody else is about to claim."""
    locked = rows.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return list(locked.select_related(*SHOWN))


def _still_mine(notices: Collection[Notice]) -> set[int]:
    """Those that nobody has claimed since, locked: the claim and the attempt must be the same."""
    locked = Notice.objects.filter(
        pk__in=[notice.pk for notice in notices], state=NoticeState.SENDING
    )
    mine = locked.order_by("pk").select_for_update(no_key=True)
    now = mine.values_list("pk", "claim", "attempt")
    theirs = {(notice.pk, notice.claim, notice.attempt) for notice in notices}
    return {pk for pk, claim, attempt in now if (pk, claim, attempt) in theirs}


def _due_again(keys: Collection[int]) -> None:
    rows = Notice.objects.filter(pk__in=keys)
    rows.exclude(claim__endswith=ASKED).update(claim="")
    rows.update(state=NoticeState.DUE, lease_until=None, attempt=F("attempt") - 1)


def _fields(outcome: Outcome, *, at: datetime) -> dict[str, object]:
    """A row that stays in doubt keeps its claim."""
    reason = outcome.reason[:MOST_OF_A_REASON]
    fields: dict[str, object] = {"state": outcome.state, "reason": reason}
    if outcome.state == NoticeState.SENDING:
        # Alone in doubt: the rest of its batch is no business of whoever finds it.
        until = at + (outcome.wait or timedelta())
        return {**fields, "lease_until": until, "claim": TOGETHER}
    fields["lease_until"] = None
    if outcome.state != NoticeState.HELD and not outcome.in_doubt:
        fields["claim"] = ""
    if outcome.state != NoticeState.DUE:
        return {**fields, "outcome_at": at}
    return fields if outcome.wait is None else {**fields, "not_before": at + outcome.wait}


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
