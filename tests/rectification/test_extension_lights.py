"""A postponed measure in lights, lists and on the desk."""

from datetime import date

import pytest

from rectification import extending, queries
from rectification.models import Measure
from rectification.states import Basis, Precision
from tests.factories import NOON, MeasureFactory
from tests.rectification.extending import grant

WISH = extending.Wish(date(2025, 10, 31), Precision.MONTH, "汛期无法施工。")


def request(cast):
    return extending.request(cast.measure, WISH, by=cast.liaison, at=NOON, version=1)


def agree(extension, by):
    extending.decide(extension, "agree", opinion="", by=by, at=NOON, version=extension.version)


@pytest.mark.parametrize(
    ("on", "colour", "reason"),
    [
        (date(2025, 7, 1), "green", "绿：2025年10月底前（原定2025年9月底前，已延期1次），剩122天"),
        (date(2025, 9, 30), "green", "绿：2025年10月底前（原定2025年9月底前，已延期1次），剩31天"),
        (
            date(2025, 10, 1),
            "yellow",
            "黄：2025年10月底前（原定2025年9月底前，已延期1次），已过原定时限1天",
        ),
        (
            date(2025, 10, 25),
            "yellow",
            "黄：2025年10月底前（原定2025年9月底前，已延期1次），剩6天，已过原定时限25天",
        ),
        (date(2025, 11, 1), "red", "红：2025年10月底前（原定2025年9月底前，已延期1次），已超期1天"),
    ],
)
def test_a_postponed_measure_never_turns_green_in_silence(cast, on, colour, reason):
    grant(request(cast), cast, on=NOON)

    light = Measure.objects.with_behind(on=on).get(pk=cast.measure.pk).light(on=on)

    assert (light.colour, light.reason) == (colour, reason)


def test_by_the_original_deadline_it_is_red_and_names_the_agreed_one(cast):
    grant(request(cast), cast, on=NOON)
    on = date(2025, 10, 5)

    light = Measure.objects.get(pk=cast.measure.pk).light(on=on, basis=Basis.ORIGINAL)

    reason = "红：原定2025年9月底前（现行2025年10月底前，已延期1次），已超期5天"
    assert (light.colour, light.reason) == ("red", reason)


def test_overdue_and_near_go_by_either_deadline(cast):
    grant(request(cast), cast, on=NOON)
    other = MeasureFactory(problem=cast.problem, deadline=date(2025, 10, 3))
    on = date(2025, 10, 5)
    rows = Measure.objects.order_by("pk")

    assert list(rows.overdue(on=on)) == [other]
    assert list(rows.overdue(on=on, basis=Basis.ORIGINAL)) == [cast.measure, other]
    assert list(rows.near(on=date(2025, 9, 25))) == [other]
    assert list(rows.near(on=date(2025, 9, 25), basis=Basis.ORIGINAL)) == [cast.measure, other]
    first = Measure.objects.for_list(on=on, basis=Basis.ORIGINAL).first()
    assert (first, Measure.objects.for_list(on=on).first()) == (cast.measure, other)


def test_the_desk_shows_a_request_to_whom_it_waits_for_and_to_nobody_else(cast):
    extension = request(cast)
    everybody = ("liaison", "head", "office", "executive", "supervisor", "stranger")

    def shown():
        return [
            who for who in everybody if queries.desk(getattr(cast, who), on=NOON.date()).to_extend
        ]

    assert shown() == ["office"]
    agree(extension, cast.office)
    assert shown() == ["executive"]
    agree(extension, cast.executive)
    assert shown() == []
