"""The verbs of the plan: a problem or a measure enters the ledger, or its content is amended.

Content is what the plan says (text, units, people, deadline); the status of work is not content and
moves through `workflow` alone. Every entry and every amendment is in the journal.
"""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import journal
from accounts.journal import Act
from accounts.models import User
from rectification.models import (
    OF_MEASURES,
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
PROBLEM_CONTENT = ("wording", "public_wording", "category", "area", "lead_executive", "lead_unit")


class PlanRefused(Exception):
    """The plan cannot be changed so: the message says why. Nothing was written."""


@transaction.atomic
def enter_problem(problem: Problem, *, by: User, at: datetime) -> None:
    """Save a new problem with its first event. Raises ValidationError where a field is wrong."""
    problem.full_clean()
    problem.save()
    ProblemEvent.objects.create(
        problem=problem,
        verb="plan",
        to_status=ProblemStatus.UNDER_WAY,
        on=_day(at),
        at=at,
        by=by,
        on_behalf_of=by.acting_for,
    )
    after = content_of(problem, PROBLEM_CONTENT)
    journal.append(Act("plan", "problem", problem.subject_code, after=after), by=by, at=at)


@transaction.atomic
def enter_measure(measure: Measure, *, by: User, at: datetime) -> None:
    """Save a new measure with its first event. Raises ValidationError where a field is wrong.

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
        on=_day(at),
        at=at,
        by=by,
        on_behalf_of=by.acting_for,
    )
    after = content_of(measure, MEASURE_CONTENT)
    journal.append(Act("plan", "measure", measure.subject_code, after=after), by=by, at=at)


@transaction.atomic
def amend_measure(
    measure: Measure, *, before: Mapping[str, str], by: User, at: datetime, why: str
) -> None:
    """Write the measure's content, as changed on the object since its version was read.

    `before` is `content_of` the row as it was read. Raises PlanRefused, ValidationError.
    """
    measure.full_clean()
    former = Measure.objects.select_related(*OF_MEASURES).get(pk=measure.pk)
    content = {name: getattr(measure, name) for name in MEASURE_CONTENT}
    rows = Measure.objects.filter(pk=measure.pk, version=measure.version)
    if not rows.update(version=F("version") + 1, **content):
        raise PlanRefused(f"{measure.code} 在您打开之后被别人改过，请重新打开再改。")
    measure.refresh_from_db(fields=["version"])
    after = content_of(measure, MEASURE_CONTENT)
    act = Act("amend", "measure", measure.subject_code, dict(before), after, why)
    journal.append(act, by=by, at=at)
    _hand_over(former, measure, by=by, at=at, why=why)


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
            on=_day(at),
            why=why or "修改整改方案",
            by=by,
            on_behalf_of=by.acting_for,
            at=at,
            **sides,
        )


def content_of(row: Problem | Measure, names: tuple[str, ...]) -> dict[str, str]:
    """The content as the journal keeps it: every value as text."""
    return {name: _text(getattr(row, name)) for name in names}


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _day(at: datetime) -> date:
    return timezone.localtime(at).date()
