"""The story of a measure and of a problem, newest first: plan, reports, applications, reviews,
returns, milestones."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone

from accounts.models import User, signature
from rectification import clock
from rectification.models import (
    CloseoutRequest,
    DeadlineChange,
    EvidenceUse,
    Exemption,
    Extension,
    ExtensionDecision,
    Handover,
    Measure,
    MeasureEvent,
    Milestone,
    Problem,
    ProblemEvent,
    ProgressEntry,
    Review,
    Rework,
)
from rectification.states import (
    Decision,
    ExemptionState,
    ExtensionState,
    RequestOutcome,
    ReturnGround,
    Verdict,
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
_EXEMPTIONS = {
    ExemptionState.GRANTED: ("批准不再适用", "done"),
    ExemptionState.REFUSED: ("未批准不再适用", "near"),
    ExemptionState.WITHDRAWN: ("撤回不再适用申请", "plain"),
    ExemptionState.LAPSED: ("不再适用申请失效", "plain"),
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
        return _in_full(self.on)


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
            *_given(measure),
            *(_approved(review) for review in reviews if review.decision == Decision.APPROVE),
            *(_changed(event, reworks) for event in events if event.verb != "plan"),
            *_postponed(measure),
            *_handed_over(measure),
            *_exempted(measure),
        ]
    )


def _postponed(measure: Measure) -> Iterable[Moment]:
    """延期: asked for, endorsed, granted, refused or ended; and other changes of the deadline."""
    for extension in measure.extensions.select_related(
        "requested_by", "settled_by"
    ).prefetch_related("decisions__by"):
        yield _extension_asked(extension)
        yield from (_extension_decided(extension, each) for each in extension.decisions.all())
        if extension.state in {ExtensionState.WITHDRAWN, ExtensionState.LAPSED}:
            yield _extension_ended(extension)
    for change in measure.deadline_changes.filter(extension=None).select_related("by"):
        yield _rescheduled(change)


def _extension_asked(extension: Extension) -> Moment:
    return Moment(
        on=extension.requested_on,
        at=extension.requested_at,
        title=f"第{extension.number}次申请延期",
        tone="run",
        who=extension.requested_by.name,
        text=extension.reason,
        muted=_both_dates(extension),
        tag=extension.get_state_display(),
        tag_tone=extension.tone,
    )


def _extension_decided(extension: Extension, decision: ExtensionDecision) -> Moment:
    agreed = decision.decision == Verdict.AGREE
    granted = agreed and extension.state == ExtensionState.GRANTED and decision.step == 2
    title = f"{decision.get_step_display()}{decision.get_decision_display()}"
    return Moment(
        on=decision.on,
        at=decision.at,
        title=f"{title}，延期生效" if granted else title,
        tone="done" if agreed else "near",
        who=decision.by.name,
        text=decision.opinion,
        muted=_both_dates(extension),
    )


def _extension_ended(extension: Extension) -> Moment:
    assert extension.settled_on is not None
    return Moment(
        on=extension.settled_on,
        at=extension.settled_at,
        title=f"延期申请{extension.get_state_display()}",
        who=extension.settled_by.name if extension.settled_by else "",
        text=extension.settled_why,
    )


def _rescheduled(change: DeadlineChange) -> Moment:
    return Moment(
        on=change.on,
        at=change.at,
        title="时限调整",
        who=change.by.name,
        text=change.why,
        muted=f"整改时限由{change.from_phrase}改为{change.to_phrase}",
    )


def _both_dates(extension: Extension) -> str:
    return f"由{extension.from_phrase}延至{extension.asked_phrase}"


def problem_story(problem: Problem) -> tuple[Moment, ...]:
    """The changes of a problem's own status, newest first."""
    events = problem.events.select_related("by", "on_behalf_of")
    changes = [_problem_changed(event) for event in events]
    return _newest_first([*changes, *_handed_over(problem)])


def former_names(row: Measure | Problem) -> Mapping[str, str]:
    """Who held a field before, by the field's name: 曾任：张三（2025年8月1日交接）."""
    names: defaultdict[str, str] = defaultdict(str)
    for handover in _handovers(row):
        if handover.former is not None:
            earlier = names[handover.field]
            note = f"{handover.former}（{_in_full(handover.on)}交接）"
            names[handover.field] = f"{earlier}、{note}" if earlier else f"曾任：{note}"
    return names


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
    due = f"返工期限{rework.due_on.year}年{rework.due_on.month}月{rework.due_on.day}日"
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


def _in_full(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


# Handing over, and what is not applicable any more -----------------------------------------------


def _handovers(row: Measure | Problem) -> Iterable[Handover]:
    people = ("former_person", "new_person", "former_unit", "new_unit", "by", "on_behalf_of")
    return row.handovers.select_related(*people).order_by("on", "pk")


def _handed_over(row: Measure | Problem) -> Iterator[Moment]:
    for handover in _handovers(row):
        written = timezone.localtime(handover.at).date()
        late = "" if written == handover.on else f"{_in_full(written)}登记。"
        yield Moment(
            on=handover.on,
            at=handover.at,
            title=f"{handover}（{_in_full(handover.on)}起）",
            who=signature(handover.by, handover.on_behalf_of),
            text=handover.why,
            muted=late,
        )


def _exempted(measure: Measure) -> Iterator[Moment]:
    people = ("by", "on_behalf_of", "settled_by", "settled_on_behalf_of")
    for exemption in measure.exemptions.select_related(*people):
        yield _asked(exemption)
        if exemption.settled_on is not None:
            title, tone = _EXEMPTIONS[ExemptionState(exemption.state)]
            yield Moment(
                on=exemption.settled_on,
                at=exemption.settled_at,
                title=title,
                tone=tone,
                who=signature(exemption.settled_by, exemption.settled_on_behalf_of),
                text=exemption.opinion or "已申请销号，说明措施仍然适用。",
            )


def _asked(exemption: Exemption) -> Moment:
    return Moment(
        on=exemption.on,
        at=exemption.at,
        title="申请不再适用" if exemption.number == 1 else f"第{exemption.number}次申请不再适用",
        tone="run",
        who=signature(exemption.by, exemption.on_behalf_of),
        text=exemption.reason,
        tag=exemption.get_state_display(),
        tag_tone="near" if exemption.settled_on is None else "plain",
    )
