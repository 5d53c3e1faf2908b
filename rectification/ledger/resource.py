"""The field rules of a measure row, as a django-import-export Resource.

The Resource says which column is which field, how a cell is cleaned, and whether a row is new,
changed or the same. Finding the table is `spreadsheet`'s work, the plan and the transaction
`applying`'s; the Resource's own reader, confirm step and export escape are not used.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from import_export import fields, resources, widgets
from import_export.results import RowResult

from accounts.models import Unit, User
from rectification import planning, wording
from rectification.ledger import parsing
from rectification.models import FindingArea, Inspection, Measure, Problem
from rectification.states import TimeKind

LONG_TERM_REVIEW_MONTHS = 6  # where the ledger says 长期坚持 and no rhythm: twice a year


@dataclass(frozen=True)
class Change:
    """One cell that the file changes: the heading, what the ledger says, what the file says."""

    heading: str
    old: str
    new: str


class TextWidget(widgets.CharWidget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        return parsing.clean(value)


class UnitWidget(widgets.Widget):
    """A unit by its name or short name; one that the register does not know is refused."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Unit | None:
        name = parsing.clean(value)
        return _unit(name) if name else None

    def render(self, value: Unit | None, obj: Any = None, **kwargs: Any) -> str:
        return value.name if value else ""


class UnitsWidget(widgets.Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[Unit]:
        return [_unit(name) for name in parsing.names(parsing.clean(value))]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        units: Iterable[Unit] = value.all() if hasattr(value, "all") else value or ()
        in_order = sorted(units, key=lambda unit: (unit.order, unit.pk))
        return "、".join(unit.name for unit in in_order)


class PersonWidget(widgets.Widget):
    """A person by name; an unknown name, or one that two people bear, is refused."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> User | None:
        name = parsing.clean(value)
        if not name:
            return None
        person = User.objects.named(name)
        if person is None:
            raise ValueError(f"人员“{name}”不在名册里，或有重名。请先在后台登记，或改用全名。")
        return person

    def render(self, value: User | None, obj: Any = None, **kwargs: Any) -> str:
        return value.name if value else ""


class TimeWidget(widgets.Widget):
    """整改时限: the whole agreement (kind, last day, precision) in one cell."""

    def __init__(self, inspection: Inspection) -> None:
        super().__init__()
        self.year = inspection.feedback_date.year

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> parsing.Time:
        return parsing.time_of(parsing.clean(value), year=self.year)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(value or "")


class TimeField(fields.Field):
    """Writes the agreement into the measure's columns and reads it back as its phrase."""

    def save(self, instance: Measure, row: Any, is_m2m: bool = False, **kwargs: Any) -> None:
        time = self.clean(row, **kwargs)
        agreed = (instance.deadline, instance.precision) == (time.deadline, time.precision)
        # A day in the cell says nothing of the kind: 立行立改 may have a deadline too.
        if agreed and (time.deadline or instance.time_kind == time.kind):
            return
        if instance.is_finished:
            says = self.get_value(instance)
            raise ValueError(f"{instance.code} 已结束，时限不能再改，请改回“{says}”。")
        instance.time_kind, instance.deadline = time.kind, time.deadline
        instance.precision = time.precision
        # The first agreed date never moves: a postponement must stay visible as one.
        if time.deadline is None or instance.original_deadline is None:
            instance.original_deadline = time.deadline
            instance.original_precision = time.precision
        instance.review_every_months = (
            LONG_TERM_REVIEW_MONTHS if time.kind == TimeKind.LONG_TERM else None
        )

    def get_value(self, instance: Measure) -> str:
        return instance.deadline_phrase


class MeasureResource(resources.ModelResource):
    """The rows of one inspection's ledger. Make one for each reading of a file."""

    text = fields.Field("text", "整改措施", TextWidget())
    target = fields.Field("target", "整改目标", TextWidget())
    lead_unit = fields.Field("lead_unit", "牵头单位", UnitWidget())
    supporting_units = fields.Field("supporting_units", "配合单位", UnitsWidget())
    responsible_executive = fields.Field("responsible_executive", "责任领导", PersonWidget())
    person_in_charge = fields.Field("person_in_charge", "责任人", PersonWidget())

    class Meta:
        model = Measure
        import_id_fields = ()
        clean_model_instances = False  # planning cleans; once is enough
        store_instance = True
        skip_unchanged = True
        report_skipped = True
        skip_html_diff = True
        fields = (
            "text",
            "target",
            "lead_unit",
            "supporting_units",
            "responsible_executive",
            "person_in_charge",
        )

    def __init__(self, *, inspection: Inspection, by: User, at: datetime) -> None:
        super().__init__()
        self.fields["time"] = TimeField("time", "整改时限", TimeWidget(inspection))
        self.inspection, self.by, self.at = inspection, by, at
        self.changes: dict[int, tuple[Change, ...]] = {}

    def get_import_fields(self) -> list[fields.Field]:
        return [field for name, field in self.fields.items() if name != "supporting_units"]

    @transaction.atomic
    def import_row(self, row: Any, instance_loader: Any, **kwargs: Any) -> RowResult:
        """One row in its own savepoint: a refused one leaves nothing behind, not even a problem."""
        result = super().import_row(row, instance_loader, **kwargs)
        if result.errors or result.validation_error:
            transaction.set_rollback(True)
        return result

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        """责任单位 stands in for a missing 牵头单位; the row's problem is found or entered."""
        for heading, cell in row.items():
            try:
                wording.check(str(cell))
            except ValidationError as error:
                raise ValueError(f"{heading}：{error.messages[0]}") from error
        if "责任单位" in row and not parsing.clean(row.get("牵头单位")):
            row["牵头单位"] = row["责任单位"]
        row["problem"] = self._problem(row)

    def get_instance(self, instance_loader: Any, row: Any) -> Measure | None:
        """By its code; where the file has none, by the same words under the same problem."""
        of_problem = Measure.objects.select_for_update(no_key=True).filter(problem=row["problem"])
        if code := parsing.clean(row.get("措施编号")):
            found = of_problem.filter(code=code).first()
            if (
                found is None
                and Measure.objects.filter(inspection=self.inspection, code=code).exists()
            ):
                raise ValueError(f"措施编号“{code}”在台账里属于另一个问题，请核对问题编号。")
            return found
        return of_problem.filter(text=parsing.clean(row.get("整改措施"))).first()

    def init_instance(self, row: Any = None) -> Measure:
        problem: Problem = row["problem"]
        code = parsing.clean(row.get("措施编号")) or self._next_code(problem)
        return Measure(inspection=self.inspection, problem=problem, code=code)

    def skip_row(
        self, instance: Measure, original: Measure, row: Any, import_validation_errors: Any = None
    ) -> bool:
        if import_validation_errors or instance.pk is None:
            return False
        changes = self._changes(instance, original, row)
        self.changes[instance.pk] = changes
        return not changes

    def save_instance(self, instance: Measure, is_create: bool, row: Any, **kwargs: Any) -> None:
        if instance.lead_unit_id is None:
            raise ValueError("牵头单位是空的，请填写一个在册单位。")
        field = self.fields["supporting_units"]
        units = field.clean(row) if field.column_name in row else None
        if is_create:
            planning.enter_measure(instance, by=self.by, at=self.at, supporting=units or ())
        else:
            before = planning.content_of(
                Measure.objects.get(pk=instance.pk), planning.MEASURE_CONTENT
            )
            planning.amend_measure(
                instance,
                before=before,
                by=self.by,
                at=self.at,
                why="导入整改台账",
                supporting_units=units,
            )

    def save_m2m(self, instance: Measure, row: Any, **kwargs: Any) -> None:
        """The verbs of the plan did it, with its entry."""

    def _changes(self, instance: Measure, original: Measure, row: Any) -> tuple[Change, ...]:
        """Cell by cell, for the columns that the file has."""
        found = []
        for field in self.fields.values():
            if field.column_name not in row:
                continue
            old = field.export(original)
            new = field.export(instance)
            if field.column_name == "配合单位":
                new = field.widget.render(field.clean(row))
            if old != new:
                found.append(Change(field.column_name, old, new))
        return tuple(found)

    def _problem(self, row: Any) -> Problem:
        code = parsing.clean(row.get("问题编号"))
        says = parsing.clean(row.get("反馈问题"))
        if not code:
            raise ValueError("问题编号是空的，请填写。")
        known = Problem.objects.filter(inspection=self.inspection, code=code).first()
        if known is None:
            return self._enter_problem(code, says, row)
        if says and says != known.wording:
            raise ValueError(
                f"问题编号“{code}”在台账里是“{known.title}”，与文件里的反馈问题不同，请核对。"
            )
        return known

    def _enter_problem(self, code: str, says: str, row: Any) -> Problem:
        problem = Problem(
            inspection=self.inspection,
            code=code,
            wording=says,
            category=parsing.clean(row.get("问题类型")),
            area=self._area(parsing.clean(row.get("反馈方面"))),
            lead_executive=PersonWidget().clean(row.get("牵头领导")),
        )
        try:
            planning.enter_problem(problem, by=self.by, at=self.at)
        except ValidationError as error:
            raise ValueError("；".join(sentences(error, of=Problem))) from error
        return problem

    def _area(self, name: str) -> FindingArea | None:
        if not name:
            return None
        order = self.inspection.areas.count() + 1
        area, _ = FindingArea.objects.get_or_create(
            inspection=self.inspection, name=name, defaults={"order": order}
        )
        return area

    def _next_code(self, problem: Problem) -> str:
        """M-012-3 for the third measure of P-012."""
        stem = problem.code.removeprefix("P-")
        number = problem.measures.count() + 1
        while Measure.objects.filter(
            inspection=self.inspection, code=f"M-{stem}-{number}"
        ).exists():
            number += 1
        return f"M-{stem}-{number}"


def _unit(name: str) -> Unit:
    found = Unit.objects.filter(name=name).first() or _only(Unit.objects.filter(short_name=name))
    if found is None:
        raise ValueError(f"单位“{name}”不在名册里，请改成在册的单位名称，或先在后台登记。")
    return found


def _only(units: Iterable[Unit]) -> Unit | None:
    found = list(units)
    return found[0] if len(found) == 1 else None


def sentences(
    error: BaseException, *, of: type[Measure] | type[Problem] = Measure
) -> tuple[str, ...]:
    """What went wrong in a row, in words, with the field of the model where one is known."""
    if not isinstance(error, ValidationError):
        return (str(error),)
    if not hasattr(error, "error_dict"):
        return tuple(error.messages)
    names = {field.name: str(field.verbose_name) for field in of._meta.fields}
    return tuple(
        f"{names[name]}：{message}" if name in names else message
        for name, messages in error.message_dict.items()
        for message in messages
    )
