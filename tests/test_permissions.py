"""docs/permissions.csv holds for every address, method, role, and own, foreign or absent object.

A new address needs, in this order:
1. its lines in docs/permissions.csv, written from the rules: one for GET and one for POST, each
   for own, foreign and absent (`none` where it names no object). Other methods need no line.
2. where an argument is new: its value in `furnish` of tests/two_bureaus.py (and its name in
   UNIT_BOUND there, if such objects belong to one unit rather than to the whole inspection).
3. where a POST of nothing does not tell who may: what is sent, in BODIES there; where the verb
   needs a measure or problem in another situation, its code in CODES.
"""

import csv
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from tests.addresses import Address, addresses
from tests.two_bureaus import (
    ROLES,
    World,
    absent_from,
    arguments_of,
    body_of,
    named_by,
    two_bureaus,
)

FILE = Path(settings.BASE_DIR) / "docs" / "permissions.csv"
PUBLIC = "public"
COLUMNS = (PUBLIC, *ROLES)
OTHER_METHODS = ("PUT", "PATCH", "DELETE")
SECRETS = re.compile(rb'(name="csrfmiddlewaretoken" value|nonce)="[^"]*"')


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    def is_like(self, other: "Answer") -> bool:
        bare = [SECRETS.sub(b"", each.body) for each in (self, other)]
        return self.status == other.status and bare[0] == bare[1]


def lines() -> dict[tuple[str, str, str], dict[str, int]]:
    """What the file expects, by address, method and object."""
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    keyed = {
        (row["url"], row["method"], row["object"]): {role: int(row[role]) for role in COLUMNS}
        for row in rows
    }
    assert len(keyed) == len(rows), "a line stands twice"
    return keyed


def to_be_said() -> set[tuple[str, str, str]]:
    return {
        (address.name, method, of)
        for address in addresses()
        for method in ("GET", "POST")
        for of in address.objects
    }


def test_every_address_has_its_lines_and_every_line_its_address():
    said, needed = set(lines()), to_be_said()

    assert sorted(needed - said) == [], "write these lines"
    assert sorted(said - needed) == [], "these lines are for no address"


class Walk:
    """All requests, each rolled back; what was answered otherwise than the file says."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.requests = 0
        self.wrong: list[tuple[Any, ...]] = []
        self.clients = {role: Client(raise_request_exception=False) for role in COLUMNS}
        for role, person in world.people.items():
            self.clients[role].force_login(person)

    def ask(self, role: str, method: str, path: str, body: dict[str, Any]) -> Answer:
        client = self.clients[role]
        cookies = copy(client.cookies)
        self.requests += 1
        with undone():
            response = (
                client.generic(method, path)
                if method in OTHER_METHODS
                else (client.post(path, body) if method == "POST" else client.get(path))
            )
            content = b"".join(response) if response.streaming else response.content
        client.cookies = cookies
        return Answer(response.status_code, content)

    def expect(self, address: Address, method: str, of: str, cells: dict[str, int]) -> None:
        for role, status in cells.items():
            for arguments in self._arguments(address, of, role):
                answer = self.ask(
                    role, method, address.path(arguments), body_of(address.name, self.world.own)
                )
                if answer.status != status:
                    self.wrong.append((address.name, method, of, role, status, answer.status))
                if of == "foreign" and status == 404:
                    self._as_if_absent(address, method, role, arguments, answer)

    def refuses_other_methods(self, address: Address) -> None:
        of = address.objects[0]
        for role in COLUMNS:
            (arguments,) = self._arguments(address, of, role)
            for method in OTHER_METHODS:
                answer = self.ask(role, method, address.path(arguments), {})
                if answer.status not in ({302, 405} if role == PUBLIC else {404, 405}):
                    self.wrong.append((address.name, method, of, role, 405, answer.status))

    def _as_if_absent(
        self, address: Address, method: str, role: str, arguments: dict[str, Any], answer: Answer
    ) -> None:
        absent = address.path(absent_from(arguments))
        if not answer.is_like(
            self.ask(role, method, absent, body_of(address.name, self.world.own))
        ):
            self.wrong.append((address.name, method, role, "foreign differs from absent"))

    def _arguments(self, address: Address, of: str, role: str) -> list[dict[str, Any]]:
        places = [self.world.own]
        if of == "foreign":
            places = self.world.foreign_to(role, named_by(address.name, address.parameters))
        asked = [
            arguments_of(address.name, address.route, set(address.parameters), place)
            for place in places
        ]
        return [absent_from(each) for each in asked] if of == "absent" else asked


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_every_cell_is_what_the_rules_say(db, capsys, caplog):
    caplog.set_level(logging.CRITICAL, logger="django.request")
    walk, expected = Walk(two_bureaus()), lines()
    asked = 0
    for address in addresses():
        walk.refuses_other_methods(address)
        for method in ("GET", "POST"):
            for of in address.objects:
                if cells := expected.get((address.name, method, of)):
                    walk.expect(address, method, of, cells)
                    asked += 1
    unclassified = len(to_be_said()) - asked
    with capsys.disabled():
        print(f"\nrequests={walk.requests} unclassified={unclassified} wrong={len(walk.wrong)}")

    if walk.wrong:
        pytest.fail("\n".join(map(str, walk.wrong)))
    assert unclassified == 0


def test_the_walk_would_notice_a_door_left_open(db, monkeypatch):
    """Sabotage: whoever may see anything sees every measure."""
    walk, expected = Walk(two_bureaus()), lines()
    monkeypatch.setattr(
        "rectification.access.permissions.scope_of", lambda user: ("/",) if user.pk else ()
    )
    (address,) = [each for each in addresses() if each.name == "rectification:measure_detail"]

    walk.expect(address, "GET", "foreign", expected[(address.name, "GET", "foreign")])

    assert walk.wrong != []


@pytest.mark.parametrize("column", COLUMNS)
def test_the_file_says_something_of_everybody(column):
    assert {cells[column] for cells in lines().values()} - {404} != set()
