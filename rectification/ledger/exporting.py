"""The ledger as the workbook that staff know: one row a measure, the problem's cells merged."""

from datetime import date

from django.db.models import Prefetch
from django.db.models.functions import Length

from rectification.ledger import spreadsheet
from rectification.ledger.columns import HEADINGS
from rectification.ledger.resource import UnitsWidget
from rectification.models import (
    CloseoutRequest,
    Inspection,
    Measure,
    MeasureQuerySet,
    Problem,
    ProblemQuerySet,
    ProgressEntry,
)


def export(
    inspection: Inspection, *, measures: MeasureQuerySet, problems: ProblemQuerySet, on: date
) -> bytes:
    """The measures given (those the person may see), with their problems, as .xlsx bytes.

    Before the plan has come there are none: then the problems given, one row each.
    """
    rows = [_row(measure) for measure in _complete(measures)]
    if not rows:
        rows = [_problem_row(problem) for problem in problems.for_list()]
    numbered = _numbered(rows)
    title = f"{inspection.name}整改台账（截至{on.year}年{on.month}月{on.day}日）"
    cells = [[row.get(heading, "") for heading in HEADINGS] for row in numbered]
    return spreadsheet.write(cells, title=title)


def _complete(measures: MeasureQuerySet) -> MeasureQuerySet:
    """Everything the workbook shows, in a fixed number of queries, a problem's rows together."""
    requests = CloseoutRequest.objects.order_by("number").prefetch_related("reviews")
    return (
        measures.select_related(
            "inspection",
            "problem__area",
            "problem__lead_executive",
            "lead_unit",
            "responsible_executive",
            "person_in_charge",
        )
        .prefetch_related(
            "supporting_units",
            "outcomes",
            Prefetch("progress", ProgressEntry.objects.latest_first()),
            Prefetch("requests", requests),
        )
        .order_by(Length("problem__code"), "problem__code", "pk")
    )


def _row(measure: Measure) -> dict[str, str]:
    told = [entry for entry in measure.progress.all() if not entry.nil_return]
    asked = list(measure.requests.all())
    opinions = [review.opinion for request in asked for review in request.reviews.all()]
    return _problem_row(measure.problem) | {
        "整改目标": measure.target,
        "整改措施": measure.text,
        "牵头单位": measure.lead_unit.name,
        "责任单位": measure.lead_unit.name,
        "配合单位": UnitsWidget().render(measure.supporting_units),
        "责任领导": _name(measure.responsible_executive),
        "责任人": _name(measure.person_in_charge),
        "整改时限": measure.deadline_phrase,
        "整改进展": told[0].text if told else "",
        "完成情况": measure.get_status_display(),
        "完成时间": _day(measure.closed_on),
        "存在困难": told[0].difficulty if told else "",
        "下一步打算": told[0].next_step if told else "",
        "制度成果": "、".join(str(outcome) for outcome in measure.outcomes.all()),
        "销号申请日期": _day(asked[-1].applied_on if asked else None),
        "审核意见": opinions[-1] if opinions else "",
        "销号日期": _day(measure.closed_on),
        "措施编号": measure.code,
        "原定时限": _original(measure),
    }


def _original(measure: Measure) -> str:
    """2025年6月底前（已延期1次）"""
    note = f"（{measure.postponed_note}）" if measure.postponed_note else ""
    return f"{measure.original_phrase}{note}"


def _problem_row(problem: Problem) -> dict[str, str]:
    return {
        "问题编号": problem.code,
        "反馈方面": str(problem.area or ""),
        "反馈问题": problem.wording,
        "问题类型": problem.category,
        "牵头领导": _name(problem.lead_executive),
    }


def _numbered(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """序号 counts problems: rows of one problem share it."""
    codes = dict.fromkeys(row["问题编号"] for row in rows)
    numbers = {code: str(number) for number, code in enumerate(codes, start=1)}
    return [row | {"序号": numbers[row["问题编号"]]} for row in rows]


def _name(person: object) -> str:
    return str(person) if person else ""


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
