"""What is said of evidence, checked: its description, reasons, and the filters of its list."""

from collections.abc import Mapping
from typing import Any

from django import forms

from accounts.listing import Filters
from rectification.forms import Prose, Versioned
from rectification.models import EvidenceKind

MOST_FILES = 20  # in one request


class Line(Prose):
    """Prose of one line."""

    def __init__(self, label: str, *, most: int, **rest: Any) -> None:
        super().__init__(label, most=most, **rest)
        self.widget = forms.TextInput()  # type: ignore[assignment]  # of the instance
        self.widget.is_required = self.required

    def to_python(self, value: Any) -> str:
        return " ".join(super().to_python(value).split())


class DescriptionForm(forms.Form):
    """What is said of a piece, whether it is new or amended."""

    title = Line("材料名称", most=200)
    kind = forms.ChoiceField(
        label="材料类型",
        choices=EvidenceKind,
        error_messages={
            "required": "请选择材料类型。",
            "invalid_choice": "材料类型不在列表中，请重新选择。",
        },
    )
    dated_on = forms.DateField(
        label="材料日期",
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text="文件落款或照片拍摄的日期，不是上传的日期。",
        error_messages={"required": "请填写材料日期。", "invalid": "材料日期不是有效的日期。"},
    )
    document_number = Line("文号", most=100, required=False)
    is_public = forms.BooleanField(label="可以公开", required=False)


class UploadForm(DescriptionForm):
    """The description of one or several new files; each is called as its file is, unless told."""

    title = Line(
        "材料名称",
        most=200,
        required=False,
        help_text="不填就用文件名；一次传多个文件时都用文件名。",
    )


class AmendForm(Versioned, DescriptionForm):
    """A description that was opened on a version of the piece."""


class NewVersionForm(Versioned):
    """A file for a piece, opened on a version of it."""


class WithdrawEvidenceForm(Versioned):
    why = Prose("撤下理由", most=2000, rows=2)


class UnlinkForm(forms.Form):
    why = Prose("解除理由", most=2000, rows=2)


class LinkForm(forms.Form):
    code = Line("措施编号", most=60)


class EvidenceFilters(Filters):
    kind = forms.ChoiceField(label="材料类型", choices=[("", "全部"), *EvidenceKind.choices])
    unit = forms.ChoiceField(label="提供单位")
    withdrawn = forms.ChoiceField(
        label="情况", choices=[("", "全部"), ("no", "使用中"), ("yes", "已撤下")]
    )

    def __init__(self, data: Mapping[str, Any] | None = None, **rest: Any) -> None:
        super().__init__(data, **rest)
        self.fields["q"].widget.attrs["placeholder"] = "名称、文号或编号"
