"""What an author types into a draft. Forms validate and stop."""

from collections.abc import Mapping
from typing import Any

from django import forms

from rectification.forms import Prose, Versioned
from reports.document import SectionKind
from reports.editing import Wording
from reports.models import NextStep, ReportSection

MOST = 20_000  # characters in one piece
HEADED = (SectionKind.HEADING, SectionKind.PROBLEM, SectionKind.FACT)


class Line(Prose):
    """Text without line ends."""

    def to_python(self, value: Any) -> str:
        return "".join(super().to_python(value).split("\n")).strip()


class StartForm(forms.Form):
    """A new draft: as of which day, under which address."""

    on = forms.DateField(
        label="数据截至",
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text="按这一天结束时的台账生成，之后报送的进展不计入。",
        error_messages={
            "required": "请填写截至日期。",
            "invalid": "请按 2025-07-31 的样子填写日期。",
        },
    )
    slug = forms.CharField(
        label="网址名",
        max_length=60,
        help_text="发布后公开页的地址，如 x25-202507。用小写字母、数字和短横线。",
        error_messages={"required": "请填写网址名。", "max_length": "网址名最多60个字符。"},
    )


class TitleForm(Versioned):
    title = Line("标题", most=200, rows=2)


class PublishForm(Versioned):
    """`corrects`: there is a version already, and readers are told why there is another."""

    notice = Prose("更正说明", most=500, rows=2, required=False)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, corrects: bool, **rest: Any
    ) -> None:
        super().__init__(data, **rest)
        if corrects:
            self.fields["notice"].required = True
            self.fields["notice"].help_text = "会显示在公开页上，旧版本仍可查看。"
        else:
            del self.fields["notice"]


class SectionForm(Versioned):
    """The words of one section: a field for each piece that it has, and one for a further item."""

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, section: ReportSection, **rest: Any
    ) -> None:
        self.section = section
        self.items = list(section.items.order_by("order"))
        step = NextStep.objects.filter(section=section).first()
        super().__init__(data, initial=self._initial(step.text if step else ""), **rest)
        if section.kind in HEADED:
            self.fields["heading"] = Line("标题", most=MOST, rows=2)
        if section.kind == SectionKind.PROBLEM:
            self._add_body()
        elif section.kind != SectionKind.HEADING:
            label = "内容" if section.kind == SectionKind.FACT else "正文"
            self.fields["text"] = Prose(label, most=MOST, rows=8)

    def wording(self) -> Wording:
        """What was typed. Call it on a valid form."""
        typed = self.cleaned_data
        items = [(item.pk, typed[f"item_{item.pk}"]) for item in self.items]
        new = typed.get("item_new", "")
        return Wording(
            heading=typed.get("heading", self.section.heading),
            text=typed.get("text", self.section.text),
            lead=typed.get("lead", self.section.lead),
            items=(*items, (None, new)) if new else tuple(items),
            next_step=typed.get("next_step", ""),
        )

    def differences(self) -> list[tuple[str, str, str]]:
        """Label, what is stored, what was typed: of each piece where the two are not the same."""
        pieces = [(name, field) for name, field in self.fields.items() if name != "version"]
        compared = [
            (str(field.label), str(self.initial.get(name) or ""), str(self[name].value() or ""))
            for name, field in pieces
        ]
        return [row for row in compared if row[1] != row[2].replace("\r\n", "\n")]

    def _initial(self, next_step: str) -> dict[str, Any]:
        section = self.section
        return {
            "version": section.version,
            "heading": section.heading,
            "text": section.text,
            "lead": section.lead,
            "next_step": next_step,
            **{f"item_{item.pk}": item.text for item in self.items},
        }

    def _add_body(self) -> None:
        if self.section.lead:
            self.fields["lead"] = Prose("引语", most=MOST, rows=3, required=False)
        for number, item in enumerate(self.items, start=1):
            field = Prose(f"第{number}条", most=MOST, rows=4, required=False)
            self.fields[f"item_{item.pk}"] = field
        self.fields["item_new"] = Prose("新增一条", most=MOST, rows=2, required=False)
        self.fields["next_step"] = Prose("下一步打算", most=MOST, rows=3, required=False)
