"""No change to a business row without an entry in the journal: the harness.

A scenario is a generator function: what stands before its `yield` prepares and is not looked at;
what stands after it acts, and every row that it changes must have an entry of its subject.

    @scenario("rectification.workflow.report")
    def report(stage):
        cast = stage.cast
        yield
        told = workflow.Told("完成初稿")
        unit = cast.measure.lead_unit
        workflow.report(cast.measure, told, unit=unit, by=cast.liaison, at=NOON, version=1)

Names are `module.function` for a verb, `view app:name` for a POST, `command name`, and
`admin model add` or `admin model change`. A new verb, view or command without one fails the test;
a new model needs a line in `subjects.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.apps import apps
from django.db import models
from django.test import Client

from accounts.models import JournalEntry, User
from tests.covering.subjects import MAY_GO, NOT_BUSINESS, UNTOLD, subjects_of

Act = Callable[["Stage"], Iterator[None]]
Row = tuple[type[models.Model], Any]
SCENARIOS: dict[str, "Scenario"] = {}


@dataclass(frozen=True)
class Scenario:
    """`rows` and `entries`: whether it changes rows and writes entries; `whole`: one entry stands
    for all of it (a generated load)."""

    name: str
    act: Act
    rows: bool = True
    entries: bool = True
    whole: bool = False


def scenario(name: str, **traits: bool) -> Callable[[Act], Act]:
    def register(act: Act) -> Act:
        assert name not in SCENARIOS, f"two scenarios for {name}"
        SCENARIOS[name] = Scenario(name, act, **traits)
        return act

    return register


@dataclass
class Stage:
    """What a scenario may stand on. `cast` and `room` are made when they are asked for first."""

    fixture: Callable[[str], Any]

    @cached_property
    def cast(self) -> Any:
        return self.fixture("cast")

    @cached_property
    def room(self) -> Any:
        return self.fixture("room")

    @cached_property
    def folder(self) -> Any:
        return self.fixture("tmp_path")

    def client(self, user: User) -> Client:
        """Signed in, which here is no act: nobody signed in before either."""
        client = Client()
        client.force_login(user)
        User.objects.filter(pk=user.pk).update(last_login=None)
        return client


@dataclass(frozen=True)
class Coverage:
    """What one scenario did: rows changed, entries written, and rows without an entry."""

    rows: int
    entries: int
    bare: tuple[str, ...]


def coverage(found: Scenario, stage: Stage) -> Coverage:
    acting = found.act(stage)
    next(acting)
    before, last = _snapshot(), JournalEntry.objects.count()
    owners = {row: subjects_of(row[0]._default_manager.get(pk=row[1])) for row in before}
    for _ in acting:
        raise AssertionError("a scenario yields once")
    after = _snapshot()
    written = list(
        JournalEntry.objects.filter(sequence__gt=last).values_list("subject_kind", "subject_code")
    )
    changed = [row for row in before.keys() | after.keys() if before.get(row) != after.get(row)]
    gone = {row: owners[row] for row in before.keys() - after.keys()}
    is_told = found.whole and bool(written)
    bare = () if is_told else tuple(_bare(changed, {*written}, gone=gone))
    return Coverage(len(changed), len(written), bare)


def _bare(
    changed: list[Row], told: set[tuple[str, str]], *, gone: dict[Row, set[tuple[str, str]]]
) -> Iterator[str]:
    for row in changed:
        model, pk = row
        if row in gone and model._meta.label not in MAY_GO:
            yield f"{model._meta.label} {pk} was deleted"
        subjects = gone.get(row) or subjects_of(model._default_manager.get(pk=pk))
        if not subjects & told:
            yield f"{model._meta.label} {pk}: no entry for {sorted(subjects)}, only {sorted(told)}"


def _snapshot() -> dict[Row, tuple[Any, ...]]:
    return {
        (model, row[0]): row[1:]
        for model in business_models()
        for row in model._default_manager.values_list(
            "pk",
            *(
                field.attname
                for field in model._meta.concrete_fields
                if field.attname not in UNTOLD.get(model._meta.label, ())
            ),
        )
    }


def business_models() -> list[type[models.Model]]:
    return [
        model
        for app in ("accounts", "rectification", "reports")
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
        if model._meta.label not in NOT_BUSINESS
    ]
