"""The forms of a unit's own page of a round, for tests/rectification/tried.py."""

from typing import Any

from rectification import returning, workflow
from rectification.models import DispatchReturn, Inspection
from rectification.return_forms import DraftForm, ReturnForm, TurnBackForm
from tests.factories import NOON, round_with_lines
from tests.rectification.trying import VERSION, Tried


def asked(cast: Any) -> None:
    round_with_lines(cast.inspection, number=1)
    DispatchReturn.objects.update(id=1)


def to_confirm(cast: Any) -> None:
    Inspection.objects.update(returns_need_confirmation=True)
    asked(cast)
    line, seen = DispatchReturn.objects.get(), returning.Seen(1, 1)
    returning.file(line, workflow.Told("进展"), by=cast.liaison, at=NOON, seen=seen)


ROUND = "dispatch/1/report/"
LINE = {"version": 1, "measure_version": 1, "text": "进展"}
IN_A_ROUND = [
    Tried(
        "return",
        f"{ROUND}1/file/",
        "liaison",
        ReturnForm,
        lambda _: LINE,
        {VERSION: ("measure_version",)},
        ROUND,
        asked,
    ),
    Tried(
        "turn a return back",
        f"{ROUND}1/turn-back/",
        "head",
        TurnBackForm,
        lambda _: {"version": DispatchReturn.objects.get().version, "why": "缺数字"},
        {},
        ROUND,
        to_confirm,
    ),
]
# Drafts are kept and no more: nothing of the record changes.
DRAFTS = [
    Tried(
        "draft of a return",
        f"{ROUND}1/draft/",
        "liaison",
        DraftForm,
        lambda _: LINE,
        {VERSION: ("measure_version",)},
        ROUND,
        asked,
    ),
]
