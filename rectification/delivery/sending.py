"""The loop: look up what is in doubt, claim a batch, send, write what came of it, until nothing
awaits. Every protection of reliability.md, section 2, meets here."""

import logging
import math
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from rectification import addressing, recipients
from rectification.delivery import alarms, claiming, fence, looking, waits
from rectification.delivery.answers import Answer, Kind, NotSetUp, Trouble
from rectification.delivery.claiming import Outcome
from rectification.delivery.fence import Fence
from rectification.delivery.lanes import Lane, MailLane, RobotLane
from rectification.models import Notice
from rectification.states import NoticeState

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tally:
    """What one run did. `trouble` says why some channel is out of order, or is empty;
    `is_finished` whether it saw to all that waited."""

    sent: int = 0
    held: int = 0
    failed: int = 0
    retried: int = 0
    trouble: str = ""
    is_finished: bool = True

    def and_also(self, other: "Tally") -> "Tally":
        return Tally(
            self.sent + other.sent,
            self.held + other.held,
            self.failed + other.failed,
            self.retried + other.retried,
            self.trouble or other.trouble,
            self.is_finished and other.is_finished,
        )


def deliver_due(*, now: waits.Now, within: float = math.inf) -> Tally:
    """Send what awaits, batch after batch, each message exactly once or held. Any number of these
    may run at once. After `within` seconds no further batch is begun, and the tally says that it
    is not finished. Raises fence.FenceRefused outside a main thread."""
    fence.require()
    tally = Tally()
    give_up = time.monotonic() + within
    for lane in (MailLane(), RobotLane()):
        try:
            tally = tally.and_also(_empty(lane, now=now, give_up=give_up))
        finally:
            lane.close()
    return tally


def _empty(lane: Lane, *, now: waits.Now, give_up: float) -> Tally:
    tally = Tally()
    claiming.shorten(lane.channels, at=now())
    is_blind = not lane.can_look  # from then on what the office asked for is sent unseen
    while lane.is_open or claiming.anything_awaits(lane.channels, at=now()):
        if time.monotonic() > give_up:
            return tally.and_also(Tally(is_finished=False))
        held = claiming.recover(lane.channels, can_look=lane.can_look, at=now())
        tally = tally.and_also(Tally(held=held))
        if not is_blind:
            looked = looking.look_up(lane, now=now)
            tally = tally.and_also(_counted(looked.outcomes, trouble=looked.fault))
            is_blind = bool(looked.fault)
            if looked.outcomes:
                continue
        try:
            lane.open()
        except NotSetUp as why:
            claiming.show(str(why), lane.channels, at=now())
            return tally.and_also(Tally(trouble=str(why)))
        except Trouble as trouble:
            return tally.and_also(_out_of_order(lane, str(trouble), at=now()))
        batch = Batch(lane, now, asked=is_blind)
        batch.send()
        tally = tally.and_also(batch.tally)
        if batch.trouble:
            return tally.and_also(_out_of_order(lane, batch.trouble, at=now()))
        if not (batch.begun or batch.lost or held):
            break  # there was no time to begin: the next sweep has some
    return tally


def _out_of_order(lane: Lane, words: str, *, at: datetime) -> Tally:
    """Nothing of this channel can go now: the rows say why, and wait. The office hears of it when
    that has lasted as long as all attempts at one message would."""
    logger.warning("%s: %s", lane.name, words)
    since = claiming.show(words, lane.channels, at=at)
    if since and at - since > waits.all_of_them():
        waiting = claiming.first_of_each_house(lane.channels, at=at)
        alarms.tell_of_trouble(waiting, words, at=at)
    return Tally(trouble=words)


@dataclass
class Batch:
    """Rows that are claimed together, sent in the order of their keys. `asked`: also those that are
    in doubt and that the office has asked to send again."""

    lane: Lane
    now: waits.Now
    asked: bool
    tally: Tally = field(default_factory=Tally)
    begun: int = 0
    lost: bool = False
    trouble: str = ""
    _rows: list[Notice] = field(default_factory=list)
    _stopped: dict[int, str] = field(default_factory=dict)
    _unwritten: list[tuple[Notice, Outcome]] = field(default_factory=list)

    def send(self) -> None:
        """The fence stands before the lease begins: whatever is sent is sent under both."""
        try:
            with fence.armed(settings.DELIVERY_TIMER_SECONDS) as guard:
                at = self.now()
                self._rows = claiming.claim(
                    self.lane.channels,
                    most=settings.DELIVERY_BATCH,
                    together=self.lane.can_look,
                    asked=self.asked,
                    at=at,
                )
                self._stopped = recipients.stopped(self._rows)
                latest = at + timedelta(seconds=settings.DELIVERY_TIMER_SECONDS)
                self._send_each(guard, latest=latest)
        finally:
            self._write()  # also where an error ends it: what is known is on record
        claiming.give_back(self._rows[self.begun :])

    def _send_each(self, guard: Fence, *, latest: datetime) -> None:
        for row in self._rows:
            enough = guard.remaining() > _needed_seconds() and self.now() < latest
            if not enough or not self.lane.is_open:
                return
            self.begun += 1
            outcome = self._outcome(row, guard)
            if outcome is None:
                self.begun -= 1
                return
            self._unwritten.append((row, outcome))
            if claiming.is_one_by_one(row):
                self._write()

    def _outcome(self, notice: Notice, guard: Fence) -> Outcome | None:
        """None where it was not tried: the channel is out of order, or its connection is gone."""
        asked = claiming.is_asked(notice)
        if not notice.is_intact:
            return Outcome(NoticeState.HELD, "内容与生成时的记录不一致，没有发送。")
        if why := self._stopped.get(notice.pk):
            return Outcome(NoticeState.SUPPRESSED, why)
        if self.now() - notice.not_before > waits.STALE:
            words = f"超过{waits.STALE.days}天没有发出，已经过时，没有再发。"
            return Outcome(NoticeState.FAILED, words, in_doubt=asked)
        answer = self._answer(notice, guard)
        if answer.kind in {Kind.UNTRIED, Kind.LOST}:
            self.lost = answer.kind == Kind.LOST
            self.trouble = "" if self.lost else answer.words
            return None
        can_look = self.lane.can_look
        return _outcome_of(answer, attempt=notice.attempt, asked=asked, can_look=can_look)

    def _answer(self, notice: Notice, guard: Fence) -> Answer:
        """An error of ours at one message is no reason to keep the next one waiting. What a server
        says of an address is for people who may not know it whole."""
        try:
            answer = self.lane.send(notice, left=guard.remaining, at=self.now())
        except Exception:
            logger.exception("notice %s could not be sent", notice.pk)
            self.lane.close()  # nobody knows where its dialogue stands
            return Answer(Kind.DOUBTFUL, "发送时程序出错，不能确定对方是否收到。")
        words = addressing.masked_within(answer.words, notice.channel, notice.address)
        return Answer(answer.kind, words)

    def _write(self) -> None:
        """Where the database fails it is asked once more, on a new connection: what it has on
        record all the same is not written twice."""
        if not self._unwritten:
            return
        try:
            claiming.settle(self._unwritten, at=self.now())
        except (InterfaceError, OperationalError):
            connection.close()
            claiming.settle(self._unwritten, at=self.now())
        self.tally = self.tally.and_also(_counted([each for _, each in self._unwritten]))
        self._unwritten = []


def _needed_seconds() -> float:
    """To begin a message: enough for a slow dialogue and the whole wait behind the final dot."""
    patience: float = settings.EMAIL_TIMEOUT
    return patience + min(patience, (settings.DELIVERY_TIMER_SECONDS - patience) / 2)


def _outcome_of(answer: Answer, *, attempt: int, asked: bool, can_look: bool) -> Outcome:
    """`asked`: it was in doubt before, and is in doubt still where this attempt did nothing."""
    is_last = attempt >= settings.DELIVERY_MOST_ATTEMPTS
    if answer.kind == Kind.SENT:
        return Outcome(NoticeState.SENT)
    if answer.kind == Kind.DOUBTFUL and can_look:
        # Looked up a lease later: what the server still has in hand is in the archive by then.
        lease = timedelta(seconds=settings.DELIVERY_LEASE_SECONDS)
        return Outcome(NoticeState.SENDING, answer.words, wait=lease)
    if answer.kind == Kind.DOUBTFUL:
        return Outcome(NoticeState.HELD, answer.words)
    if answer.kind == Kind.REFUSED or is_last:
        return Outcome(NoticeState.FAILED, answer.words, in_doubt=asked)
    return Outcome(NoticeState.DUE, answer.words, wait=waits.after(attempt), in_doubt=asked)


def _counted(outcomes: Collection[Outcome], *, trouble: str = "") -> Tally:
    states = Counter(outcome.state for outcome in outcomes)
    return Tally(
        sent=states[NoticeState.SENT],
        held=states[NoticeState.HELD],
        failed=states[NoticeState.FAILED],
        retried=sum(outcome.wait is not None for outcome in outcomes),
        trouble=trouble,
    )
