"""The ledger of the story as rows, made in bulk.

This is the one place beside `rectification.workflow` and `planning` that writes states: each row
gets what the verbs would have given it (status, version, rework round, dated events).
"""

from contextlib import ExitStack
from datetime import time
from typing import Any

from django.db import models

from accounts.models import Role
from rectification import notifications
from rectification.models import (
    CloseoutRequest,
    DispatchRound,
    FindingArea,
    Inspection,
    InstitutionalOutcome,
    Measure,
    MeasureEvent,
    Milestone,
    Problem,
    ProblemEvent,
    ProgressEntry,
    RequestEvidence,
    Review,
    ReviewStage,
    Rework,
    Rung,
    Workday,
)
from rectification.states import ProblemStatus, RoundState
from reports.demonstration import meeting, proofs, returns, sequels
from reports.demonstration import story as told
from reports.demonstration.histories import Writer
from reports.demonstration.ledger import Ledger, moment
from reports.demonstration.staffing import Staff
from reports.demonstration.timeline import history

MODELS: tuple[type[models.Model], ...] = (
    Measure,
    Milestone,
    MeasureEvent,
    ProgressEntry,
    CloseoutRequest,
    RequestEvidence,
    Review,
    Rework,
)


def file(story: told.Story, staff: Staff, *, files: ExitStack) -> tuple[Ledger, dict[str, int]]:
    """Make every row of the ledger; with how many there are of each kind.

    `files` takes the files of the evidence away again where the load fails.
    """
    inspection = _open_inspection(story, staff)
    ledger = Ledger(
        story=story,
        staff=staff,
        inspection=inspection,
        rounds=_rounds(story, inspection),
        stages=_stages(story, inspection),
        office=staff.with_role(Role.OFFICE),
        proofs=proofs.keep(story, staff, inspection, files=files),
    )
    _file_problems(ledger)
    written = _file_measures(ledger)
    proofs.use(ledger.proofs, ledger.measures)
    _file_outcomes(ledger)
    sequels.file(ledger, written[MeasureEvent])
    meeting.file(ledger)
    returns.file(ledger, written[ProgressEntry])
    _announce_last_round(ledger)
    counts = {model._meta.model_name or "": len(written[model]) for model in MODELS}
    others = {"outcome": len(story.outcomes), "evidence": len(ledger.proofs)}
    return ledger, {"problem": len(ledger.problems), **others, **counts}


def _open_inspection(story: told.Story, staff: Staff) -> Inspection:
    frame = story.frame
    inspection = Inspection.objects.create(
        code=frame.code,
        name=frame.name,
        level=frame.level,
        inspecting_body=frame.inspecting_body,
        inspected_unit=staff.units[story.units[0].key],
        on_site_from=frame.on_site_from,
        on_site_to=frame.on_site_to,
        feedback_date=frame.feedback_date,
        concentrated_months=frame.concentrated_months,
        dispatch_anchor=story.dispatch.anchor,
        dispatch_every_days=story.dispatch.every_days,
        near_days=frame.near_days,
    )
    Rung.objects.set_up(inspection)
    return inspection


def _rounds(story: told.Story, inspection: Inspection) -> dict[int, DispatchRound]:
    """All closed. A rest day moves the meeting; reports are taken from the round's own day on."""
    dispatch, work = story.dispatch, Workday.objects.calendar()
    rows = []
    for number in range(1, dispatch.rounds + 1):
        due = dispatch.opens(number)
        meeting = work.next_working_day(due)
        closed = max(dispatch.closes(number), meeting)
        rows.append(
            DispatchRound(
                inspection=inspection,
                number=number,
                due_on=due,
                meeting_on=meeting,
                state=RoundState.CLOSED,
                opened_at=moment(due, time(8, 30)),
                closed_at=moment(closed, time(17, 30)),
            )
        )
    return {row.number: row for row in DispatchRound.objects.bulk_create(rows)}


def _stages(story: told.Story, inspection: Inspection) -> dict[int, ReviewStage]:
    rows = [
        ReviewStage(inspection=inspection, order=order, name=name, role=role)
        for order, (name, role) in enumerate(story.frame.stages, start=1)
    ]
    return {row.order: row for row in ReviewStage.objects.bulk_create(rows)}


def _file_problems(ledger: Ledger) -> None:
    areas = _areas(ledger)
    rows = [_problem(ledger, each, areas[each.area]) for each in ledger.story.problems]
    ledger.problems = {row.code: row for row in Problem.objects.bulk_create(rows)}
    events = []
    for each in ledger.story.problems:
        row = ledger.problems[each.code]
        events.append(_planned(ledger, row))
        if each.accepted:
            events.append(_accepted(row, each))
    ProblemEvent.objects.bulk_create(events)


def _areas(ledger: Ledger) -> dict[str, FindingArea]:
    keys = [key for key, _ in ledger.story.frame.areas]
    rows = [
        FindingArea(inspection=ledger.inspection, order=order, name=name)
        for order, (_, name) in enumerate(ledger.story.frame.areas, start=1)
    ]
    return dict(zip(keys, FindingArea.objects.bulk_create(rows), strict=True))


def _problem(ledger: Ledger, each: told.Problem, area: FindingArea) -> Problem:
    return Problem(
        inspection=ledger.inspection,
        code=each.code,
        area=area,
        wording=each.wording,
        public_wording=each.public_wording,
        category=each.category,
        lead_executive=ledger.staff.people[each.lead_executive],
        lead_unit=ledger.staff.units[each.lead_unit],
        status=ProblemStatus.CLOSED if each.accepted else ProblemStatus.UNDER_WAY,
        closed_on=each.accepted,
        version=2 if each.accepted else 1,
    )


def _planned(ledger: Ledger, row: Problem) -> ProblemEvent:
    day = ledger.story.frame.planned
    return ProblemEvent(
        problem=row,
        verb="plan",
        to_status=ProblemStatus.UNDER_WAY,
        on=day,
        at=moment(day, time(9, 40)),
        by=ledger.office[0],
    )


def _accepted(row: Problem, each: told.Problem) -> ProblemEvent:
    assert each.accepted is not None
    return ProblemEvent(
        problem=row,
        verb="close",
        from_status=ProblemStatus.UNDER_WAY,
        to_status=ProblemStatus.CLOSED,
        on=each.accepted,
        at=moment(each.accepted, time(16, 50)),
        by=row.lead_executive,
        why=each.effect,
    )


def _file_measures(ledger: Ledger) -> dict[type[models.Model], list[Any]]:
    """Measures with their milestones and all that happened to them."""
    made: dict[type[models.Model], list[Any]] = {model: [] for model in MODELS}
    held = sequels.confirmations(ledger.story)
    for problem in ledger.story.problems:
        for each in problem.measures:
            next_step = problem.next_step if each.code == _bearer(problem) else ""
            raises = sequels.raises(ledger.story, each.code)
            writer = Writer(ledger, each, _measure(ledger, problem, each), next_step, raises)
            happened = history(each, ledger.story.dispatch)
            looked_at = [held[each.code]] if each.code in held else []
            for row in writer.write([*happened, *looked_at]):
                made[type(row)].append(row)
    for model, rows in made.items():
        model._default_manager.bulk_create(rows, batch_size=500)
    ledger.measures = {row.code: row for row in made[Measure]}
    _support(ledger)
    return made


def _bearer(problem: told.Problem) -> str:
    """The measure whose last report carries the problem's next step: an open one if there is one,
    and best one that has no next step of its own."""
    unfinished = [each for each in problem.measures if each.status != "closed" and each.progress]
    free = [each for each in unfinished if not each.progress[-1].next_step]
    return next(iter([*free, *unfinished, problem.measures[-1]])).code


def _measure(ledger: Ledger, problem: told.Problem, each: told.Measure) -> Measure:
    unit, people = ledger.story.unit(each.lead_unit), ledger.staff.people
    granted = ledger.story.further.extension_granted(each.code)
    original = granted.since if granted and granted.since else each
    return Measure(
        inspection=ledger.inspection,
        problem=ledger.problems[problem.code],
        code=each.code,
        text=each.text,
        target=each.target,
        lead_unit=ledger.staff.units[each.lead_unit],
        responsible_executive=people[each.responsible_executive or unit.head],
        person_in_charge=people[each.person_in_charge or unit.liaison],
        time_kind=each.time_kind,
        deadline=each.deadline,
        original_deadline=original.deadline,
        precision=each.precision,
        original_precision=original.precision,
        times_postponed=1 if granted else 0,
        review_every_months=each.review_months,
        status=each.status,
        closed_on=each.done if each.status == "closed" else None,
    )


def _support(ledger: Ledger) -> None:
    link = Measure.supporting_units.through
    link._default_manager.bulk_create(
        link(measure=ledger.measures[each.code], unit=ledger.staff.units[key])
        for each in ledger.story.measures
        for key in each.supporting_units
    )


def _file_outcomes(ledger: Ledger) -> None:
    rows = [
        InstitutionalOutcome(
            inspection=ledger.inspection,
            title=each.title,
            number=each.number,
            issued_on=each.issued,
            kind=each.kind,
        )
        for each in ledger.story.outcomes
    ]
    made = InstitutionalOutcome.objects.bulk_create(rows)
    link = InstitutionalOutcome.measures.through
    link._default_manager.bulk_create(
        link(institutionaloutcome=row, measure=ledger.measures[code])
        for row, each in zip(made, ledger.story.outcomes, strict=True)
        for code in each.measures
    )


def _announce_last_round(ledger: Ledger) -> None:
    """The notices of the round just closed; those of older rounds would be read by nobody."""
    last = ledger.rounds[max(ledger.rounds)]
    notifications.announce(last, at=last.opened_at)
