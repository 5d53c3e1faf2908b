"""How a status moves: the one place that changes it, for measures and for problems.

A move asks whether the state allows it, changes the row by compare-and-swap (of two people at once,
one gets zero rows), and writes the event and the journal in the same transaction. The verbs above
say who may and what else happens.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from accounts import journal
from accounts.journal import Act
from accounts.models import User
from rectification.clock import day_of
from rectification.models import (
    DispatchRound,
    Inspection,
    Measure,
    MeasureEvent,
    Problem,
    ProblemEvent,
    Rework,
)
from rectification.states import MEASURE_MOVES, PROBLEM_MOVES, Move, WorkStatus


class MoveRefused(Exception):
    """The state, or the person, does not allow this move. The message is for the user."""


class StaleSave(Exception):
    """Somebody saved the row after this person had opened it. Nothing was written."""


@dataclass(frozen=True)
class _State:
    status: str
    version: int


def require(allowed: bool, measure: Measure, verb: str) -> None:
    """Raise MoveRefused with the status as it stands, unless the verb is allowed."""
    if not allowed:
        says = MEASURE_MOVES[verb].says
        status = measure.get_status_display()
        raise MoveRefused(f"{measure.code} 现在是“{status}”，您不能{says}。请刷新页面看最新状态。")


def require_seen(measure: Measure, version: int) -> None:
    """Hold the measure to the end; raise StaleSave where the person read another version of it.

    A verb that changes rows beside the measure asks this first: whoever waits for the measure then
    holds nothing that the verb needs.
    """
    held = Measure.objects.select_for_update(of=("self",), no_key=True).values_list(
        "version", flat=True
    )
    if held.get(pk=measure.pk) != version:
        raise StaleSave(stale(measure.code))
    measure.version = version


def move_measure(
    measure: Measure,
    verb: str,
    *,
    by: User,
    at: datetime,
    why: str = "",
    version: int | None = None,
    **changes: Any,
) -> None:
    """Change a measure's status by compare-and-swap; write the event and the journal.

    Raises MoveRefused, StaleSave.
    """
    move = MEASURE_MOVES[verb]
    _reasoned(move, why)
    target = move.leads_to(measure.status)
    ground = changes.pop("ground", "")
    before = _state_of(measure)
    rows = Measure.objects.filter(pk=measure.pk, status__in=move.sources)
    read = measure.version if version is None else version
    if not rows.filter(version=read).update(status=target, version=F("version") + 1, **changes):
        _refuse(rows.exists(), measure, verb)
    measure.refresh_from_db(fields=["status", "version", *changes])
    MeasureEvent.objects.create(
        measure=measure,
        verb=verb,
        from_status=before.status,
        to_status=target,
        on=day_of(at),
        at=at,
        by=by,
        on_behalf_of=by.acting_for,
        why=why,
        ground=ground,
        rework_round=measure.rework_round,
        round=open_round(measure),
    )
    if before.status == WorkStatus.SENT_BACK != target:
        Rework.objects.open().filter(measure=measure).update(answered_at=at, answered_on=day_of(at))
    after = {**asdict(_state_of(measure)), **changes}
    act = Act(verb, "measure", measure.subject_code, asdict(before), after, why)
    journal.append(act, by=by, at=at)


def hold_all(inspection: Inspection) -> None:
    """Hold every problem and measure of an inspection to the end, in one order.

    Who changes many rows takes them all before the first journal entry: whoever holds the journal
    and then waits for a row would wait for somebody who waits for the journal.
    """
    for rows in (Problem.objects.all(), Measure.objects.all()):
        mine = rows.filter(inspection=inspection).select_for_update(of=("self",), no_key=True)
        list(mine.order_by("pk").values_list("pk", flat=True))


def claimed(pk: int) -> Problem:
    """The problem, held to the end: of its acceptance and the rebound of a measure one waits.

    Both take it before any other row, so that neither holds what the other waits for.
    """
    return (
        Problem.objects.select_for_update(of=("self",), no_key=True)
        .select_related("inspection")
        .get(pk=pk)
    )


def move_problem(
    problem: Problem, verb: str, *, by: User, at: datetime, why: str, **changes: Any
) -> None:
    """Change a problem's status by compare-and-swap; write the event and the journal.

    Raises MoveRefused.
    """
    move = PROBLEM_MOVES[verb]
    _reasoned(move, why)
    before = _state_of(problem)
    changed = Problem.objects.filter(
        pk=problem.pk, status__in=move.sources, version=problem.version
    ).update(status=move.target, version=F("version") + 1, **changes)
    if not changed:
        raise MoveRefused(f"{problem.code} 刚被别人处理过，请刷新页面看最新状态。")
    problem.refresh_from_db(fields=["status", "version", *changes])
    ProblemEvent.objects.create(
        problem=problem,
        verb=verb,
        from_status=before.status,
        to_status=move.target,
        on=day_of(at),
        at=at,
        by=by,
        on_behalf_of=by.acting_for,
        why=why,
    )
    after = {**asdict(_state_of(problem)), **changes}
    act = Act(verb, "problem", problem.subject_code, asdict(before), after, why)
    journal.append(act, by=by, at=at)


def reopen_problem(problem: Problem, *, by: User, at: datetime, why: str) -> None:
    """A problem that was closed is open again as soon as a measure of it is."""
    if problem.status in PROBLEM_MOVES["reopen"].sources:
        move_problem(problem, "reopen", by=by, at=at, why=why, closed_on=None)


def stale(code: str) -> str:
    return f"{code} 在您打开之后被别人改过，您的内容没有保存。"


def open_round(measure: Measure) -> DispatchRound | None:
    """The round that a report or a return of today belongs to; none between two rounds."""
    return DispatchRound.objects.open().filter(inspection=measure.inspection_id).last()


def _refuse(state_allows: bool, measure: Measure, verb: str) -> None:
    """Say why nobody's row was changed: a newer version, or a state that forbids the move."""
    measure.refresh_from_db(fields=["status", "version"])
    if state_allows:
        raise StaleSave(stale(measure.code))
    require(False, measure, verb)


def _state_of(row: Measure | Problem) -> _State:
    return _State(row.status, row.version)


def _reasoned(move: Move, why: str) -> None:
    if move.needs_reason and not why.strip():
        raise MoveRefused(f"{move.says}要写明理由。")
