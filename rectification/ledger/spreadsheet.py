"""The only module that knows a workbook: bytes into rows under official headings, and back."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import PurePath

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

from rectification.ledger.columns import COLUMNS, HEADINGS, REQUIRED, heading_of

MOST_ROWS = 2_000  # a plan holds the embedded database for some 10 ms a row
MOST_IN_CELL = 32_767  # characters, as in a workbook; a CSV knows no limit of its own
MOST_UNPACKED = 200 * 1024 * 1024
HEADER_WITHIN = 15  # rows above the header: titles, units of money, dates of making


class WorkbookRefused(Exception):
    """The file is not a ledger that can be read; the message says what and where."""


@dataclass(frozen=True)
class Sheet:
    """The table found: official headings, and for each row its number in the file and its cells."""

    name: str
    headings: tuple[str, ...]
    unknown: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    titles: tuple[str, ...] = ()  # the cells over the header


def read(content: bytes, *, name: str) -> Sheet:
    """The ledger in an .xlsx or .csv. Problem cells that are merged are filled down.

    Raises WorkbookRefused.
    """
    if not content:
        raise WorkbookRefused(f"{name} 是空文件，请选择有内容的台账。")
    suffix = PurePath(name).suffix.lower()
    if suffix == ".csv":
        return _table("CSV", _csv_rows(content, name))
    if suffix != ".xlsx":
        raise WorkbookRefused(f"{name} 不是 .xlsx 或 .csv 文件，请另存为 .xlsx 后再上传。")
    _preflight(content, name)
    return _first_ledger(content, name)


def write(rows: Iterable[Sequence[str]], *, title: str) -> bytes:
    """A workbook in the official columns: merged problem cells, frozen header, every cell text.

    `rows` are cells in the order of COLUMNS, and rows of one problem stand together.
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet("整改台账")
    cell = book.add_format({"text_wrap": True, "valign": "vcenter", "border": 1, "num_format": "@"})
    head = book.add_format({"bold": True, "align": "center", "border": 1, "text_wrap": True})
    big = book.add_format({"bold": True, "font_size": 16, "align": "center"})
    sheet.merge_range(0, 0, 0, len(COLUMNS) - 1, title, big)
    for index, column in enumerate(COLUMNS):
        sheet.set_column(index, index, column.width)
        sheet.write_string(1, index, column.heading, head)
    _write_problems(sheet, list(rows), cell)
    sheet.freeze_panes(2, 4)
    sheet.set_landscape()
    sheet.set_paper(8)  # A3
    sheet.repeat_rows(1)
    book.close()
    return buffer.getvalue()


def write_table(
    rows: Iterable[Sequence[str]], *, headings: Sequence[tuple[str, int]], title: str
) -> bytes:
    """A plain table as .xlsx: `headings` with the width of their columns, every cell text."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet("表")
    cell = book.add_format({"text_wrap": True, "valign": "top", "border": 1, "num_format": "@"})
    head = book.add_format({"bold": True, "border": 1, "text_wrap": True})
    sheet.write_string(0, 0, title, book.add_format({"bold": True, "font_size": 14}))
    for index, (heading, width) in enumerate(headings):
        sheet.set_column(index, index, width)
        sheet.write_string(1, index, heading, head)
    for line, row in enumerate(rows, start=2):
        for index, text in enumerate(row):
            sheet.write_string(line, index, text[:MOST_IN_CELL], cell)
    sheet.freeze_panes(2, 0)
    sheet.set_landscape()
    book.close()
    return buffer.getvalue()


def _write_problems(sheet: xlsxwriter.worksheet.Worksheet, rows: list, cell: object) -> None:  # type: ignore[type-arg]
    """Cells of one problem's columns are merged over its measures."""
    code = HEADINGS.index("问题编号")
    start = 0
    while start < len(rows):
        end = start
        while end + 1 < len(rows) and rows[end + 1][code] == rows[start][code]:
            end += 1
        for index, column in enumerate(COLUMNS):
            if column.of_problem and end > start:
                sheet.merge_range(start + 2, index, end + 2, index, "", cell)
                sheet.write_string(start + 2, index, rows[start][index], cell)
            else:
                for line in range(start, end + 1):
                    sheet.write_string(line + 2, index, rows[line][index], cell)
        start = end + 1


def _preflight(content: bytes, name: str) -> None:
    """Refuse what is no workbook, is locked, carries macros, or would unpack to a bomb."""
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise WorkbookRefused(f"{name} 有密码或是旧版 .xls，请去掉密码、另存为 .xlsx 后再上传。")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError) as error:
        raise WorkbookRefused(f"{name} 不是完整的 .xlsx 文件，请重新导出后再上传。") from error
    if any("vbaproject" in member.filename.lower() for member in members):
        raise WorkbookRefused(f"{name} 带有宏，请另存为不带宏的 .xlsx 后再上传。")
    if sum(member.file_size for member in members) > MOST_UNPACKED:
        raise WorkbookRefused(f"{name} 解开后太大，请只保留台账一张表后再上传。")


def _first_ledger(content: bytes, name: str) -> Sheet:
    """The first sheet that has the ledger's header; other and empty sheets are passed over."""
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for title in book.sheet_names:
            sheet = book.get_sheet_by_name(title)
            if sheet.total_height > MOST_ROWS + HEADER_WITHIN or sheet.total_width > 500:
                raise WorkbookRefused(f"工作表“{title}”太大，最多 {MOST_ROWS} 行、500 列。")
            rows = sheet.to_python(skip_empty_area=False)
            if _header_at(rows) is not None:
                return _table(title, rows)
    except CalamineError as error:
        raise WorkbookRefused(f"{name} 读不出来，请用 Excel 打开另存后再上传。") from error
    raise WorkbookRefused(f"{name} 里没有找到台账表头，表头至少要有：{'、'.join(REQUIRED)}。")


def _csv_rows(content: bytes, name: str) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return _parsed_csv(text, name)
    raise WorkbookRefused(f"{name} 的编码不是 UTF-8 或 GB 18030，请另存为 .xlsx 后再上传。")


def _parsed_csv(text: str, name: str) -> list[list[str]]:
    lines = csv.reader(io.StringIO(text, newline=""))
    try:
        rows = list(islice(lines, MOST_ROWS + HEADER_WITHIN + 1))
    except csv.Error as error:
        raise WorkbookRefused(f"{name} 读不出来，请用 Excel 打开另存为 .xlsx 后再上传。") from error
    if len(rows) > MOST_ROWS + HEADER_WITHIN:
        raise WorkbookRefused(f"{name} 太大，最多 {MOST_ROWS} 行，请拆分后再上传。")
    return rows


def _header_at(rows: Sequence[Sequence[object]]) -> int | None:
    for index, row in enumerate(rows[:HEADER_WITHIN]):
        known = {heading_of(str(cell)) for cell in row} - {None}
        if set(REQUIRED) <= known:
            return index
    return None


def _table(name: str, rows: Sequence[Sequence[object]]) -> Sheet:
    start = _header_at(rows)
    if start is None:
        raise WorkbookRefused(f"没有找到台账表头，表头至少要有：{'、'.join(REQUIRED)}。")
    found = [(index, heading_of(str(cell)), str(cell)) for index, cell in enumerate(rows[start])]
    places = {heading: index for index, heading, _ in reversed(found) if heading}
    headings = tuple(heading for heading in HEADINGS if heading in places)
    table, above = [], dict.fromkeys(headings, "")
    for number, row in enumerate(rows[start + 1 :], start + 2):
        cells = {h: _text(row[places[h]]) if places[h] < len(row) else "" for h in headings}
        if not any(cells.values()):
            continue
        _refuse_long(cells, number)
        above = _filled_down(cells, above)
        table.append((number, tuple(above[heading] for heading in headings)))
    if not table:
        raise WorkbookRefused(f"工作表“{name}”的表头下面没有内容。")
    unknown = tuple(text for _, heading, text in found if heading is None and text.strip())
    titles = tuple(str(cell) for row in rows[:start] for cell in row if str(cell).strip())
    return Sheet(name, headings, unknown, tuple(table), titles)


def _refuse_long(cells: dict[str, str], number: int) -> None:
    for heading, text in cells.items():
        if len(text) > MOST_IN_CELL:
            raise WorkbookRefused(
                f"第{number}行的“{heading}”有{len(text)}字，最多{MOST_IN_CELL}字，请删减后再上传。"
            )


def _filled_down(cells: dict[str, str], above: dict[str, str]) -> dict[str, str]:
    """An empty problem code belongs to the problem above; so do its other empty problem cells."""
    same = not cells["问题编号"] or cells["问题编号"] == above["问题编号"]
    if not same:
        return cells
    of_problem = {column.heading for column in COLUMNS if column.of_problem}
    return {h: (text or above[h]) if h in of_problem else text for h, text in cells.items()}


def _text(cell: object) -> str:
    """A cell as its text: whole numbers without .0, dates as 2025-06-30."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).strip()
