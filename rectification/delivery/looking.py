"""Asks the archive what became of messages that are in doubt, before anything is sent.

It sends nothing, so it needs no fence: a slow archive ends no worker. Each row is under a lease,
and what is written is guarded by its claim, as everywhere.
"""

import time
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from rectification.delivery import alarms, claiming, waits
from rectification.delivery.archive import ArchiveUnreadable
from rectification.delivery.claiming import Outcome
from rectification.delivery.lanes import Lane
from rectification.models import Notice
from rectification.states import NoticeState

UNPROVEN = "还没有一封邮件证实归档邮箱可用，等先发的一封归档后再核实。"


@dataclass(frozen=True)
class Looked:
    """What was found. `fault` says why the archive could not tell, or is empty."""

    outcomes: tuple[Outcome, ...] = ()
    fault: str = ""


def look_up(lane: Lane, *, now: waits.Now) -> Looked:
    """See to one batch of what is in doubt: delivered, to be sent, or, where nobody can say now,
    still in doubt. Of that the office hears when it lasts."""
    at = now()
    rows = claiming.claim_doubtful(lane.channels, most=settings.DELIVERY_BATCH, at=at)
    if not rows:
        return Looked()
    found, fault = _found(lane, rows, at=at)
    outcomes = [
        (row, _known(row, found[row.pk]) if row.pk in found else _unknown(row, fault, at=at))
        for row in rows
    ]
    claiming.settle(outcomes, at=now())
    unknown = [row for row in rows if row.pk not in found]
    if unknown and at - min(row.not_before for row in unknown) > waits.all_of_them():
        alarms.tell_of_trouble(unknown, fault, at=at)
    return Looked(tuple(outcome for _, outcome in outcomes), fault)


def _found(lane: Lane, rows: list[Notice], *, at: datetime) -> tuple[dict[int, bool], str]:
    """For each row's key whether it was delivered, as far as the archive could tell; and what kept
    it from telling more."""
    give_up = time.monotonic() + settings.DELIVERY_TIMER_SECONDS
    found: dict[int, bool] = {}
    try:
        is_proven = lane.open_archive(rows, left=lambda: give_up - time.monotonic(), at=at)
        for row in rows:
            found[row.pk] = lane.has_been_delivered(row)
    except ArchiveUnreadable as error:
        return found, str(error)
    if is_proven or any(found.values()):
        return found, ""
    return _one_alone(rows)


def _one_alone(rows: list[Notice]) -> tuple[dict[int, bool], str]:
    """Of an archive that has never shown a mail of ours, nobody knows whether it ever gets one. So
    one that is not there goes out alone, and a lease later the archive must have it."""
    spent = [row for row in rows if row.attempt >= settings.DELIVERY_MOST_ATTEMPTS]
    first = [row for row in rows if row not in spent][:1]
    believed = spent if claiming.is_one_on_its_way() else [*spent, *first]
    fault = UNPROVEN if len(believed) < len(rows) else ""
    return {row.pk: False for row in believed}, fault


def _known(row: Notice, delivered: bool) -> Outcome:
    if delivered:
        return Outcome(NoticeState.SENT, "归档邮箱里已有这封邮件，没有再发。")
    if row.attempt >= settings.DELIVERY_MOST_ATTEMPTS:
        said = f"已试{row.attempt}次，归档邮箱里仍没有这封邮件。"
        return Outcome(NoticeState.HELD, f"{row.reason}{said}")
    return Outcome(NoticeState.DUE, row.reason)


def _unknown(row: Notice, fault: str, *, at: datetime) -> Outcome:
    if claiming.is_asked(row):  # somebody decided that it goes out
        return Outcome(NoticeState.DUE, in_doubt=True)
    if at - row.not_before > waits.STALE:
        return Outcome(NoticeState.HELD, fault)
    return Outcome(NoticeState.SENDING, fault, wait=waits.after(1))
