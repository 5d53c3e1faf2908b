"""Answers that span models. Each is a frozen dataclass; the day is always given."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Prefetch

from accounts.models import Role, Unit, User
from accounts.rights import rights_of
from rectification import clock, permissions
from rectification.models import (
    CloseoutRequest,
    DispatchRound,
    Inspection,
    Light,
    Measure,
    MeasureEvent,
    MeasureQuerySet,
    Notice,
    Problem,
    ProgressEntry,
    Workday,
)
from rectification.states import WorkStatus

DESK_ROWS = 50  # a desk that lists more is read by nobody; the list pages hold the rest


@dataclass(frozen=True)
class MeasureRow:
    """A measure in a list, with its light and, where it came back, why."""

    measure: Measure
    light: Light
    reason: str = ""


@dataclass(frozen=True)
class Desk:
    """What needs this person: what came back, is due, is to be reported, reviewed, accepted."""

    came_back: tuple[MeasureRow, ...]
    overdue: tuple[MeasureRow, ...]
    near: tuple[MeasureRow, ...]
    not_reported: tuple[MeasureRow, ...]
    to_review: tuple[CloseoutRequest, ...]
    to_accept: tuple[Problem, ...]
    notices: tuple[Notice, ...]

    @property
    def is_empty(self) -> bool:
        lists = (self.came_back, self.overdue, self.near, self.not_reported)
        return not any((*lists, self.to_review, self.to_accept))


def desk(user: User, *, on: date) -> Desk:
    """Everything that waits for this person, over all inspections that they have a part in."""
    mine = _answered_for(user, on=on)
    came_back = mine.filter(status__in=[WorkStatus.SENT_BACK, WorkStatus.REBOUNDED])
    return Desk(
        came_back=rows(_with_last_return(came_back[:DESK_ROWS]), on=on),
        overdue=rows(mine.overdue(on=on)[:DESK_ROWS], on=on),
        near=rows(mine.near(on=on)[:DESK_ROWS], on=on),
        not_reported=rows(_not_reported(mine)[:DESK_ROWS], on=on),
        to_review=_to_review(user),
        to_accept=_to_accept(user),
        notices=_notices(user),
    )


def rows(measures: MeasureQuerySet, *, on: date) -> tuple[MeasureRow, ...]:
    """The measures with their lights; with the last return's reason where it was fetched."""
    return tuple(
        MeasureRow(measure, measure.light(on=on), _last_reason(measure)) for measure in measures
    )


@dataclass(frozen=True)
class UnitReturn:
    """How far one unit is with its reports in one round."""

    unit: Unit
    measures: int
    reported: int
    nil_returns: int
    difficulties: tuple[ProgressEntry, ...]

    @property
    def missing(self) -> int:
        return self.measures - self.reported


def round_returns(round: DispatchRound) -> tuple[UnitReturn, ...]:
    """Each lead unit's share of a round: who has reported, who has not, which difficulties.

    A measure belongs to the round while it is unfinished, and also where it was reported in it.
    """
    entries = list(
        ProgressEntry.objects.filter(round=round).select_related("measure__lead_unit", "by")
    )
    reported: dict[int, ProgressEntry] = {entry.measure_id: entry for entry in entries}
    unfinished = Measure.objects.filter(inspection=round.inspection).unfinished()
    asked = {row.pk: row.lead_unit for row in unfinished.select_related("lead_unit")}
    if not round.is_open:
        asked = {}
    asked |= {entry.measure_id: entry.measure.lead_unit for entry in entries}
    units = sorted(set(asked.values()), key=lambda unit: (unit.order, unit.pk))
    return tuple(_unit_return(unit, asked, reported) for unit in units)


def _unit_return(
    unit: Unit, asked: dict[int, Unit], reported: dict[int, ProgressEntry]
) -> UnitReturn:
    measures = [pk for pk, lead in asked.items() if lead == unit]
    entries = [reported[pk] for pk in measures if pk in reported]
    return UnitReturn(
        unit=unit,
        measures=len(measures),
        reported=len(entries),
        nil_returns=sum(entry.nil_return for entry in entries),
        difficulties=tuple(entry for entry in entries if entry.difficulty),
    )


def next_sitting(inspection: Inspection, *, on: date) -> clock.Sitting | None:
    """The coming round, or None where the inspection has no rhythm."""
    if inspection.dispatch_anchor is None:
        return None
    return clock.next_sitting(
        anchor=inspection.dispatch_anchor,
        every_days=inspection.dispatch_every_days,
        work=Workday.objects.calendar(),
        on=on,
    )


def _answered_for(user: User, *, on: date) -> MeasureQuerySet:
    """The measures whose lead unit this person reports for or heads."""
    paths = rights_of(user).paths(Role.LIAISON, Role.UNIT_HEAD)
    return Measure.objects.led_within(paths).for_list(on=on)


def _not_reported(mine: MeasureQuerySet) -> MeasureQuerySet:
    """Unfinished in an inspection with an open round, and without a report in that round."""
    open_rounds = DispatchRound.objects.open().filter(inspection=OuterRef("inspection"))
    reported = ProgressEntry.objects.filter(
        measure=OuterRef("pk"), round__in=DispatchRound.objects.open()
    )
    return mine.unfinished().filter(Exists(open_rounds), ~Exists(reported))


def _with_last_return(measures: MeasureQuerySet) -> MeasureQuerySet:
    reasons = MeasureEvent.objects.filter(verb__in=["send_back", "reopen"]).order_by("pk")
    return measures.prefetch_related(Prefetch("events", reasons, to_attr="returns"))


def _last_reason(measure: Measure) -> str:
    returns: list[MeasureEvent] = getattr(measure, "returns", [])
    return returns[-1].why if returns else ""


def _to_review(user: User) -> tuple[CloseoutRequest, ...]:
    """Applications at a stage whose role this person holds, and that they may decide."""
    waiting = CloseoutRequest.objects.pending().at_stages_of(rights_of(user).holdings)
    waiting = waiting.select_related(
        "stage", "applied_by", "measure__lead_unit", "measure__inspection", "measure__problem"
    )
    in_order = waiting.order_by("applied_at", "pk")[:DESK_ROWS]
    return tuple(request for request in in_order if permissions.may_review(user, request))


def _to_accept(user: User) -> tuple[Problem, ...]:
    paths = rights_of(user).paths(Role.EXECUTIVE, Role.PARTY_GROUP)
    waiting = Problem.objects.visible_within(paths).awaiting_acceptance().for_list()
    return tuple(waiting[:DESK_ROWS])


def _notices(user: User) -> tuple[Notice, ...]:
    """The latest notices to the units that this person reports for or heads."""
    paths = rights_of(user).paths(Role.LIAISON, Role.UNIT_HEAD)
    letters = Notice.objects.to_units_within(paths).select_related("inspection", "unit")
    return tuple(letters.latest_first()[:5])
