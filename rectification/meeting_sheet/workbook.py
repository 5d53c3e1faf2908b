"""调度表 as a workbook: every cell is text, so that nothing in it is ever a formula."""

import io
from collections.abc import Sequence

import xlsxwriter

from rectification.meeting_sheet import table
from rectification.sheets import Sheet

MOST_IN_CELL = 32_767  # characters, as in a workbook
_A3, _A4 = 8, 9
_LINE, _MOST_HIGH = 14.5, 409  # points; no row can be higher
_CENTRED = {"序号", "状态", "序时进度", "实际进度", "报送情况"}


def workbook(sheet: Sheet) -> bytes:
    """The sheet as .xlsx: the lines, the units, the points, and late reports where there are."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer,
        {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False},
    )
    page = _Pages(book, sheet)
    widths = [column.width for column in table.COLUMNS]
    page.add("调度表", (table.HEADINGS, table.rows(sheet)), widths, paper=_A3)
    page.add("单位汇总", (table.UNIT_HEADINGS, table.unit_rows(sheet)), [30, *[9] * 7], paper=_A4)
    widths = [7, 50, 18, 12, 16, 14, 44]
    page.add("议定事项", (table.POINT_HEADINGS, table.point_rows(sheet.points)), widths, paper=_A4)
    if sheet.later:
        rows = table.point_rows(sheet.later)
        page.add("结束后补记", (table.POINT_HEADINGS, rows), widths, paper=_A4)
    if sheet.late:
        widths = [12, 18, 14, 54, 32, 32]
        page.add("迟报", (table.LATE_HEADINGS, table.late_rows(sheet)), widths, paper=_A4)
    book.close()
    return buffer.getvalue()


def _height(row: Sequence[str], widths: Sequence[int]) -> float:
    """In points, for the cell that needs most lines: not every program finds it by itself."""
    most = max(_lines(text, width) for text, width in zip(row, widths, strict=True))
    return min(_LINE * most + 4, _MOST_HIGH)


def _lines(text: str, width: int) -> int:
    """A Chinese character is as wide as two others."""
    return sum(
        max(1, -(-sum(2 if ord(letter) > 0x2E7F else 1 for letter in line) // (width - 1)))
        for line in text.split("\n")
    )


class _Pages:
    """The pages of the workbook, alike in their looks."""

    def __init__(self, book: xlsxwriter.Workbook, sheet: Sheet) -> None:
        self.book, self.sheet = book, sheet
        text = {"text_wrap": True, "border": 1, "num_format": "@", "font_name": "仿宋"}
        self.cell = book.add_format({**text, "valign": "vcenter"})
        self.centred = book.add_format({**text, "valign": "vcenter", "align": "center"})
        self.head = book.add_format(
            {**text, "font_name": "黑体", "align": "center", "valign": "vcenter"}
        )
        big = {"font_name": "方正小标宋简体", "font_size": 18, "align": "center"}
        self.title = book.add_format({**big, "valign": "vcenter"})
        self.note = book.add_format({"font_name": "仿宋", "align": "center"})

    def add(
        self,
        name: str,
        content: tuple[Sequence[str], Sequence[Sequence[str]]],
        widths: Sequence[int],
        *,
        paper: int,
    ) -> None:
        """A page with title, as-of line, a header that stays, and the rows."""
        headings, rows = content
        page = self.book.add_worksheet(name)
        last = len(headings) - 1
        page.set_row(0, 30)
        page.merge_range(0, 0, 0, last, "", self.title)
        page.write_string(0, 0, self._heading(name), self.title)
        page.merge_range(1, 0, 1, last, "", self.note)
        page.write_string(1, 0, table.subtitle(self.sheet), self.note)
        for index, (heading, width) in enumerate(zip(headings, widths, strict=True)):
            page.set_column(index, index, width)
            page.write_string(2, index, heading, self.head)
        for number, row in enumerate(rows, start=3):
            page.set_row(number, _height(row, widths))
            for index, text in enumerate(row):
                style = self.centred if headings[index] in _CENTRED else self.cell
                page.write_string(number, index, text[:MOST_IN_CELL], style)
        page.freeze_panes(3, 3 if name == "调度表" else 0)
        page.set_landscape()
        page.set_paper(paper)
        page.repeat_rows(2)
        page.fit_to_pages(1, 0)
        page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        page.set_footer("&C第&P页，共&N页")

    def _heading(self, name: str) -> str:
        return self.sheet.title if name == "调度表" else f"{self.sheet.title}：{name}"
