"""The forms of a unit's own page of a round: its lines, and what its head says of them."""

from collections.abc import Mapping
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError

from rectification.forms import Prose, ReportForm, Versioned
from rectification.models import DispatchReturn
from rectification.returning import Seen
from rectification.workflow import Told

LOST = "这一页缺少版本信息或已经失效，没有保存。请核对文字后重新提交。"


class ReturnForm(ReportForm):
    """What a unit reports on one line. `version` is the line's, `measure_version` its measure's."""

    measure_version = forms.IntegerField(min_value=1, widget=forms.HiddenInput)

    @classmethod
    def of(cls, line: DispatchReturn, data: Mapping[str, Any] | None = None, **rest: Any) -> Self:
        return cls(data, auto_id=f"return-{line.pk}-%s", **rest)

    def clean(self) -> dict[str, Any]:
        if "measure_version" in self.errors:
            raise ValidationError(LOST)
        return super().clean()

    def news(self) -> Told:
        """What was typed, as a report."""
        said = self.cleaned_data
        return Told(said["text"], said["difficulty"], said["next_step"], self.is_nil_return)

    def seen(self) -> Seen:
        return Seen(self.cleaned_data["version"], self.cleaned_data["measure_version"])


class DraftForm(ReturnForm):
    """The same while it is being typed: nothing need be there yet."""

    text = Prose("整改进展", most=4000, rows=6, required=False)


class TurnBackForm(Versioned):
    why = Prose("退回修改的理由", most=500, rows=2)
