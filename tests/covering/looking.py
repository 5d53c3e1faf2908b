"""A scenario for each verb and address of a look-back, and of 屡查屡犯."""

from datetime import date

from rectification import looking_back, recurring
from rectification.models import Measure
from tests.covering import scenario
from tests.covering.views import done, fresh, post
from tests.factories import NOON, InspectionFactory, ProblemFactory
from tests.rectification.test_lookback_pages import page_of, typed, wanted
from tests.rectification.test_looking_back import (
    asked,
    closed_measures,
    consolidated,
    draw,
    rebounded,
    record,
)


def drawn(cast):
    """A look-back at two closed measures; its items."""
    closed_measures(cast, 2)
    return list(draw(cast).items.order_by("order"))


def checked(cast):
    items = drawn(cast)
    for item in items:
        record(item, consolidated(), by=cast.office)
    return items[0].look_back


@scenario("rectification.looking_back.draw")
def draw_look_back(stage):
    cast = stage.cast
    closed_measures(cast, 3)
    yield
    look_back = {"seed": "c0ffee", "by": cast.office, "at": NOON}
    looking_back.draw(cast.inspection, asked(2), **look_back)


@scenario("rectification.looking_back.record")
def record_both(stage):
    """One holds, one has rebounded."""
    cast = stage.cast
    holds, fails = drawn(cast)
    yield
    record(holds, consolidated(), by=cast.office)
    record(fails, rebounded(), by=cast.office)
    assert Measure.objects.filter(status="rebounded").count() == 1


@scenario("rectification.looking_back.close")
def close(stage):
    cast = stage.cast
    look_back = checked(cast)
    yield
    looking_back.close(look_back, by=cast.office, at=NOON, version=look_back.version)


@scenario("view rectification:lookback_draw")
def lookback_draw(stage):
    cast = stage.cast
    closed_measures(cast, 3)
    yield
    done(post(stage, cast.office, f"{cast.base}lookback/draw/", **wanted()))


@scenario("view rectification:lookback_record")
def lookback_record(stage):
    cast = stage.cast
    item = drawn(cast)[0]
    yield
    done(post(stage, cast.office, f"{page_of(item)}record/", **typed(item)))


@scenario("view rectification:lookback_close")
def lookback_close(stage):
    cast = stage.cast
    look_back = fresh(checked(cast))
    yield
    path = f"{cast.base}lookback/1/close/"
    done(post(stage, cast.office, path, version=look_back.version))


# 屡查屡犯 -----------------------------------------------------------------------------------------


def earlier(cast):
    """A problem of an earlier inspection of the same bureau."""
    root = cast.inspection.inspected_unit
    day = date(2020, 5, 20)
    before = InspectionFactory(code="x20", inspected_unit=root, feedback_date=day)
    return ProblemFactory(inspection=before, code="P-001")


@scenario("rectification.recurring.decide")
def decide(stage):
    """Linked, and then dismissed after all."""
    cast = stage.cast
    pair = recurring.Pair(cast.problem, earlier(cast))
    yield
    for version, decision in enumerate(("linked", "dismissed")):
        decided = recurring.Decided(decision, "同一条河段")
        recurring.decide(pair, decided, by=cast.office, at=NOON, version=version)


@scenario("view rectification:recurrence_decide")
def recurrence_decide(stage):
    cast = stage.cast
    earlier(cast)
    yield
    path = f"{cast.base}problems/P-900/recurrence/decide/"
    pair = {"inspection": "x20", "earlier": "P-001", "version": 0}
    done(post(stage, cast.office, path, **pair, decision="linked", why="同一条河段"))
