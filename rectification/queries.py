"""Answers that span models. Each is a frozen dataclass; the day is always given."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, Subquery

from accounts.models import Role, User, signature, under
from accounts.rights import rights_of
from rectification import clock, permissions
from rectification.models import (
    CloseoutRequest,
    CloseoutRequestQuerySet,
    DispatchReturn,
    DispatchReturnQuerySet,
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
    MeetingPoint,
    MeetingPointQuerySet,
    Notice,
    PointAnswer,
    Problem,
    ProblemQuerySet,
    Workday,
)
from rectification.states import CAME_BACK, UNREPORTED, Basis, PointState, ReturnState, RoundState

DESK_ROWS = 50  # a desk that lists more is read by nobody; the list pages hold the rest


@dataclass(frozen=True)
class MeasureRow:
    """A measure in a list, with its light and, where it came back, why.

    On a desk also whether its reader reports for the lead unit, not only heads it, and whether that
    unit has reported no change in the open round.
    """

    measure: Measure
    light: Light
    reason: str = ""
    may_report: bool = False
    nil_told: bool = False


@dataclass(frozen=True)
class OwedRow:
    """What a unit has still to report in an open round; `may_report`: its reader reports for it."""

    line: DispatchReturn
    light: Light
    may_report: bool

    @property
    def measure(self) -> Measure:
        return self.line.measure


@dataclass(frozen=True)
class RoundPart:
    """A person's part in a round: lines of the units that they report for or head.

    `left` are still to be reported, `back` of them came back to the lead unit, `to_confirm` wait
    for this person; `may_file`: they report for one of the units of what is left.
    """

    round: DispatchRound
    asked: int
    left: int
    back: int
    to_confirm: int
    may_file: bool

    @property
    def done(self) -> int:
        return self.asked - self.left


@dataclass(frozen=True)
class Desk:
    """What needs this person: what came back, is due, is to be reported, reviewed, accepted."""

    rounds: tuple[DispatchRound, ...]
    parts: tuple[RoundPart, ...]
    came_back: tuple[MeasureRow, ...]
    overdue: tuple[MeasureRow, ...]
    near: tuple[MeasureRow, ...]
    not_reported: tuple[OwedRow, ...]
    to_review: tuple[CloseoutRequest, ...]
    to_accept: tuple[Problem, ...]
    to_extend: tuple[Extension, ...]
    to_exempt: tuple[Exemption, ...]
    to_answer: tuple[MeetingPoint, ...]
    notices: tuple[Notice, ...]

    @property
    def due(self) -> tuple[MeasureRow, ...]:
        """What is overdue, then what will be; what is listed above to be reported is left out."""
        above = {row.measure.pk for row in self.came_back}
        above |= {row.measure.pk for row in self.not_reported}
        return tuple(row for row in self.overdue + self.near if row.measure.pk not in above)

    @property
    def is_empty(self) -> bool:
        lists = (self.came_back, self.overdue, self.near, self.not_reported)
        decisions = (self.to_review, self.to_accept, self.to_extend, self.to_exempt)
        open_parts = any(part.left or part.to_confirm for part in self.parts)
        return not open_parts and not any((*lists, *decisions, self.to_answer))


def desk(user: User, *, on: date) -> Desk:
    """Everything that waits for this person, over all inspections that they have a part in."""
    mine = _answered_for(user, on=on)
    came_back = mine.filter(status__in=CAME_BACK)
    return Desk(
        rounds=_rounds(user),
        parts=round_parts(user),
        came_back=_for(user, rows(with_last_return(came_back)[:DESK_ROWS], on=on)),
        overdue=rows(mine.overdue(on=on)[:DESK_ROWS], on=on),
        near=rows(mine.near(on=on)[:DESK_ROWS], on=on),
        not_reported=_not_reported(user, on=on),
        to_review=tuple(_to_review(user)[:DESK_ROWS]),
        to_accept=tuple(_to_accept(user)[:DESK_ROWS]),
        to_extend=tuple(_to_extend(user)[:DESK_ROWS]),
        to_exempt=tuple(_to_exempt(user)[:DESK_ROWS]),
        to_answer=tuple(_to_answer(user)[:DESK_ROWS]),
        notices=_notices(user),
    )


def _for(user: User, found: tuple[MeasureRow, ...]) -> tuple[MeasureRow, ...]:
    rights = rights_of(user)
    lines = DispatchReturn.objects.filter(round__state=RoundState.OPEN, leads=True)
    nil = lines.filter(entry__nil_return=True).exclude(state__in=UNREPORTED)
    told = set(
        nil.filter(measure__in=[row.measure.pk for row in found]).values_list("measure", flat=True)
    )
    return tuple(
        replace(
            row,
            may_report=rights.covers(row.measure.lead_unit, Role.LIAISON),
            nil_told=row.measure.pk in told,
        )
        for row in found
    )


def round_parts(user: User) -> tuple[RoundPart, ...]:
    """This person's part in each current round, open or just closed, that asks their units."""
    rights = rights_of(user)
    mine = DispatchReturn.objects.of_units_within(rights.paths(Role.LIAISON, Role.UNIT_HEAD))
    lines = mine.filter(round__in=DispatchRound.objects.current()).asked()
    found: dict[DispatchRound, list[DispatchReturn]] = {}
    for line in lines.select_related("round__inspection", "unit", "entry", "measure"):
        found.setdefault(line.round, []).append(line)
    latest = sorted(found.items(), key=lambda each: each[0].pk, reverse=True)
    return tuple(_part(user, round, lines) for round, lines in latest)


def _part(user: User, round: DispatchRound, lines: list[DispatchReturn]) -> RoundPart:
    rights = rights_of(user)
    left = [line for line in lines if line.state in UNREPORTED]
    return RoundPart(
        round,
        asked=len(lines),
        left=len(left),
        back=sum(line.leads and line.measure.status in CAME_BACK for line in left),
        to_confirm=sum(
            line.state == ReturnState.TO_CONFIRM and permissions.may_confirm_return(user, line)
            for line in lines
        ),
        may_file=any(rights.covers(line.unit, Role.LIAISON) for line in left),
    )


def missing_in(rounds: Iterable[DispatchRound]) -> dict[int, tuple[int, int]]:
    """Of each of these rounds, by its key: how many lines are not reported, and how many are asked;
    a round that asks nothing is left out."""
    lines = DispatchReturn.objects.filter(round__in=rounds).asked().order_by()
    counts = lines.values_list("round").annotate(
        missing=Count("pk", filter=Q(state__in=UNREPORTED)), asked=Count("pk")
    )
    return {round: (left, asked) for round, left, asked in counts}


def next_to_report(user: User, inspection: Inspection, *, on: date) -> Measure | None:
    """The most urgent measure that this person has still to report in the open round."""
    owed = _owed(user, Role.LIAISON, on=on).filter(round__inspection=inspection)
    line = owed.first()
    return line.measure if line else None


def _not_reported(user: User, *, on: date) -> tuple[OwedRow, ...]:
    rights = rights_of(user)
    owed = _owed(user, Role.LIAISON, Role.UNIT_HEAD, on=on)
    owed = owed.exclude(leads=True, measure__status__in=CAME_BACK)  # in the list of what came back
    return tuple(
        OwedRow(line, line.measure.light(on=on), rights.covers(line.unit, Role.LIAISON))
        for line in owed[:DESK_ROWS]
    )


def _owed(user: User, *roles: Role, on: date) -> DispatchReturnQuerySet:
    """What the person's units have still to report in open rounds, most urgent first."""
    lines = DispatchReturn.objects.filter(round__state=RoundState.OPEN).asked().unreported()
    mine = lines.of_units_within(rights_of(user).paths(*roles))
    measures = Measure.objects.for_list(on=on).prefetch_related(None)
    due = F("measure__deadline").asc(nulls_last=True)
    return (
        mine.select_related("unit", "round__inspection")
        .prefetch_related(Prefetch("measure", measures))
        .order_by(due, "measure__code", "pk")
    )


def rows(
    measures: Iterable[Measure], *, on: date, basis: Basis = Basis.AGREED
) -> tuple[MeasureRow, ...]:
    """The measures with their lights; with the last return's reason where it was fetched."""
    return tuple(
        MeasureRow(measure, measure.light(on=on, basis=basis), last_reason(measure))
        for measure in measures
    )


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
    if inspection.series is None:
        return None
    return clock.next_sitting(
        series=inspection.series,
        work=Workday.objects.calendar(),
        on=on,
        after=inspection.rounds.last_number(),
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
    """The measures whose lead unit this person reports for or heads, and those that they are in
    charge of and see."""
    paths = rights_of(user).paths(Role.LIAISON, Role.UNIT_HEAD)
    seen = Measure.objects.led_within(permissions.scope_of(user))
    own = seen.filter(person_in_charge=user.acting_for or user)
    mine = (Measure.objects.led_within(paths) | own).for_list(on=on)
    return mine.prefetch_related(None)  # the desk names no supporting units


def with_last_return(measures: MeasureQuerySet) -> MeasureQuerySet:
    """With what `last_reason` needs."""
    reasons = MeasureEvent.objects.filter(verb__in=["send_back", "reopen"]).order_by("pk")
    return measures.prefetch_related(Prefetch("events", reasons, to_attr="sendings_back"))


def last_reason(measure: Measure) -> str:
    """Why the measure came back last; empty where it never did, or where that was not fetched."""
    returns: list[MeasureEvent] = getattr(measure, "sendings_back", [])
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


def _to_answer(user: User) -> MeetingPointQuerySet:
    """Points of meetings that wait for an answer of this person's units: in each round anew, and
    between two rounds those that nobody has answered yet."""
    now = DispatchRound.objects.open().filter(inspection=OuterRef("inspection")).latest_first()
    told = PointAnswer.objects.filter(point=OuterRef("pk"), round=OuterRef("open_round"))
    mine = MeetingPoint.objects.pending().filter(
        under(rights_of(user).paths(Role.LIAISON), "unit__path")
    )
    waiting = mine.annotate(open_round=Subquery(now.values("pk")[:1])).filter(
        Q(state=PointState.OPEN) | (Q(open_round__isnull=False) & ~Exists(told))
    )
    return waiting.select_related("inspection", "unit", "round", "measure").order_by("at", "pk")


def _rounds(user: User) -> tuple[DispatchRound, ...]:
    """The open rounds of every inspection that this person sees."""
    mine = Inspection.objects.visible_within(permissions.scope_of(user))
    rounds = DispatchRound.objects.open().filter(inspection__in=mine)
    return tuple(rounds.select_related("inspection__inspected_unit").latest_first()[:DESK_ROWS])


def _notices(user: User) -> tuple[Notice, ...]:
    """The latest notices to this person."""
    letters = Notice.objects.addressed_to(user).select_related("inspection", "unit")
    return tuple(letters.latest_first()[:5])
