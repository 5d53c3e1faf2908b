"""The story of a measure and of a problem, newest first: plan, reports, applications, reviews,
returns, milestones."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from accounts.models import User
from rectification import clock
from rectification.models import (
    CloseoutRequest,
    EvidenceUse,
    Measure,
    MeasureEvent,
    Milestone,
    Problem,
    ProblemEvent,
    ProgressEntry,
    Review,
)
from rectification.states import Decision, RequestOutcome, ReturnGround

_TOLD_ELSEWHERE = frozenset({"report", "nil_return", "submit"})  # by their own rows
_TONES = {"send_back": "near", "reopen": "near", "close": "done", "withdraw": "near"}
_OUTCOME_TONES = {
    RequestOutcome.APPROVED: "done",
    RequestOutcome.RETURNED: "near",
    RequestOutcome.PENDING: "near",
}


@dataclass(frozen=True)
class Moment:
    """One point of the story, in the words of components/timeline.html.

    `tone` is plain, run, done, near or over; all but `on` and `title` may be empty.
    """

    on: date
    title: str
    at: datetime | None = None
    tone: str = "plain"
    who: str = ""
    place: str = ""
    text: str = ""
    muted: str = ""
    tag: str = ""
    tag_tone: str = "plain"

    @property
    def when(self) -> str:
        return f"{self.on.year}年{self.on.month}月{self.on.day}日"


def story(measure: Measure, *, on: date) -> tuple[Moment, ...]:
    """Every moment of the measure up to today, newest first, in a fixed number of queries."""
    told = measure.progress.select_related("by", "round")
    requests = measure.requests.select_related("applied_by").prefetch_related(
        "reviews__by", "reviews__stage"
    )
    events = measure.events.exclude(verb__in=_TOLD_ELSEWHERE).select_related("by", "round")
    reviews = [review for request in requests for review in request.reviews.all()]
    return _newest_first(
        [
            *(_milestone(each, on=on) for each in measure.milestones.all() if _came(each, on=on)),
            *(_planned(event, measure) for event in events if event.verb == "plan"),
            *(_reported(entry) for entry in told),
            *(_applied(request) for request in requests),
            *_given(measure),
            *(_approved(review) for review in reviews if review.decision == Decision.APPROVE),
            *(_changed(event) for event in events if event.verb != "plan"),
        ]
    )


def problem_story(problem: Problem) -> tuple[Moment, ...]:
    """The changes of a problem's own status, newest first."""
    events = problem.events.select_related("by")
    return _newest_first([_problem_changed(event) for event in events])


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
        who=entry.by.name,
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
        who=request.applied_by.name,
        text=request.statement,
        muted=f"佐证材料：{request.evidence_note}" if request.evidence_note else "",
        tag=request.get_outcome_display(),
        tag_tone=_OUTCOME_TONES.get(RequestOutcome(request.outcome), "plain"),
    )


def _given(measure: Measure) -> list[Moment]:
    """Each piece of evidence that came, was withdrawn, or no longer serves."""
    uses = measure.evidence_uses.select_related("evidence__withdrawn_by", "by", "ended_by")
    moments = [_of_evidence(use, use.at, "佐证材料", who=use.by) for use in uses]
    for use in uses:
        piece = use.evidence
        if use.ended_at:
            who, why = use.ended_by, use.ended_why
            moments.append(_of_evidence(use, use.ended_at, "解除佐证材料", who=who, why=why))
        elif piece.withdrawn_at:
            who, why = piece.withdrawn_by, piece.withdrawn_why
            moments.append(_of_evidence(use, piece.withdrawn_at, "撤下佐证材料", who=who, why=why))
    return moments


def _of_evidence(
    use: EvidenceUse, at: datetime, title: str, *, who: User | None, why: str = ""
) -> Moment:
    return Moment(
        on=timezone.localtime(at).date(),
        at=at,
        title=title,
        tone="near" if why else "run",
        who=who.name if who else "",
        text=str(use.evidence),
        muted=why,
    )


def _approved(review: Review) -> Moment:
    return Moment(
        on=review.on,
        at=review.at,
        title=f"{review.stage.name}通过",
        tone="done",
        who=review.by.name,
        text=review.opinion,
    )


def _planned(event: MeasureEvent, measure: Measure) -> Moment:
    return Moment(
        on=event.on,
        at=event.at,
        title="立项",
        who=event.by.name if event.by else "",
        text=event.why or f"列入整改方案，{measure.lead_unit}牵头。",
    )


def _changed(event: MeasureEvent) -> Moment:
    closing = event.verb == "close"
    title = f"第{event.rework_round}次退回" if event.verb == "send_back" else event.says
    return Moment(
        on=event.on,
        at=event.at,
        title=title,
        tone=_TONES.get(event.verb, "plain"),
        who=event.by.name if event.by else "",
        place=str(event.round or ""),
        text="" if closing and event.by else event.why,  # the last review says the same
        tag=ReturnGround(event.ground).label if event.ground else "",
        tag_tone="near",
    )


def _problem_changed(event: ProblemEvent) -> Moment:
    return Moment(
        on=event.on,
        at=event.at,
        title=event.says,
        tone=_TONES.get(event.verb, "plain"),
        who=event.by.name if event.by else "",
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
