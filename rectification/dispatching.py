"""The verbs of a round. `open_due` asks what is due by now and not yet done: a missed night is
caught up by the next run, and a second run finds nothing to do.

A round is known by its number in the series, and numbers only go up: a clock that is put back, or
a calendar that is changed, opens nothing again.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts import journal
from accounts.models import User
from rectification import clock, notifications, permissions
from rectification.models import DispatchRound, Inspection, Workday
from rectification.states import RoundState


class DispatchRefused(Exception):
    """The round, or the person, does not allow this. The message is for the user."""


@dataclass(frozen=True)
class Opened:
    """A round that this run opened, with the number of notices that went out."""

    round: DispatchRound
    notices: int


def open_due(*, at: datetime) -> tuple[Opened, ...]:
    """Open, in every inspection with an anchor, the latest round that is due by `at`.

    Older rounds that were missed are recorded as superseded. Pure in `at`: running it twice, late,
    or from two processes at once changes nothing more.
    """
    work = Workday.objects.calendar()
    inspections = Inspection.objects.exclude(dispatch_anchor=None).order_by("pk")
    waiting = [each for each in inspections if _missing(each, work=work, at=at)]
    opened = (_open_latest(inspection, work=work, at=at) for inspection in waiting)
    return tuple(each for each in opened if each is not None)


def catch_up(inspection: Inspection, *, at: datetime) -> Opened | None:
    """The same for one inspection: before its rhythm changes, what is due by the old one opens."""
    return _open_latest(inspection, work=Workday.objects.calendar(), at=at)


@transaction.atomic
def close(round: DispatchRound, *, by: User, at: datetime) -> None:
    """End the round. Raises DispatchRefused."""
    if not permissions.may_run(by, round.inspection):
        raise DispatchRefused(f"{round}只能由整改办结束。")
    closing = DispatchRound.objects.open().filter(pk=round.pk)
    if not closing.update(state=RoundState.CLOSED, closed_at=at):
        raise DispatchRefused(f"{round}已经结束，请刷新页面。")
    round.refresh_from_db(fields=["state", "closed_at"])
    act = journal.Act("close", "round", round.subject_code, after={"state": round.state})
    journal.append(act, by=by, at=at)


@transaction.atomic
def _open_latest(
    inspection: Inspection, *, work: clock.WorkCalendar, at: datetime
) -> Opened | None:
    missing = _missing(_hold(inspection), work=work, at=at)
    if not missing:
        return None
    *missed, latest = missing
    for sitting in missed:
        _enter(inspection, sitting, RoundState.SUPERSEDED, at=at)
    round = _enter(inspection, latest, RoundState.OPEN, at=at)
    if round is None:
        return None
    return Opened(round, notifications.announce(round, at=at))


def _hold(inspection: Inspection) -> Inspection:
    """The inspection as it stands, held to the end of the transaction: one process opens."""
    return Inspection.objects.select_for_update(no_key=True).get(pk=inspection.pk)


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
) -> DispatchRound | None:
    """The round as a new row, or None where another process entered it first."""
    round, created = DispatchRound.objects.get_or_create(
        inspection=inspection,
        number=sitting.number,
        defaults={
            "due_on": sitting.due_on,
            "meeting_on": sitting.meeting_on,
            "state": state,
            "opened_at": at,
        },
    )
    if not created:
        return None
    act = journal.Act("open", "round", round.subject_code, after={"state": state})
    journal.append(act, by=None, at=at)
    return round
