"""What people type about 议定事项, checked: a new one, an answer, its end."""

from collections.abc import Mapping
from typing import Any

from django import forms

from accounts.models import Unit
from rectification.forms import One, Prose, Versioned
from rectification.models import Inspection, Measure


class PointForm(forms.Form):
    """What the meeting decided, for which unit, and about which measure, if any.

    `is_prefilled`: it begins with a difficulty that a unit reported.
    """

    is_prefilled = False
    unit = One("承办单位")
    measure = One("有关措施", required=False)
    text = Prose("议定事项", most=2000, rows=3)

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, inspection: Inspection, **rest: Any
    ) -> None:
        super().__init__(data, auto_id="point-%s", **rest)
        unit, measure = self.fields["unit"], self.fields["measure"]
        assert isinstance(unit, One)
        assert isinstance(measure, One)
        path = inspection.inspected_unit.path
        unit.queryset = Unit.objects.filter(path__startswith=path, is_active=True).in_order()
        unit.empty_label = "请选择"
        measure.queryset = Measure.objects.filter(inspection=inspection).order_by("code", "pk")


class AnswerPointForm(Versioned):
    text = Prose("答复", most=2000, rows=3)


class SettlePointForm(Versioned):
    why = Prose("办结说明", most=500, rows=2)


class WithdrawPointForm(Versioned):
    why = Prose("撤销理由", most=500, rows=2)
