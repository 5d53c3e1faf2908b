"""The verbs of the plan: a problem or a measure enters the ledger, or its content is amended.

Content is what the plan says (text, units, people, deadline); the status of work is not content and
moves through `workflow` alone. Every entry and every amendment is in the journal.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from accounts import journal
from accounts.journal import Act
from accounts.models import Unit, User
from rectification import closing, extending
from rectification.clock import day_of
from rectification.models import (
    OF_MEASURES,
    DeadlineChange,
    Handover,
    HandoverField,
    Measure,
    MeasureEvent,
    Problem,
    ProblemEvent,
)
from rectification.states import ProblemStatus, WorkStatus

MEASURE_CONTENT = (
    "text",
    "target",
    "lead_unit",
    "responsible_executive",
    "person_in_charge",
    "time_kind",
    "deadline",
    "precision",
    "original_deadline",
    "original_precision",
    "review_every_months",
)
APPROVED_CONTENT = ("text", "target")  # what an approval of a close-out is bound to
PROBLEM_CONTENT = ("wording", "public_wording", "category", "area", "lead_executive", "lead_unit")


class PlanRefused(Exception):
    """The plan cannot be changed so: the message says why. Nothing was written."""


class StalePlan(PlanRefused):
    """Somebody saved the row after this person had opened it. Nothing was written."""


@transaction.atomic
def enter_problem(problem: Problem, *, by: User, at: datetime) -> None:
    """Save a new problem with its first event. Raises ValidationError where a field is wrong."""
    problem.full_clean()
    problem.save()
    ProblemEvent.objects.create(
        problem=problem,
        verb="plan",
        to_status=ProblemStatus.UNDER_WAY,
        on=day_of(at),
        at=at,
        by=by,
        on_behalf_of=by.acting_for,
    )
    after = content_of(problem, PROBLEM_CONTENT)
    journal.append(Act("plan", "problem", problem.subject_code, after=after), by=by, at=at)


@transaction.atomic
def enter_measure(
    measure: Measure, *, by: User, at: datetime, supporting: Iterable[Unit] = ()
) -> None:
    """Save a new measure with its first event and its supporting units. Raises ValidationError.

    A problem that was closed here takes no new measures (PlanRefused); one that was closed before
    this system does: its plan may come later than its report.
    """
    problem = measure.problem
    if problem.status == ProblemStatus.CLOSED and not problem.closed_source:
        raise PlanRefused(f"{problem.code} 已验收完成，不能再加措施；确有反弹的，先认定反弹。")
    measure.full_clean()
    measure.save()
    MeasureEvent.objects.create(
        measure=measure,
        verb="plan",
        to_status=WorkStatus.NOT_STARTED,
        on=day_of(at),
        at=at,
        by=by,
        on_behalf_of=by.acting_for,
    )
    after = content_of(measure, MEASURE_CONTENT) | _supported(measure, supporting)
    journal.append(Act("plan", "measure", measure.subject_code, after=after), by=by, at=at)


@transaction.atomic
def amend_measure(
    measure: Measure,
    *,
    before: Mapping[str, str],
    by: User,
    at: datetime,
    why: str,
    supporting_units: Sequence[Unit] | None = None,
) -> None:
    """Write the measure's content, as changed on the object since its version was read.

    `before` is `content_of` the row as it was read; `supporting_units`, where they are given, take
    the place of those that stand. Another deadline is a dated row of its own.
    Raises PlanRefused, StalePlan, ValidationError.
    """
    measure.full_clean()
    stood = Measure.objects.select_related(*OF_MEASURES).get(pk=measure.pk)
    content = {name: getattr(measure, name) for name in MEASURE_CONTENT}
    content["times_postponed"] = stood.times_postponed + _is_later(measure, than=stood)
    rows = Measure.objects.filter(pk=measure.pk, version=measure.version)
    approved = rows.values_list(*APPROVED_CONTENT).first()
    if not rows.update(version=F("version") + 1, **content):
        raise StalePlan(f"{measure.code} 在您打开之后被别人改过，请重新打开再改。")
    measure.refresh_from_db(fields=["version", "times_postponed"])
    if (measure.deadline, measure.precision) != (stood.deadline, stood.precision):
        _note_deadline(measure, stood=stood, by=by, at=at, why=why)
    before, after = dict(before), content_of(measure, MEASURE_CONTENT)
    if supporting_units is not None:
        before["supporting_units"] = _names(measure.supporting_units.all())
        measure.supporting_units.set(supporting_units)
        after["supporting_units"] = _names(supporting_units)
    act = Act("amend", "measure", measure.subject_code, before, after, why)
    journal.append(act, by=by, at=at)
    _hand_over(stood, measure, by=by, at=at, why=why)
    if approved != (measure.text, measure.target):
        closing.evidence_changed([measure], why="整改措施或整改目标已修改。", by=by, at=at)
        measure.refresh_from_db(fields=["status", "version"])


def _is_later(measure: Measure, *, than: Measure) -> bool:
    if measure.deadline is None or than.deadline is None:
        return False
    return measure.deadline > than.deadline


def _note_deadline(measure: Measure, *, stood: Measure, by: User, at: datetime, why: str) -> None:
    """Write the change of the agreed deadline; a request that started from the old one lapses."""
    DeadlineChange.objects.create(
        measure=measure,
        from_deadline=stood.deadline,
        from_precision=stood.precision,
        to_deadline=measure.deadline,
        to_precision=measure.precision,
        by=by,
        on_behalf_of=by.acting_for,
        at=at,
        on=day_of(at),
        why=why,
    )
    extending.lapse(measure, by=by, at=at, why=f"整改时限另行改为{measure.deadline_phrase}。")


@transaction.atomic
def amend_problem(
    problem: Problem, *, before: Mapping[str, str], by: User, at: datetime, why: str
) -> None:
    """Write the problem's content, as changed on the object since its version was read.

    `before` is `content_of` the row as it was read. Raises StalePlan, ValidationError.
    """
    problem.full_clean()
    content = {name: getattr(problem, name) for name in PROBLEM_CONTENT}
    rows = Problem.objects.filter(pk=problem.pk, version=problem.version)
    if not rows.update(version=F("version") + 1, **content):
        raise StalePlan(f"{problem.code} 在您打开之后被别人改过，请重新打开再改。")
    problem.refresh_from_db(fields=["version"])
    after = content_of(problem, PROBLEM_CONTENT)
    act = Act("amend", "problem", problem.subject_code, dict(before), after, why)
    journal.append(act, by=by, at=at)


def _hand_over(former: Measure, measure: Measure, *, by: User, at: datetime, why: str) -> None:
    """A name that an amendment replaces stays on record, as after any other handover."""
    for field in OF_MEASURES:
        before, after = getattr(former, field), getattr(measure, field)
        if before is None or after is None or before == after:
            continue
        kind = "unit" if field == HandoverField.LEAD_UNIT else "person"
        sides = {f"former_{kind}": before, f"new_{kind}": after}
        Handover.objects.create(
            measure=measure,
            field=field,
            on=day_of(at),
            why=why or "修改整改方案",
            by=by,
            on_behalf_of=by.acting_for,
            at=at,
            **sides,
        )


def content_of(row: Problem | Measure, names: tuple[str, ...]) -> dict[str, str]:
    """The content as the journal keeps it: every value as text."""
    return {name: _text(getattr(row, name)) for name in names}


def _supported(measure: Measure, units: Iterable[Unit]) -> dict[str, str]:
    """Set the supporting units; what the journal keeps of them."""
    measure.supporting_units.set(units)
    return {"supporting_units": _names(units)}


def _names(units: Iterable[Unit]) -> str:
    return "、".join(str(unit) for unit in units)


def _text(value: object) -> str:
    return "" if value is None else str(value)
