"""What imported reports say of themselves. Shown as stated, and apart from what is counted."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rectification.models import Inspection
from reports.models import Origin, StatedFigure

LABELS = {
    "problems": ("反馈问题", "个"),
    "problems_done": ("完成整改的问题", "个"),
    "measures": ("整改措施", "条"),
    "measures_done": ("完成的措施", "条"),
    "rate": ("措施完成率", "%"),
    "outcomes": ("制度成果", "项"),
}


@dataclass(frozen=True)
class Statement:
    """One number that a report states about itself; `as_of` is None where it does not say."""

    report: str
    label: str
    unit: str
    value: Decimal
    as_of: date | None


def statements(inspection: Inspection) -> tuple[Statement, ...]:
    """What the imported reports of the inspection state, by report, in the order of the text."""
    rows = StatedFigure.objects.filter(
        report__inspection=inspection, report__origin=Origin.IMPORTED
    ).select_related("report")
    return tuple(
        Statement(str(row.report), *LABELS.get(row.key, (row.key, "")), row.value, row.as_of)
        for row in rows.order_by("report", "line", "pk")
    )
