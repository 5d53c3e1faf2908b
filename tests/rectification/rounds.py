"""A round over the cast's measure: its lines, and a report on one of them."""

from datetime import date, datetime, timedelta

from rectification import returning, workflow
from rectification.models import DispatchReturn, Measure
from rectification.returning import Seen
from rectification.states import ReturnGround
from rectification.workflow import Told
from tests.factories import SHANGHAI

ANCHOR = datetime(2025, 2, 17, 8, tzinfo=SHANGHAI)
LATER = timedelta(hours=3)
TOLD = Told("完成初稿。", difficulty="经费未到位", next_step="征求意见")


def line_of(cast, unit=None):
    rows = DispatchReturn.objects.select_related("measure__inspection", "unit", "round__inspection")
    return rows.order_by("-round__number", "pk").filter(unit=unit or cast.division).first()


def seen(line):
    return Seen(line.version, Measure.objects.get(pk=line.measure_id).version)


def file(cast, told=TOLD, *, line=None, by=None, at=ANCHOR, **versions):
    line = line or line_of(cast)
    seen_then = versions.get("seen") or seen(line)
    return returning.file(line, told, by=by or cast.liaison, at=at, seen=seen_then)


def returned(cast):
    measure = Measure.objects.get(pk=cast.measure.pk)
    back = workflow.Return(ReturnGround.LATE, "节点未达到", date(2999, 1, 1))
    workflow.send_back(measure, back, by=cast.office, at=ANCHOR, version=measure.version)


def states():
    return list(DispatchReturn.objects.order_by("pk").values_list("unit__name", "leads", "state"))
