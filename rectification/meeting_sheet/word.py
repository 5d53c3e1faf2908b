"""调度表 as a Word document in official layout (after GB/T 9704-2012, landscape)."""

import io
from collections.abc import Sequence

import docx
from docx.document import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from rectification.meeting_sheet import table
from rectification.official_word import (
    HEITI,
    SONG,
    XIAOBIAOSONG,
    element,
    name_font,
    page_number,
    printable,
)
from rectification.sheets import Sheet

BODY = "仿宋_GB2312"
# Of the 269 mm that A4 landscape leaves between the margins, in the order of the columns.
_WIDTHS = (8, 13, 14, 42, 19, 18, 12, 11, 11, 40, 20, 20, 14, 20, 17)
_UNIT_WIDTHS = (83, *(26,) * 7)
_POINT_WIDTHS = (12, 78, 30, 20, 26, 25, 78)
_LATE_WIDTHS = (22, 34, 30, 83, 50, 50)


def word(sheet: Sheet) -> bytes:
    """The sheet as .docx: title, as-of line, the table with a header on each page, the units, the
    points, and late reports where there are."""
    document = docx.Document()
    _set_up(document)
    _paragraph(document, sheet.title, font=XIAOBIAOSONG, size=22, centred=True)
    _paragraph(document, table.subtitle(sheet), font=BODY, size=12, centred=True)
    _table(document, table.HEADINGS, table.rows(sheet), _WIDTHS, size=8)
    _section(document, "一、单位汇总")
    _table(document, table.UNIT_HEADINGS, table.unit_rows(sheet), _UNIT_WIDTHS, size=10.5)
    _section(document, "二、议定事项")
    _table(document, table.POINT_HEADINGS, table.point_rows(sheet.points), _POINT_WIDTHS, size=10.5)
    if sheet.later:
        _section(document, "三、结束后补记的议定事项")
        rows = table.point_rows(sheet.later)
        _table(document, table.POINT_HEADINGS, rows, _POINT_WIDTHS, size=10.5)
    if sheet.late:
        _section(document, f"{'四' if sheet.later else '三'}、迟报（结束后补报）")
        _table(document, table.LATE_HEADINGS, table.late_rows(sheet), _LATE_WIDTHS, size=10.5)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _set_up(document: Document) -> None:
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(14)
    section.top_margin, section.bottom_margin = Mm(18), Mm(16)
    normal = document.styles["Normal"]
    normal.font.size = Pt(12)
    name_font(normal.element.get_or_add_rPr(), BODY)
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for text in ("— ", "", " —"):
        run = footer.add_run(text)
        _dress(run, font=SONG, size=14)
        if not text:
            page_number(run)


def _section(document: Document, text: str) -> None:
    paragraph = _paragraph(document, text, font=HEITI, size=14)
    paragraph.paragraph_format.space_before = Pt(12)
    paragraph.paragraph_format.keep_with_next = True


def _paragraph(
    document: Document, text: str, *, font: str, size: float, centred: bool = False
) -> Paragraph:
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_after = Pt(4)
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _dress(paragraph.add_run(printable(text)), font=font, size=size)
    return paragraph


def _table(
    document: Document,
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
    *,
    size: float,
) -> None:
    """A table whose header comes again on each page and whose rows are not torn."""
    if not rows:
        _paragraph(document, "无", font=BODY, size=12)
        return
    made = document.add_table(rows=1 + len(rows), cols=len(headings), style="Table Grid")
    made.alignment = WD_TABLE_ALIGNMENT.CENTER
    made.autofit = False
    _fix_widths(made, widths)
    for number, (line, texts) in enumerate(zip(made.rows, [headings, *rows], strict=True)):
        _keep_together(line, repeat=number == 0)
        for cell, text, width in zip(line.cells, texts, widths, strict=True):
            cell.width = Mm(width)
            _fill(cell, text, font=HEITI if number == 0 else BODY, size=size)
            if number == 0:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.CENTER


def _fix_widths(made: Table, widths: Sequence[int]) -> None:
    for column, width in zip(made.columns, widths, strict=True):
        column.width = Mm(width)
    properties = made._tbl.tblPr
    margins = element("w:tblCellMar")
    for side in ("left", "right"):
        margins.append(element(f"w:{side}", w="40", type="dxa"))
    properties.find(qn("w:tblLook")).addprevious(margins)  # the order that Word wants


def _keep_together(row: _Row, *, repeat: bool) -> None:
    properties = row._tr.get_or_add_trPr()
    for name in ("w:cantSplit", *(("w:tblHeader",) if repeat else ())):
        properties.append(element(name))


def _fill(cell: _Cell, text: str, *, font: str, size: float) -> None:
    """The text, a paragraph for each of its lines."""
    paragraph = cell.paragraphs[0]
    for number, line in enumerate(printable(text).split("\n")):
        if number:
            paragraph = cell.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(0)
        _dress(paragraph.add_run(line), font=font, size=size)


def _dress(run: Run, *, font: str, size: float) -> None:
    run.font.size = Pt(size)
    name_font(run._element.get_or_add_rPr(), font)
