"""Answers about letters of supervision: what waits for a person, and how a list is narrowed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from accounts.models import Role, Unit, User
from accounts.rights import rights_of
from rectification import permissions
from rectification.models import (
    Measure,
    SupervisionAction,
    SupervisionActionQuerySet,
)
from rectification.states import LETTER_OPEN, LetterState

DESK_ROWS = 50
OPEN, LATE = "open", "late"  # situations of the list beside the states


@dataclass(frozen=True)
class Waiting:
    """What waits for this person: to sign for and to answer (units), to issue and to settle
    (the office)."""

    to_acknowledge: tuple[SupervisionAction, ...]
    to_answer: tuple[SupervisionAction, ...]
    to_issue: tuple[SupervisionAction, ...]
    to_settle: tuple[SupervisionAction, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.to_acknowledge or self.to_answer or self.to_issue or self.to_settle)


def waiting_for(user: User) -> Waiting:
    """The oldest of each first, as many as a desk holds; in two queries."""
    rights = rights_of(user)
    units = Unit.objects.within(rights.paths(Role.LIAISON, Role.UNIT_HEAD))
    rows = SupervisionAction.objects.select_related("inspection", "unit", "measure", "rung")
    own = list(rows.filter(unit__in=units).unanswered().order_by("due_on", "pk")[:DESK_ROWS])
    kept = Unit.objects.within(rights.paths(Role.OFFICE))
    asked = rows.filter(
        inspection__inspected_unit__in=kept, state__in=[LetterState.PROPOSED, LetterState.ANSWERED]
    )
    # One's own answer is settled by a colleague: see `permissions.may_settle`.
    answered = Q(state=LetterState.ANSWERED)
    mine = permissions.signed_by(user)
    offices = list(asked.exclude(answered & mine).order_by("proposed_on", "pk")[:DESK_ROWS])
    return Waiting(
        to_acknowledge=_in_state(own, LetterState.ISSUED),
        to_answer=_in_state(own, LetterState.ACKNOWLEDGED),
        to_issue=_in_state(offices, LetterState.PROPOSED),
        to_settle=_in_state(offices, LetterState.ANSWERED),
    )


def _in_state(rows: list[SupervisionAction], state: str) -> tuple[SupervisionAction, ...]:
    return tuple(row for row in rows if row.state == state)


def of_measure(user: User, measure: Measure) -> tuple[SupervisionAction, ...]:
    """The letters about a measure that this person may see, the latest first."""
    return tuple(permissions.letters_of(user).filter(measure=measure).for_list())


def measures_seen(user: User, letters: Iterable[SupervisionAction]) -> set[int]:
    """The keys of those measures of the letters that this person may see: a letter stays with the
    unit it went to, its measure may have moved on."""
    visible = Measure.objects.visible_within(permissions.scope_of(user))
    return set(
        visible.filter(pk__in={each.measure_id for each in letters}).values_list("pk", flat=True)
    )


def narrowed(
    rows: SupervisionActionQuerySet, kept: Mapping[str, str], *, on: date
) -> SupervisionActionQuerySet:
    """The letters that all kept filters let through."""
    situation = kept.get("situation")
    if situation == OPEN:
        rows = rows.open()
    if situation == LATE:
        rows = rows.late(on=on)
    if "q" in kept:
        rows = rows.matching(kept["q"])
    columns = {"unit": "unit", "kind": "kind", "state": "state"}
    return rows.filter(**{columns[name]: kept[name] for name in columns.keys() & kept.keys()})


def choices(rows: SupervisionActionQuerySet) -> dict[str, list[tuple[str, str]]]:
    """The units that occur among these letters."""
    found: QuerySet[Unit] = Unit.objects.filter(pk__in=rows.order_by().values("unit")).in_order()
    return {"unit": [(str(unit.pk), str(unit)) for unit in found]}


@dataclass(frozen=True)
class Tally:
    """How many letters are in each situation, for the tabs above the list."""

    total: int
    proposed: int
    open: int
    late: int
    answered: int
    settled: int


def tally(rows: SupervisionActionQuerySet, *, on: date) -> Tally:
    """Counts each situation in one query."""
    late = Q(pk__in=SupervisionAction.objects.late(on=on).order_by().values("pk"))
    return Tally(
        **rows.order_by().aggregate(
            total=Count("pk"),
            proposed=Count("pk", filter=Q(state=LetterState.PROPOSED)),
            open=Count("pk", filter=Q(state__in=LETTER_OPEN)),
            late=Count("pk", filter=late),
            answered=Count("pk", filter=Q(state=LetterState.ANSWERED)),
            settled=Count("pk", filter=Q(state=LetterState.SETTLED)),
        )
    )
