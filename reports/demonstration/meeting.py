"""What the meetings decided, as rows, and the round that is under way when the story is loaded."""

from datetime import datetime, time, timedelta

from rectification import dispatching, workflow
from rectification.models import MeetingPoint, PointAnswer, Workday
from rectification.states import PointState
from rectification.workflow import NOTHING_NEW
from reports.demonstration import further
from reports.demonstration.ledger import Ledger, moment
from reports.demonstration.story import Told

OPENS, REPORTED, ANSWERED = time(8), time(9, 30), time(14, 20)


def file(ledger: Ledger) -> None:
    """The points of the told rounds, each as its round's meeting decided it."""
    for number, told in enumerate(ledger.story.further.points, start=1):
        _decide(ledger, told, number)


def _decide(ledger: Ledger, told: further.Point, number: int) -> None:
    state = PointState.ANSWERED if told.answers else PointState.OPEN
    row = MeetingPoint(
        inspection=ledger.inspection,
        number=number,
        round=ledger.rounds[told.round],
        unit=ledger.staff.units[told.unit],
        measure=ledger.measures[told.measure] if told.measure else None,
        text=told.text,
        by=ledger.office[0],
        at=_meeting(ledger, told.round),
        state=PointState.SETTLED if told.settled else state,
        version=1 + len(told.answers) + bool(told.settled),
    )
    if told.settled:
        row.ended_at, row.ended_by = _meeting(ledger, told.settled.round), ledger.office[0]
        row.ended_why = told.settled.text
    row.save()
    liaison = ledger.staff.people[ledger.story.unit(told.unit).liaison]
    PointAnswer.objects.bulk_create(
        PointAnswer(
            point=row,
            round=ledger.rounds[answer.round],
            text=answer.text,
            by=liaison,
            at=moment(ledger.rounds[answer.round].due_on, ANSWERED),
        )
        for answer in told.answers
    )


def _meeting(ledger: Ledger, number: int) -> datetime:
    """Shortly before the round was closed."""
    closed = ledger.rounds[number].closed_at
    assert closed is not None
    return closed - timedelta(minutes=90)


def go_on(ledger: Ledger, *, until: datetime) -> None:
    """Open the round that is due by then, and file what its units said on its first day."""
    dispatch = ledger.story.dispatch
    day = Workday.objects.calendar().next_working_day(dispatch.opens(dispatch.rounds + 1))
    if moment(day, OPENS) > until:
        return
    dispatching.open_due(at=moment(day, OPENS))
    for minute, (code, told) in enumerate(dispatch.under_way):
        at = moment(day, REPORTED) + timedelta(minutes=11 * minute)
        if at < until:
            _report(ledger, code, told, at=at)


def _report(ledger: Ledger, code: str, told: Told | None, *, at: datetime) -> None:
    measure = ledger.measures[code]
    measure.refresh_from_db(fields=["status", "version"])
    unit = ledger.story.unit(ledger.story.measure(code).lead_unit)
    said = workflow.Told(NOTHING_NEW, nil_return=True)
    if told:
        said = workflow.Told(told.text, difficulty=told.difficulty, next_step=told.next_step)
    workflow.report(
        measure,
        said,
        unit=measure.lead_unit,
        by=ledger.staff.people[unit.liaison],
        at=at,
        version=measure.version,
    )
