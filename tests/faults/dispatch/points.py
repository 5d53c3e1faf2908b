"""Named points at which a child dies or is stopped, and protections that can be switched off.

Both are put around the production code from outside, in the child alone.
"""

import contextlib
import mmap
import os
import signal
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connection

from rectification import dispatching, notifications
from rectification.delivery import claiming, fence, lanes, sending, smtp
from rectification.delivery.claiming import Outcome
from rectification.models import NoticeQuerySet
from rectification.states import NoticeState, RoundState

BEFORE_THE_ROUND = "before the round's row"
AFTER_THE_ROUND = "after the round's row"
BEFORE_THE_NOTICES = "before the notices"
AFTER_THE_NOTICES = "after the notices"
BEFORE_THE_COMMIT_OF_THE_ROUND = "before the commit of the round"
BEFORE_THE_BELL = "after the commit of the round, before the bell"
AFTER_THE_BELL = "after the bell"
BEFORE_THE_FENCE = "before the fence"
AFTER_THE_FENCE = "after the fence, before claiming"
BEFORE_THE_COMMIT_OF_THE_CLAIM = "before the commit of the claim"
AFTER_CLAIMING = "after claiming"
AFTER_CONNECTING = "after connecting"
AFTER_MAIL = "after MAIL"
AFTER_RCPT = "after RCPT"
AFTER_DATA = "after DATA"
HALF_OF_THE_BODY = "half of the body"
AFTER_THE_DOT = "after the dot, before the reply"
AFTER_THE_REPLY = "after the reply"
BEFORE_THE_OUTCOME = "before the outcome"
BEFORE_THE_COMMIT_OF_THE_OUTCOME = "before the commit of the outcome"
AFTER_THE_OUTCOME = "after the outcome"
NAMES = tuple(
    value for name, value in list(globals().items()) if name.isupper() and isinstance(value, str)
)
STILL_TO_COME = "before all points"


class Spot:
    """The last point that a child passed, and how many there were; its parent sees both, also when
    the child was killed."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 8)  # shared by a fork

    @property
    def name(self) -> str:
        number = self._shared[0]
        return NAMES[number - 1] if number else STILL_TO_COME

    @property
    def passed(self) -> int:
        return int.from_bytes(self._shared[4:8], "little")

    def pass_by(self, name: str) -> None:
        self._shared[4:8] = (self.passed + 1).to_bytes(4, "little")
        self._shared[0] = NAMES.index(name) + 1


class Watch:
    """Lives in the child: knows where it is to die."""

    def __init__(self, *, die_at: str, nth: int, pause: bool, spot: Spot) -> None:
        self._die_at, self._left, self._pause, self._spot = die_at, nth, pause, spot

    def reached(self, name: str) -> None:
        self._spot.pass_by(name)
        if name != self._die_at:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGSTOP if self._pause else signal.SIGKILL)


def install(
    *, die_at: str = "", nth: int = 1, pause: bool = False, without: Iterable[str] = (), spot: Spot
) -> None:
    """Put the points, and what is to be off, around this process' code."""
    for protection in without:
        OFF[protection]()
    watch = Watch(die_at=die_at, nth=nth, pause=pause, spot=spot)
    if die_at and die_at not in NAMES:
        raise ValueError(f"no such point: {die_at}")
    _watch_the_round(watch)
    _watch_the_claim(watch)
    _watch_the_dialogue(watch)
    _watch_the_outcome(watch)


def around(
    owner: Any, name: str, *, before: Callable[..., None] | None = None, after: Any = None
) -> None:
    """Call `before` and `after` with the same arguments as the function of that name."""
    inner = getattr(owner, name)

    def wrapped(*given: Any, **named: Any) -> Any:
        if before:
            before(*given, **named)
        answer = inner(*given, **named)
        if after:
            after(*given, **named)
        return answer

    put(owner, name, wrapped)


def put(owner: Any, name: str, value: Any) -> None:
    """In place of what has that name there."""
    setattr(owner, name, value)


# A round opens ------------------------------------------------------------------------------------


def _watch_the_round(watch: Watch) -> None:
    def of_an_open_round(name: str) -> Callable[..., None]:
        def reached(inspection: Any, sitting: Any, state: str, **_: Any) -> None:
            if state == RoundState.OPEN:
                watch.reached(name)

        return reached

    def notices_are_in(*_: Any, **__: Any) -> None:
        watch.reached(AFTER_THE_NOTICES)
        _before_the_commit(watch, BEFORE_THE_COMMIT_OF_THE_ROUND)

    around(
        dispatching,
        "_enter",
        before=of_an_open_round(BEFORE_THE_ROUND),
        after=of_an_open_round(AFTER_THE_ROUND),
    )
    around(
        notifications,
        "announce",
        before=lambda *_, **__: watch.reached(BEFORE_THE_NOTICES),
        after=notices_are_in,
    )
    around(
        notifications,
        "_ring",
        before=lambda: watch.reached(BEFORE_THE_BELL),
        after=lambda: watch.reached(AFTER_THE_BELL),
    )


def _before_the_commit(watch: Watch, name: str) -> None:
    """The next commit of this connection is that of what is being written."""
    commit = connection.commit

    def watched() -> None:
        put(connection, "commit", commit)
        watch.reached(name)
        commit()

    put(connection, "commit", watched)


# A batch is claimed, sent and written -------------------------------------------------------------


def _watch_the_claim(watch: Watch) -> None:
    armed, claim = fence.armed, claiming.claim

    @contextlib.contextmanager
    def watched_fence(seconds: float) -> Any:
        watch.reached(BEFORE_THE_FENCE)
        with armed(seconds) as guard:
            watch.reached(AFTER_THE_FENCE)
            yield guard

    def watched_claim(*given: Any, **named: Any) -> Any:
        _before_the_commit(watch, BEFORE_THE_COMMIT_OF_THE_CLAIM)
        rows = claim(*given, **named)
        if rows:
            watch.reached(AFTER_CLAIMING)
        return rows

    fence.armed, claiming.claim = watched_fence, watched_claim


class _Halved:
    """A socket that is watched in the middle of what it sends."""

    def __init__(self, inner: Any, watch: Watch) -> None:
        self._inner, self._watch = inner, watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def sendall(self, content: bytes) -> None:
        half = len(content) // 2
        self._inner.sendall(content[:half])
        self._watch.reached(HALF_OF_THE_BODY)
        self._inner.sendall(content[half:])


def _watch_the_dialogue(watch: Watch) -> None:
    after = {"MAIL": AFTER_MAIL, "RCPT": AFTER_RCPT, "DATA": AFTER_DATA}
    push = smtp.Session._push

    def answered(*_: Any, at: str, **__: Any) -> None:
        if at in after:
            watch.reached(after[at])

    def watched_push(session: Any, content: bytes) -> None:
        talk = session._connection
        plain, talk.sock = talk.sock, _Halved(talk.sock, watch)
        try:
            push(session, content)
        finally:
            talk.sock = plain
        watch.reached(AFTER_THE_DOT)

    around(smtp, "open_session", after=lambda: watch.reached(AFTER_CONNECTING))
    around(smtp.Session, "_refusal", before=answered)
    put(smtp.Session, "_push", watched_push)
    around(smtp.Session, "_after_the_dot", after=lambda _: watch.reached(AFTER_THE_REPLY))


def _watch_the_outcome(watch: Watch) -> None:
    settle = claiming.settle

    def watched(outcomes: Any, **named: Any) -> int:
        if not outcomes:
            return settle(outcomes, **named)
        watch.reached(BEFORE_THE_OUTCOME)
        _before_the_commit(watch, BEFORE_THE_COMMIT_OF_THE_OUTCOME)
        settled = settle(outcomes, **named)
        watch.reached(AFTER_THE_OUTCOME)
        return settled

    claiming.settle = watched


# Sabotage -----------------------------------------------------------------------------------------


def _no_look_up() -> None:
    put(lanes.MailLane, "has_been_delivered", lambda lane, notice: False)


def _outcome_first() -> None:
    """Mark before sending."""
    claim, settle = claiming.claim, claiming.settle

    def marking(*given: Any, at: Any, **named: Any) -> Any:
        rows = claim(*given, at=at, **named)
        settle([(row, Outcome(NoticeState.SENT)) for row in rows], at=at)
        return rows

    claiming.claim = marking


def _no_fence() -> None:
    @contextlib.contextmanager
    def unarmed(seconds: float) -> Any:
        yield fence.Fence(float("inf"))

    fence.armed = unarmed


def _no_end_of_a_lease() -> None:
    put(NoticeQuerySet, "expired", lambda rows, *, at: rows.none())


def _no_claim() -> None:
    """Whatever has no outcome is taken up, whoever has it in hand."""
    claim = claiming.claim

    def whoever_has_it(rows: NoticeQuerySet, *, at: datetime) -> NoticeQuerySet:
        return rows.filter(state__in=[NoticeState.DUE, NoticeState.SENDING])

    def claim_all(*given: Any, **named: Any) -> Any:
        return claim(*given, **{**named, "asked": True})

    put(NoticeQuerySet, "due", whoever_has_it)
    claiming.claim = claim_all
    claiming.claim_doubtful = lambda *_, **__: []
    claiming.recover = lambda *_, **__: 0
    claiming._still_mine = lambda notices: {notice.pk for notice in notices}


def _no_transaction_for_a_round() -> None:
    """The round's row is on record before anybody is told: the driver is told to commit behind
    Django's back, which would refuse."""
    entered = dispatching._enter

    def enter_for_good(*given: Any, **rest: Any) -> Any:
        round = entered(*given, **rest)
        connection.connection.commit()
        return round

    dispatching._enter = enter_for_good


def _no_asking_further() -> None:
    dispatching._ask_further = lambda *_, **__: None


def _bell_before_the_commit() -> None:
    def ring() -> None:
        with current_app.connection_for_write() as broker:
            broker.transport_options = {**broker.transport_options, "max_retries": 0}
            current_app.send_task(notifications.DELIVER, connection=broker, retry=False)

    notifications.ring = ring


def _no_second_attempt() -> None:
    """What did not work is called sent, as where an error is caught and passed over."""
    sending._outcome_of = lambda answer, **_: Outcome(NoticeState.SENT)


def _no_archive() -> None:
    settings.MAIL_ARCHIVE = ""


OFF: dict[str, Callable[[], None]] = {
    "the look-up": _no_look_up,
    "the outcome after sending": _outcome_first,
    "the fence": _no_fence,
    "the end of a lease": _no_end_of_a_lease,
    "the claim": _no_claim,
    "one transaction for a round": _no_transaction_for_a_round,
    "asking further": _no_asking_further,
    "the bell after the commit": _bell_before_the_commit,
    "the archive": _no_archive,
    "the second attempt": _no_second_attempt,
}
