"""What people type about an extension, checked: the forms of its three verbs."""

from collections.abc import Mapping
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError

from rectification import clock
from rectification.forms import Prose, Versioned
from rectification.ledger import parsing
from rectification.models import Measure
from rectification.states import Verdict

MOST_YEARS = 5  # nobody means a date further away: a slip of the hand


class ExtendForm(Versioned):
    """A later deadline and the reason. `deadline` is cleaned to a parsing.Time."""

    deadline = forms.CharField(
        label="延期后的时限",
        max_length=40,
        help_text="写成“2025年9月底前”“2025年第三季度”或“2025年9月30日”。",
        error_messages={
            "required": "请填写延期后的时限。",
            "max_length": "延期后的时限太长，请写成“2025年9月底前”或“2025年9月30日”。",
            "null_characters_not_allowed": "延期后的时限中有不能保存的空字符，请重新输入。",
        },
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    reason = Prose("延期理由", most=2000, rows=3)

    def __init__(self, data: Mapping[str, Any] | None = None, *, row: Measure, **rest: Any) -> None:
        super().__init__(data, **rest)
        self.row = row
        # No maxlength: a browser would cut a pasted text without a word.
        self.fields["deadline"].widget.attrs.pop("maxlength", None)

    def clean_deadline(self) -> parsing.Time:
        words: str = self.cleaned_data["deadline"]
        try:
            time = parsing.time_of(words, year=self.row.inspection.feedback_date.year)
        except parsing.CellRefused as error:
            raise ValidationError(
                f"延期后的时限“{words}”看不懂，或者不是一个存在的日期。"
                "请写成“2025年9月底前”或“2025年9月30日”。"
            ) from error
        now = self.row.deadline
        if time.deadline is None:
            raise ValidationError("延期后的时限要是一个日期，不能写立行立改或长期坚持。")
        if now and time.deadline <= now:
            raise ValidationError(
                f"延期后的时限要晚于现在的整改时限（{self.row.deadline_phrase}）。"
            )
        if now and time.deadline > clock.months_later(now, 12 * MOST_YEARS):
            raise ValidationError(f"延期后的时限比现在的晚了{MOST_YEARS}年以上，请核对年份。")
        return time

    def anew(self, data: Mapping[str, Any]) -> Self:
        return type(self)(data, row=self.row, auto_id=self.auto_id)


class DecideExtensionForm(Versioned):
    decision = forms.ChoiceField(
        label="审批意见",
        choices=Verdict,
        widget=forms.RadioSelect,
        error_messages={
            "required": "请选择同意或不同意。",
            "invalid_choice": "审批意见不在列表中，请重新选择。",
        },
    )
    opinion = Prose("理由", most=2000, rows=2, required=False)

    def clean(self) -> dict[str, Any]:
        refused = self.cleaned_data.get("decision") == Verdict.REFUSE
        if refused and not self.cleaned_data.get("opinion") and "opinion" not in self.errors:
            self.add_error("opinion", "不同意延期要写明理由。")
        return super().clean()


class WithdrawExtensionForm(Versioned):
    why = Prose("撤回理由", most=2000, rows=2)
