"""The forms of 议定事项, as tests/rectification/tried.py has the others."""

from typing import Any

from django import forms

from rectification.point_forms import (
    AnswerPointForm,
    PointForm,
    SettlePointForm,
    WithdrawPointForm,
)
from tests.factories import DispatchRoundFactory, MeetingPointFactory
from tests.rectification.tried import KEY, Tried


def held(cast: Any) -> None:
    DispatchRoundFactory(inspection=cast.inspection, number=1)


def decided(cast: Any) -> None:
    round = DispatchRoundFactory(inspection=cast.inspection, number=1)
    MeetingPointFactory(round=round, unit=cast.division, by=cast.office)


def of_point(verb: str, by: str, form: type[forms.Form], field: str) -> Tried:
    return Tried(
        f"{verb} a point",
        f"points/1/{verb}/",
        by,
        form,
        lambda _: {"version": 1, field: "已落实"},
        shown_at="points/1/",
        before=decided,
    )


POINTS = [
    Tried(
        "decide a point",
        "dispatch/1/points/",
        "office",
        PointForm,
        lambda cast: {"unit": cast.division.pk, "text": "落实经费"},
        {KEY: ("unit", "measure")},
        "dispatch/1/",
        held,
    ),
    of_point("answer", "liaison", AnswerPointForm, "text"),
    of_point("settle", "office", SettlePointForm, "why"),
    of_point("withdraw", "office", WithdrawPointForm, "why"),
]
