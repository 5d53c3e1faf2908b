"""The forms of handing over, and of what is not applicable any more."""

from collections.abc import Mapping
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError

from accounts.forms import Person
from accounts.models import Unit, User
from rectification import handing_over
from rectification.forms import Prose, Versioned
from rectification.models import (
    OF_MEASURES,
    OF_PROBLEMS,
    HandoverField,
    Inspection,
    Measure,
    Problem,
)

CHOICES = (("grant", "批准"), ("refuse", "不批准"))


class AskExemptionForm(Versioned):
    reason = Prose("不再适用的理由", most=2000, rows=3)


class DecideExemptionForm(Versioned):
    decision = forms.ChoiceField(
        label="审批意见",
        choices=CHOICES,
        widget=forms.RadioSelect,
        error_messages={
            "required": "请选择批准或不批准。",
            "invalid_choice": "审批意见不在列表中，请重新选择。",
        },
    )
    opinion = Prose("意见说明", most=2000, rows=2)


class WithdrawExemptionForm(Versioned):
    why = Prose("撤回理由", most=2000, rows=2)


class ReinstateForm(Versioned):
    why = Prose("恢复整改的理由", most=2000, rows=3)


def _day() -> forms.DateField:
    return forms.DateField(
        label="交接日期",
        help_text="从这一天起由新的负责，不能晚于今天。",
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "请填写交接日期。", "invalid": "交接日期不对，请重新选择。"},
    )


def _person(label: str, *, required: bool = True) -> Person:
    messages = {
        "required": f"请选择{label}。",
        "invalid_choice": f"{label}不在列表中，请重新选择。",
    }
    return Person(
        label=label,
        queryset=User.objects.none(),
        required=required,
        empty_label="请选择",
        error_messages=messages,
    )


class HandOverForm(Versioned):
    """One field of one row: which, to whom or to which unit, from which day, and why."""

    field = forms.ChoiceField(
        label="交接内容",
        widget=forms.RadioSelect,
        error_messages={
            "required": "请选择交接内容。",
            "invalid_choice": "交接内容不在列表中，请重新选择。",
        },
    )
    to_person = _person("接手人", required=False)
    to_unit = forms.ModelChoiceField(
        label="接手单位",
        queryset=Unit.objects.none(),
        required=False,
        empty_label="请选择",
        help_text="交接牵头单位时选单位，其他时候选人。",
        error_messages={"invalid_choice": "接手单位不在列表中，请重新选择。"},
    )
    on = _day()
    why = Prose("交接理由", most=2000, rows=2)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, row: Measure | Problem, **rest: Any
    ) -> None:
        super().__init__(data, **rest)
        self.row = row
        names = OF_MEASURES if isinstance(row, Measure) else OF_PROBLEMS
        self.fields["field"].choices = [  # type: ignore[attr-defined]
            (name.value, f"{name.label}（现为{getattr(row, name) or '空'}）") for name in names
        ]
        inspection = row.inspection
        self.fields["to_person"].queryset = handing_over.people_for(inspection)  # type: ignore[attr-defined]
        self.fields["to_unit"].queryset = handing_over.units_for(inspection)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        super().clean()
        field = self.cleaned_data.get("field")
        if field == HandoverField.LEAD_UNIT and not self.cleaned_data.get("to_unit"):
            self.add_error("to_unit", "请选择接手单位。")
        if field and field != HandoverField.LEAD_UNIT and not self.cleaned_data.get("to_person"):
            self.add_error("to_person", "请选择接手人。")
        return self.cleaned_data

    @property
    def to(self) -> User | Unit:
        """Who takes over, once the form is valid."""
        name = "to_unit" if self.cleaned_data["field"] == HandoverField.LEAD_UNIT else "to_person"
        taker: User | Unit = self.cleaned_data[name]
        return taker

    def anew(self, data: Mapping[str, Any]) -> Self:
        return type(self)(data, row=self.row, auto_id=self.auto_id)


class FormerForm(forms.Form):
    """Whose everything is to be handed over: the first step, in the address."""

    former = _person("原负责人")

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, inspection: Inspection, **rest: Any
    ) -> None:
        super().__init__(data, **rest)
        holders = handing_over.holders_in(inspection)
        self.fields["former"].queryset = holders  # type: ignore[attr-defined]


class HandOverEverythingForm(forms.Form):
    """The second step: to whom, from which day, why; `seen` is the seal of the list shown."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    to = _person("接手人")
    on = _day()
    why = Prose("交接理由", most=2000, rows=2)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        inspection: Inspection,
        former: User,
        **rest: Any,
    ) -> None:
        super().__init__(data, **rest)
        people = handing_over.people_for(inspection).exclude(pk=former.pk)
        self.fields["to"].queryset = people  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        if "seen" in self.errors:
            raise ValidationError("这一页已经失效，没有交接。请核对清单后重新确认。")
        return self.cleaned_data
