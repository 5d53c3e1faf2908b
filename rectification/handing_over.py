"""责任交接: one field of a measure or a problem, or everything of a person, passes to the next.

Responsibility passes as of a day that the office names; the former name stays on record. A pending
application stays as it is: any liaison of the lead unit goes on with it.
"""

import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from accounts import journal
from accounts.journal import Act
from accounts.models import Unit, User
from rectification import clock, moving, permissions
from rectification.models import (
    OF_MEASURES,
    OF_PROBLEMS,
    Handover,
    HandoverField,
    Inspection,
    Measure,
    Problem,
)
from rectification.moving import MoveRefused, StaleSave, stale
from rectification.states import ProblemStatus, TimeKind


@dataclass(frozen=True)
class Terms:
    """From which day the new name counts, and why; `batch` is one for all of a person."""

    on: date
    why: str
    batch: uuid.UUID | None = None


@dataclass(frozen=True)
class Succession:
    """Who takes everything over from whom, in one inspection."""

    former: User
    to: User
    inspection: Inspection


@dataclass(frozen=True)
class Holding:
    """One thing that a person is responsible for: the row, and as what."""

    row: Measure | Problem
    field: HandoverField


def people_for(inspection: Inspection) -> QuerySet[User]:
    """Who can take something over: people of the inspected organisation who are still there."""
    path = inspection.inspected_unit.path
    people = User.objects.filter(is_active=True, unit__path__startswith=path)
    return people.select_related("unit").order_by("unit__order", "unit", "pk")


def units_for(inspection: Inspection) -> QuerySet[Unit]:
    within = Unit.objects.within([inspection.inspected_unit.path])
    return within.filter(is_active=True).in_order()


def holders_in(inspection: Inspection) -> QuerySet[User]:
    """Who is named in the inspection, whether still there or not: whose part can pass on."""
    measures = Measure.objects.filter(inspection=inspection)
    problems = Problem.objects.filter(inspection=inspection)
    return (
        User.objects.filter(
            Q(pk__in=measures.values("responsible_executive"))
            | Q(pk__in=measures.values("person_in_charge"))
            | Q(pk__in=problems.values("lead_executive"))
        )
        .select_related("unit")
        .order_by("unit__order", "unit", "pk")
    )


@transaction.atomic
def hand_over(
    holding: Holding, to: User | Unit, *, terms: Terms, by: User, at: datetime, version: int
) -> Handover:
    """Pass one field on, of the row as it stood at `version`. Raises MoveRefused, StaleSave."""
    _allowed(holding.row.inspection, by=by)
    return _pass_on(holding, to, terms=terms, by=by, at=at, version=version)


def everything_of(person: User, inspection: Inspection) -> tuple[Holding, ...]:
    """All that this person answers for and that is not done with.

    What was closed keeps the name under which it was closed, but for what is kept up in the long
    term: somebody must answer for it at the next look-back.
    """
    open_measures = Measure.objects.filter(inspection=inspection).filter(
        Q(pk__in=Measure.objects.unfinished().values("pk")) | Q(time_kind=TimeKind.LONG_TERM)
    )
    open_problems = Problem.objects.filter(inspection=inspection).exclude(
        status=ProblemStatus.CLOSED
    )
    mine = Q(responsible_executive=person) | Q(person_in_charge=person)
    measures = open_measures.filter(mine).select_related("inspection", "lead_unit", "problem")
    problems = open_problems.filter(lead_executive=person).select_related("inspection", "lead_unit")
    rows: list[Measure | Problem] = [
        *problems.in_code_order(),
        *measures.order_by("code", "pk"),
    ]
    return tuple(
        Holding(row, field)
        for row in rows
        for field in _fields_of(row)
        if field != HandoverField.LEAD_UNIT and getattr(row, f"{field}_id") == person.pk
    )


def seal(holdings: Iterable[Holding]) -> str:
    """A short name for exactly these rows at exactly these versions: what a preview showed."""
    parts = [f"{each.row.subject_code}:{each.row.version}:{each.field}" for each in holdings]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@transaction.atomic
def hand_over_everything(
    succession: Succession, *, terms: Terms, seen: str, by: User, at: datetime
) -> tuple[Handover, ...]:
    """Pass on all that the former answers for, as it was `seen` (a seal); all of it or nothing.

    Raises MoveRefused, StaleSave.
    """
    former, to, inspection = succession.former, succession.to, succession.inspection
    _allowed(inspection, by=by)
    moving.hold_all(inspection)
    holdings = everything_of(former, inspection)
    if seal(holdings) != seen:
        raise StaleSave("清单在您打开之后有变化，没有交接。请核对下面最新的清单再确认。")
    if not holdings:
        raise MoveRefused(f"{former}名下没有要交接的措施和问题。")
    terms = replace(terms, batch=uuid.uuid4())
    return tuple(
        _pass_on(each, to, terms=terms, by=by, at=at, version=each.row.version) for each in holdings
    )


def _pass_on(
    holding: Holding, to: User | Unit, *, terms: Terms, by: User, at: datetime, version: int
) -> Handover:
    row, field = holding.row, holding.field
    _fitting(holding, to, terms=terms, at=at)
    former = getattr(row, field)
    if former == to:
        raise MoveRefused(f"{row.code} 的{field.label}已经是{to}，不用交接。")
    rows = type(row)._default_manager.filter(pk=row.pk, version=version)
    if not rows.update(version=F("version") + 1, **{field.value: to}):
        raise StaleSave(stale(row.code))
    row.refresh_from_db(fields=["version", field.value])
    before = {field.value: "" if former is None else str(former)}
    after = {field.value: str(to), "on": terms.on}
    subject = "measure" if isinstance(row, Measure) else "problem"
    act = Act("hand_over", subject, row.subject_code, before, after, terms.why)
    journal.append(act, by=by, at=at)
    return _recorded(holding, former, to, terms=terms, by=by, at=at)


def _recorded(
    holding: Holding,
    former: User | Unit | None,
    to: User | Unit,
    *,
    terms: Terms,
    by: User,
    at: datetime,
) -> Handover:
    row = holding.row
    kind = "unit" if isinstance(to, Unit) else "person"
    sides: dict[str, Any] = {f"former_{kind}": former, f"new_{kind}": to}
    return Handover.objects.create(
        measure=row if isinstance(row, Measure) else None,
        problem=row if isinstance(row, Problem) else None,
        field=holding.field,
        on=terms.on,
        why=terms.why,
        batch=terms.batch,
        by=by,
        on_behalf_of=by.acting_for,
        at=at,
        **sides,
    )


def _allowed(inspection: Inspection, *, by: User) -> None:
    if not permissions.may_hand_over(by, inspection):
        raise MoveRefused("责任交接由整改办办理。")


def _fitting(holding: Holding, to: User | Unit, *, terms: Terms, at: datetime) -> None:
    """Refuse a field, a person or a day that does not fit."""
    row, field = holding.row, holding.field
    if field not in _fields_of(row) or isinstance(to, Unit) != (field == HandoverField.LEAD_UNIT):
        raise MoveRefused(f"{row.code} 不能这样交接{field.label}。")
    candidates: QuerySet[User] | QuerySet[Unit] = (
        units_for(row.inspection) if isinstance(to, Unit) else people_for(row.inspection)
    )
    if not candidates.filter(pk=to.pk).exists():
        raise MoveRefused(f"{to}不在被巡察单位，或者已经停用，不能接手。")
    if terms.on > clock.day_of(at):
        raise MoveRefused("交接日期不能晚于今天，请到那一天再办理。")
    last = row.handovers.filter(field=field).order_by("on", "pk").last()
    if last is not None and terms.on < last.on:
        day = clock.in_full(last.on)
        raise MoveRefused(f"{row.code} 的{field.label}在{day}已交接过，日期不能早于那一天。")


def _fields_of(row: Measure | Problem) -> tuple[HandoverField, ...]:
    return OF_MEASURES if isinstance(row, Measure) else OF_PROBLEMS
