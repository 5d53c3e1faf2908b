"""Moments of the story beside the work itself: evidence, extensions, handovers, exemptions, letters
of supervision, and what dispatch meetings decided."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import signature
from rectification import clock
from rectification.models import (
    DeadlineChange,
    EvidenceUse,
    Exemption,
    Extension,
    ExtensionDecision,
    Handover,
    LetterStep,
    Measure,
    Problem,
    SupervisionAction,
)
from rectification.states import ExemptionState, ExtensionState, PointState, Verdict

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
        return clock.in_full(self.on)


def given(measure: Measure) -> list[Moment]:
    """Each piece of evidence that came, got another version, was withdrawn, or no longer serves."""
    uses = measure.evidence_uses.select_related(
        "evidence__withdrawn_by", "by", "on_behalf_of", "ended_by"
    ).prefetch_related("evidence__versions__by", "evidence__versions__on_behalf_of")
    moments = []
    for use in uses:
        piece = use.evidence
        who = signature(use.by, use.on_behalf_of)
        moments.append(_of_evidence(use, use.at, "佐证材料", who=who))
        moments.extend(_renewed(use))
        if use.ended_at:
            who, why = signature(use.ended_by), use.ended_why
            moments.append(_of_evidence(use, use.ended_at, "解除佐证材料", who=who, why=why))
        elif piece.withdrawn_at:
            who, why = signature(piece.withdrawn_by), piece.withdrawn_why
            moments.append(_of_evidence(use, piece.withdrawn_at, "撤下佐证材料", who=who, why=why))
    return moments


def _renewed(use: EvidenceUse) -> Iterator[Moment]:
    """The versions that came while the piece served the measure."""
    for version in use.evidence.versions.all():
        meanwhile = use.at <= version.at and (use.ended_at is None or version.at < use.ended_at)
        if version.number > 1 and meanwhile:
            who = signature(version.by, version.on_behalf_of)
            title = f"佐证材料换成第{version.number}版"
            yield _of_evidence(use, version.at, title, who=who)


def _of_evidence(use: EvidenceUse, at: datetime, title: str, *, who: str, why: str = "") -> Moment:
    return Moment(
        on=clock.day_of(at),
        at=at,
        title=title,
        tone="near" if why else "run",
        who=who,
        text=str(use.evidence),
        muted=why,
    )


def postponed(measure: Measure) -> Iterable[Moment]:
    """延期: asked for, endorsed, granted, refused or ended; and other changes of the deadline."""
    for extension in measure.extensions.select_related(
        "requested_by", "on_behalf_of", "settled_by"
    ).prefetch_related("decisions__by", "decisions__on_behalf_of"):
        yield _extension_asked(extension)
        yield from (_extension_decided(extension, each) for each in extension.decisions.all())
        if extension.state in {ExtensionState.WITHDRAWN, ExtensionState.LAPSED}:
            yield _extension_ended(extension)
    for change in measure.deadline_changes.filter(extension=None).select_related(
        "by", "on_behalf_of"
    ):
        yield _rescheduled(change)


def _extension_asked(extension: Extension) -> Moment:
    return Moment(
        on=extension.requested_on,
        at=extension.requested_at,
        title=f"第{extension.number}次申请延期",
        tone="run",
        who=signature(extension.requested_by, extension.on_behalf_of),
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
        who=signature(decision.by, decision.on_behalf_of),
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
        who=signature(change.by, change.on_behalf_of),
        text=change.why,
        muted=f"整改时限由{change.from_phrase}改为{change.to_phrase}",
    )


def _both_dates(extension: Extension) -> str:
    return f"由{extension.from_phrase}延至{extension.asked_phrase}"


def handed_over(row: Measure | Problem) -> Iterator[Moment]:
    for handover in _handovers(row):
        written = clock.day_of(handover.at)
        late = "" if written == handover.on else f"{clock.in_full(written)}登记。"
        yield Moment(
            on=handover.on,
            at=handover.at,
            title=f"{handover}（{clock.in_full(handover.on)}起）",
            who=signature(handover.by, handover.on_behalf_of),
            text=handover.why,
            muted=late,
        )


def former_names(row: Measure | Problem) -> Mapping[str, str]:
    """Who held a field before, by the field's name: 曾任：张三（2025年8月1日交接）."""
    names: defaultdict[str, str] = defaultdict(str)
    for handover in _handovers(row):
        if handover.former is not None:
            earlier = names[handover.field]
            note = f"{handover.former}（{clock.in_full(handover.on)}交接）"
            names[handover.field] = f"{earlier}、{note}" if earlier else f"曾任：{note}"
    return names


def _handovers(row: Measure | Problem) -> Iterable[Handover]:
    people = ("former_person", "new_person", "former_unit", "new_unit", "by", "on_behalf_of")
    return row.handovers.select_related(*people).order_by("on", "pk")


def decided(measure: Measure) -> Iterator[Moment]:
    """议定事项 about the measure: decided in a meeting, answered, settled or withdrawn."""
    for point in measure.points.for_list():
        yield Moment(
            on=clock.day_of(point.at),
            at=point.at,
            title=str(point),
            tone="near",
            who=signature(point.by, point.on_behalf_of),
            place=str(point.round),
            text=point.text,
            muted=f"{point.unit}承办",
            tag=point.get_state_display(),
        )
        for answer in point.answers.all():
            yield Moment(
                on=clock.day_of(answer.at),
                at=answer.at,
                title=f"答复{point}",
                tone="run",
                who=signature(answer.by, answer.on_behalf_of),
                place=str(answer.round or ""),
                text=answer.text,
            )
        if point.ended_at:
            yield Moment(
                on=clock.day_of(point.ended_at),
                at=point.ended_at,
                title=f"{point}{point.get_state_display()}",
                tone="done" if point.state == PointState.SETTLED else "plain",
                who=signature(point.ended_by),
                text=point.ended_why,
            )


def exempted(measure: Measure) -> Iterator[Moment]:
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


def supervised(measure: Measure) -> Iterator[Moment]:
    """The letters about the measure that went out, step by step. Proposals are the office's own."""
    letters = measure.letters.issued().prefetch_related("steps__by", "steps__on_behalf_of")
    for letter in letters:
        yield from of_letter(letter, letter.steps.all(), inside=False)


def of_letter(
    letter: SupervisionAction, steps: Iterable[LetterStep], *, inside: bool
) -> tuple[Moment, ...]:
    """The way of a letter, newest first; `inside` with what stays in the office: how it was
    proposed, and what was said when it was issued."""
    shown = [each for each in steps if inside or each.verb not in _OF_THE_OFFICE]
    return tuple(_letter_step(letter, each, inside=inside) for each in reversed(shown))


def last_said(letter: SupervisionAction, *, inside: bool) -> str:
    """The words of its last step; outside the office, of the last one whose words are shown."""
    steps = letter.steps.all() if inside else letter.steps.exclude(verb__in=_WORDS_OF_THE_OFFICE)
    last = steps.last()
    return last.text if last else ""


_OF_THE_OFFICE = frozenset({"propose", "reword", "lapse"})
_WORDS_OF_THE_OFFICE = _OF_THE_OFFICE | {"issue"}
_LETTER_TONES = {"issue": "near", "acknowledge": "run", "answer": "run", "settle": "done"}


def _letter_step(letter: SupervisionAction, step: LetterStep, *, inside: bool) -> Moment:
    issue = step.verb == "issue"
    due = f"{clock.in_full(letter.due_on)}前回复" if issue and letter.due_on else ""
    return Moment(
        on=step.on,
        at=step.at,
        title=f"{step.says}{letter}",
        tone=_LETTER_TONES.get(step.verb, "plain"),
        who=step.who,
        text=letter.matter if issue and not inside else "" if issue else step.text,
        muted="\n".join(filter(None, [due, step.text if issue and inside else ""])),
    )
