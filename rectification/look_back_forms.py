"""What the office types of a look-back and of a recurring problem. Forms validate and stop."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError

from accounts.models import Unit
from rectification.forms import Prose, Versioned
from rectification.models import LookBackResult, LookBackScope, RecurrenceDecision

QUESTIONS_MOST = 20
QUESTION_MOST = 200
USUAL_CHECKLIST = "\n".join(
    [
        "整改措施是否真正落实？",
        "建立的制度是否仍在执行？",
        "佐证材料是否真实完整？",
        "同类问题是否没有再发生？",
    ]
)


class Line(Prose):
    """Text without line ends."""

    def to_python(self, value: Any) -> str:
        return "".join(super().to_python(value).split("\n")).strip()


class LookBackForm(forms.Form):
    """A new look-back: of what, how many, and what is asked of each measure."""

    name = Line("名称", most=100, rows=1)
    scope = forms.ChoiceField(
        label="范围",
        choices=LookBackScope,
        widget=forms.RadioSelect,
        initial=LookBackScope.SAMPLE,
        error_messages={
            "required": "请选择范围。",
            "invalid_choice": "范围不在列表中，请重新选择。",
        },
    )
    size = forms.IntegerField(
        label="抽取数量",
        min_value=1,
        max_value=100_000,
        required=False,
        help_text="抽取检查时填写。",
        error_messages={
            "invalid": "抽取数量请填整数。",
            "min_value": "抽取数量至少1条。",
            "max_value": "抽取数量太大，请核对。",
        },
    )
    unit = forms.ModelChoiceField(
        label="牵头单位",
        queryset=Unit.objects.none(),
        required=False,
        empty_label="全部单位",
        error_messages={"invalid_choice": "牵头单位不在列表中，请重新选择。"},
    )
    closed_until = forms.DateField(
        label="销号日期截至",
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text="只看这一天及以前销号的措施，不填则不限。",
        error_messages={"invalid": "请按 2025-07-31 的样子填写日期。"},
    )
    checklist = Prose(
        "检查要点",
        most=QUESTIONS_MOST * QUESTION_MOST,
        rows=5,
        initial=USUAL_CHECKLIST,
        help_text="每行一个问题，检查时逐项回答“是”或“否”。",
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, units: Any, **rest: Any) -> None:
        super().__init__(data, **rest)
        field = self.fields["unit"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = units

    def clean_checklist(self) -> tuple[str, ...]:
        text: str = self.cleaned_data["checklist"]
        questions = tuple(line.strip() for line in text.split("\n") if line.strip())
        if len(questions) > QUESTIONS_MOST:
            raise ValidationError(f"检查要点最多{QUESTIONS_MOST}个，现在有{len(questions)}个。")
        if len(set(questions)) < len(questions):
            raise ValidationError("检查要点有重复的，请删去一个。")
        if long := [each for each in questions if len(each) > QUESTION_MOST]:
            raise ValidationError(f"每个检查要点最多{QUESTION_MOST}字：{long[0][:20]}…")
        return questions

    def clean(self) -> dict[str, Any]:
        scope, size = self.cleaned_data.get("scope"), self.cleaned_data.get("size")
        if scope == LookBackScope.SAMPLE and size is None and "size" not in self.errors:
            self.add_error("size", "抽取检查要填写抽取数量。")
        if scope == LookBackScope.ALL:
            self.cleaned_data["size"] = None
        return self.cleaned_data


class CloseForm(Versioned):
    """End a look-back, as it stood when the page was opened."""


class ItemForm(Versioned):
    """The result for one measure: an answer to each question of the checklist, and what it is."""

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, questions: Sequence[str], **rest: Any
    ) -> None:
        super().__init__(data, **rest)
        self.questions = tuple(questions)
        for number, question in enumerate(self.questions, start=1):
            self.fields[f"yes_{number}"] = forms.ChoiceField(
                label=f"{number}. {question}",
                choices=(("yes", "是"), ("no", "否")),
                widget=forms.RadioSelect,
                error_messages={
                    "required": "请选择“是”或“否”。",
                    "invalid_choice": "请选择“是”或“否”。",
                },
            )
            self.fields[f"note_{number}"] = Prose(
                f"第{number}项说明", most=500, rows=1, required=False
            )
        self.fields["result"] = forms.ChoiceField(
            label="检查结果",
            choices=LookBackResult,
            widget=forms.RadioSelect,
            error_messages={
                "required": "请选择检查结果。",
                "invalid_choice": "检查结果不在列表中，请重新选择。",
            },
        )
        self.fields["note"] = Prose(
            "检查说明",
            most=2000,
            rows=3,
            required=False,
            help_text="认定反弹时必填，会写进措施和问题的经过。",
        )

    def anew(self, data: Mapping[str, Any]) -> Self:
        return type(self)(data, questions=self.questions, auto_id=self.auto_id)

    def answers(self) -> list[tuple[str, bool, str]]:
        """Question, yes or no, and note, of a form that is valid."""
        return [
            (
                question,
                self.cleaned_data[f"yes_{number}"] == "yes",
                self.cleaned_data[f"note_{number}"],
            )
            for number, question in enumerate(self.questions, start=1)
        ]

    def clean(self) -> dict[str, Any]:
        super().clean()
        rebounded = self.cleaned_data.get("result") == LookBackResult.REBOUNDED
        if rebounded and not self.cleaned_data.get("note") and "note" not in self.errors:
            self.add_error("note", "认定反弹要写明理由。")
        return self.cleaned_data


class DecideForm(Versioned):
    """Whether an earlier problem is the same matter, and why.

    `version` is that of the decision on this pair as it was read; 0 where there was none.
    """

    version = forms.IntegerField(min_value=0, initial=0, widget=forms.HiddenInput)
    inspection = forms.CharField(max_length=30, widget=forms.HiddenInput)
    earlier = forms.CharField(max_length=60, widget=forms.HiddenInput)
    decision = forms.ChoiceField(
        label="认定结果",
        choices=RecurrenceDecision,
        widget=forms.RadioSelect,
        error_messages={
            "required": "请选择认定结果。",
            "invalid_choice": "认定结果不在列表中，请重新选择。",
        },
    )
    why = Prose("认定理由", most=2000, rows=2)
