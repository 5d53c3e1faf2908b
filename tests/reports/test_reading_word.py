"""A report in a .docx is the same report, also when Word counts its numbers."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document as new_word
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from reports.document import Group
from reports.reading import ReportRefused, read_file

COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
PUBLISHED = Path(__file__).parent / "published"


def saved(document) -> bytes:
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["水务局_无一级标题", "教育局_圆圈数字", "住建局_整页一行"])
def test_the_same_words_make_the_same_document(name):
    source = (PUBLISHED / f"{name}.txt").read_bytes()
    document = new_word()
    for line in source.decode().split("\n"):
        document.add_paragraph(line)

    from_word = read_file(saved(document), name="a.docx")

    assert from_word == read_file(source, name="a.txt")


def element(name: str, **attributes: str):
    node = OxmlElement(name)
    for key, value in attributes.items():
        node.set(qn(f"w:{key}"), value)
    return node


def with_list(document, levels: list[tuple[str, str]]) -> None:
    """A multi-level list number 99: for each depth the number's form and its text."""
    root = document.part.numbering_part.element
    abstract = element("w:abstractNum", abstractNumId="99")
    for depth, (form, text) in enumerate(levels):
        level = element("w:lvl", ilvl=str(depth))
        level.append(element("w:start", val="1"))
        level.append(element("w:numFmt", val=form))
        level.append(element("w:lvlText", val=text))
        abstract.append(level)
    root.insert(0, abstract)
    number = element("w:num", numId="99")
    number.append(element("w:abstractNumId", val="99"))
    root.append(number)


def add_numbered(document, text: str, *, depth: int) -> None:
    paragraph = document.add_paragraph(text)
    properties = element("w:numPr")
    properties.append(element("w:ilvl", val=str(depth)))
    properties.append(element("w:numId", val="99"))
    paragraph._p.get_or_add_pPr().append(properties)


def test_numbers_that_word_counts_are_read_as_if_they_were_typed():
    document = new_word()
    with_list(
        document, [("chineseCounting", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%3.")]
    )
    document.add_paragraph("关于巡察整改情况的通报")
    add_numbered(document, "整改落实情况", depth=0)
    add_numbered(document, "已完成的问题", depth=1)
    add_numbered(document, "关于“甲制度不全”问题的整改。", depth=2)
    document.add_paragraph("一是修订办法。二是组织培训。")
    add_numbered(document, "持续推进的问题", depth=1)
    add_numbered(document, "关于“乙项目滞后”问题的整改。", depth=2)
    document.add_paragraph("一是倒排工期。")

    reading = read_file(saved(document), name="a.docx").document

    assert [(s.marker, s.heading) for s in reading.sections if s.heading][:2] == [
        ("一、", "整改落实情况"),
        ("（一）", "已完成的问题"),
    ]
    assert [(p.group, p.wording, len(p.items)) for p in reading.problems] == [
        (Group.FINISHED, "甲制度不全", 2),
        (Group.CONTINUING, "乙项目滞后", 1),
    ]


def test_a_table_is_not_dropped():
    document = new_word()
    for line in ("关于巡察整改情况的通报", "一、整改落实情况", "下表为整改进度。"):
        document.add_paragraph(line)
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text = "甲项目"
    table.rows[0].cells[1].text = "已开工"
    document.add_paragraph("一是继续推进。")

    sections = read_file(saved(document), name="a.docx").document.sections

    assert [s.text for s in sections[-2:]] == ["甲项目\t已开工", "一是继续推进。"]


def test_a_table_of_problems_in_word_is_read_as_in_text():
    source = (PUBLISHED / "财政局_表格.txt").read_bytes()
    document = new_word()
    table = None
    for line in source.decode().split("\n"):
        cells = line.split("\t")
        if len(cells) == 1:
            document.add_paragraph(line)
            table = None
            continue
        table = table or document.add_table(rows=0, cols=len(cells))
        for cell, text in zip(table.add_row().cells, cells, strict=True):
            cell.text = text

    assert read_file(saved(document), name="a.docx") == read_file(source, name="a.txt")


def test_deleted_words_of_tracked_changes_are_not_read():
    document = new_word()
    document.add_paragraph("关于巡察整改情况的通报")
    document.add_paragraph("一、整改落实情况")
    paragraph = document.add_paragraph("保留的话。")
    deleted = element("w:del", id="1", author="x")
    run = element("w:r")
    words = element("w:delText")
    words.text = "删去的话。"
    run.append(words)
    deleted.append(run)
    paragraph._p.append(deleted)

    sections = read_file(saved(document), name="a.docx").document.sections

    assert sections[-1].text == "保留的话。"


def test_a_text_box_is_read_once_though_word_keeps_it_twice():
    document = new_word()
    document.add_paragraph("关于巡察整改情况的通报")
    document.add_paragraph("一、整改落实情况")
    paragraph = document.add_paragraph("框外的话。")
    for name in ("Choice", "Fallback"):
        branch = OxmlElement("w:r")
        branch.append(OxmlElement("w:t"))
        branch[0].text = "框内的话。"
        holder = branch.makeelement(f"{{{COMPATIBILITY}}}{name}")
        holder.append(branch)
        paragraph._p.append(holder)

    sections = read_file(saved(document), name="a.docx").document.sections

    assert sections[-1].text == "框外的话。框内的话。"


def with_level(document, *, ilvl: str, start: str = "1", text: str = "%1、") -> None:
    with_list(document, [("decimal", text)])
    level = document.part.numbering_part.element.find(f".//{qn('w:lvl')}")
    level.set(qn("w:ilvl"), ilvl)
    level.find(qn("w:start")).set(qn("w:val"), start)


@pytest.mark.parametrize(
    "list_of",
    [
        {"ilvl": "500000000"},
        {"ilvl": "0", "start": "9" * 4000},
        {"ilvl": "0", "text": "%1" * 5000},
        {"ilvl": "x"},
    ],
    ids=["depth", "first number", "form", "no number"],
)
def test_a_list_that_word_cannot_have_made_is_refused(list_of):
    document = new_word()
    with_level(document, **list_of)
    add_numbered(document, "关于责任没有压实问题的整改", depth=0)

    with pytest.raises(ReportRefused, match="已损坏"):
        read_file(saved(document), name="a.docx")


def test_a_package_with_something_else_for_a_text_is_refused():
    source, changed = BytesIO(saved(new_word())), BytesIO()
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, "<html/>" if name == "word/document.xml" else old.read(name))

    with pytest.raises(ReportRefused, match="已损坏"):
        read_file(changed.getvalue(), name="a.docx")
