"""The content of a measure or a problem in a form: what the plan says, for the office to amend."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from accounts.models import Unit, User, under
from rectification.forms import Many, One, Prose, Versioned
from rectification.ledger import parsing
from rectification.models import FindingArea, Measure, Problem
from rectification.states import Precision, TimeKind

EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
MOST_MONTHS = 60
LONG_TERM_MONTHS = 6
SEES = "在系统里有角色、能看到这条措施的，才会收到提醒和函件通知。"


class PhraseField(forms.CharField):
    """整改时限 as people write it: 2025年6月底前, 2025年6月30日, 立行立改, 长期坚持."""

    def __init__(self, label: str, **rest: Any) -> None:
        messages = {
            "null_characters_not_allowed": f"{label}中有不能保存的字符，请重新输入。",
            "max_length": f"{label}最多50字，如“2025年6月底前”。",
        }
        super().__init__(label=label, max_length=50, error_messages=messages, **rest)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | QuerySet) else [value]


class AmendForm(Versioned):
    """On a row of the ledger, whose values it begins with."""

    why = Prose("修改理由", most=2000, rows=2, required=False)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, row: Measure | Problem, **rest: Any
    ) -> None:
        super().__init__(data, initial={"version": row.version, **self.standing(row)}, **rest)
        self.row = row
        for name, field in self.fields.items():
            if isinstance(field, forms.ModelChoiceField):
                field.queryset = self.areas() if name == "area" else self.offered(name)
        self.order_fields([name for name in self.fields if name != "why"])

    @staticmethod
    def standing(row: Any) -> dict[str, Any]:
        """The row's values, by field."""
        raise NotImplementedError

    def offered(self, name: str) -> Any:
        """The units or the people of the inspected organisation, and whoever stands there now."""
        here = [self.row.inspection.inspected_unit.path]
        now = self.initial.get(name) or []
        standing = Q(pk__in=[getattr(each, "pk", each) for each in _listed(now)])
        if name in UNITS:
            return Unit.objects.filter(under(here) | standing).in_order()
        people = User.objects.filter(under(here, "unit__path") | standing, is_active=True)
        return people.select_related("unit").order_by("unit", "pk")

    def areas(self) -> Any:
        return FindingArea.objects.filter(inspection=self.row.inspection).order_by("order")

    def anew(self, data: Mapping[str, Any]) -> Self:
        return type(self)(data, row=self.row, auto_id=self.auto_id)


UNITS = {"lead_unit", "supporting_units"}


class AmendProblemForm(AmendForm):
    wording = Prose("反馈问题", most=4000, rows=5)
    public_wording = Prose("公开表述", most=4000, rows=4, required=False)
    category = Prose("问题类型", most=50, rows=1, required=False)
    area = One("反馈方面", required=False)
    lead_executive = One("牵头领导", required=False, help_text=SEES)
    lead_unit = One("牵头单位", required=False)

    @staticmethod
    def standing(row: Any) -> dict[str, Any]:
        names = ("wording", "public_wording", "category", "area", "lead_executive", "lead_unit")
        return {name: getattr(row, name) for name in names}

    def clean_category(self) -> str:
        return " ".join(str(self.cleaned_data["category"]).split("\n"))

    @property
    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.standing(self.row)}


class AmendMeasureForm(AmendForm):
    """The time is written as a phrase; a missing year is that of the feedback."""

    text = Prose("整改措施", most=4000, rows=5)
    target = Prose("整改目标", most=2000, rows=3, required=False)
    lead_unit = One("牵头单位")
    supporting_units = Many("配合单位", required=False, help_text="可以多选。")
    responsible_executive = One("责任领导", required=False, help_text=SEES)
    person_in_charge = One("责任人", required=False, help_text=SEES)
    time_kind = forms.ChoiceField(
        label="时限类型",
        choices=TimeKind,
        error_messages={
            "required": "请选择时限类型。",
            "invalid_choice": "时限类型不在列表中，请重新选择。",
        },
    )
    deadline = PhraseField(
        "整改时限",
        required=False,
        help_text="如“2025年6月底前”“2025年6月30日”“2025年第二季度”；长期坚持的不填。",
    )
    review_every_months = forms.CharField(
        label="复查周期（月）",
        required=False,
        max_length=10,
        help_text="只有长期坚持的填写。",
        error_messages={
            "null_characters_not_allowed": "复查周期请填写1到60的整数。",
            "max_length": "复查周期请填写1到60的整数。",
        },
    )

    @staticmethod
    def standing(row: Any) -> dict[str, Any]:
        plain = ("text", "target", "lead_unit", "responsible_executive", "person_in_charge")
        return {
            **{name: getattr(row, name) for name in (*plain, "time_kind")},
            "supporting_units": list(row.supporting_units.all()),
            "deadline": row.deadline_phrase if row.deadline else "",
            "review_every_months": row.review_every_months or "",
        }

    def clean_supporting_units(self) -> list[Unit]:
        return list(self.cleaned_data["supporting_units"])

    def clean_deadline(self) -> parsing.Time | None:
        phrase = parsing.clean(self.cleaned_data["deadline"])
        if not phrase:
            return None
        try:
            time = parsing.time_of(phrase, year=self.row.inspection.feedback_date.year)
        except parsing.CellRefused as error:
            raise ValidationError(str(error)) from error
        if time.deadline and not EARLIEST <= time.deadline <= LATEST:
            raise ValidationError("整改时限要在2000年到2099年之间，请核对年份。")
        return time if time.deadline else None

    def clean_review_every_months(self) -> int | None:
        text = str(self.cleaned_data["review_every_months"]).translate(parsing.DIGITS).strip()
        if not text:
            return None
        if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MOST_MONTHS):
            raise ValidationError(f"复查周期请填写1到{MOST_MONTHS}的整数。")
        return int(text)

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            self._agree()
        return super().clean()

    def _agree(self) -> None:
        """Kind, deadline and rhythm fit each other; a changed time has a reason."""
        kind, time = self.cleaned_data["time_kind"], self.cleaned_data["deadline"]
        if kind == TimeKind.LONG_TERM and time is not None:
            self.add_error("deadline", "长期坚持的措施没有整改时限，请清空，改填复查周期。")
        elif kind == TimeKind.DATED and time is None:
            self.add_error("deadline", "限期整改的措施请填写整改时限。")
        elif self.changes_time and self.row.is_finished:  # type: ignore[union-attr]
            self.add_error("deadline", f"{self.row.code} 已结束，整改时限不能再改。")
        elif self.changes_time and not self.cleaned_data.get("why"):
            self.add_error("why", "改了整改时限，请写明修改理由。")

    @property
    def changes_time(self) -> bool:
        """Whether another deadline, or another precision of it, was typed than the row's."""
        assert isinstance(self.row, Measure)
        agreed = (self.row.deadline, self.row.precision)
        return agreed != (self.time["deadline"], self.time["precision"])

    @property
    def time(self) -> dict[str, Any]:
        time = self.cleaned_data["deadline"]
        if time is None:
            return {"deadline": None, "precision": Precision.NONE}
        return {"deadline": time.deadline, "precision": time.precision}

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, by column. The first agreed time never moves: a postponement must stay
        visible as one; only where none had been agreed, or none is any more, it follows."""
        names = ("text", "target", "lead_unit", "responsible_executive", "person_in_charge")
        kind, months = self.cleaned_data["time_kind"], self.cleaned_data["review_every_months"]
        values = {name: self.cleaned_data[name] for name in (*names, "time_kind")} | self.time
        assert isinstance(self.row, Measure)
        if values["deadline"] is None or self.row.original_deadline is None:
            values["original_deadline"] = values["deadline"]
            values["original_precision"] = values["precision"]
        long_term = months or LONG_TERM_MONTHS
        values["review_every_months"] = long_term if kind == TimeKind.LONG_TERM else None
        return values
