"""What people type, checked: the forms of the verbs, and the filters of the lists."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Self

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from accounts.listing import Choices, Filters
from rectification.states import (
    Basis,
    ExtensionState,
    ProblemStatus,
    ReturnGround,
    TimeKind,
    WorkStatus,
)
from rectification.wording import no_hidden_characters, no_identity_number, no_secrecy_mark
from rectification.workflow import NOTHING_NEW

BULK_VERBS = {"nil_return": "零报告", "approve": "审核通过", "send_back": "退回重报"}


class Prose(forms.CharField):
    """Text in sentences. What cannot be seen counts as nothing; line ends are one character."""

    widget = forms.Textarea
    default_validators = [no_hidden_characters, no_secrecy_mark, no_identity_number]

    def __init__(self, label: str, *, most: int, rows: int = 3, **rest: Any) -> None:
        messages = {
            "required": f"请填写{label}。",
            "max_length": f"{label}最多%(limit_value)d字，现在有%(show_value)d字，请删减。",
            "null_characters_not_allowed": f"{label}中有不能保存的空字符，请重新输入。",
        }
        widget = forms.Textarea({"rows": rows})
        super().__init__(
            label=label, max_length=most, error_messages=messages, widget=widget, **rest
        )

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")
        seen = any(unicodedata.category(letter)[0] not in "CZ" for letter in text)
        return text if seen or "\x00" in text else ""

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}  # no maxlength: a browser would cut a pasted text without a word


class One(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One row of a list, or none."""

    def __init__(self, label: str, **rest: Any) -> None:
        super().__init__(
            None,
            label=label,
            empty_label="（无）",
            error_messages={
                "required": f"请选择{label}。",
                "invalid_choice": f"{label}不在列表中，请重新选择。",
            },
            **rest,
        )


class Many(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Any number of rows of a list."""

    def __init__(self, label: str, **rest: Any) -> None:
        says = f"{label}不在列表中，请重新选择。"
        names = ("list", "invalid_choice", "invalid_pk_value")
        super().__init__(
            None,
            label=label,
            widget=forms.SelectMultiple({"size": 8}),
            error_messages={**dict.fromkeys(names, says), "required": f"请选择{label}。"},
            **rest,
        )

    def clean(self, value: Any) -> Any:
        """A key that no database holds is none of the list, whatever its length."""
        if any(not re.fullmatch(r"\d{1,18}", str(each)) for each in value or ()):
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return super().clean(value)


class Versioned(forms.Form):
    """A form that was opened on a version of a row, and must say on which."""

    version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        if "version" in self.errors:
            raise ValidationError("这一页缺少版本信息或已经失效，没有保存。请核对文字后重新提交。")
        return self.cleaned_data

    def anew(self, data: Mapping[str, Any]) -> Self:
        """The same form on other data: what was typed, on the version that stands."""
        return type(self)(data, auto_id=self.auto_id)


class ReportForm(Versioned):
    """Progress on a measure. `told` is what was told last; 无变化 leaves it as it is."""

    text = Prose("整改进展", most=4000, rows=6)
    difficulty = Prose("存在困难", most=2000, rows=2, required=False)
    next_step = Prose("下一步打算", most=2000, rows=2, required=False)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, told: str = "", **rest: Any
    ) -> None:
        super().__init__(data, **rest)
        self.told = told
        self.is_nil_return = bool(data and data.get("nil_return"))
        if self.is_nil_return:
            self.fields["text"].required = False

    def clean_text(self) -> str:
        """The text; of a nil return the house's word. Refuses to drop what somebody typed."""
        text: str = self.cleaned_data["text"]
        if not self.is_nil_return:
            return text
        if text not in {"", NOTHING_NEW, self.told.strip()}:
            raise ValidationError("整改进展已经改动过。有变化请按“报送”；确无变化请先恢复原文。")
        return NOTHING_NEW


class SubmitForm(Versioned):
    statement = Prose("完成情况", most=4000, rows=5)
    evidence_note = Prose("佐证材料说明", most=2000, rows=2, required=False)


class ResubmitForm(SubmitForm):
    """The same, for an application that waits: what it says now is filled in."""


class WithdrawForm(Versioned):
    why = Prose("撤回理由", most=2000, rows=2)


class ApproveForm(Versioned):
    opinion = Prose("审核意见", most=2000, rows=2, required=False)


class SendBackForm(Versioned):
    ground = forms.ChoiceField(
        label="退回依据",
        choices=ReturnGround,
        widget=forms.RadioSelect,
        error_messages={
            "required": "请选择退回依据。",
            "invalid_choice": "退回依据不在列表中，请重新选择。",
        },
    )
    reason = Prose("退回原因", most=2000, rows=3)
    due_on = forms.DateField(
        label="返工期限",
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": "请填写返工期限。",
            "invalid": "返工期限不是有效的日期，请写成 2025-08-10 这样。",
        },
    )


class BulkForm(forms.Form):
    """One verb and one note for many measures. `verbs` are those that this person may ever do."""

    verb = forms.ChoiceField(
        label="办理",
        error_messages={
            "required": "请选择要办理的事项。",
            "invalid_choice": "这一事项不在您可以办理的列表中，请重新选择。",
        },
    )
    note = Prose("统一意见", most=2000, rows=2, required=False)
    ground = forms.ChoiceField(
        label="退回依据",
        choices=[("", "（不退回）"), *ReturnGround.choices],
        required=False,
        error_messages={"invalid_choice": "退回依据不在列表中，请重新选择。"},
    )
    due_on = forms.DateField(
        label="返工期限",
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "返工期限不是有效的日期，请写成 2025-08-10 这样。"},
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, verbs: Sequence[str], **rest: Any
    ) -> None:
        super().__init__(data, auto_id="bulk-%s", **rest)
        field = self.fields["verb"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "请选择"), *((verb, BULK_VERBS[verb]) for verb in verbs)]
        for each in self.fields.values():  # in the list they stand outside the form they belong to
            each.widget.attrs["form"] = "bulk"
        if "send_back" not in verbs:
            del self.fields["ground"], self.fields["due_on"]

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("verb") == "send_back":
            needed = {"note": "退回原因", "ground": "退回依据", "due_on": "返工期限"}
            for name, words in needed.items():
                if not self.cleaned_data.get(name) and name not in self.errors:
                    self.add_error(name, f"退回要填写{words}。")
        return self.cleaned_data


class ReopenForm(Versioned):
    why = Prose("认定理由", most=2000, rows=3)


class AcceptForm(Versioned):
    why = Prose("验收意见", most=2000, rows=3)


class LedgerFileForm(forms.Form):
    file = forms.FileField(
        label="台账文件",
        error_messages={
            "required": "请选择要导入的台账文件。",
            "empty": "这个文件是空的，请重新选择。",
        },
    )

    def clean_file(self) -> "UploadedFile[bytes]":
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        most = settings.UPLOAD_MOST_BYTES
        if (file.size or 0) > most:
            raise ValidationError(f"文件超过{most // 1024 // 1024}MB，请拆分后再导入。")
        return file


# Filters ----------------------------------------------------------------------------------------


def _choice(label: str, choices: Choices = (), **rest: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=[("", "全部"), *choices], **rest)


# Of two bases the agreed one is what an address without a word means.
BASIS_CHOICES = ((Basis.ORIGINAL.value, "按原定时限"),)
CLOSED_CHOICES = (("no", "未销号"), ("yes", "已销号"))
LIGHT_CHOICES = (("overdue", "超期"), ("near", "临期"), ("behind", "未达序时"))


class MeasureFilters(Filters):
    unit = _choice("牵头单位")
    light = _choice("时限情况", LIGHT_CHOICES)
    status = _choice("状态", WorkStatus.choices)
    kind = _choice("时限类型", TimeKind.choices)
    area = _choice("反馈方面")
    category = _choice("问题类型")
    executive = _choice("责任领导")
    closed = _choice("销号", CLOSED_CHOICES, widget=forms.HiddenInput)
    basis = _choice("时限口径", BASIS_CHOICES, widget=forms.HiddenInput)


class ProblemFilters(Filters):
    area = _choice("反馈方面")
    category = _choice("问题类型")
    unit = _choice("牵头单位")
    executive = _choice("牵头领导")
    status = _choice("状态", ProblemStatus.choices)
    closed = _choice("完成", (("no", "未完成"), ("yes", "已完成")), widget=forms.HiddenInput)
    waiting = _choice("验收", (("yes", "待验收"),), widget=forms.HiddenInput)
    basis = _choice("时限口径", BASIS_CHOICES, widget=forms.HiddenInput)
    recurring = _choice("以往巡察", (("yes", "屡查屡犯"),), widget=forms.HiddenInput)


class ExtensionFilters(Filters):
    unit = _choice("牵头单位")
    state = _choice("状态", ExtensionState.choices)
    pending = _choice("审批", (("yes", "在审批"),), widget=forms.HiddenInput)
