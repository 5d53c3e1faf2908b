"""Extensions, the handover, the exemption, the look-back and the registers as rows, in bulk.

They leave what their verbs would have left; where a verb raises a measure's version, `raises` says
when, so that its history can count on.
"""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

from accounts import journal
from accounts.journal import Act
from rectification import drawing, looking_back
from rectification.models import (
    AccountabilityAction,
    DeadlineChange,
    Exemption,
    Extension,
    ExtensionDecision,
    Handover,
    LookBack,
    LookBackItem,
    LookBackResult,
    LookBackScope,
    LookBackState,
    MeasureEvent,
    RecoveredMoney,
)
from rectification.states import ExtensionState
from reports.demonstration import further
from reports.demonstration.ledger import Ledger, moment
from reports.demonstration.story import Story
from reports.demonstration.timeline import Happening, pick

ASKED, DECIDED, HANDED, ENTERED = time(8, 50), time(12, 10), time(16, 30), time(17, 5)
DRAWN, CHECKED, ENDED = time(9, 20), time(15, 45), time(17, 0)


def raises(story: Story, code: str) -> list[datetime]:
    """When the version of a measure rose without a move: more time granted, a name passed on."""
    told = story.further
    granted = [each.granted_on for each in told.extensions if each.measure == code]
    handed = [each.on for each in told.handovers if each.measure == code]
    return sorted(
        [moment(day, DECIDED) for day in granted if day] + [moment(day, HANDED) for day in handed]
    )


def sample(story: Story) -> tuple[str, ...]:
    """The codes that the look-back draws, in the order of the draw."""
    told = story.further.look_back
    return drawing.draw(population(story), size=told.size, seed=told.seed)


def population(story: Story) -> list[str]:
    """The codes of what was closed when the look-back was drawn."""
    until = story.further.look_back.closed_until
    return sorted(each.code for each in story.measures if each.done and each.done <= until)


def confirmations(story: Story) -> dict[str, Happening]:
    """What the look-back found to hold, by code; a rebound is in its measure's own history."""
    told = story.further.look_back
    return {
        code: Happening(
            "confirm",
            told.days[pick(code, "look-back", of=len(told.days))],
            CHECKED,
            why=f"第1次回头看：{note}" if (note := _note(story, code)) else "第1次回头看。",
        )
        for code in sample(story)
        if not story.measure(code).reopened
    }


def file(ledger: Ledger, events: Iterable[MeasureEvent]) -> None:
    """Make every row; `events` are those of all measures, for what the look-back did to them."""
    for told in ledger.story.further.extensions:
        _extend(ledger, told)
    _hand_over(ledger)
    _exempt(ledger)
    _look_back(ledger, events)
    _register(ledger)


def _extend(ledger: Ledger, told: further.Extension) -> None:
    measure = ledger.measures[told.measure]
    unit = ledger.story.unit(ledger.story.measure(told.measure).lead_unit)
    since = told.since
    if since is None:
        assert measure.deadline is not None
        since = further.Agreed(measure.deadline, measure.precision)
    row = Extension(
        measure=measure,
        number=1,
        reason=told.reason,
        deadline=told.wish.deadline,
        precision=told.wish.precision,
        from_deadline=since.deadline,
        from_precision=since.precision,
        requested_by=ledger.staff.people[unit.liaison],
        requested_at=moment(told.asked, ASKED),
        requested_on=told.asked,
        version=1 + len(told.verdicts),
    )
    deciders = (ledger.office[-1], measure.problem.lead_executive)
    decisions = [
        ExtensionDecision(
            extension=row,
            step=step,
            decision=verdict.decision,
            opinion=verdict.opinion,
            by=deciders[step - 1],
            at=moment(verdict.on, DECIDED),
            on=verdict.on,
        )
        for step, verdict in enumerate(told.verdicts, start=1)
    ]
    last = decisions[-1] if decisions else None
    row.state = _state(told)
    if last and not row.is_pending:
        row.settled_by, row.settled_at, row.settled_on = last.by, last.at, last.on
    row.save()
    ExtensionDecision.objects.bulk_create(decisions)
    if last and row.state == ExtensionState.GRANTED:
        _changed(row, last)


def _state(told: further.Extension) -> ExtensionState:
    if any(each.decision == "refuse" for each in told.verdicts):
        return ExtensionState.REFUSED
    states = (ExtensionState.REQUESTED, ExtensionState.ENDORSED, ExtensionState.GRANTED)
    return states[len(told.verdicts)]


def _changed(row: Extension, last: ExtensionDecision) -> None:
    DeadlineChange.objects.create(
        measure=row.measure,
        from_deadline=row.from_deadline,
        from_precision=row.from_precision,
        to_deadline=row.deadline,
        to_precision=row.precision,
        extension=row,
        by=last.by,
        at=last.at,
        on=last.on,
        why=row.reason,
    )


def _hand_over(ledger: Ledger) -> None:
    Handover.objects.bulk_create(
        Handover(
            measure=ledger.measures[told.measure],
            field=told.field,
            former_person=ledger.staff.people[told.former],
            new_person=getattr(ledger.measures[told.measure], told.field),
            on=told.on,
            why=told.why,
            by=ledger.office[0],
            at=moment(told.on, HANDED),
        )
        for told in ledger.story.further.handovers
    )


def _exempt(ledger: Ledger) -> None:
    story = ledger.story
    Exemption.objects.bulk_create(
        Exemption(
            measure=ledger.measures[told.measure],
            number=1,
            reason=told.reason,
            by=ledger.staff.people[story.unit(story.measure(told.measure).lead_unit).liaison],
            at=moment(told.on, ASKED),
            on=told.on,
        )
        for told in story.further.exemptions
    )


def _look_back(ledger: Ledger, events: Iterable[MeasureEvent]) -> None:
    """The look-back with its results; its draw is in the journal too, so that it can be checked."""
    story, told = ledger.story, ledger.story.further.look_back
    codes, drawn = population(story), sample(story)
    row = LookBack.objects.create(
        inspection=ledger.inspection,
        number=1,
        name=told.name,
        scope=LookBackScope.SAMPLE,
        closed_until=told.closed_until,
        population=codes,
        population_size=len(codes),
        population_digest=drawing.digest(codes),
        sample_size=told.size,
        seed=told.seed,
        checklist=list(told.checklist),
        state=LookBackState.CLOSED,
        by=ledger.office[0],
        at=moment(told.on, DRAWN),
        on=told.on,
        closed_at=moment(told.closed, ENDED),
        version=2,
    )
    found = {each.measure_id: each for each in events if each.verb in {"confirm", "reopen"}}
    LookBackItem.objects.bulk_create(
        _item(ledger, row, order, code, found[ledger.measures[code].pk])
        for order, code in enumerate(drawn, start=1)
    )
    after = looking_back.draw_record(row, drawn)
    act = Act("draw", "look_back", row.subject_code, after=after)
    journal.append(act, by=row.by, at=row.at)


def _item(
    ledger: Ledger, row: LookBack, order: int, code: str, event: MeasureEvent
) -> LookBackItem:
    told, measure = ledger.story.further.look_back, ledger.story.measure(code)
    rebound = measure.reopened
    answers = [
        {
            "question": question,
            "yes": not (rebound and place == 0),
            "note": told.rebound_note if rebound and place == 0 else "",
        }
        for place, question in enumerate(told.checklist)
    ]
    return LookBackItem(
        look_back=row,
        measure=ledger.measures[code],
        order=order,
        result=LookBackResult.REBOUNDED if rebound else LookBackResult.CONSOLIDATED,
        answers=answers,
        note=_note(ledger.story, code),
        event=event,
        by=event.by,
        at=event.at,
        on=event.on,
    )


def _note(story: Story, code: str) -> str:
    rebound, notes = story.measure(code).reopened, story.further.look_back.notes
    return rebound.why if rebound else notes[pick(code, "note", of=len(notes))]


def _register(ledger: Ledger) -> None:
    for told in ledger.story.further.entries:
        values: dict[str, Any] = {
            "inspection": ledger.inspection,
            "kind": told.kind,
            "day": told.day,
            "problem": ledger.problems.get(told.problem),
            "note": told.note,
        }
        if told.withdrawn:
            values |= {
                "withdrawn_at": moment(told.withdrawn, ENTERED),
                "withdrawn_by": ledger.office[0],
                "withdrawn_why": told.why,
                "version": 2,
            }
        if told.register == "accountability":
            AccountabilityAction.objects.create(people=int(told.count), **values)
        else:
            RecoveredMoney.objects.create(amount=told.count, **values)
