"""A scenario for each verb."""

from dataclasses import replace
from datetime import date

from django.test import Client

from accounts.models import Role, Unit
from rectification import closing, dispatching, moving, permissions, planning, workflow
from rectification.ledger import applying
from rectification.models import (
    DeadlineChange,
    Exemption,
    Extension,
    Measure,
    Problem,
    RequestEvidence,
    Review,
    Rework,
)
from rectification.states import Precision, ReturnGround
from reports import editing, publishing, recording
from reports.reading import read_text
from tests.covering import scenario
from tests.factories import NOON, DispatchRoundFactory, person, unit
from tests.rectification.evidence.conftest import planted
from tests.rectification.extending import ask as ask_extension
from tests.rectification.test_exempting import asked as exemption_asked
from tests.rectification.test_ledger import ROW, workbook
from tests.reports.newsroom import draft
from tests.reports.test_recording import TEXT

DAY = date(2025, 12, 31)


def proved(cast):
    """A piece of evidence that serves the measure."""
    return planted(Client(), cast)


def extension_asked(cast):
    return ask_extension(cast.measure, cast, on=NOON)


CLAIM = {"statement": "制度已印发。", "evidence_note": "见档案"}


def applied(cast):
    """An application for close-out that waits at its first stage."""
    return closing.submit(cast.measure, **CLAIM, by=cast.liaison, at=NOON, version=1)


def approved_once(cast):
    """An application that waits at its second stage."""
    request = applied(cast)
    closing.approve(request, by=cast.head, at=NOON, opinion="同意", version=2)
    return permissions.pending_request(Measure.objects.get(pk=cast.measure.pk))


def closed(cast):
    for by in (applied(cast) and cast.head, cast.office):
        request = permissions.pending_request(Measure.objects.get(pk=cast.measure.pk))
        closing.approve(request, by=by, at=NOON, opinion="", version=request.measure.version)
    cast.measure.refresh_from_db()
    cast.problem.refresh_from_db()


def accepted(cast):
    closed(cast)
    version = cast.problem.version
    workflow.accept(cast.problem, by=cast.executive, at=NOON, why="有成效", version=version)


@scenario("rectification.workflow.report")
def report(stage):
    cast = stage.cast
    DispatchRoundFactory(inspection=cast.inspection)
    yield
    workflow.report(
        cast.measure,
        workflow.Told("完成初稿"),
        unit=cast.measure.lead_unit,
        by=cast.liaison,
        at=NOON,
        version=1,
    )


@scenario("rectification.closing.submit")
def submit(stage):
    """With a piece of evidence; an exemption that was asked for lapses."""
    cast = stage.cast
    exemption_asked(cast)
    proved(cast)
    yield
    applied(cast)
    assert RequestEvidence.objects.exists()
    assert not Exemption.objects.pending().exists()


@scenario("rectification.closing.resubmit")
def resubmit(stage):
    cast = stage.cast
    proved(cast)
    request = approved_once(cast)
    yield
    version = request.measure.version
    closing.resubmit(request, **CLAIM, by=cast.liaison, at=NOON, version=version)
    assert Review.objects.exclude(lapsed_at=None).exists()


@scenario("rectification.closing.evidence_changed")
def evidence_changed(stage):
    cast = stage.cast
    approved_once(cast)
    measure = Measure.objects.get(pk=cast.measure.pk)
    yield
    closing.evidence_changed([measure], why="换了材料。", by=cast.liaison, at=NOON)
    assert Review.objects.exclude(lapsed_at=None).exists()


@scenario("rectification.closing.withdraw")
def withdraw(stage):
    cast = stage.cast
    request = applied(cast)
    yield
    closing.withdraw(request, by=cast.liaison, at=NOON, why="材料不全", version=2)


@scenario("rectification.closing.approve")
def approve(stage):
    """The last approval ends an extension that was asked for."""
    cast = stage.cast
    extension_asked(cast)
    applied(cast)
    yield
    for by in (cast.head, cast.office):
        request = permissions.pending_request(Measure.objects.get(pk=cast.measure.pk))
        closing.approve(request, by=by, at=NOON, opinion="", version=request.measure.version)


@scenario("rectification.workflow.send_back")
def send_back(stage):
    cast = stage.cast
    applied(cast)
    yield
    returned = workflow.Return(ReturnGround.LATE, "节点未达到", NOON.date())
    workflow.send_back(cast.measure, returned, by=cast.head, at=NOON, version=2)
    assert Rework.objects.exists()


@scenario("rectification.workflow.accept")
def accept(stage):
    cast = stage.cast
    closed(cast)
    yield
    version = cast.problem.version
    workflow.accept(cast.problem, by=cast.executive, at=NOON, why="有成效", version=version)


@scenario("rectification.workflow.confirm")
def confirm(stage):
    cast = stage.cast
    closed(cast)
    by = person(Role.OFFICE, cast.inspection.inspected_unit)  # who had no hand in it
    yield
    version = cast.measure.version
    workflow.confirm(cast.measure, by=by, at=NOON, why="仍在执行", version=version)


@scenario("rectification.workflow.reopen")
def reopen(stage):
    cast = stage.cast
    accepted(cast)
    by = person(Role.OFFICE, cast.inspection.inspected_unit)  # who had no hand in it
    yield
    version = cast.measure.version
    workflow.reopen(cast.measure, by=by, at=NOON, why="反弹", version=version)


@scenario("rectification.planning.enter_problem")
def enter_problem(stage):
    cast = stage.cast
    problem = Problem(inspection=cast.inspection, code="P-1", wording="巡查不到位。")
    yield
    planning.enter_problem(problem, by=cast.office, at=NOON)


@scenario("rectification.planning.enter_measure")
def enter_measure(stage):
    cast = stage.cast
    deadline = {"deadline": DAY, "original_deadline": DAY}
    precision = {"precision": Precision.DAY, "original_precision": Precision.DAY}
    place = {"inspection": cast.inspection, "problem": cast.problem, "lead_unit": cast.division}
    measure = Measure(code="M-1", text="修订制度。", **place, **deadline, **precision)
    yield
    planning.enter_measure(measure, by=cast.office, at=NOON)


@scenario("rectification.planning.amend_measure")
def amend_measure(stage):
    """The application, its approval and the wish for a later deadline lapse with it."""
    cast = stage.cast
    extension_asked(cast)
    approved_once(cast)
    cast.measure.refresh_from_db()
    before = planning.content_of(cast.measure, planning.MEASURE_CONTENT)
    cast.measure.text = "修订巡查制度，每周巡查。"
    cast.measure.deadline, cast.measure.precision = DAY, Precision.DAY
    yield
    units = {"supporting_units": [cast.elsewhere]}
    planning.amend_measure(
        cast.measure, before=before, by=cast.office, at=NOON, why="更正", **units
    )
    assert DeadlineChange.objects.exists()
    assert not Extension.objects.pending().exists()


@scenario("rectification.planning.amend_problem")
def amend_problem(stage):
    cast = stage.cast
    before = planning.content_of(cast.problem, planning.PROBLEM_CONTENT)
    cast.problem.wording = "巡查还是不到位。"
    yield
    planning.amend_problem(cast.problem, before=before, by=cast.office, at=NOON, why="更正")


# How a status moves, without the verb around it --------------------------------------------------


@scenario("rectification.moving.move_measure")
def move_measure(stage):
    """A report answers what was sent back."""
    cast = stage.cast
    returned = workflow.Return(ReturnGround.LATE, "节点未达到", NOON.date())
    workflow.send_back(cast.measure, returned, by=cast.office, at=NOON, version=1)
    yield
    moving.move_measure(cast.measure, "report", by=cast.liaison, at=NOON)
    assert not Rework.objects.open().exists()


@scenario("rectification.moving.move_problem")
def move_problem(stage):
    cast = stage.cast
    yield
    day = NOON.date()
    moving.move_problem(cast.problem, "close", by=cast.office, at=NOON, why="完成", closed_on=day)


@scenario("rectification.moving.reopen_problem")
def reopen_problem(stage):
    cast = stage.cast
    accepted(cast)
    yield
    moving.reopen_problem(cast.problem, by=cast.office, at=NOON, why="反弹")


@scenario("rectification.dispatching.open_due")
def open_due(stage):
    assert stage.cast.inspection.dispatch_anchor
    yield
    dispatching.open_due(at=NOON)


@scenario("rectification.ledger.applying.apply")
def apply(stage):
    """A new problem and measure, and a measure that is there and gets other supporting units."""
    cast = stage.cast
    root = cast.inspection.inspected_unit
    for name in ("河湖处", "财务处", "监测站"):
        unit(name, parent=root)
    given = {"name": "台账.xlsx", "inspection": cast.inspection, "by": cast.office, "at": NOON}
    first = workbook(ROW)
    applying.apply(first, digest=applying.plan(first, **given).digest, **given)
    changed = [*ROW]
    changed[4] = "监测站"
    second = workbook(changed, [*ROW[:2], "增设巡查岗位。", *ROW[3:]], ["P-002", *ROW[1:]])
    digest = applying.plan(second, **given).digest
    yield
    applying.apply(second, digest=digest, **given)


@scenario("reports.recording.record")
def record(stage):
    """A report of a bureau that is not there yet, by somebody who becomes its office."""
    by = stage.cast.office
    document = replace(read_text(TEXT).document, inspected_unit="云州市粮食局")
    yield
    place = recording.Place()
    recording.record(document, slug="liangshi", source_name="通报.txt", place=place, by=by, at=NOON)
    assert Unit.objects.filter(name="云州市粮食局").exists()


@scenario("reports.editing.start")
def start(stage):
    room = stage.room
    yield
    draft(room)


@scenario("reports.editing.retitle")
def retitle(stage):
    room, report = stage.room, draft(stage.room)
    yield
    version = report.version
    editing.retitle(report, "整改进展情况的通报", by=room.office, at=NOON, version=version)


@scenario("reports.editing.edit")
def edit(stage):
    room, report = stage.room, draft(stage.room)
    section = report.sections.exclude(items=None).order_by("order").first()
    kept = tuple((item.pk, f"{item.text}（改）") for item in section.items.all())[:1]
    wording = editing.Wording(
        heading=section.heading, items=(*kept, (None, "另有一项。")), next_step="继续推进。"
    )
    yield
    editing.edit(section, wording, by=room.office, at=NOON, version=section.version)


@scenario("reports.publishing.publish")
def publish(stage):
    room, report = stage.room, draft(stage.room)
    yield
    publishing.publish(report, by=room.office, at=NOON, version=report.version)
