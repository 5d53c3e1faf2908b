"""The verbs of a measure and of a problem: one door each.

A verb asks whether this person may and whether the state allows it, changes the row by
compare-and-swap (of two people at once, one gets zero rows), and writes the event and the journal
in the same transaction.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import journal
from accounts.journal import Act
from accounts.models import User
from rectification import permissions
from rectification.models import (
    CloseoutRequest,
    DispatchRound,
    Measure,
    MeasureEvent,
    Problem,
    ProblemEvent,
    ProgressEntry,
    Review,
    ReviewStage,
)
from rectification.states import MEASURE_MOVES, PROBLEM_MOVES, Decision, Move, RequestOutcome


class MoveRefused(Exception):
    """The state, or the person, does not allow this move. The message is for the user."""


class StaleSave(Exception):
    """Somebody saved the row after this person had opened it. Nothing was written."""


@dataclass(frozen=True)
class Told:
    """What a unit tells of a measure: progress, difficulty, next step; or that nothing changed."""

    text: str
    difficulty: str = ""
    next_step: str = ""
    nil_return: bool = False


@dataclass(frozen=True)
class Return:
    """Why something is sent back: the ground (late, below standard) and the reason in words."""

    ground: str
    reason: str


@dataclass(frozen=True)
class _State:
    status: str
    version: int


@transaction.atomic
def report(measure: Measure, told: Told, *, by: User, at: datetime, version: int) -> ProgressEntry:
    """File progress on a measure as it stood at `version`. Raises MoveRefused, StaleSave.

    A nil return says that nothing changed, and so leaves a returned measure returned.
    """
    verb = "nil_return" if told.nil_return else "report"
    _require(permissions.may_report(by, measure), measure, verb)
    _move(measure, verb, by=by, at=at, version=version)
    return ProgressEntry.objects.create(
        measure=measure,
        round=_open_round(measure),
        unit=by.unit or measure.lead_unit,
        text=told.text,
        difficulty=told.difficulty,
        next_step=told.next_step,
        nil_return=told.nil_return,
        by=by,
        at=at,
        reported_on=_day(at),
        measure_version=measure.version,
    )


@transaction.atomic
def submit(
    measure: Measure, *, statement: str, evidence_note: str, by: User, at: datetime, version: int
) -> CloseoutRequest:
    """Apply for close-out, at the first stage of the inspection. Raises MoveRefused, StaleSave."""
    _require(permissions.may_submit(by, measure), measure, "submit")
    stage = ReviewStage.objects.filter(inspection=measure.inspection).order_by("order").first()
    if stage is None:
        raise MoveRefused("本次巡察还没有设置审核环节，请系统管理员在后台“巡察”里设置。")
    _move(measure, "submit", by=by, at=at, version=version)
    return CloseoutRequest.objects.create(
        measure=measure,
        number=measure.requests.count() + 1,
        statement=statement,
        evidence_note=evidence_note,
        measure_version=measure.version,
        stage=stage,
        applied_by=by,
        applied_at=at,
        applied_on=_day(at),
    )


@transaction.atomic
def withdraw(request: CloseoutRequest, *, by: User, at: datetime, why: str, version: int) -> None:
    """Take the application back. Raises MoveRefused, StaleSave."""
    _require(permissions.may_withdraw(by, request), request.measure, "withdraw")
    _settle(request, RequestOutcome.WITHDRAWN)
    _move(request.measure, "withdraw", by=by, at=at, why=why, version=version)


@transaction.atomic
def approve(
    request: CloseoutRequest, *, by: User, at: datetime, opinion: str, version: int
) -> None:
    """Approve what was read at `version`; the last stage closes the measure.

    Raises MoveRefused, StaleSave.
    """
    _require(permissions.may_review(by, request), request.measure, "close")
    _seen(request.measure, version)
    following = (
        ReviewStage.objects.filter(
            inspection=request.measure.inspection, order__gt=request.stage.order
        )
        .order_by("order")
        .first()
    )
    stage = request.stage
    if following is None:
        _settle(request, RequestOutcome.APPROVED)
        _move(request.measure, "close", by=by, at=at, why=opinion, closed_on=_day(at))
    else:
        _advance(request, following, by=by, at=at, opinion=opinion)
    review = Review(request=request, stage=stage, decision=Decision.APPROVE, opinion=opinion)
    _sign(review, by=by, at=at)


@transaction.atomic
def send_back(measure: Measure, returned: Return, *, by: User, at: datetime, version: int) -> None:
    """回炉返工: the next numbered return, from whichever level. Raises MoveRefused, StaleSave."""
    _require(permissions.may_send_back(by, measure), measure, "send_back")
    _seen(measure, version)
    if request := permissions.pending_request(measure):
        _settle(request, RequestOutcome.RETURNED)
        review = Review(request=request, stage=request.stage, decision=Decision.RETURN)
        review.ground, review.opinion = returned.ground, returned.reason
        _sign(review, by=by, at=at)
    _move(
        measure,
        "send_back",
        by=by,
        at=at,
        why=returned.reason,
        ground=returned.ground,
        rework_round=measure.rework_round + 1,
    )


@transaction.atomic
def reopen(measure: Measure, *, by: User, at: datetime, why: str, version: int) -> None:
    """Call a closed measure rebounded; its problem reopens with it.

    Raises MoveRefused, StaleSave.
    """
    _require(permissions.may_reopen(by, measure), measure, "reopen")
    problem = _claimed(measure.problem_id)
    _move(measure, "reopen", by=by, at=at, why=why, version=version, closed_on=None)
    if problem.status in PROBLEM_MOVES["reopen"].sources:
        reason = f"{measure.code} 反弹：{why}"
        _move_problem(problem, "reopen", by=by, at=at, why=reason, closed_on=None)


@transaction.atomic
def accept(problem: Problem, *, by: User, at: datetime, why: str, version: int) -> None:
    """Accept the effect of a problem whose measures are all closed.

    Raises MoveRefused, StaleSave.
    """
    if not permissions.may_accept(by, problem):
        raise MoveRefused(f"{problem.code} 现在不能由您验收销号。")
    if _claimed(problem.pk).version != version:
        raise StaleSave(_stale(problem.code))
    if not Problem.objects.filter(pk=problem.pk).awaiting_acceptance().exists():
        raise MoveRefused(f"{problem.code} 还有未销号的措施，不能验收销号。")
    _move_problem(problem, "close", by=by, at=at, why=why, closed_on=_day(at))


def _require(allowed: bool, measure: Measure, verb: str) -> None:
    if not allowed:
        says = MEASURE_MOVES[verb].says
        status = measure.get_status_display()
        raise MoveRefused(f"{measure.code} 现在是“{status}”，您不能{says}。请刷新页面看最新状态。")


def _move(
    measure: Measure,
    verb: str,
    *,
    by: User,
    at: datetime,
    why: str = "",
    version: int | None = None,
    **changes: Any,
) -> None:
    """Change a measure's status by compare-and-swap; write the event and the journal."""
    move = MEASURE_MOVES[verb]
    _reasoned(move, why)
    target = move.leads_to(measure.status)
    ground = changes.pop("ground", "")
    before = _state_of(measure)
    rows = Measure.objects.filter(pk=measure.pk, status__in=move.sources)
    if not rows.filter(version=version or measure.version).update(
        status=target, version=F("version") + 1, **changes
    ):
        _refuse(rows.exists(), measure, verb)
    measure.refresh_from_db(fields=["status", "version", *changes])
    MeasureEvent.objects.create(
        measure=measure,
        verb=verb,
        from_status=before.status,
        to_status=target,
        on=_day(at),
        at=at,
        by=by,
        why=why,
        ground=ground,
        rework_round=measure.rework_round,
        round=_open_round(measure),
    )
    after = {**asdict(_state_of(measure)), **changes}
    act = Act(verb, "measure", measure.subject_code, asdict(before), after, why)
    journal.append(act, by=by, at=at)


def _refuse(state_allows: bool, measure: Measure, verb: str) -> None:
    """Say why nobody's row was changed: a newer version, or a state that forbids the move."""
    measure.refresh_from_db(fields=["status", "version"])
    if state_allows:
        raise StaleSave(_stale(measure.code))
    _require(False, measure, verb)


def _seen(measure: Measure, version: int) -> None:
    """Raise StaleSave where the person read another version than the one that stands."""
    standing = Measure.objects.values_list("version", flat=True).get(pk=measure.pk)
    if standing != version:
        raise StaleSave(_stale(measure.code))
    measure.version = version


def _stale(code: str) -> str:
    return f"{code} 在您打开之后被别人改过，您的内容没有保存。"


def _claimed(pk: int) -> Problem:
    """The problem, held to the end: of its acceptance and the rebound of a measure one waits.

    Both take it before any other row, so that neither holds what the other waits for.
    """
    return Problem.objects.select_for_update(of=("self",)).select_related("inspection").get(pk=pk)


def _move_problem(
    problem: Problem, verb: str, *, by: User, at: datetime, why: str, **changes: Any
) -> None:
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
        on=_day(at),
        at=at,
        by=by,
        why=why,
    )
    after = {**asdict(_state_of(problem)), **changes}
    act = Act(verb, "problem", problem.subject_code, asdict(before), after, why)
    journal.append(act, by=by, at=at)


def _sign(review: Review, *, by: User, at: datetime) -> None:
    """Write the decision down: after the claim, so that of two reviewers one was refused."""
    review.by, review.at, review.on = by, at, _day(at)
    review.save()


def _settle(request: CloseoutRequest, outcome: RequestOutcome) -> None:
    pending = CloseoutRequest.objects.pending().filter(pk=request.pk, stage=request.stage)
    if not pending.update(outcome=outcome):
        raise MoveRefused(f"{request} 刚被别人处理过，请刷新页面看最新状态。")
    request.outcome = outcome


def _advance(
    request: CloseoutRequest, stage: ReviewStage, *, by: User, at: datetime, opinion: str
) -> None:
    pending = CloseoutRequest.objects.pending().filter(pk=request.pk, stage=request.stage)
    if not pending.update(stage=stage):
        raise MoveRefused(f"{request} 刚被别人处理过，请刷新页面看最新状态。")
    before, request.stage = {"stage": request.stage.name}, stage
    measure = request.measure
    # A page opened at the stage before must not decide at this one.
    read = Measure.objects.filter(pk=measure.pk, version=measure.version)
    if not read.update(version=F("version") + 1):
        raise StaleSave(_stale(measure.code))
    measure.refresh_from_db(fields=["version"])
    act = Act("approve", "measure", measure.subject_code, before, {"stage": stage.name}, opinion)
    journal.append(act, by=by, at=at)


def _state_of(row: Measure | Problem) -> _State:
    return _State(row.status, row.version)


def _reasoned(move: Move, why: str) -> None:
    if move.needs_reason and not why.strip():
        raise MoveRefused(f"{move.says}要写明理由。")


def _open_round(measure: Measure) -> DispatchRound | None:
    """The round that a report or a return of today belongs to; none between two rounds."""
    return DispatchRound.objects.open().filter(inspection=measure.inspection_id).last()


def _day(at: datetime) -> date:
    return timezone.localtime(at).date()


def evidence_changed(measures: Iterable[Measure], *, why: str, by: User, at: datetime) -> None:
    """What these measures rest on changed: pending applications lapse, visibly, for the reason."""
