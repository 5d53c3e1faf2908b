"""A small ledger to write reports from: one finished problem, one that goes on, and its office."""

from dataclasses import dataclass
from datetime import date

from accounts.models import Role, User
from rectification.models import (
    CloseoutRequest,
    Inspection,
    InstitutionalOutcome,
    Measure,
    Problem,
    ProgressEntry,
    ReviewStage,
)
from rectification.states import ProblemStatus, WorkStatus
from reports import editing, publishing
from reports.models import Publication, Report
from tests.factories import (
    NOON,
    InspectionFactory,
    MeasureFactory,
    ProblemFactory,
    UserFactory,
    person,
    stages,
)

ON = date(2025, 7, 31)
CANARIES = {
    "difficulty": "金丝雀困难",
    "evidence_note": "金丝雀佐证",
    "statement": "金丝雀陈述",
    "wording": "金丝雀原文",
    "text": "金丝雀措施",
    "target": "金丝雀目标",
    "name": "金丝雀姓名",
    "username": "canaryuser",
}


@dataclass(frozen=True)
class Newsroom:
    inspection: Inspection
    office: User
    finished: Problem
    continuing: Problem
    done: tuple[Measure, Measure]
    open: Measure


def tell(measure: Measure, text: str, *, on: date, next_step: str = "", **fields) -> ProgressEntry:
    return ProgressEntry.objects.create(
        measure=measure,
        unit=measure.lead_unit,
        text=text,
        next_step=next_step,
        difficulty=CANARIES["difficulty"],
        by=UserFactory(
            name=CANARIES["name"], username=f"canaryuser{ProgressEntry.objects.count()}"
        ),
        reported_on=on,
        at=NOON,
        measure_version=1,
        **fields,
    )


def newsroom() -> Newsroom:
    inspection = InspectionFactory(
        code="x25", on_site_from=date(2024, 8, 5), on_site_to=date(2024, 10, 11)
    )
    somebody = UserFactory(name=CANARIES["name"], username=CANARIES["username"])
    private = {
        "text": CANARIES["text"],
        "target": CANARIES["target"],
        "person_in_charge": somebody,
        "responsible_executive": somebody,
    }
    finished = _problem(inspection, "P-001", "节水“优先”有差距。", closed_on=date(2025, 7, 1))
    continuing = _problem(inspection, "P-002", "财务审核不严。")
    closed = {"status": WorkStatus.CLOSED, "closed_on": date(2025, 6, 20)}
    done = (
        MeasureFactory(problem=finished, code="M-001-2", **closed, **private),
        MeasureFactory(problem=finished, code="M-001-10", **closed, **private),
    )
    unfinished = MeasureFactory(problem=continuing, code="M-002-1", **private)
    tell(done[0], "4月22日，印发《名录》", on=date(2025, 5, 6))
    tell(done[1], "培训3期，覆盖全部分局。", on=date(2025, 6, 17))
    tell(unfinished, "完成测试20户。", on=date(2025, 7, 8), next_step="8月底前全部进场")
    _apply(done[0], somebody)
    InstitutionalOutcome.objects.create(
        inspection=inspection, title="名录管理办法", issued_on=date(2025, 4, 22)
    ).measures.set(done)
    office = person(Role.OFFICE, inspection.inspected_unit, name="整改办甲")
    return Newsroom(inspection, office, finished, continuing, done, unfinished)


def draft(room: Newsroom, *, slug: str = "x25-report", on: date = ON, **fields) -> Report:
    return editing.start(room.inspection, slug=slug, on=on, by=room.office, at=NOON, **fields)


def publish(room: Newsroom, report: Report, **fields) -> Publication:
    report.refresh_from_db()
    fields = {"by": room.office, "at": NOON, "version": report.version, **fields}
    return publishing.publish(report, **fields)


def _problem(inspection: Inspection, code: str, wording: str, **fields) -> Problem:
    problem = ProblemFactory(
        inspection=inspection, code=code, wording=CANARIES["wording"], public_wording=wording
    )
    if fields:
        day = fields["closed_on"]
        problem.events.create(
            verb="close", from_status="under_way", to_status="closed", on=day, at=NOON
        )
        Problem.objects.filter(pk=problem.pk).update(status=ProblemStatus.CLOSED, closed_on=day)
    return problem


def _apply(measure: Measure, by: User) -> None:
    stages(measure.inspection)
    CloseoutRequest.objects.create(
        measure=measure,
        number=1,
        statement=CANARIES["statement"],
        evidence_note=CANARIES["evidence_note"],
        measure_version=1,
        stage=ReviewStage.objects.get(order=1),
        applied_by=by,
        applied_at=NOON,
        applied_on=NOON.date(),
        outcome="approved",
    )
