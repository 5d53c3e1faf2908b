"""A workbook into the ledger: first a plan to look at, then one transaction, all or nothing."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

import tablib
from django.db import transaction
from import_export.results import Result, RowResult

from accounts import journal
from accounts.journal import Act
from accounts.models import User
from rectification.ledger import spreadsheet
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
    with transaction.atomic():
        made = _run(content, name=name, inspection=inspection, by=by, at=at)
        transaction.set_rollback(True)
    return made


@transaction.atomic
def apply(
    content: bytes, *, name: str, inspection: Inspection, digest: str, by: User, at: datetime
) -> Plan:
    """Carry out the plan that was shown, or nothing. Raises ImportRefused, WorkbookRefused."""
    made = _run(content, name=name, inspection=inspection, by=by, at=at)
    if made.digest != digest:
        raise ImportRefused("台账在您预览之后有变化，请重新预览再确认。")
    if made.refused:
        raise ImportRefused("文件里还有不能导入的行，请先改好再上传。")
    counts = {kind: len(made.of(kind)) for kind in ("new", "changed", "unchanged")}
    journal.append(Act("import_ledger", "inspection", inspection.code, after=counts), by=by, at=at)
    return made


def _run(content: bytes, *, name: str, inspection: Inspection, by: User, at: datetime) -> Plan:
    sheet = spreadsheet.read(content, name=name)
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
        errors = [each.error for each in row.errors]
        if row.validation_error:
            errors.append(row.validation_error)
        planned.append(
            PlannedRow(
                line=line,
                kind=KINDS[row.import_type],
                code=measure.code if measure else cell.get("措施编号") or cell["问题编号"],
                text=cell["整改措施"],
                changes=resource.changes.get(measure.pk, ()) if measure else (),
                reasons=tuple(reason for error in errors for reason in sentences(error)),
            )
        )
    return planned
