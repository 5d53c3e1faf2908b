"""One measure's story, newest first: plan, reports, applications, reviews, returns, milestones."""

from dataclasses import dataclass
from datetime import date, datetime

from rectification import clock
from rectification.models import (
    CloseoutRequest,
    Measure,
    MeasureEvent,
    Milestone,
    ProgressEntry,
    Review,
)
from rectification.states import Decision, ReturnGround


@dataclass(frozen=True)
class Moment:
    """One point of the story. `tone` is plain, good or bad; `who` and `context` may be empty."""

    on: date
    at: datetime | None
    tone: str
    title: str
    who: str = ""
    context: str = ""
    text: str = ""
    notes: tuple[str, ...] = ()
    tag: str = ""


def story(measure: Measure, *, on: date) -> tuple[Moment, ...]:
    """Every moment of the measure up to today, newest first, in a fixed number of queries."""
    told = measure.progress.select_related("by", "round")
    requests = measure.requests.select_related("applied_by").prefetch_related(
        "reviews__by", "reviews__stage"
    )
    changes = measure.events.select_related("by", "round")
    moments = [
        *(_reported(entry) for entry in told),
        *(_applied(request) for request in requests),
        *(
            _approved(review)
            for request in requests
            for review in request.reviews.all()
            if review.decision == Decision.APPROVE
        ),
        *(_changed(event) for event in changes if event.verb not in {"report", "submit", "close"}),
        *(
            _milestone(each, on=on)
            for each in measure.milestones.all()
            if each.reached_on or each.due_on < on
        ),
    ]
    return tuple(sorted(moments, key=_when, reverse=True))


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
        tone="plain",
        title="零报告" if entry.nil_return else "进展",
        who=entry.by.name,
        context=str(entry.round or ""),
        text=entry.text,
        notes=tuple(notes),
    )


def _applied(request: CloseoutRequest) -> Moment:
    return Moment(
        on=request.applied_on,
        at=request.applied_at,
        tone="plain",
        title="申请销号" if request.number == 1 else f"第{request.number}次申请销号",
        who=request.applied_by.name,
        text=request.statement,
        notes=(f"佐证材料：{request.evidence_note}",) if request.evidence_note else (),
        tag=request.get_outcome_display(),
    )


def _approved(review: Review) -> Moment:
    return Moment(
        on=review.on,
        at=review.at,
        tone="good",
        title=f"{review.stage.name}通过",
        who=review.by.name,
        text=review.opinion,
    )


def _changed(event: MeasureEvent) -> Moment:
    bad = event.verb in {"send_back", "reopen"}
    title = f"第{event.rework_round}次退回" if event.verb == "send_back" else event.says
    ground = ReturnGround(event.ground).label if event.ground else ""
    return Moment(
        on=event.on,
        at=event.at,
        tone="bad" if bad else "plain",
        title=title,
        who=event.by.name if event.by else "",
        context=str(event.round or ""),
        text=event.why,
        tag=ground,
    )


def _milestone(milestone: Milestone, *, on: date) -> Moment:
    late = milestone.is_missed(on=on)
    reached = milestone.reached_on
    return Moment(
        on=reached or milestone.due_on,
        at=None,
        tone="bad" if late else "good",
        title=f"节点：{milestone.text}",
        context=f"{milestone.due_phrase}，应达{milestone.share}%",
        tag="未达到" if late else _punctual(milestone),
    )


def _punctual(milestone: Milestone) -> str:
    if milestone.reached_on and milestone.reached_on > milestone.due_on:
        return f"迟{clock.days_overdue(milestone.due_on, on=milestone.reached_on)}天"
    return "按时"
