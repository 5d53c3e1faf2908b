"""The people of the story as rows: units, users, roles, and the passwords of this load."""

import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password

from accounts.models import Role, RoleAssignment, Unit, User
from reports.demonstration.story import Person, Story


@dataclass(frozen=True)
class Account:
    """A way to sign in, known to whoever loads and nowhere else in clear text."""

    username: str
    password: str
    who: str


@dataclass(frozen=True)
class Staff:
    """Units by key and people by username, as rows."""

    units: dict[str, Unit]
    people: dict[str, User]
    accounts: tuple[Account, ...]

    def with_role(self, role: Role) -> list[User]:
        """Everybody who holds the role, in the order of the story."""
        held = RoleAssignment.objects.filter(role=role, user__in=self.people.values())
        return [row.user for row in held.order_by("pk").select_related("user")]


def hire(story: Story) -> Staff:
    """Make the units, the people and their roles."""
    units = _plant(story)
    accounts = _accounts(story)
    people = _enlist(story.people, units, accounts)
    RoleAssignment.objects.bulk_create(
        RoleAssignment(
            user=people[person.username],
            role=Role(role),
            unit=units[person.scope],
            started_on=story.frame.feedback_date,
        )
        for person in story.people
        for role in person.roles
    )
    return Staff(units, people, accounts)


def _plant(story: Story) -> dict[str, Unit]:
    """The bureau first; all others below it."""
    root, *others = story.units
    units = {
        root.key: Unit.objects.plant(
            name=root.name, short_name=root.short_name, parent=None, kind=root.kind
        )
    }
    for unit in others:
        units[unit.key] = Unit.objects.plant(
            name=unit.name,
            short_name=unit.short_name,
            parent=units[root.key],
            kind=unit.kind,
        )
    return units


def _accounts(story: Story) -> tuple[Account, ...]:
    return tuple(
        Account(person.username, secrets.token_urlsafe(9), _who(person, story))
        for person in story.people
        if person.sign_in
    )


def _who(person: Person, story: Story) -> str:
    """沈砚舟，市水务局党组书记、局长（党组、分管领导）."""
    roles = "、".join(Role(role).label for role in person.roles)
    return f"{person.name}，{story.unit(person.unit).short_name}，{person.post}（{roles}）"


def _enlist(
    people: Iterable[Person], units: dict[str, Unit], accounts: Iterable[Account]
) -> dict[str, User]:
    passwords = {account.username: account.password for account in accounts}
    with ThreadPoolExecutor(max_workers=2) as pool:  # argon2: 100 MB each, and it frees the lock
        hashes = dict(zip(passwords, pool.map(make_password, passwords.values()), strict=True))
    users = [
        User(
            username=person.username,
            name=person.name,
            position=person.post,
            unit=units[person.unit],
            password=hashes.get(person.username) or make_password(None),
        )
        for person in people
    ]
    return {user.username: user for user in User.objects.bulk_create(users)}
