"""The forms of letters of supervision, as tests/rectification/tried.py has the others."""

from typing import Any

from django import forms

from rectification.supervision_forms import (
    AnswerForm,
    BulkLetterForm,
    IssueForm,
    LetterForm,
    RewordForm,
    SettleForm,
    WithdrawLetterForm,
)
from tests.rectification.supervising.conftest import lettered
from tests.rectification.tried import CHOICE, KEY, NUMBER, Tried

LETTER = "supervision/1/"
TEXT = {"title": "督办函", "matter": "已超期。", "demand": "请整改。", "answer_days": "5"}


def of_letter(verb: str, by: str, form: type[forms.Form], state: str, **good: Any) -> Tried:
    return Tried(
        f"{verb} a letter",
        f"{LETTER}{verb}/",
        by,
        form,
        lambda cast: {"version": cast.inspection.letters.get().version, **good},
        shown_at=LETTER,
        before=lambda cast: lettered(cast, state),
    )


OF_LETTERS = [
    Tried(
        "propose a letter",
        "supervision/new/",
        "office",
        LetterForm,
        lambda cast: {"kind": "order", "measure": cast.measure.pk, **TEXT},
        {CHOICE: ("kind",), KEY: ("measure", "unit"), NUMBER: ("answer_days",)},
        "supervision/",
    ),
    of_letter("reword", "office", RewordForm, "proposed", **TEXT),
    of_letter("issue", "office", IssueForm, "proposed", note="同意"),
    of_letter("answer", "liaison", AnswerForm, "acknowledged", text="在办"),
    of_letter("settle", "office", SettleForm, "answered", why="同意"),
    of_letter("withdraw", "office", WithdrawLetterForm, "issued", why="发错"),
    Tried(
        "bulk letters",
        "supervision/bulk/",
        "office",
        BulkLetterForm,
        lambda _: {"verb": "issue", "note": "", "chosen": ["1:1"]},
        {CHOICE: ("verb",)},
        "supervision/",
        lambda cast: lettered(cast, "proposed"),
        done=200,
    ),
]
