"""The verbs of a measure and of a problem: one door each.

A verb asks whether this person may, and moves the status through `moving`. The verbs of an
application for close-out are in `closing`.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F

from accounts import journal
from accounts.journal import Act
from accounts.models import Unit, User
from rectification import closing, moving, permissions
from rectification.clock import day_of
from rectification.models import (
    DispatchReturn,
    DispatchRound,
    Measure,
    Problem,
    ProgressEntry,
    Rework,
)
from rectification.moving import MoveRefused, StaleSave
from rectification.states import ReturnState

NOTHING_NEW = "无变化"


@dataclass(frozen=True)
class Told:
    """What a unit tells of a measure: progress, difficulty, next step; or that nothing changed."""

    text: str
    difficulty: str = ""
    next_step: str = ""
    nil_return: bool = False


@dataclass(frozen=True)
class Return:
    """Why something is sent back: the ground (late, below standard), the reason in words, and the
    day by which the work is to be redone."""

    ground: str
    reason: str
    due_on: date


def nothing_new(measure: Measure, *, unit: Unit, note: str = "") -> Told:
    """零报告: the difficulty and the next step that the unit named last still stand."""
    last = ProgressEntry.objects.filter(measure=measure, unit=unit).latest_first().first()
    rest = (last.difficulty, last.next_step) if last else ("", "")
    return Told(note or NOTHING_NEW, *rest, nil_return=True)


@transaction.atomic
def report(
    measure: Measure, told: Told, *, unit: Unit, by: User, at: datetime, version: int
) -> ProgressEntry:
    """File what a unit tells of a measure as it stood at `version`. Raises MoveRefused, StaleSave.

    A nil return says that nothing changed, and so leaves a returned measure returned. In a round,
    and after it until the next one opens, the report answers what the round asks of the unit.
    """
    verb = "nil_return" if told.nil_return else "report"
    moving.require(permissions.may_report_as(by, measure, unit), measure, verb)
    moving.move_measure(measure, verb, by=by, at=at, version=version)
    line = _line_to_answer(measure, unit)
    entry = ProgressEntry.objects.create(
        measure=measure,
        round=line.round if line else None,
        unit=unit,
        text=told.text,
        difficulty=told.difficulty,
        next_step=told.next_step,
        nil_return=told.nil_return,
        by=by,
        on_behalf_of=by.acting_for,
        at=at,
        reported_on=day_of(at),
        measure_version=measure.version,
    )
    if line and not (told.nil_return and line.is_told):
        _answer(line, entry, by=by, at=at)
    return entry


def _line_to_answer(measure: Measure, unit: Unit) -> DispatchReturn | None:
    """What the open round asks of the unit about this measure; after a round, what is still owed
    in it. Who opens or closes a round holds the measure too, as this report does.
    """
    held = DispatchRound.objects.held().filter(inspection=measure.inspection_id)
    round = held.select_related("inspection").latest_first().first()
    if round is None:
        return None
    if round.is_open:
        line, _ = DispatchReturn.objects.get_or_create(
            round=round, measure=measure, unit=unit, defaults={"leads": unit == measure.lead_unit}
        )
    else:
        owed = DispatchReturn.objects.filter(round=round, measure=measure, unit=unit).asked()
        found = owed.exclude(state=ReturnState.FILED).first()
        if found is None:
            return None
        line = found
    line.round = round
    return line


def _answer(line: DispatchReturn, entry: ProgressEntry, *, by: User, at: datetime) -> None:
    to_confirm = line.round.inspection.returns_need_confirmation
    state = ReturnState.TO_CONFIRM if to_confirm else ReturnState.FILED
    DispatchReturn.objects.filter(pk=line.pk).update(
        state=state,
        version=F("version") + 1,
        entry=entry,
        filed_at=at,
        is_late=not line.round.is_open,
        turned_back_why="",
        confirmed_at=None,
        confirmed_by=None,
        on_behalf_of=None,
    )
    after = {"measure": entry.measure.code, "unit": str(entry.unit), "state": state}
    act = Act("file_return", "round", line.round.subject_code, after=after)
    journal.append(act, by=by, at=at)


@transaction.atomic
def send_back(
    measure: Measure, returned: Return, *, by: User, at: datetime, version: int
) -> Rework:
    """回炉返工: the next numbered episode, from whichever level. Raises MoveRefused, StaleSave.

    The day by which it is to be redone belongs to the episode; the agreed deadline stays.
    """
    moving.require(permissions.may_send_back(by, measure), measure, "send_back")
    moving.require_seen(measure, version)
    if returned.due_on < day_of(at):
        raise MoveRefused("返工期限不能早于今天，请重新填写。")
    request = permissions.pending_request(measure)
    if request is not None:
        closing.return_pending(
            request, ground=returned.ground, reason=returned.reason, by=by, at=at
        )
    number = measure.rework_round + 1
    moving.move_measure(
        measure,
        "send_back",
        by=by,
        at=at,
        why=returned.reason,
        ground=returned.ground,
        rework_round=number,
    )
    return Rework.objects.create(
        measure=measure,
        number=number,
        ground=returned.ground,
        reason=returned.reason,
        due_on=returned.due_on,
        request=request,
        stage=request.stage if request else None,
        by=by,
        on_behalf_of=by.acting_for,
        at=at,
        on=day_of(at),
    )


@transaction.atomic
def reopen(measure: Measure, *, by: User, at: datetime, why: str, version: int) -> None:
    """Call a closed measure rebounded; its problem, which other units may share, reopens with it.

    The reason stays with the measure.

    Raises MoveRefused, StaleSave.
    """
    moving.require(permissions.may_reopen(by, measure), measure, "reopen")
    problem = moving.claimed(measure.problem_id)
    moving.move_measure(measure, "reopen", by=by, at=at, why=why, version=version, closed_on=None)
    moving.reopen_problem(problem, by=by, at=at, why=f"{measure.code} 反弹。")


@transaction.atomic
def accept(problem: Problem, *, by: User, at: datetime, why: str, version: int) -> None:
    """Accept the effect of a problem whose measures are all finished.

    Raises MoveRefused, StaleSave.
    """
    if not permissions.may_accept(by, problem):
        raise MoveRefused(f"{problem.code} 现在不能由您验收销号。")
    if moving.claimed(problem.pk).version != version:
        raise StaleSave(moving.stale(problem.code))
    if not Problem.objects.filter(pk=problem.pk).awaiting_acceptance().exists():
        raise MoveRefused(f"{problem.code} 还有未销号的措施，不能验收销号。")
    moving.move_problem(problem, "close", by=by, at=at, why=why, closed_on=day_of(at))


@transaction.atomic
def confirm(measure: Measure, *, by: User, at: datetime, why: str, version: int) -> None:
    """Put on record that a closed measure holds (回头看巩固). Raises MoveRefused, StaleSave."""
    moving.require(permissions.may_look_back(by, measure), measure, "confirm")
    moving.move_measure(measure, "confirm", by=by, at=at, why=why, version=version)


@transaction.atomic
def reinstate(measure: Measure, *, by: User, at: datetime, why: str, version: int) -> None:
    """Take a measure up again that was not applicable; a closed problem reopens with it.

    Raises MoveRefused, StaleSave.
    """
    moving.require(permissions.may_reinstate(by, measure), measure, "reinstate")
    problem = moving.claimed(measure.problem_id)
    moving.move_measure(measure, "reinstate", by=by, at=at, why=why, version=version)
    moving.reopen_problem(problem, by=by, at=at, why=f"{measure.code} 恢复整改。")
