"""What the office enters into the registers: outcomes, accountability, money."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Self

from django import forms
from django.core.exceptions import ValidationError

from accounts.listing import Filters
from rectification.forms import Many, One, Prose, Versioned
from rectification.models import (
    AccountabilityKind,
    Evidence,
    Inspection,
    Measure,
    MoneyKind,
    OutcomeKind,
    Problem,
    Register,
)
from rectification.registering import no_names

EARLIEST = date(2000, 1, 1)
_WHOLE = re.compile(r"\d{1,9}")
_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,2})?")


@dataclass(frozen=True)
class Place:
    """For which inspection a form is filled in, by somebody who sees these subtrees, on a day."""

    inspection: Inspection
    paths: Iterable[str]
    today: date


class Line(Prose):
    """Text without line ends."""

    def to_python(self, value: Any) -> str:
        return " ".join(super().to_python(value).split("\n")).strip()


class Day(forms.DateField):
    """A day that has come, in one of the ways that people write one."""

    def __init__(self, label: str, **rest: Any) -> None:
        says = f"{label}请写成 2025-02-25 或 2025年2月25日，要是一个存在的日期。"
        super().__init__(
            label=label,
            widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
            input_formats=["%Y-%m-%d", "%Y年%m月%d日", "%Y.%m.%d", "%Y/%m/%d"],
            error_messages={"required": f"请填写{label}。", "invalid": says},
            **rest,
        )


class Number(forms.CharField):
    """A number in plain digits, half or full width; nothing that a computer alone reads as one."""

    def __init__(self, label: str, *, pattern: re.Pattern[str], says: str, **rest: Any) -> None:
        self.pattern, self.says = pattern, says
        attributes = {"inputmode": "decimal"}
        messages = {"required": says, "null_characters_not_allowed": says}
        super().__init__(
            label=label, widget=forms.TextInput(attributes), error_messages=messages, **rest
        )

    def to_python(self, value: Any) -> Any:
        text = unicodedata.normalize("NFKC", str(super().to_python(value) or "")).strip()
        if not text:
            return None
        if not self.pattern.fullmatch(text):
            raise ValidationError(self.says)
        return Decimal(text)

    def run_validators(self, value: Any) -> None:
        """The pattern has said it all: those of a text would refuse a number."""


def kind_field(label: str, choices: type[Any], **rest: Any) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices,
        **rest,
        error_messages={
            "required": f"请选择{label}。",
            "invalid_choice": f"{label}不在列表中，请重新选择。",
        },
    )


class RegisterForm(Versioned):
    """A row of a register; without `row` a new one, which has no version yet."""

    DAY: ClassVar[str] = "day"
    CLAIMS: ClassVar[tuple[str, ...]] = ()

    why = Prose("修改理由", most=2000, rows=2, required=False)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        place: Place,
        row: Register | None = None,
        **rest: Any,
    ) -> None:
        super().__init__(data, initial=_initial(row, self.CLAIMS), **rest)
        self.place, self.row = place, row
        self.order_fields([name for name in self.fields if name != "why"])
        if row is None:
            del self.fields["version"], self.fields["why"]
        problems = Problem.objects.filter(inspection=place.inspection).in_code_order()
        for name in {"problem", "problems"} & self.fields.keys():
            self.fields[name].queryset = problems  # type: ignore[attr-defined]

    def anew(self, data: Mapping[str, Any]) -> Self:
        return type(self)(data, place=self.place, row=self.row, auto_id=self.auto_id)

    def clean(self) -> dict[str, Any]:
        day = self.cleaned_data.get(self.DAY)
        label = self.fields[self.DAY].label
        if day and not EARLIEST <= day <= self.place.today:
            self.add_error(self.DAY, f"{label}不能早于2000年，也不能晚于今天。")
        return super().clean()

    def values(self, model: type[Register]) -> dict[str, Any]:
        """What was typed for the columns of the register."""
        return {n: self.cleaned_data[n] for n in model.CONTENT if n in self.cleaned_data}


def _initial(row: Register | None, claims: Iterable[str]) -> dict[str, Any]:
    if row is None:
        return {}
    content = {name: getattr(row, name) for name in row.CONTENT}
    claimed = {name: list(getattr(row, name).all()) for name in claims}
    return {"version": row.version, **content, **claimed}


class OutcomeForm(RegisterForm):
    DAY = "issued_on"
    CLAIMS = ("measures", "problems")

    title = Line("制度名称", most=200, rows=2)
    kind = kind_field("类别", OutcomeKind)
    number = Line("文号", most=50, rows=1, required=False)
    issued_on = Day("印发日期")
    measures = Many("对应措施", required=False)
    problems = Many("对应问题", required=False)
    evidence = One("文件（佐证材料）", required=False)

    def __init__(self, *args: Any, place: Place, **rest: Any) -> None:
        super().__init__(*args, place=place, **rest)
        here = place.inspection
        measures, evidence = self.fields["measures"], self.fields["evidence"]
        measures.queryset = Measure.objects.filter(inspection=here).order_by("code")  # type: ignore[attr-defined]
        measures.help_text = "可以多选；至少选择一条措施或一个问题。"
        pieces = Evidence.objects.visible_within(place.paths).in_use()
        evidence.queryset = pieces.filter(inspection=here)  # type: ignore[attr-defined]


class AccountabilityForm(RegisterForm):
    kind = kind_field("处理方式", AccountabilityKind)
    people = Number("人数", pattern=_WHOLE, says="人数请填写整数，如 3；没有的填 0。")
    day = Day("日期")
    problem = One("对应问题", required=False)
    note = Prose("说明", most=2000, rows=3, required=False, help_text="不写人员姓名。")

    def clean_people(self) -> int:
        return int(self.cleaned_data["people"])

    def clean_note(self) -> str:
        no_names(self.cleaned_data["note"])
        return str(self.cleaned_data["note"])


class MoneyForm(RegisterForm):
    kind = kind_field("类别", MoneyKind)
    amount = Number(
        "金额（元）",
        pattern=_AMOUNT,
        says="金额请填写数字，如 125000.50，单位是元，最多两位小数，不用逗号；没有的填 0。",
    )
    day = Day("日期")
    problem = One("对应问题", required=False)
    note = Prose("说明", most=2000, rows=3, required=False)


class RegisterWithdrawForm(Versioned):
    why = Prose("撤下理由", most=2000, rows=2)


class RegisterFilters(Filters):
    """Search alone: the registers are short."""
