"""A hostile workbook ends the process that reads it; the site answers with a sentence."""

import time
import zipfile
from io import BytesIO

import pytest

from rectification.ledger import confined, spreadsheet

HEADINGS = ("问题编号", "反馈问题", "整改措施", "整改时限")
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def row(number: int, *texts: str) -> str:
    cells = (cell(f"{'ABCD'[index]}{number}", text) for index, text in enumerate(texts))
    return f'<row r="{number}">{"".join(cells)}</row>'


def relation(target: str, kind: str, number: int = 1) -> str:
    return f'<Relationship Id="r{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'


def workbook(rows: str, *, strings: str = "") -> bytes:
    """An .xlsx written by hand: no library would write these."""
    within = relation("sheet1.xml", "worksheet") + relation("sharedStrings.xml", "sharedStrings", 2)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": relation("xl/workbook.xml", "officeDocument"),
        "xl/_rels/workbook.xml.rels": within,
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="台账" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
    }
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            if name.endswith(".rels"):
                text = f'<Relationships xmlns="{PACKAGE}/relationships">{text}</Relationships>'
            archive.writestr(name, text)
    return buffer.getvalue()


def test_a_workbook_is_the_same_table_read_confined():
    sound = workbook(
        row(1, *HEADINGS) + row(2, "P-001", "河湖管护不严。", "每周两巡。", "立行立改")
    )

    assert confined.read(sound, name="台账.xlsx") == spreadsheet.read(sound, name="台账.xlsx")


@pytest.mark.parametrize(
    ("rows", "strings"),
    [
        (f'<row r="1048576">{cell("XFD1048576", "角")}</row>', ""),
        (
            "".join(f'<row r="{n}"><c r="C{n}" t="s"><v>0</v></c></row>' for n in range(2, 19_000)),
            f"<si><t>{'整' * 100_000}</t></si>",
        ),
    ],
    ids=["one cell in the last corner", "one long string 19,000 times"],
)
def test_a_bomb_is_refused_in_time(rows, strings):
    started = time.monotonic()

    with pytest.raises(spreadsheet.WorkbookRefused, match="没有读取"):
        confined.read(workbook(row(1, *HEADINGS) + rows, strings=strings), name="台账.xlsx")

    assert time.monotonic() - started < confined.MOST_WAIT + 5


def test_a_cell_longer_than_a_workbook_allows_is_named():
    content = workbook(row(1, *HEADINGS) + row(2, "P-001", "问题", "措" * 32_768, "立行立改"))

    with pytest.raises(spreadsheet.WorkbookRefused, match="第2行的“整改措施”有32768字"):
        confined.read(content, name="台账.xlsx")
