"""What people type about letters of supervision and about the ladder, checked."""

import re
from collections.abc import Mapping
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError

from accounts.listing import Filters, choice
from accounts.models import Unit
from rectification.forms import One, Prose, Versioned
from rectification.letterbook import LATE, OPEN
from rectification.models import (
    LETTERS,
    Colour,
    Inspection,
    LetterKind,
    Measure,
    Rung,
)
from rectification.register_forms import Line, Number, kind_field
from rectification.states import LetterState
from rectification.supervising import Wording

AT_ONCE = 100  # letters that one request issues or withdraws
KINDS = [(each, LetterKind(each).label) for each in LETTERS]
BULK = {"issue": "签发", "withdraw": "撤销"}
_ANSWER = re.compile(r"[1-9]\d?")
_DAYS = re.compile(r"[+-]?\d{1,3}")
MOST_ANSWER_DAYS = 90


class _Whole(Number):
    """A whole number, or nothing."""

    def to_python(self, value: Any) -> Any:
        number = super().to_python(value)
        return None if number is None else int(number)


def _answer_days() -> _Whole:
    return _Whole(
        "回复期限（天）",
        pattern=_ANSWER,
        says="回复期限请填 1 到 90 的整数，从签发之日算起；不要求回复的不填。",
        required=False,
        help_text="从签发之日算起，遇休息日顺延；不要求回复的不填。",
    )


class _WordingForm(forms.Form):
    title = Line("标题", most=100, rows=1)
    matter = Prose("事由", most=2000, rows=4)
    demand = Prose("要求", most=2000, rows=3)
    answer_days = _answer_days()

    def clean_answer_days(self) -> int | None:
        days: int | None = self.cleaned_data["answer_days"]
        if days is not None and days > MOST_ANSWER_DAYS:
            raise ValidationError("回复期限请填 1 到 90 的整数。")
        return days

    @property
    def wording(self) -> Wording:
        said = self.cleaned_data
        return Wording(said["title"], said["matter"], said["demand"], said["answer_days"])


class LetterForm(_WordingForm):
    """A letter by hand: about a measure, whose lead unit gets it, or to a unit as a whole. The page
    it is opened from gives its kind, and with it the usual words."""

    kind = kind_field("种类", KINDS, widget=forms.HiddenInput)  # type: ignore[arg-type]
    measure = One("有关措施", required=False)
    unit = One("主送单位", required=False)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, inspection: Inspection, **rest: Any
    ) -> None:
        super().__init__(data, auto_id="letter-%s", **rest)
        self.inspection = inspection
        measure, unit = self.fields["measure"], self.fields["unit"]
        mine = Measure.objects.filter(inspection=inspection).select_related("lead_unit")
        measure.queryset = mine.order_by("code")  # type: ignore[attr-defined]
        measure.help_text = "选了措施的，函件发给它的牵头单位。"
        bureau = Unit.objects.within([inspection.inspected_unit.path]).filter(is_active=True)
        unit.queryset = bureau.order_by("path")  # type: ignore[attr-defined]
        unit.help_text = "不针对某条措施的，例如多次调度没有报送，选单位。"
        self.order_fields(["kind", "measure", "unit", "title", "matter", "demand", "answer_days"])

    def clean(self) -> dict[str, Any]:
        measure, unit = self.cleaned_data.get("measure"), self.cleaned_data.get("unit")
        if {"measure", "unit"} & self.errors.keys():
            return self.cleaned_data
        if measure is None and unit is None:
            self.add_error("measure", "请选择有关措施，或者选择主送单位。")
        if measure and unit and measure.lead_unit_id != unit.pk:
            self.add_error(
                "unit", f"{measure.code} 由{measure.lead_unit}牵头，主送单位不用选，或选牵头单位。"
            )
        return self.cleaned_data

    @property
    def addressee(self) -> Unit:
        measure: Measure | None = self.cleaned_data["measure"]
        unit: Unit = measure.lead_unit if measure else self.cleaned_data["unit"]
        return unit


class RewordForm(_WordingForm, Versioned):
    """The text of a proposal, before it is issued."""


class IssueForm(Versioned):
    """One tap. What is said with it stays in the house."""

    note = Prose("签发意见", most=2000, rows=2, required=False)


class AcknowledgeForm(Versioned):
    """One tap: who signs, and when, is known."""


class AnswerForm(Versioned):
    text = Prose("回复内容", most=2000, rows=5)


class SettleForm(Versioned):
    why = Prose("办结意见", most=2000, rows=2, required=False)


class WithdrawLetterForm(Versioned):
    why = Prose("撤销理由", most=2000, rows=2)


class BulkLetterForm(forms.Form):
    """One verb and one note for many proposals."""

    verb = forms.ChoiceField(
        label="办理",
        choices=[("", "请选择"), *BULK.items()],
        error_messages={
            "required": "请选择签发或撤销。",
            "invalid_choice": "办理事项不在列表中，请重新选择。",
        },
    )
    note = Prose("统一意见", most=2000, rows=2, required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, **rest: Any) -> None:
        super().__init__(data, auto_id="bulk-%s", **rest)
        for each in self.fields.values():  # in the list they stand outside the form they belong to
            each.widget.attrs["form"] = "bulk"

    def clean(self) -> dict[str, Any]:
        withdraws = self.cleaned_data.get("verb") == "withdraw"
        if withdraws and not self.cleaned_data.get("note") and "note" not in self.errors:
            self.add_error("note", "撤销要写明理由。")
        return self.cleaned_data


class RungForm(Versioned):
    """One rung of the ladder; a new one has no version yet."""

    days = _Whole(
        "超期天数",
        pattern=_DAYS,
        says="超期天数请填 -365 到 365 的整数，到期前用负数，例如 -10。",
        help_text="超期几天到这一级；到期前填负数，到期当天填 0。",
    )
    letter = kind_field("函件", LetterKind)
    colour = kind_field("颜色", Colour)
    is_automatic = forms.BooleanField(
        label="系统直接发出",
        required=False,
        help_text="不勾选时由系统拟好，整改办签发。",
    )
    answer_days = _answer_days()
    to_person_in_charge = forms.BooleanField(label="责任人", required=False)
    to_liaison = forms.BooleanField(label="填报员", required=False)
    to_head = forms.BooleanField(label="责任领导（单位负责人）", required=False)
    to_lead_executive = forms.BooleanField(label="牵头领导", required=False)
    to_office = forms.BooleanField(label="整改办", required=False)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, row: Rung | None = None, **rest: Any
    ) -> None:
        content = [name for name in self.base_fields if name != "version"]
        standing = {name: getattr(row, name) for name in content} if row else {}
        initial = {"version": row.version, **standing} if row else {"colour": Colour.NONE}
        super().__init__(data, initial=initial, auto_id="rung-%s", **rest)
        self.row = row
        if row is None:
            del self.fields["version"]

    @property
    def what(self) -> list[forms.BoundField]:
        return [each for each in self.visible_fields() if not each.name.startswith("to_")]

    @property
    def to_whom(self) -> list[forms.BoundField]:
        return [each for each in self.visible_fields() if each.name.startswith("to_")]

    def anew(self, data: Mapping[str, Any]) -> Self:
        return type(self)(data, row=self.row)

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class EndRungForm(Versioned):
    """One tap."""


class LetterFilters(Filters):
    unit = choice("主送单位")
    kind = choice("种类", KINDS)
    state = choice("状态", LetterState.choices)
    situation = choice(
        "办理情况",
        ((OPEN, "办理中"), (LATE, "超期未回复")),
        widget=forms.HiddenInput,
    )
