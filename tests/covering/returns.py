"""A scenario for each verb of a unit in a round, and for each POST of its page."""

from rectification import dispatching, returning
from rectification.models import DispatchReturn, DispatchRound
from rectification.workflow import Told
from tests.covering import scenario
from tests.factories import NOON, DispatchRoundFactory, MeasureFactory, round_with_lines

TOLD = Told("完成初稿。", difficulty="经费未到位")


def asked(cast):
    round_with_lines(cast.inspection, number=1)
    return line()


def line():
    rows = DispatchReturn.objects.select_related("measure", "unit", "round__inspection")
    return rows.order_by("pk").first()


def filed(cast):
    """A report that waits for the head of the unit."""
    type(cast.inspection).objects.update(returns_need_confirmation=True)
    seen = returning.Seen(1, 1)
    returning.file(asked(cast), TOLD, by=cast.liaison, at=NOON, seen=seen)
    return line()


@scenario("rectification.returning.expect")
def expect(stage):
    cast = stage.cast
    round = DispatchRoundFactory(inspection=cast.inspection, number=1)
    yield
    returning.expect(round, at=NOON)
    assert DispatchReturn.objects.exists()


@scenario("rectification.returning.keep_draft", rows=False, entries=False)
def keep_draft(stage):
    """A draft counts for nothing: see UNTOLD in subjects.py."""
    cast = stage.cast
    found = asked(cast)
    yield
    returning.keep_draft(found, TOLD, by=cast.liaison, at=NOON, version=1)
    assert line().has_draft


@scenario("rectification.returning.file")
def file(stage):
    cast = stage.cast
    found = asked(cast)
    yield
    returning.file(found, TOLD, by=cast.liaison, at=NOON, seen=returning.Seen(1, 1))


@scenario("rectification.returning.confirm")
def confirm(stage):
    cast = stage.cast
    found = filed(cast)
    yield
    returning.confirm(found, by=cast.head, at=NOON, version=found.version)


@scenario("rectification.returning.turn_back")
def turn_back(stage):
    cast = stage.cast
    found = filed(cast)
    yield
    returning.turn_back(found, by=cast.head, at=NOON, why="缺数字", version=found.version)


@scenario("rectification.dispatching.close")
def close(stage):
    """With lines, which keep how they stood."""
    cast = stage.cast
    asked(cast)
    yield
    dispatching.close(DispatchRound.objects.get(), by=cast.office, at=NOON)
    assert line().closed_state


# Pages --------------------------------------------------------------------------------------------


def post(stage, by, path, **form):
    answer = stage.client(by).post(f"{stage.cast.base}dispatch/1/report/{path}", form)
    assert answer.status_code == 302


def typed():
    found = line()
    return {"version": found.version, "measure_version": found.measure.version, "text": "初稿"}


@scenario("view rectification:return_file")
def return_file(stage):
    found = asked(stage.cast)
    yield
    post(stage, stage.cast.liaison, f"{found.pk}/file/", **typed())


@scenario("view rectification:return_draft", rows=False, entries=False)
def return_draft(stage):
    found = asked(stage.cast)
    yield
    post(stage, stage.cast.liaison, f"{found.pk}/draft/", **typed())
    assert line().has_draft


@scenario("view rectification:return_turn_back")
def return_turn_back(stage):
    found = filed(stage.cast)
    yield
    form = {"version": found.version, "why": "缺数字"}
    post(stage, stage.cast.head, f"{found.pk}/turn-back/", **form)


@scenario("view rectification:return_confirm")
def return_confirm(stage):
    found = filed(stage.cast)
    yield
    post(stage, stage.cast.head, "confirm/", line=f"{found.pk}:{found.version}:2")


@scenario("view rectification:return_file_all")
def return_file_all(stage):
    cast = stage.cast
    MeasureFactory(problem=cast.problem, code="M-900-2", lead_unit=cast.division)
    asked(cast)
    lines = [f"{each.pk}:1:1" for each in DispatchReturn.objects.all()]
    yield
    post(stage, cast.liaison, "all/file/", line=lines)
    assert not DispatchReturn.objects.unreported().exists()
