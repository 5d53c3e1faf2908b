"""The verbs of the plan: a problem or a measure enters the ledger, or its content is amended.

Content is what the plan says (text, units, people, deadline); the status of work is not content and
moves through `workflow` alone. Every entry and every amendment is in the journal.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts import journal
from accounts.journal import Act
from accounts.models import Unit, User
from rectification.models import Measure, MeasureEvent, Problem, ProblemEvent
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
        on=_day(at),
        at=at,
        by=by,
    )
    after = content_of(measure, MEASURE_CONTENT) | _supported(measure, supporting)
    journal.append(Act("plan", "measure", measure.subject_code, after=after), by=by, at=at)


@transaction.atomic
def amend_measure(  # noqa: PLR0913  # what, from what, who, when and why
    measure: Measure,
    *,
    before: Mapping[str, str],
    by: User,
    at: datetime,
    why: str,
    supporting: Iterable[Unit] | None = None,
) -> None:
    """Write the measure's content, as changed on the object since its version was read.

    `before` is `content_of` the row as it was read; `supporting` are the supporting units where
    they are to be others. Raises PlanRefused, ValidationError.
    """
    measure.full_clean()
    content = {name: getattr(measure, name) for name in MEASURE_CONTENT}
    rows = Measure.objects.filter(pk=measure.pk, version=measure.version)
    if not rows.update(version=F("version") + 1, **content):
        raise PlanRefused(f"{measure.code} 在您打开之后被别人改过，请重新打开再改。")
    measure.refresh_from_db(fields=["version"])
    was, after = dict(before), content_of(measure, MEASURE_CONTENT)
    if supporting is not None:
        was |= {"supporting_units": _names(measure.supporting_units.all())}
        after |= _supported(measure, supporting)
    act = Act("amend", "measure", measure.subject_code, was, after, why)
    journal.append(act, by=by, at=at)


def content_of(row: Problem | Measure, names: tuple[str, ...]) -> dict[str, str]:
    """The content as the journal keeps it: every value as text."""
    return {name: _text(getattr(row, name)) for name in names}


def _supported(measure: Measure, units: Iterable[Unit]) -> dict[str, str]:
    """Set the supporting units; what the journal keeps of them."""
    measure.supporting_units.set(units)
    return {"supporting_units": _names(measure.supporting_units.all())}


def _names(units: Iterable[Unit]) -> str:
    return "、".join(sorted(unit.name for unit in units))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _day(at: datetime) -> date:
    return timezone.localtime(at).date()
