"""Heaps of work, and the people whom they are for: by role in a place, or by name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from accounts import deputies
from accounts.models import RoleAssignment, User
from rectification.permissions.scope import BUSINESS


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in, with the roles they hold (role and path of the unit), and whom
    they may act for today."""

    user: User
    holdings: tuple[tuple[str, str], ...]
    principals: tuple["Person", ...] = ()

    def sees(self, path: str) -> bool:
        """As `permissions.scope_of` has it."""
        return any(path.startswith(held) for role, held in self.holdings if role in BUSINESS)


@dataclass(frozen=True, eq=False)
class Heap:
    """As many things of one kind: for whoever holds one of the roles in its place, for those who
    are `named` and see things of the unit at `path`, and not for whoever had a hand in it."""

    name: str
    inspection: int
    path: str
    places: tuple[tuple[str, str], ...]  # role and path of a unit
    count: int = 1
    named: frozenset[int] = field(default_factory=frozenset)
    barred: frozenset[int] = field(default_factory=frozenset)


class Heaps:
    """The heaps by place and by name, so that a person is asked about their own alone."""

    def __init__(self, heaps: Iterable[Heap]) -> None:
        self._held: dict[tuple[str, str], list[Heap]] = {}
        self._named: dict[int, list[Heap]] = {}
        for heap in heaps:
            for role, path in heap.places:
                for above in _up(path):
                    self._held.setdefault((role, above), []).append(heap)
            for pk in heap.named:
                self._named.setdefault(pk, []).append(heap)

    def of(self, person: Person) -> list[Heap]:
        """What is for this person, each heap once."""
        found = {id(heap): heap for held in person.holdings for heap in self._held.get(held, ())}
        named = self._named.get(person.user.pk, ())
        found |= {id(heap): heap for heap in named if person.sees(heap.path)}
        return [heap for heap in found.values() if person.user.pk not in heap.barred]


def _up(path: str) -> Iterator[str]:
    """/1/, /1/5/: the unit's path, and those of the units above it."""
    for place, sign in enumerate(path):
        if sign == "/" and place:
            yield path[: place + 1]


def people(*, on: date) -> tuple[Person, ...]:
    """Everybody who is active and holds a role, or may act that day for somebody who does."""
    held: dict[int, list[tuple[str, str]]] = {}
    assignments = RoleAssignment.objects.filter(ended_on=None).order_by("pk")
    for user, role, path in assignments.values_list("user", "role", "unit__path"):
        held.setdefault(user, []).append((role, path))
    pairs = list(deputies.in_force(on=on).values_list("deputy", "principal"))
    keys = {*held, *(deputy for deputy, _ in pairs)}
    users = User.objects.filter(pk__in=keys, is_active=True).order_by("pk")
    alone = {user.pk: Person(user, tuple(held.get(user.pk, ()))) for user in users}
    principals: dict[int, list[Person]] = {}
    for deputy, principal in dict.fromkeys(pairs):
        if principal in alone:
            principals.setdefault(deputy, []).append(alone[principal])
    return tuple(
        replace(each, principals=tuple(principals.get(pk, ()))) for pk, each in alone.items()
    )


def at(path: str, *roles: str) -> tuple[tuple[str, str], ...]:
    return tuple((role, path) for role in roles)


def one(person: int | None) -> frozenset[int]:
    return frozenset([person] if person else ())
