"""Writes messages into the outbox. They hold counts and a link, never the text of a problem.

The outbox is the record, delivery empties it, and the bell only wakes whoever delivers: a lost ring
is found by the next sweep.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
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
    NoticeQuerySet,
    digest_of,
    message_id_of,
)
from rectification.recipients import Addressee, Reached
from rectification.states import NoticeState

logger = logging.getLogger(__name__)

DELIVER = "rectification.deliver"  # the task's name: no verb imports a task
MOST_OF_SUBJECT = 200  # characters
PATIENCE = 1.0  # seconds that a ring may take to connect, and again to be heard
PAUSE = 30.0  # seconds without ringing after a ring that was not heard


@dataclass(frozen=True)
class Message:
    """What is said. `topic` names what it is about ("round/x25/3"): said once to each addressee.

    `path` is the page that it leads to. What is `personal` goes to each person alone, also where
    two have one mailbox; else two people of one unit with one address get one message.
    """

    topic: str
    kind: NoticeKind
    subject: str
    body: str
    path: str
    inspection: Inspection | None = None
    round: DispatchRound | None = None
    personal: bool = False


@dataclass(frozen=True)
class Untold:
    """A unit that is told nothing, and why; that is put on record."""

    message: Message
    unit: Unit
    why: str


@transaction.atomic
def post(
    messages: Iterable[tuple[Message, Addressee]], *, at: datetime, untold: Iterable[Untold] = ()
) -> int:
    """Put each message into the outbox, inside the system and by every way to its addressee.

    That something was not delivered is said inside alone: the ways outside may be what is wrong.
    What is there already stays as it is. Returns how many notices are new. One writer at a time:
    the journal's head is held from here on.
    """
    messages = list(messages)
    ways = recipients.ways_to({addressee for _, addressee in messages})
    rows = [_untold(each, at=at) for each in untold]
    for message, addressee in messages:
        outside = () if message.kind == NoticeKind.TROUBLE else ways[addressee]
        rows += _rows(message, addressee, outside, at=at)
    return _enter({row.key: row for row in rows}, at=at) if rows else 0


@transaction.atomic
def post_by(message: Message, addressee: Addressee, way: Reached, *, at: datetime) -> int:
    """Put the message into the outbox for this one way alone; how many notices are new."""
    row = _row(message, addressee, way, at=at)
    return _enter({row.key: row}, at=at)


@transaction.atomic
def read(notices: NoticeQuerySet, *, by: User, at: datetime) -> int:
    """Mark those of these that are for this person and unread as read; how many they were."""
    unread = notices.filter(pk__in=Notice.objects.addressed_to(by).unread().values("pk"))
    topics = list(unread.order_by("pk").values_list("pk", "topic"))
    if not topics:
        return 0  # and no writer waits for the journal's head
    rows = Notice.objects.unread().filter(pk__in=[pk for pk, _ in topics])
    count = rows.update(read_at=at)
    changed: dict[str, Any] = {"before": {"read_at": None}, "after": {"read_at": at}}
    acts = [
        journal.Act("read", "notice", topic, **changed)
        for topic in dict.fromkeys(t for _, t in topics)
    ]
    journal.append_all(acts, by=by, at=at)
    return count


def key_inside(topic: str, user: User, unit: Unit | None = None) -> str:
    """The key under which somebody reads, inside the system, a message for themselves, or as one
    of the unit."""
    return f"{topic}/{unit.pk if unit else '-'}/{Channel.IN_APP}/{user.pk}"


def ring() -> None:
    """Wake a worker once this transaction is on record; a bell that nobody hears is no harm.

    One ring is enough for all that a transaction puts into the outbox.
    """
    if not any(_ring in each for each in connection.run_on_commit):
        transaction.on_commit(_ring, robust=True)


def announce(round: DispatchRound, *, at: datetime, of: Iterable[int] | None = None) -> int:
    """Tell each unit that works for the inspection what the round asks of it; how many hear of it.
    With `of`, the units of these keys alone.

    One that is asked nothing, or that nobody reports for, is on record as not told.
    """
    lines = DispatchReturn.objects.filter(round=round).asked().order_by()
    counts = dict(lines.values_list("unit").annotate(Count("pk")))
    units = _working_units(round.inspection)
    if of is not None:
        units = units.filter(pk__in=of)
    liaisons = recipients.holders(units, Role.LIAISON)
    messages, untold = [], []
    for unit in units:
        message = _round_opened(round, unit, counts.get(unit.pk, 0))
        if why := _why_untold(unit, counts.get(unit.pk, 0), liaisons[unit.pk]):
            untold.append(Untold(message, unit, why))
            continue
        messages += [(message, Addressee(user, unit)) for user in liaisons[unit.pk]]
        messages.append((message, Addressee(None, unit)))
    post(messages, at=at, untold=untold)
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
    subject = message.subject[:MOST_OF_SUBJECT]
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
        subject=subject,
        body=message.body,
        path=message.path,
        digest=digest_of(subject, message.body, message.path),
        not_before=at,
        created_at=at,
    )
    if way.channel == Channel.MAIL:
        row.message_id = message_id_of(row.key)
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
    """The same for the same message, whoever posts it again."""
    inside = str(addressee.user.pk) if addressee.user else "nobody"
    to = inside if way.channel == Channel.IN_APP else way.address
    if message.personal and way.channel != Channel.IN_APP:
        to = f"{to}/{inside}"
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


class _Bell:
    """Rings at the broker, and leaves one alone that does not answer: the web request that rings
    must not stand there for each message while the broker is a black hole."""

    def __init__(self) -> None:
        self._silent = ""  # the address of a broker that did not answer
        self._until = 0.0  # of the monotonic clock

    def ring(self) -> None:
        address = str(current_app.conf.broker_url)
        if address == self._silent and time.monotonic() < self._until:
            return
        try:
            with current_app.connection_for_write() as broker:
                patience = dict.fromkeys(("socket_timeout", "socket_connect_timeout"), PATIENCE)
                # Without the last one kombu tries again, for six seconds, where nobody listens.
                once = {**patience, "max_retries": 0}
                broker.transport_options = {**broker.transport_options, **once}
                expires = settings.DELIVERY_SWEEP_SECONDS
                current_app.send_task(DELIVER, connection=broker, retry=False, expires=expires)
        except Exception:  # whatever a broker does wrong: the sweep finds what is due
            self._silent, self._until = address, time.monotonic() + PAUSE
            logger.warning("the bell was not heard", exc_info=True)


_bell = _Bell()


def _ring() -> None:
    _bell.ring()
