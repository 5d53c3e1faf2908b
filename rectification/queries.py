"""Answers that span models. Each is a frozen dataclass; the day is always given."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, Subquery

from accounts.models import Role, Unit, User, signature, under
from accounts.rights import rights_of
from rectification import clock, permissions
from rectification.models import (
    CloseoutRequest,
    CloseoutRequestQuerySet,
    DispatchRound,
    Exemption,
    ExemptionQuerySet,
    Extension,
    ExtensionQuerySet,
    Inspection,
    Light,
    Measure,
    MeasureEvent,
    MeasureQuerySet,
    Notice,
    Problem,
    ProblemQuerySet,
    ProgressEntry,
    Workday,
)
from rectification.states import FINISHED, Basis, RoundState, WorkStatus

CAME_BACK = (WorkStatus.SENT_BACK, WorkStatus.REBOUNDED)
_NOT_ASKED = (*FINISHED, WorkStatus.IN_REVIEW)
DESK_ROWS = 50  # a desk that lists more is read by nobody; the list pages hold the rest


@dataclass(frozen=True)
class MeasureRow:
    """A measure in a list, with its light and, where it came back, why.

    On a desk also whether its reader reports for the lead unit, not only heads it.
    """

    measure: Measure
    light: Light
    reason: str = ""
    may_report: bool = False


@dataclass(frozen=True)
class Desk:
    """What needs this person: what came back, is due, is to be reported, reviewed, accepted."""

    rounds: tuple[DispatchRound, ...]
    came_back: tuple[MeasureRow, ...]
    overdue: tuple[MeasureRow, ...]
    near: tuple[MeasureRow, ...]
    not_reported: tuple[MeasureRow, ...]
    to_review: tuple[CloseoutRequest, ...]
    to_accept: tuple[Problem, ...]
    to_extend: tuple[Extension, ...]
    to_exempt: tuple[Exemption, ...]
    notices: tuple[Notice, ...]

    @property
    def due(self) -> tuple[MeasureRow, ...]:
        """What is overdue, then what will be; what is listed above to be reported is left out."""
        above = {row.measure.pk for row in self.came_back + self.not_reported}
        return tuple(row for row in self.overdue + self.near if row.measure.pk not in above)

    @property
    def is_empty(self) -> bool:
        lists = (self.came_back, self.overdue, self.near, self.not_reported)
        decisions = (self.to_review, self.to_accept, self.to_extend, self.to_exempt)
        return not any((*lists, *decisions))


def desk(user: User, *, on: date) -> Desk:
    """Everything that waits for this person, over all inspections that they have a part in."""
    mine = _answered_for(user, on=on)
    came_back = mine.filter(status__in=CAME_BACK)
    not_reported = _not_reported(mine).exclude(status__in=CAME_BACK)
    return Desk(
        rounds=_rounds(user),
        came_back=_for(user, rows(_with_last_return(came_back)[:DESK_ROWS], on=on)),
        overdue=rows(mine.overdue(on=on)[:DESK_ROWS], on=on),
        near=rows(mine.near(on=on)[:DESK_ROWS], on=on),
        not_reported=_for(user, rows(not_reported[:DESK_ROWS], on=on)),
        to_review=tuple(_to_review(user)[:DESK_ROWS]),
        to_accept=tuple(_to_accept(user)[:DESK_ROWS]),
        to_extend=tuple(_to_extend(user)[:DESK_ROWS]),
        to_exempt=tuple(_to_exempt(user)[:DESK_ROWS]),
        notices=_notices(user),
    )


def _for(user: User, found: tuple[MeasureRow, ...]) -> tuple[MeasureRow, ...]:
    rights = rights_of(user)
    return tuple(
        replace(row, may_report=rights.covers(row.measure.lead_unit, Role.LIAISON)) for row in found
    )


def next_to_report(user: User, inspection: Inspection, *, on: date) -> Measure | None:
    """The most urgent measure that this person has still to report in the open round."""
    mine = _answered_for(user, on=on).filter(inspection=inspection)
    return _not_reported(mine).first()


def rows(
    measures: Iterable[Measure], *, on: date, basis: Basis = Basis.AGREED
) -> tuple[MeasureRow, ...]:
    """The measures with their lights; with the last return's reason where it was fetched."""
    return tuple(
        MeasureRow(measure, measure.light(on=on, basis=basis), _last_reason(measure))
        for measure in measures
    )


@dataclass(frozen=True)
class UnitReturn:
    """How far one unit is with its reports in one round, and the difficulties that it names."""

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

    A measure belongs to the round where it was unfinished and not in review (then nothing can be
    reported) at the end of the round's last day, or now while it is open, and also where it was
    reported in it.
    """
    entries = list(
        ProgressEntry.objects.filter(round=round).select_related("measure__lead_unit", "by")
    )
    reported = {entry.measure_id: entry for entry in entries}
    standing = _to_report(round.inspection, on=_last_day(round))
    asked = {row.pk: row.lead_unit for row in standing.select_related("lead_unit")}
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


@dataclass(frozen=True)
class RoundRow:
    """One round in the list: how many measures it asked for, and what came."""

    round: DispatchRound
    expected: int
    reported: int
    nil_returns: int
    sent_back: int


def round_rows(inspection: Inspection) -> tuple[RoundRow, ...]:
    """Every round, latest first, in a fixed number of queries; missed ones asked for nothing."""
    reports: dict[int, dict[int, bool]] = {}
    told = ProgressEntry.objects.filter(round__inspection=inspection).order_by("pk")
    for round_id, measure_id, nil in told.values_list("round", "measure", "nil_return"):
        reports.setdefault(round_id or 0, {})[measure_id] = nil
    returns = Count("events", filter=Q(events__verb="send_back"))
    rounds = inspection.rounds.annotate(returns=returns).latest_first()
    changes = _changes(inspection)
    return tuple(_round_row(each, reports.get(each.pk, {}), changes) for each in rounds)


@dataclass(frozen=True)
class _Change:
    measure: int
    to_status: str
    on: date


def _changes(inspection: Inspection) -> tuple[_Change, ...]:
    events = MeasureEvent.objects.filter(measure__inspection=inspection).order_by("on", "pk")
    return tuple(_Change(*row) for row in events.values_list("measure", "to_status", "on"))


def _round_row(
    round: DispatchRound, reports: dict[int, bool], changes: tuple[_Change, ...]
) -> RoundRow:
    day = _last_day(round)
    standing = {
        change.measure: change.to_status for change in changes if day is None or change.on <= day
    }
    asked = {measure for measure, status in standing.items() if status not in _NOT_ASKED}
    held = round.state != RoundState.SUPERSEDED
    return RoundRow(
        round=round,
        expected=len(asked | set(reports)) if held else 0,
        reported=len(reports),
        nil_returns=sum(reports.values()),
        sent_back=getattr(round, "returns", 0),
    )


def _last_day(round: DispatchRound) -> date | None:
    """The day that a round's account is drawn up for; None, that is now, while it is open."""
    return clock.day_of(round.closed_at) if round.closed_at else None


def _to_report(inspection: Inspection, *, on: date | None) -> MeasureQuerySet:
    """The measures that were to be reported at the end of the day, or are now."""
    measures = Measure.objects.filter(inspection=inspection)
    if on is None:
        return measures.exclude(status__in=_NOT_ASKED)
    latest = MeasureEvent.objects.filter(measure=OuterRef("pk"), on__lte=on)
    latest = latest.order_by("-on", "-pk")
    then = measures.annotate(status_then=Subquery(latest.values("to_status")[:1]))
    return then.filter(status_then__isnull=False).exclude(status_then__in=_NOT_ASKED)


@dataclass(frozen=True)
class Step:
    """A stage of a pending application. `state` is done, current or todo."""

    name: str
    state: str
    note: str


def review_steps(request: CloseoutRequest) -> tuple[Step, ...]:
    """The stages of the application: who approved, whom it waits for, what is to come."""
    reviews = request.reviews.select_related("by", "on_behalf_of")
    approved = {review.stage_id: review for review in reviews}
    steps = []
    for stage in request.measure.inspection.stages.all():
        role = Role(stage.role).label
        if stage.pk in approved:
            review = approved[stage.pk]
            who = signature(review.by, review.on_behalf_of)
            note = f"{who} {review.on.month}月{review.on.day}日通过"
            steps.append(Step(stage.name, "done", note))
        elif stage.pk == request.stage_id:
            steps.append(Step(stage.name, "current", f"等待{role}审核"))
        else:
            steps.append(Step(stage.name, "todo", role))
    return tuple(steps)


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


@dataclass(frozen=True)
class Decisions:
    """What one inspection waits for from this person, oldest first."""

    to_review: tuple[CloseoutRequest, ...]
    to_accept: tuple[Problem, ...]
    to_extend: tuple[Extension, ...]
    to_exempt: tuple[Exemption, ...]


def decisions(user: User, inspection: Inspection) -> Decisions:
    """As on the desk, for one inspection."""
    return Decisions(
        to_review=tuple(_to_review(user).filter(measure__inspection=inspection)[:DESK_ROWS]),
        to_accept=tuple(_to_accept(user).filter(inspection=inspection)[:DESK_ROWS]),
        to_extend=tuple(_to_extend(user).filter(measure__inspection=inspection)[:DESK_ROWS]),
        to_exempt=tuple(_to_exempt(user).filter(measure__inspection=inspection)[:DESK_ROWS]),
    )


def _answered_for(user: User, *, on: date) -> MeasureQuerySet:
    """The measures whose lead unit this person reports for or heads."""
    paths = rights_of(user).paths(Role.LIAISON, Role.UNIT_HEAD)
    led = Measure.objects.led_within(paths).for_list(on=on)
    return led.prefetch_related(None)  # the desk names no supporting units


def _not_reported(mine: MeasureQuerySet) -> MeasureQuerySet:
    """To be reported, and without a report in the inspection's open round."""
    latest = DispatchRound.objects.open().filter(inspection=OuterRef("inspection")).latest_first()
    reported = ProgressEntry.objects.filter(measure=OuterRef("pk"), round=OuterRef("open_round"))
    return (
        mine.exclude(status__in=_NOT_ASKED)
        .annotate(open_round=Subquery(latest.values("pk")[:1]))
        .filter(~Exists(reported), open_round__isnull=False)
    )


def _with_last_return(measures: MeasureQuerySet) -> MeasureQuerySet:
    reasons = MeasureEvent.objects.filter(verb__in=["send_back", "reopen"]).order_by("pk")
    return measures.prefetch_related(Prefetch("events", reasons, to_attr="returns"))


def _last_reason(measure: Measure) -> str:
    returns: list[MeasureEvent] = getattr(measure, "returns", [])
    return returns[-1].why if returns else ""


def _to_review(user: User) -> CloseoutRequestQuerySet:
    """Applications that this person may decide on, oldest first."""
    waiting = permissions.reviewable(user).select_related(
        "stage",
        "applied_by",
        "on_behalf_of",
        "measure__lead_unit",
        "measure__inspection",
        "measure__problem",
    )
    return waiting.order_by("applied_at", "pk")


def _to_accept(user: User) -> ProblemQuerySet:
    """Problems that this person may accept: see `permissions.may_accept`."""
    paths = rights_of(user).paths(Role.EXECUTIVE, Role.PARTY_GROUP)
    mine = Problem.objects.filter(under(paths, "inspection__inspected_unit__path"))
    return mine.awaiting_acceptance().for_list()


def _to_extend(user: User) -> ExtensionQuerySet:
    """Requests for more time that this person may decide on, oldest first."""
    waiting = permissions.decidable_extensions(user).select_related(
        "requested_by", "measure__lead_unit", "measure__inspection"
    )
    return waiting.order_by("requested_at", "pk")


def _to_exempt(user: User) -> ExemptionQuerySet:
    """Applications for 不再适用 that this person may decide on, oldest first."""
    waiting = permissions.exemptions_to_decide(user).select_related(
        "by", "on_behalf_of", "measure__lead_unit", "measure__inspection"
    )
    return waiting.order_by("at", "pk")


def _rounds(user: User) -> tuple[DispatchRound, ...]:
    """The open rounds of every inspection that this person sees."""
    mine = Inspection.objects.visible_within(permissions.scope_of(user))
    rounds = DispatchRound.objects.open().filter(inspection__in=mine)
    return tuple(rounds.select_related("inspection__inspected_unit").latest_first()[:DESK_ROWS])


def _notices(user: User) -> tuple[Notice, ...]:
    """The latest notices to the units that this person reports for or heads."""
    paths = rights_of(user).paths(Role.LIAISON, Role.UNIT_HEAD)
    letters = Notice.objects.to_units_within(paths).select_related("inspection", "unit")
    return tuple(letters.latest_first()[:5])
