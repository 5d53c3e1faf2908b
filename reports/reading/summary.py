"""A reading in figures: what `import_report --json` prints."""

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

from reports.document import Group
from reports.reading.report import Reading


def summary(reading: Reading) -> dict[str, Any]:
    """Plain values under keys that others rely on; ISO dates, `on_site` empty if unstated."""
    document = reading.document
    return {
        "problems": len(document.problems),
        "finished": len(document.in_group(Group.FINISHED)),
        "continuing": len(document.in_group(Group.CONTINUING)),
        "items": len(document.items),
        "next_steps": sum(bool(problem.next_step) for problem in document.problems),
        "stated": {figure.key: _number(figure.value) for figure in document.stated},
        "feedback_date": _iso(document.feedback_date),
        "on_site": [day for day in map(_iso, (document.on_site_from, document.on_site_to)) if day],
        "documents": list(document.cited_titles),
        "leftover": [asdict(note) for note in reading.leftovers],
        "questions": [asdict(note) for note in reading.questions],
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)
