"""Writes messages into the outbox. They hold counts and a link, never the text of a problem.

The outbox is the record, delivery empties it, and the bell only wakes whoever delivers: a lost ring
is found by the next sweep.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from celery import current_app
from django.db import transaction
from django.db.models import Count, Q

from accounts import journal
from accounts.models import Role, Unit, UnitQuerySet, User
from rectification import recipients
from rectification.models import (
    Channel,
    DispatchReturn,
    DispatchRound,
    Inspection,
    Measure,
    Notice,
    NoticeKind,
    digest_of,
)
from rectification.recipients import Addressee, Reached
from rectification.states import NoticeState

logger = logging.getLogger(__name__)

DELIVER = "rectification.deliver"  # the task's name: no verb imports a task


@dataclass(frozen=True)
class Message:
    """What is said. `topic` names what it is about ("round/x25/3"): said once to each addressee.

    `path` is the page that it leads to.
    """

    topic: str
    kind: NoticeKind
    subject: str
    body: str
    path: str
    inspection: Inspection | None = None
    round: DispatchRound | None = None


@dataclass(frozen=True)
class Untold:
    """A unit that is told nothing, and why; that is put on record."""

    message: Message
    unit: Unit
    why: str


@transaction.atomic
def post(
    letters: Iterable[tuple[Message, Addressee]], *, at: datetime, untold: Iterable[Untold] = ()
) -> int:
    """Put each message into the outbox, inside the system and by every way to its addressee.

    What is there already stays as it is. Returns how many notices are new. One writer at a time:
    the journal's head is held from here on.
    """
    letters = list(letters)
    ways = recipients.ways_to({addressee for _, addressee in letters})
    rows = [_untold(each, at=at) for each in untold]
    for message, addressee in letters:
        rows += _rows(message, addressee, ways[addressee], at=at)
    return _enter({row.key: row for row in rows}, at=at) if rows else 0


def ring() -> None:
    """Wake a worker once this transaction is on record; a bell that nobody hears is no harm."""
    transaction.on_commit(_ring, robust=True)


def announce(round: DispatchRound, *, at: datetime) -> int:
    """Tell each unit that works for the inspection what the round asks of it; how many hear of it.

    One that is asked nothing, or that nobody reports for, is on record as not told.
    """
    lines = DispatchReturn.objects.filter(round=round).asked().order_by()
    counts = dict(lines.values_list("unit").annotate(Count("pk")))
    units = _working_units(round.inspection)
    liaisons = recipients.holders(units, Role.LIAISON)
    letters, untold = [], []
    for unit in units:
        message = _round_opened(round, unit, counts.get(unit.pk, 0))
        if why := _why_untold(unit, counts.get(unit.pk, 0), liaisons[unit.pk]):
            untold.append(Untold(message, unit, why))
            continue
        letters += [(message, Addressee(user, unit)) for user in liaisons[unit.pk]]
        letters.append((message, Addressee(None, unit)))
    post(letters, at=at, untold=untold)
    return len(units) - len(untold)


def _working_units(inspection: Inspection) -> UnitQuerySet:
    """Those that lead a measure of the inspection, or support one."""
    measures = Measure.objects.filter(inspection=inspection).order_by()
    helpers = Measure.supporting_units.through._default_manager.filter(measure__in=measures)
    works = Q(pk__in=measures.values("lead_unit")) | Q(pk__in=helpers.values("unit"))
    return Unit.objects.filter(works).in_order()


def _why_untold(unit: Unit, asked: int, liaisons: tuple[User, ...]) -> str:
    if not asked:
        return "没有要报送的措施：都已销号、在审核，或未到复查期。"
    if not unit.is_active:
        return "单位已停用，请把它的措施移交给在用的单位。"
    return "" if liaisons else "没有填报员，请系统管理员指定。"


def _round_opened(round: DispatchRound, unit: Unit, count: int) -> Message:
    day = f"{round.meeting_on.month}月{round.meeting_on.day}日"
    code = round.inspection.code
    return Message(
        topic=f"round/{round.subject_code}",
        kind=NoticeKind.ROUND_OPENED,
        subject=f"{round}（{day}）开始报送",
        body=f"{unit.name}有{count}条措施要在本次调度报送进展；没有变化也要零报告。",
        path=f"/i/{code}/dispatch/{round.number}/report/",
        inspection=round.inspection,
        round=round,
    )


def _rows(
    message: Message, addressee: Addressee, ways: tuple[Reached, ...], *, at: datetime
) -> list[Notice]:
    inside = (
        [_row(message, addressee, Reached(Channel.IN_APP, ""), at=at)] if addressee.user else []
    )
    return inside + [_row(message, addressee, way, at=at) for way in ways]


def _row(message: Message, addressee: Addressee, way: Reached, *, at: datetime) -> Notice:
    row = Notice(
        inspection=message.inspection,
        round=message.round,
        unit=addressee.unit,
        recipient=addressee.user,
        contact=way.contact,
        kind=message.kind,
        channel=way.channel,
        topic=message.topic,
        key=_key(message, addressee, way),
        address=way.address,
        subject=message.subject,
        body=message.body,
        path=message.path,
        digest=digest_of(message.subject, message.body, message.path),
        not_before=at,
        created_at=at,
    )
    if way.channel == Channel.IN_APP:
        row.state, row.outcome_at = NoticeState.SENT, at
    elif way.fault:
        row.state, row.reason, row.outcome_at = NoticeState.FAILED, way.fault, at
    return row


def _untold(each: Untold, *, at: datetime) -> Notice:
    row = _row(each.message, Addressee(None, each.unit), Reached(Channel.IN_APP, ""), at=at)
    row.state, row.reason = NoticeState.SUPPRESSED, each.why
    return row


def _key(message: Message, addressee: Addressee, way: Reached) -> str:
    """Two people of one unit with one address get one message."""
    inside = str(addressee.user.pk) if addressee.user else "nobody"
    to = inside if way.channel == Channel.IN_APP else way.address
    unit = addressee.unit.pk if addressee.unit else "-"
    return f"{message.topic}/{unit}/{way.channel}/{to}"


def _enter(rows: dict[str, Notice], *, at: datetime) -> int:
    journal.hold()
    known = set(Notice.objects.filter(key__in=rows).values_list("key", flat=True))
    new = [row for key, row in rows.items() if key not in known]
    Notice.objects.bulk_create(new, batch_size=500)
    by_topic: dict[str, int] = {}
    for row in new:
        by_topic[row.topic] = by_topic.get(row.topic, 0) + 1
    acts = [
        journal.Act("announce", "notice", topic, after={"notices": count})
        for topic, count in by_topic.items()
    ]
    journal.append_all(acts, by=None, at=at)
    if any(row.state == NoticeState.DUE for row in new):
        ring()
    return len(new)


def _ring() -> None:
    try:
        current_app.send_task(DELIVER)
    except Exception:  # whatever a broker does wrong: the sweep finds what is due
        logger.warning("the bell was not heard", exc_info=True)
