"""A scenario for each verb and address of 议定事项, and for what leaves the house of a round."""

from rectification import deciding
from rectification.states import PointState
from tests.covering import scenario
from tests.covering.views import done, post
from tests.factories import NOON, DispatchRoundFactory, MeetingPointFactory


def open_round(cast):
    return DispatchRoundFactory(inspection=cast.inspection, number=1)


def point_of(cast):
    return MeetingPointFactory(round=open_round(cast), unit=cast.division, by=cast.office)


@scenario("rectification.deciding.decide")
def decide(stage):
    cast = stage.cast
    round = open_round(cast)
    yield
    matter = deciding.Matter(cast.division, cast.measure, "请落实巡查经费。")
    deciding.decide(round, matter, by=cast.office, at=NOON)


@scenario("rectification.deciding.answer")
def answer(stage):
    cast = stage.cast
    point = point_of(cast)
    yield
    deciding.answer(point, text="已列入预算。", by=cast.liaison, at=NOON, version=1)
    assert point.state == PointState.ANSWERED


@scenario("rectification.deciding.settle")
def settle(stage):
    cast = stage.cast
    point = point_of(cast)
    yield
    deciding.settle(point, why="已落实。", by=cast.office, at=NOON, version=1)


@scenario("rectification.deciding.withdraw")
def withdraw(stage):
    cast = stage.cast
    point = point_of(cast)
    yield
    deciding.withdraw(point, why="重复。", by=cast.office, at=NOON, version=1)


@scenario("view rectification:point_decide")
def point_decide(stage):
    cast = stage.cast
    open_round(cast)
    yield
    form = {"unit": cast.division.pk, "measure": cast.measure.pk, "text": "请落实巡查经费。"}
    done(post(stage, cast.office, f"{cast.base}dispatch/1/points/", **form))


def of_point(verb, *, by, **form):
    """The scenario of a verb on the page of a point."""

    @scenario(f"view rectification:point_{verb}")
    def act(stage):
        cast = stage.cast
        point_of(cast)
        yield
        person = getattr(cast, by)
        done(post(stage, person, f"{cast.base}points/1/{verb}/", version=1, **form))


of_point("answer", by="liaison", text="已列入预算。")
of_point("settle", by="office", why="已落实。")
of_point("withdraw", by="office", why="重复。")


def of_file(form):
    @scenario(f"view rectification:round_sheet_{form}", rows=False)
    def act(stage):
        cast = stage.cast
        open_round(cast)
        yield
        answer = stage.client(cast.office).get(f"{cast.base}dispatch/1/sheet/{form}/")
        assert answer.status_code == 200


of_file("word")
of_file("excel")
