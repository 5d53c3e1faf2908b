"""The story of a measure and of a problem, newest first: plan, reports, applications, reviews,
returns, milestones."""

from collections.abc import Iterable, Mapping
from datetime import date

from accounts.models import signature
from rectification import clock
from rectification.models import (
    CloseoutRequest,
    Measure,
    MeasureEvent,
    Milestone,
    Problem,
    ProblemEvent,
    ProgressEntry,
    Review,
    Rework,
)
from rectification.moments import (
    Moment,
    decided,
    exempted,
    given,
    handed_over,
    postponed,
    supervised,
)
from rectification.states import (
    Decision,
    RequestOutcome,
    ReturnGround,
)

_TOLD_ELSEWHERE = frozenset(
    {"report", "nil_return", "submit", "resubmit", "exempt"}
)  # by their own rows
_TONES = {
    "send_back": "near",
    "reopen": "near",
    "close": "done",
    "withdraw": "near",
    "lapse": "near",
    "confirm": "done",
    "reinstate": "near",
}
_OUTCOME_TONES = {
    RequestOutcome.APPROVED: "done",
    RequestOutcome.RETURNED: "near",
    RequestOutcome.PENDING: "near",
}


def story(measure: Measure, *, on: date) -> tuple[Moment, ...]:
    """Every moment of the measure up to today, newest first, in a fixed number of queries."""
    reworks = {each.number: each for each in measure.reworks.all()}
    told = measure.progress.select_related("by", "on_behalf_of", "round")
    requests = measure.requests.select_related("applied_by", "on_behalf_of").prefetch_related(
        "reviews__by",
        "reviews__on_behalf_of",
        "reviews__stage",
        "evidence__version__evidence",
    )
    events = measure.events.exclude(verb__in=_TOLD_ELSEWHERE).select_related(
        "by", "on_behalf_of", "round"
    )
    reviews = [review for request in requests for review in request.reviews.all()]
    return _newest_first(
        [
            *(_milestone(each, on=on) for each in measure.milestones.all() if _came(each, on=on)),
            *(_planned(event, measure) for event in events if event.verb == "plan"),
            *(_reported(entry) for entry in told),
            *(_applied(request) for request in requests),
            *given(measure),
            *(_approved(review) for review in reviews if review.decision == Decision.APPROVE),
            *(_changed(event, reworks) for event in events if event.verb != "plan"),
            *postponed(measure),
            *handed_over(measure),
            *exempted(measure),
            *reversed([*supervised(measure)]),
            *decided(measure),
        ]
    )


def problem_story(problem: Problem) -> tuple[Moment, ...]:
    """The changes of a problem's own status, newest first."""
    events = problem.events.select_related("by", "on_behalf_of")
    changes = [_problem_changed(event) for event in events]
    return _newest_first([*changes, *handed_over(problem)])


def _newest_first(moments: Iterable[Moment]) -> tuple[Moment, ...]:
    """By day and time; of one moment, what is listed later is the newer."""
    return tuple(reversed(sorted(moments, key=_when)))


def _when(moment: Moment) -> tuple[date, float]:
    return moment.on, moment.at.timestamp() if moment.at else 0.0


def _reported(entry: ProgressEntry) -> Moment:
    notes = []
    if entry.difficulty:
        notes.append(f"困难：{entry.difficulty}")
    if entry.next_step:
        notes.append(f"下一步：{entry.next_step}")
    return Moment(
        on=entry.reported_on,
        at=entry.at,
        title="零报告" if entry.nil_return else "进展",
        tone="plain" if entry.nil_return else "run",
        who=signature(entry.by, entry.on_behalf_of),
        place=str(entry.round or ""),
        text=entry.text,
        muted="\n".join(notes),
    )


def _applied(request: CloseoutRequest) -> Moment:
    return Moment(
        on=request.applied_on,
        at=request.applied_at,
        title="申请销号" if request.number == 1 else f"第{request.number}次申请销号",
        tone="run",
        who=signature(request.applied_by, request.on_behalf_of),
        text=request.statement,
        muted=_evidence_of(request),
        tag=request.get_outcome_display(),
        tag_tone=_OUTCOME_TONES.get(RequestOutcome(request.outcome), "plain"),
    )


def _evidence_of(request: CloseoutRequest) -> str:
    """The files that the application rests on, what it says of others, and why it lapsed."""
    files = [f"{each.version.evidence.title}（{each.version}）" for each in request.evidence.all()]
    told = [f"佐证材料：{'、'.join(files)}"] if files else []
    if request.evidence_note:
        told.append(f"佐证材料说明：{request.evidence_note}")
    if request.lapsed_why:
        told.append(f"失效原因：{request.lapsed_why}")
    return "\n".join(told)


def _approved(review: Review) -> Moment:
    lapsed = review.lapsed_at is not None
    return Moment(
        on=review.on,
        at=review.at,
        title=f"{review.stage.name}通过",
        tone="plain" if lapsed else "done",
        who=signature(review.by, review.on_behalf_of),
        text=review.opinion,
        muted=f"失效原因：{review.lapsed_why}" if lapsed else "",
        tag="已失效" if lapsed else "",
        tag_tone="near",
    )


def _planned(event: MeasureEvent, measure: Measure) -> Moment:
    return Moment(
        on=event.on,
        at=event.at,
        title="立项",
        who=signature(event.by, event.on_behalf_of),
        text=event.why or f"列入整改方案，{measure.lead_unit}牵头。",
    )


def _changed(event: MeasureEvent, reworks: Mapping[int, Rework]) -> Moment:
    rework = reworks.get(event.rework_round) if event.verb == "send_back" else None
    closing = event.verb == "close"
    title = f"第{event.rework_round}次退回" if event.verb == "send_back" else event.says
    return Moment(
        on=event.on,
        at=event.at,
        title=title,
        tone=_TONES.get(event.verb, "plain"),
        who=signature(event.by, event.on_behalf_of),
        place=str(event.round or ""),
        text="" if closing and event.by else event.why,  # the last review says the same
        muted=_redo(rework),
        tag=ReturnGround(event.ground).label if event.ground else "",
        tag_tone="near",
    )


def _redo(rework: Rework | None) -> str:
    """By when the work was to be redone, and when it was."""
    if rework is None or rework.due_on is None:
        return ""
    due = f"返工期限{clock.in_full(rework.due_on)}"
    if rework.answered_on is None:
        return f"{due}，尚未重报"
    late = clock.days_overdue(rework.due_on, on=rework.answered_on)
    day = f"{rework.answered_on.month}月{rework.answered_on.day}日重报"
    return f"{due}，{day}{f'，迟{late}天' if late > 0 else ''}"


def _problem_changed(event: ProblemEvent) -> Moment:
    return Moment(
        on=event.on,
        at=event.at,
        title=event.says,
        tone=_TONES.get(event.verb, "plain"),
        who=signature(event.by, event.on_behalf_of),
        text=event.why,
    )


def _came(milestone: Milestone, *, on: date) -> bool:
    return milestone.reached_on is not None or milestone.due_on < on


def _milestone(milestone: Milestone, *, on: date) -> Moment:
    missed = milestone.is_missed(on=on)
    return Moment(
        on=milestone.reached_on or milestone.due_on,
        title=f"节点：{milestone.text}",
        tone="near" if missed else "done",
        place=f"{milestone.due_phrase}，应达{milestone.share}%",
        tag="未达到" if missed else _punctual(milestone),
        tag_tone="near" if missed or _days_late(milestone) else "done",
    )


def _punctual(milestone: Milestone) -> str:
    late = _days_late(milestone)
    return f"迟{late}天" if late else "按时"


def _days_late(milestone: Milestone) -> int:
    """How many days after its day a milestone was reached; 0 where in time or not yet."""
    if milestone.reached_on is None:
        return 0
    return max(0, clock.days_overdue(milestone.due_on, on=milestone.reached_on))
