"""The verbs of a round. `open_due` asks what is due by now and not yet done: a missed night is
caught up by the next run, and a second run finds nothing to do.

A round is known by its number in the series, and numbers only go up: a clock that is put back, or
a calendar that is changed, opens nothing again.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import journal
from accounts.models import User
from rectification import (
    clock,
    moving,
    notifications,
    permissions,
    returning,
    rounds_told,
    sheets,
)
from rectification.models import DispatchRound, Inspection, RoundSheet, Workday
from rectification.states import RoundState

logger = logging.getLogger(__name__)


class DispatchRefused(Exception):
    """The round, or the person, does not allow this. The message is for the user."""


@dataclass(frozen=True)
class Opened:
    """A round that this run opened, with the number of notices that went out."""

    round: DispatchRound
    notices: int


def open_due(*, at: datetime) -> tuple[Opened, ...]:
    """Open, in every inspection with an anchor, the latest round that is due by `at`.

    Older rounds that were missed are recorded as superseded, and one that is still open is closed.
    What has become open in an open round is asked for too. Pure in `at`: running it twice, late, or
    from two processes at once changes nothing more. One inspection that fails does not keep the
    others from theirs; the first error is raised at the end.
    """
    work = Workday.objects.calendar()
    opened: list[Opened] = []
    first_error: Exception | None = None
    for inspection in Inspection.objects.order_by("pk"):
        try:
            opened += _go_on(inspection, work=work, at=at)
        except Exception as error:
            logger.exception("The rounds of %s failed", inspection.code)
            first_error = first_error or error
    if first_error:
        raise first_error
    return tuple(opened)


def _go_on(inspection: Inspection, *, work: clock.WorkCalendar, at: datetime) -> list[Opened]:
    """What is due in one inspection. Looks first: who only asks holds nothing."""
    due = _missing(inspection, work=work, at=at)
    opened = _open_latest(inspection, work=work, at=at) if due else None
    for round in inspection.rounds.open().select_related("inspection"):
        if returning.lacks_lines(round):
            _ask_further(round, at=at)
    return [opened] if opened else []


def catch_up(inspection: Inspection, *, at: datetime) -> Opened | None:
    """The same for one inspection: before its rhythm changes, what is due by the old one opens."""
    return _open_latest(inspection, work=Workday.objects.calendar(), at=at)


@transaction.atomic
def close(round: DispatchRound, *, by: User, at: datetime) -> None:
    """End the round, and freeze what each unit has said of each measure. Raises DispatchRefused."""
    if not permissions.may_run(by, round.inspection):
        raise DispatchRefused(f"{round}只能由整改办结束。")
    hold(round.inspection)
    _close(round, by=by, at=at)


def hold(inspection: Inspection) -> Inspection:
    """The measures of an inspection and then itself, as it stands: of opening, closing and asking
    further, one waits, and every report comes before it or after it."""
    moving.hold_all(inspection)
    return Inspection.objects.held(inspection.pk)


def _close(round: DispatchRound, *, by: User | None, at: datetime) -> None:
    """The caller holds the inspection."""
    closing = DispatchRound.objects.open().filter(pk=round.pk)
    if not closing.update(state=RoundState.CLOSED, closed_at=at):
        raise DispatchRefused(f"{round}已经结束，请刷新页面。")
    round.refresh_from_db(fields=["state", "closed_at"])
    returning.freeze(round)
    kept = _keep_sheet(round, at=at)
    after = {"state": round.state, "sheet": kept.digest}
    journal.append(journal.Act("close", "round", round.subject_code, after=after), by=by, at=at)


def _keep_sheet(round: DispatchRound, *, at: datetime) -> RoundSheet:
    """Put the whole account away as it stands at the close."""
    content = rounds_told.drawn_up(round, at=at).kept()
    digest = sheets.digest_of(content)
    return RoundSheet.objects.create(round=round, content=content, digest=digest, at=at)


@transaction.atomic
def _open_latest(
    inspection: Inspection, *, work: clock.WorkCalendar, at: datetime
) -> Opened | None:
    held = hold(inspection)
    missing = _missing(held, work=work, at=at)
    if not missing:
        return None
    for before in held.rounds.open():
        _close(before, by=None, at=at)
    *missed, latest = missing
    for sitting in missed:
        _enter(inspection, sitting, RoundState.SUPERSEDED, at=at)
    round = _enter(inspection, latest, RoundState.OPEN, at=at)
    returning.expect(round, at=at)
    return Opened(round, notifications.announce(round, at=at))


@transaction.atomic
def _ask_further(round: DispatchRound, *, at: datetime) -> None:
    """Ask for what has become open, or was entered, since the round opened; who is asked for the
    first time is told, and nobody again."""
    hold(round.inspection)
    if not DispatchRound.objects.open().filter(pk=round.pk).exists():
        return
    before = _asked(round)
    returning.expect(round, at=at)
    if new := _asked(round) - before:
        notifications.announce(round, at=at, of=new)


def _asked(round: DispatchRound) -> set[int]:
    return set(round.returns.values_list("unit", flat=True))


def _missing(
    inspection: Inspection, *, work: clock.WorkCalendar, at: datetime
) -> tuple[clock.Sitting, ...]:
    """The rounds that are due by `at` and later in the series than any that is there."""
    if inspection.series is None:
        return ()
    return clock.sittings_due(
        series=inspection.series,
        work=work,
        on=clock.last_opened_day(at, at=inspection.dispatch_at),
        after=inspection.rounds.last_number(),
    )


def _enter(
    inspection: Inspection, sitting: clock.Sitting, state: RoundState, *, at: datetime
) -> DispatchRound:
    """The round as a new row; the caller holds the inspection and has seen its last number."""
    round = DispatchRound.objects.create(
        inspection=inspection,
        number=sitting.number,
        due_on=sitting.due_on,
        meeting_on=sitting.meeting_on,
        state=state,
        opened_at=at,
    )
    act = journal.Act("open", "round", round.subject_code, after={"state": state})
    journal.append(act, by=None, at=at)
    return round
