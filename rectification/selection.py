"""Which rows of a list an address selects, what it can be narrowed by, and how many are where.

The values come from `forms.MeasureFilters` and `forms.ProblemFilters`, already read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from accounts.models import Unit, User
from rectification.models import (
    Extension,
    ExtensionQuerySet,
    FindingArea,
    Measure,
    MeasureQuerySet,
    Problem,
    ProblemQuerySet,
)
from rectification.states import Basis, ExtensionState, ProblemStatus, WorkStatus

Choices = dict[str, list[tuple[str, str]]]


def measures(rows: MeasureQuerySet, kept: Mapping[str, str], *, on: date) -> MeasureQuerySet:
    """The rows that all kept filters let through."""
    basis, light = basis_of(kept), kept.get("light")
    if light == "overdue":
        rows = rows.overdue(on=on, basis=basis)
    if light == "near":
        rows = rows.near(on=on, basis=basis)
    if light == "behind":
        rows = rows.behind_schedule(on=on)
    if "closed" in kept:
        rows = rows.closed() if kept["closed"] == "yes" else rows.unfinished()
    if "q" in kept:
        rows = rows.matching(kept["q"])
    columns = {
        "unit": "lead_unit",
        "status": "status",
        "kind": "time_kind",
        "area": "problem__area",
        "category": "problem__category",
        "executive": "responsible_executive",
    }
    return rows.filter(**{columns[name]: kept[name] for name in columns.keys() & kept.keys()})


def problems(rows: ProblemQuerySet, kept: Mapping[str, str]) -> ProblemQuerySet:
    """The rows that all kept filters let through."""
    if "waiting" in kept:
        rows = rows.awaiting_acceptance()
    if "closed" in kept:
        rows = rows.closed() if kept["closed"] == "yes" else rows.unfinished()
    if "q" in kept:
        rows = rows.matching(kept["q"])
    columns = {
        "unit": "lead_unit",
        "status": "status",
        "area": "area",
        "category": "category",
        "executive": "lead_executive",
    }
    return rows.filter(**{columns[name]: kept[name] for name in columns.keys() & kept.keys()})


def measure_choices(rows: MeasureQuerySet) -> Choices:
    """The units, areas, categories and executives that occur among these measures."""
    rows = rows.order_by()
    return {
        "unit": _units(Unit.objects.filter(pk__in=rows.values("lead_unit"))),
        "area": _areas(FindingArea.objects.filter(pk__in=rows.values("problem__area"))),
        "category": _words(rows.values_list("problem__category", flat=True).distinct()),
        "executive": _people(User.objects.filter(pk__in=rows.values("responsible_executive"))),
    }


def problem_choices(rows: ProblemQuerySet) -> Choices:
    """The units, areas, categories and executives that occur among these problems."""
    rows = rows.order_by()
    return {
        "unit": _units(Unit.objects.filter(pk__in=rows.values("lead_unit"))),
        "area": _areas(FindingArea.objects.filter(pk__in=rows.values("area"))),
        "category": _words(rows.values_list("category", flat=True).distinct()),
        "executive": _people(User.objects.filter(pk__in=rows.values("lead_executive"))),
    }


@dataclass(frozen=True)
class MeasureTally:
    """How many measures are in each situation, for the tabs above the list."""

    total: int
    unfinished: int
    overdue: int
    near: int
    behind: int
    in_review: int
    sent_back: int
    closed: int


def basis_of(kept: Mapping[str, str]) -> Basis:
    """Which deadline the list goes by; the agreed one where the address says nothing."""
    return Basis(kept.get("basis", Basis.AGREED))


def tally_measures(rows: MeasureQuerySet, *, on: date, basis: Basis = Basis.AGREED) -> MeasureTally:
    """Counts each situation by its one definition in MeasureQuerySet, in one query."""
    every = Measure.objects.order_by()
    situations = {
        "unfinished": every.unfinished(),
        "overdue": every.overdue(on=on, basis=basis),
        "near": every.near(on=on, basis=basis),
        "behind": every.behind_schedule(on=on),
        "in_review": every.filter(status=WorkStatus.IN_REVIEW),
        "sent_back": every.filter(status=WorkStatus.SENT_BACK),
        "closed": every.closed(),
    }
    counts = {
        name: Count("pk", filter=Q(pk__in=found.values("pk"))) for name, found in situations.items()
    }
    return MeasureTally(**rows.order_by().aggregate(total=Count("pk"), **counts))


@dataclass(frozen=True)
class ProblemTally:
    """How many problems are in each situation, for the tabs above the list."""

    total: int
    unfinished: int
    waiting: int
    rebounded: int
    closed: int


def tally_problems(rows: ProblemQuerySet) -> ProblemTally:
    """Counts each situation by its one definition in ProblemQuerySet, in one query."""
    every = Problem.objects.order_by()
    situations = {
        "unfinished": every.unfinished(),
        "waiting": every.awaiting_acceptance(),
        "rebounded": every.filter(status=ProblemStatus.REBOUNDED),
        "closed": every.closed(),
    }
    counts = {
        name: Count("pk", filter=Q(pk__in=found.values("pk"))) for name, found in situations.items()
    }
    return ProblemTally(**rows.order_by().aggregate(total=Count("pk"), **counts))


def extensions(rows: ExtensionQuerySet, kept: Mapping[str, str]) -> ExtensionQuerySet:
    """The requests that all kept filters let through."""
    if "pending" in kept:
        rows = rows.pending()
    if "q" in kept:
        rows = rows.matching(kept["q"])
    columns = {"unit": "measure__lead_unit", "state": "state"}
    return rows.filter(**{columns[name]: kept[name] for name in columns.keys() & kept.keys()})


def extension_choices(rows: ExtensionQuerySet) -> Choices:
    """The lead units that occur among these requests."""
    leading = Unit.objects.filter(pk__in=rows.order_by().values("measure__lead_unit"))
    return {"unit": _units(leading)}


@dataclass(frozen=True)
class ExtensionTally:
    """How many requests are in each situation, for the tabs above the list."""

    total: int
    pending: int
    granted: int
    refused: int


def tally_extensions(rows: ExtensionQuerySet) -> ExtensionTally:
    """Counts each situation in one query."""
    pending = Q(pk__in=Extension.objects.pending().order_by().values("pk"))
    return ExtensionTally(
        **rows.order_by().aggregate(
            total=Count("pk"),
            pending=Count("pk", filter=pending),
            granted=Count("pk", filter=Q(state=ExtensionState.GRANTED)),
            refused=Count("pk", filter=Q(state=ExtensionState.REFUSED)),
        )
    )


def _units(units: QuerySet[Unit]) -> list[tuple[str, str]]:
    return [(str(unit.pk), str(unit)) for unit in units.order_by("order", "pk")]


def _areas(areas: QuerySet[FindingArea]) -> list[tuple[str, str]]:
    return [(str(area.pk), area.name) for area in areas.order_by("order", "pk")]


def _people(people: QuerySet[User]) -> list[tuple[str, str]]:
    return [(str(person.pk), person.name) for person in people.order_by("name", "pk")]


def _words(words: Iterable[str]) -> list[tuple[str, str]]:
    return [(word, word) for word in sorted(words) if word]
