"""A workbook into the ledger: first a plan to look at, then one transaction, all or nothing."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import tablib
from django.core.exceptions import ValidationError
from django.db import transaction
from import_export.results import Result, RowResult

from accounts import journal
from accounts.journal import Act
from accounts.models import User
from rectification import moving, wording
from rectification.ledger import confined, spreadsheet
from rectification.ledger.columns import NOT_TAKEN
from rectification.ledger.resource import Change, MeasureResource, sentences
from rectification.models import Inspection, Measure

KINDS = {
    RowResult.IMPORT_TYPE_NEW: "new",
    RowResult.IMPORT_TYPE_UPDATE: "changed",
    RowResult.IMPORT_TYPE_SKIP: "unchanged",
    RowResult.IMPORT_TYPE_INVALID: "refused",
    RowResult.IMPORT_TYPE_ERROR: "refused",
}


LABELS = {"new": "新增", "changed": "修改", "unchanged": "不变", "refused": "不能导入"}


class ImportRefused(Exception):
    """The file cannot be taken over as it is; the message says why. Nothing was written."""


@dataclass(frozen=True)
class PlannedRow:
    """What one row of the file would do. `kind` is new, changed, unchanged or refused."""

    line: int
    kind: str
    code: str
    text: str
    changes: tuple[Change, ...] = ()
    reasons: tuple[str, ...] = ()

    @property
    def kind_label(self) -> str:
        return LABELS[self.kind]

    @property
    def place(self) -> str:
        return f"第{self.line}行"

    @property
    def cells(self) -> tuple[tuple[str, str, str], ...]:
        """Each changed cell as column, old and new."""
        return tuple((change.heading, change.old, change.new) for change in self.changes)

    @property
    def reason(self) -> str:
        return "；".join(self.reasons)


@dataclass(frozen=True)
class Plan:
    """What the whole file would do, and which of its columns are not taken over."""

    sheet: str
    rows: tuple[PlannedRow, ...]
    ignored: tuple[str, ...]

    def of(self, kind: str) -> tuple[PlannedRow, ...]:
        return tuple(row for row in self.rows if row.kind == kind)

    @property
    def new(self) -> tuple[PlannedRow, ...]:
        return self.of("new")

    @property
    def changed(self) -> tuple[PlannedRow, ...]:
        return self.of("changed")

    @property
    def unchanged(self) -> tuple[PlannedRow, ...]:
        return self.of("unchanged")

    @property
    def refused(self) -> tuple[PlannedRow, ...]:
        return self.of("refused")

    @property
    def digest(self) -> str:
        """What a confirmation must name: it differs as soon as the ledger or the file does."""
        return hashlib.sha256(repr(self.rows).encode()).hexdigest()


def plan(content: bytes, *, name: str, inspection: Inspection, by: User, at: datetime) -> Plan:
    """What the file would change; writes nothing. Raises WorkbookRefused."""
    sheet = confined.read(content, name=name)
    with transaction.atomic():
        made = _run(sheet, inspection=inspection, by=by, at=at)
        transaction.set_rollback(True)
    return made


def apply(
    content: bytes, *, name: str, inspection: Inspection, digest: str, by: User, at: datetime
) -> Plan:
    """Carry out the plan that was shown, or nothing. Raises ImportRefused, WorkbookRefused."""
    sheet = confined.read(content, name=name)  # outside: nobody else waits for a slow file
    with transaction.atomic():
        return _apply(sheet, inspection=inspection, digest=digest, by=by, at=at)


def _apply(
    sheet: spreadsheet.Sheet, *, inspection: Inspection, digest: str, by: User, at: datetime
) -> Plan:
    made = _run(sheet, inspection=inspection, by=by, at=at)
    if made.digest != digest:
        raise ImportRefused("台账在您预览之后有变化，请重新预览再确认。")
    if made.refused:
        raise ImportRefused("文件里还有不能导入的行，请先改好再上传。")
    counts = {kind: len(made.of(kind)) for kind in ("new", "changed", "unchanged")}
    journal.append(Act("import_ledger", "inspection", inspection.code, after=counts), by=by, at=at)
    return made


def _run(sheet: spreadsheet.Sheet, *, inspection: Inspection, by: User, at: datetime) -> Plan:
    _no_marks(sheet)
    moving.hold_all(inspection)
    resource = MeasureResource(inspection=inspection, by=by, at=at)
    dataset = tablib.Dataset(*(cells for _, cells in sheet.rows), headers=sheet.headings)
    result = resource.import_data(dataset, use_transactions=False, raise_errors=False)
    if result.base_errors:
        raise ImportRefused(str(result.base_errors[0].error))
    return Plan(
        sheet=sheet.name,
        rows=tuple(_planned(resource, sheet, result)),
        ignored=(*(h for h in sheet.headings if h in NOT_TAKEN), *sheet.unknown),
    )


def _planned(
    resource: MeasureResource, sheet: spreadsheet.Sheet, result: Result
) -> list[PlannedRow]:
    planned = []
    for (line, cells), row in zip(sheet.rows, result.rows, strict=True):
        cell = dict(zip(sheet.headings, cells, strict=True))
        measure: Measure | None = row.instance
        kind = KINDS[row.import_type]
        errors = [each.error for each in row.errors]
        if row.validation_error:
            errors.append(row.validation_error)
        planned.append(
            PlannedRow(
                line=line,
                kind=kind,
                code=measure.code if measure else cell.get("措施编号") or cell["问题编号"],
                text=cell["整改措施"],
                changes=_entered(cell) if kind == "new" else _changed(resource, measure),
                reasons=tuple(reason for error in errors for reason in sentences(error)),
            )
        )
    return planned


def _no_marks(sheet: spreadsheet.Sheet) -> None:
    """Text over the table is not taken in, but a mark of secrecy there is one of the whole file."""
    for text in sheet.titles:
        try:
            wording.no_secrecy_mark(text)
        except ValidationError as error:
            raise ImportRefused(f"工作表“{sheet.name}”表头上方：{error.messages[0]}") from error


def _entered(cell: dict[str, str]) -> tuple[Change, ...]:
    """What to look at in a new row beside the measure itself."""
    headings = ("反馈问题", "牵头单位", "责任单位", "整改时限")
    return tuple(Change(each, "", cell[each]) for each in headings if cell.get(each))


def _changed(resource: MeasureResource, measure: Measure | None) -> tuple[Change, ...]:
    return resource.changes.get(measure.pk, ()) if measure else ()
