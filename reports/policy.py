"""Which columns may leave the house: disclosure.toml, read once.

Composing takes its rows through `rows`, which fetches the publishable columns and those that
arrange them, so what is kept is not in memory where a report is written.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db.models import Model, QuerySet

DECISIONS = ("publish", "arrange", "keep")
POLICY: dict[str, dict[str, list[str]]] = tomllib.loads(
    (Path(__file__).parent / "disclosure.toml").read_text(encoding="utf-8")
)


class NotDecided(Exception):
    """disclosure.toml says nothing about this model."""


def rows(queryset: QuerySet[Any], *, derived: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """The rows with their publishable and arranging columns alone, and `derived` annotations.

    Raises NotDecided.
    """
    rules = _rules(queryset.model)
    return iter(queryset.values(*rules["publish"], *rules["arrange"], *derived))


def publishable(model: type[Model]) -> frozenset[str]:
    """The columns that may be printed in a report. Raises NotDecided."""
    return frozenset(_rules(model)["publish"])


def undecided(model: type[Model]) -> frozenset[str]:
    """Columns about which the file says nothing."""
    rules = _rules(model)
    decided = {column for decision in DECISIONS for column in rules[decision]}
    return _columns(model) - decided


def decided_twice_or_unknown(model: type[Model]) -> frozenset[str]:
    """Names in the file that stand in two lists, or that the model has not."""
    rules = _rules(model)
    named = [column for decision in DECISIONS for column in rules[decision]]
    return frozenset(name for name in named if named.count(name) > 1) | (
        frozenset(named) - _columns(model)
    )


def _columns(model: type[Model]) -> frozenset[str]:
    meta = model._meta
    return frozenset(field.name for field in (*meta.concrete_fields, *meta.many_to_many))


def _rules(model: type[Model]) -> dict[str, list[str]]:
    try:
        return POLICY[model.__name__]
    except KeyError:
        raise NotDecided(f"{model.__name__} 的列还没有决定能否公开。") from None
