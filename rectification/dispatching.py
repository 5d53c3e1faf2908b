"""The verbs of a round. `open_due` asks what is due by now and not yet done: a missed night is
caught up by the next run, and a second run finds nothing to do."""

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
    opened = (_open_latest(inspection, work=work, at=at) for inspection in inspections)
    return tuple(each for each in opened if each is not None)


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
    assert inspection.dispatch_anchor is not None
    due = clock.sittings_due(
        anchor=inspection.dispatch_anchor,
        every_days=inspection.dispatch_every_days,
        work=work,
        on=clock.day_of(at),
    )
    known = set(inspection.rounds.values_list("number", flat=True))
    missing = [sitting for sitting in due if sitting.number not in known]
    if not missing or missing[-1].number < max(known, default=0):
        return None
    *missed, latest = missing
    for sitting in missed:
        _enter(inspection, sitting, RoundState.SUPERSEDED, at=at)
    round = _enter(inspection, latest, RoundState.OPEN, at=at)
    if round is None:
        return None
    return Opened(round, notifications.announce(round, at=at))


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
