"""What waits for each person, over all people at once: the number of queries is the same for three
people as for three hundred.

Who may decide on what is the law of `permissions`; here it is asked of everybody in one sweep, and
a test holds the two against each other, person by person.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery

from accounts.models import Role, RoleAssignment, User
from rectification.models import (
    CloseoutRequest,
    DispatchReturn,
    DispatchRound,
    Exemption,
    Extension,
    ExtensionDecision,
    LetterStep,
    Measure,
    MeetingPoint,
    Notice,
    PointAnswer,
    Problem,
    ProgressEntry,
    RequestEvidence,
    Review,
    SupervisionAction,
)
from rectification.states import (
    CAME_BACK,
    ExtensionState,
    LetterState,
    NoticeState,
    PointState,
    ReturnState,
    RoundState,
)

UNIT = (Role.LIAISON, Role.UNIT_HEAD)
DECIDING = (Role.EXECUTIVE, Role.PARTY_GROUP)
BUREAU = "inspection__inspected_unit__path"


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in, with the roles they hold: role and path of the unit."""

    user: User
    holdings: tuple[tuple[str, str], ...]

    def holds(self, path: str, *roles: str) -> bool:
        return any(path.startswith(held) for role, held in self.holdings if role in roles)


@dataclass(frozen=True)
class Load:
    """What waits for one person in one inspection (its key), by name: see `reminders.SAYS`."""

    person: Person
    inspection: int
    counts: Counter[str]


@dataclass(frozen=True)
class _Heap:
    """As many things of one kind in one place: for whoever holds a role there, for the person in
    charge, and not for whoever had a hand in it."""

    name: str
    inspection: int
    path: str
    roles: tuple[str, ...]
    count: int = 1
    in_charge: int | None = None
    barred: frozenset[int] = field(default_factory=frozenset)

    def is_for(self, person: Person) -> bool:
        if person.user.pk in self.barred:
            return False
        return person.user.pk == self.in_charge or person.holds(self.path, *self.roles)


def loads(*, on: date) -> tuple[Load, ...]:
    """Of each active person, for each inspection in which something waits for them."""
    heaps = [*_measures(on), *_returns(), *_points(), *_letters(), *_decisions(), *_held()]
    found = []
    for person in _people({heap.in_charge for heap in heaps if heap.in_charge}):
        counts: dict[int, Counter[str]] = {}
        for heap in heaps:
            if heap.is_for(person):
                counts.setdefault(heap.inspection, Counter())[heap.name] += heap.count
        found += [Load(person, inspection, count) for inspection, count in counts.items()]
    return tuple(found)


def _people(in_charge: Iterable[int]) -> list[Person]:
    """Everybody who holds a role or is named as the person in charge, and is active."""
    held: dict[int, list[tuple[str, str]]] = {}
    assignments = RoleAssignment.objects.filter(ended_on=None).order_by("pk")
    for user, role, path in assignments.values_list("user", "role", "unit__path"):
        held.setdefault(user, []).append((role, path))
    users = User.objects.filter(pk__in={*held, *in_charge}, is_active=True).order_by("pk")
    return [Person(user, tuple(held.get(user.pk, ()))) for user in users]


def _measures(on: date) -> Iterator[_Heap]:
    every = Measure.objects.order_by()
    near = every.near(on=on)
    situations = {
        "overdue": every.overdue(on=on),
        "today": near.filter(deadline=on),
        "back": every.filter(status__in=CAME_BACK),
        "near": near.exclude(deadline=on),
    }
    counts: dict[str, Any] = {
        name: Count("pk", filter=Q(pk__in=found.values("pk"))) for name, found in situations.items()
    }
    place = ("inspection", "lead_unit__path", "person_in_charge")
    for row in every.unfinished().values(*place).annotate(**counts):
        inspection, path, person = (row[name] for name in place)
        for name in situations:
            if row[name]:
                yield _Heap(name, inspection, path, UNIT, row[name], person)


def _returns() -> Iterator[_Heap]:
    """The lines of open rounds that are still to be reported, or to be confirmed by the head."""
    lines = DispatchReturn.objects.filter(round__state=RoundState.OPEN).asked().order_by()
    place = ("round__inspection", "unit__path", "measure__person_in_charge", "leads")
    how_many = Count("measure", distinct=True)
    for row in lines.unreported().values_list(*place).annotate(how_many):
        inspection, path, person, leads, count = row
        yield _Heap("unreported", inspection, path, UNIT, count, person if leads else None)
    to_confirm = lines.filter(state=ReturnState.TO_CONFIRM)
    for inspection, path, count in to_confirm.values_list(*place[:2]).annotate(how_many):
        yield _Heap("to_confirm", inspection, path, (Role.UNIT_HEAD,), count)


def _points() -> Iterator[_Heap]:
    """Decided in a meeting: the unit answers, in each round anew, and the office settles."""
    now = DispatchRound.objects.open().filter(inspection=OuterRef("inspection")).latest_first()
    told = PointAnswer.objects.filter(point=OuterRef("pk"), round=OuterRef("open_round"))
    pending = MeetingPoint.objects.pending().order_by()
    asked = pending.annotate(open_round=Subquery(now.values("pk")[:1])).filter(
        Q(state=PointState.OPEN) | (Q(open_round__isnull=False) & ~Exists(told))
    )
    yield from _counted("points", asked, "unit__path", Role.LIAISON)
    answered = pending.filter(state=PointState.ANSWERED)
    yield from _counted("to_settle", answered, BUREAU, Role.OFFICE)


def _letters() -> Iterator[_Heap]:
    """Of supervision: the unit signs for and answers them, the office issues and settles them,
    one's own answer excepted."""
    letters = SupervisionAction.objects.order_by()
    for name, state in (
        ("to_acknowledge", LetterState.ISSUED),
        ("to_answer", LetterState.ACKNOWLEDGED),
    ):
        yield from _counted(name, letters.filter(state=state), "unit__path", *UNIT)
    proposed = letters.filter(state=LetterState.PROPOSED)
    yield from _counted("to_issue", proposed, BUREAU, Role.OFFICE)
    answered = letters.filter(state=LetterState.ANSWERED)
    rows = list(answered.values("pk", "inspection", path=F(BUREAU)))
    steps = LetterStep.objects.filter(verb__in=["acknowledge", "answer"])
    hands = _hands(steps, "letter", rows)
    for row in rows:
        barred = frozenset(pk for pk in hands.get(row["pk"], ()) if pk)
        place = (row["inspection"], row["path"], (Role.OFFICE,))
        yield _Heap("to_close_letter", *place, barred=barred)


def _held() -> Iterator[_Heap]:
    """Messages of which nobody knows whether they arrived: the office decides."""
    held = Notice.objects.doubtful().exclude(inspection=None).order_by()
    yield from _counted(NoticeState.HELD, held, BUREAU, Role.OFFICE)


def _counted(name: str, rows: Any, way: str, *roles: str) -> Iterator[_Heap]:
    """The rows by inspection and by the unit that lies at the end of the way."""
    for inspection, path, count in rows.values_list("inspection", way).annotate(Count("pk")):
        yield _Heap(name, inspection, path, roles, count)


def _decisions() -> Iterator[_Heap]:
    """As `permissions` has it: nobody decides on what they had a hand in."""
    requests = list(_requests())
    extensions = list(_extensions())
    exemptions = list(_exemptions())
    told = _told([row["measure"] for row in (*requests, *extensions, *exemptions)])
    gave = _hands(
        RequestEvidence.objects, "request", requests, "version__by", "version__on_behalf_of"
    )
    once = Review.objects.filter(request__measure__inspection__reviewers_may_repeat=False)
    reviewed = _hands(once, "request", requests)
    decided = _hands(ExtensionDecision.objects, "extension", extensions)
    for rows, name, hands in (
        (requests, "to_review", (gave, reviewed)),
        (extensions, "to_extend", (decided,)),
        (exemptions, "to_exempt", ()),
    ):
        for row in rows:
            barred = {row["asked"], row["on_behalf_of"], *told.get(row["measure"], ())}
            barred.update(*(hand.get(row["pk"], ()) for hand in hands))
            at = (row["measure__inspection"], row["path"], row["roles"])
            yield _Heap(name, *at, barred=frozenset(pk for pk in barred if pk))
    waiting = Problem.objects.awaiting_acceptance().order_by()
    yield from _counted("to_accept", waiting, BUREAU, *DECIDING)


_OF_A_DECISION = ("pk", "measure", "measure__inspection", "on_behalf_of")


def _requests() -> Iterator[dict[str, Any]]:
    rows = CloseoutRequest.objects.pending().values(
        *_OF_A_DECISION, "stage__role", asked=F("applied_by"), path=F("measure__lead_unit__path")
    )
    for row in rows:
        yield {**row, "roles": (row["stage__role"],)}


def _extensions() -> Iterator[dict[str, Any]]:
    first, second = "measure__inspection__extension_first_role", "extension_second_role"
    rows = Extension.objects.pending().values(
        *_OF_A_DECISION,
        "state",
        first=F(first),
        second=F(f"measure__inspection__{second}"),
        asked=F("requested_by"),
        path=F("measure__lead_unit__path"),
    )
    for row in rows:
        step = "first" if row["state"] == ExtensionState.REQUESTED else "second"
        yield {**row, "roles": (row[step],)}


def _exemptions() -> Iterator[dict[str, Any]]:
    bureau = F("measure__inspection__inspected_unit__path")
    for row in Exemption.objects.pending().values(*_OF_A_DECISION, asked=F("by"), path=bureau):
        yield {**row, "roles": DECIDING}


def _told(measures: list[int]) -> dict[int, set[int]]:
    """Of each measure, who has reported on it or had it reported."""
    rows = ProgressEntry.objects.filter(measure__in=set(measures)).order_by()
    found: dict[int, set[int]] = {}
    for measure, *persons in rows.values_list("measure", "by", "on_behalf_of").distinct():
        found.setdefault(measure, set()).update(persons)
    return found


def _hands(
    rows: Any,
    of: str,
    things: Iterable[Mapping[str, Any]],
    who: str = "by",
    behalf: str = "on_behalf_of",
) -> dict[int, set[int]]:
    """Of each of the things, by its key, who stands in these rows of it."""
    ours = rows.filter(**{f"{of}__in": [thing["pk"] for thing in things]})
    found: dict[int, set[int]] = {}
    for thing, *persons in ours.order_by().values_list(of, who, behalf):
        found.setdefault(thing, set()).update(persons)
    return found
