"""A document as JSON, and back: what is stored beside a report and handed to other programs."""

import json
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from reports.document import Document, Fact, Group, Item, Section, SectionKind, StatedFigure


def to_json(document: Document) -> str:
    return json.dumps(asdict(document), ensure_ascii=False, indent=2, default=_plain)


def from_json(text: str) -> Document:
    """The document that `to_json` wrote. Raises ValueError, KeyError or TypeError otherwise."""
    values = json.loads(text)
    days = ("on_site_from", "on_site_to", "feedback_date", "as_of")
    return Document(
        **values
        | {day: _day(values[day]) for day in days}
        | {
            "sections": tuple(_section(value) for value in values["sections"]),
            "facts": tuple(Fact(**value) for value in values["facts"]),
            "stated": tuple(_figure(value) for value in values["stated"]),
            "cited_titles": tuple(values["cited_titles"]),
        }
    )


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"not JSON: {value!r}")


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def _section(value: dict[str, Any]) -> Section:
    kind, group = SectionKind(value["kind"]), Group(value["group"])
    items = tuple(Item(**item) for item in value["items"])
    return Section(**value | {"kind": kind, "group": group, "items": items})


def _figure(value: dict[str, Any]) -> StatedFigure:
    return StatedFigure(**value | {"value": Decimal(value["value"]), "as_of": _day(value["as_of"])})
