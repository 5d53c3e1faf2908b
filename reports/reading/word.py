"""A .docx as text: a line for each paragraph and table row, with the numbers that Word counts."""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zlib import error as ZlibError

from docx import Document as open_word
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn

from reports.numerals import CIRCLED, chinese
from reports.reading.notes import ReportRefused

MOST_MEMBERS = 2000
MOST_XML_BYTES = 30 * 1024 * 1024
MOST_RATIO = 200  # how much smaller than its content a large member may be packed
LARGE = 1024 * 1024
LEVELS = 9  # of a list, as many as Word has
MOST_PATTERN = 100  # characters of a number's form, such as “第%1条”
MOST_START = 1_000_000
MAIN = "word/document.xml"
FALLBACK = (
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # a text box again
)

# AttributeError and TypeError: parts in which something else stands than Word puts there.
UNREADABLE = (
    *(OpcError, SyntaxError, zipfile.BadZipFile, ZlibError),
    *(KeyError, ValueError, AttributeError, TypeError),
)


def word_text(data: bytes, *, most_bytes: int) -> str:
    """Raises ReportRefused: no .docx, packed beyond measure, with macros, or without text."""
    _refuse_unsound(data, most_bytes=most_bytes)
    try:
        document = open_word(BytesIO(data))
        text = "\n".join(_lines(document))
    except UNREADABLE as error:
        raise ReportRefused(
            "Word 文档已损坏，无法读取。请用 Word 或 WPS 打开后另存一份再导入。"
        ) from error
    if not text.strip():
        raise ReportRefused("Word 文档里没有文字。如果内容是扫描图片，请先识别成文字再导入。")
    return text


def _refuse_unsound(data: bytes, *, most_bytes: int) -> None:
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            members = package.infolist()
            _refuse_large(members, most_bytes=most_bytes)
            names = {member.filename for member in members}
            if any(member.flag_bits & 0x1 for member in members):
                raise ReportRefused("压缩包加了密码，无法读取。请取消密码后再导入。")
            if MAIN not in names or "[Content_Types].xml" not in names:
                raise ReportRefused("文件不是 Word 文档（.docx）：缺少正文。请检查是否传错了文件。")
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                raise ReportRefused("Word 文档含有宏。请另存为不含宏的 .docx 后再导入。")
            _refuse_entities(package, names=names)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ZlibError, OSError) as error:
        raise ReportRefused(
            "文件不是 Word 文档（.docx），或已损坏。请检查是否传错了文件，例如改了扩展名的图片。"
        ) from error


def _refuse_large(members: list[zipfile.ZipInfo], *, most_bytes: int) -> None:
    too_dense = any(
        member.file_size > LARGE and member.file_size > MOST_RATIO * max(1, member.compress_size)
        for member in members
    )
    xml = sum(m.file_size for m in members if m.filename.lower().endswith((".xml", ".rels")))
    total = sum(member.file_size for member in members)
    if too_dense or len(members) > MOST_MEMBERS or xml > MOST_XML_BYTES or total > 4 * most_bytes:
        raise ReportRefused("Word 文档解压后异常庞大，可能是压缩炸弹，没有读取。")


def _refuse_entities(package: zipfile.ZipFile, *, names: set[str]) -> None:
    """Word writes no DTD; whoever puts one in wants the parser to do something."""
    for name in names:
        if name.lower().endswith((".xml", ".rels")):
            start = package.read(name)[:4096].replace(b"\x00", b"")
            if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
                raise ReportRefused("Word 文档里有不该出现的文档类型声明（DTD），没有读取。")


def _lines(document: Any) -> Iterator[str]:
    """Paragraphs and table rows in the order of the body; the cells of a row are parted by tabs."""
    numbering = _Numbering(document)
    for element in document.element.body.iter(qn("w:p"), qn("w:tr")):
        if element.tag == qn("w:tr"):
            if next(element.iterancestors(qn("w:tr")), None) is None:
                yield "\t".join(_cell(cell) for cell in element.iterchildren(qn("w:tc")))
        elif next(element.iterancestors(qn("w:tr"), qn("w:txbxContent")), None) is None:
            yield numbering.number(element) + _words(element)


def _cell(cell: Any) -> str:
    return " ".join(filter(None, (_words(paragraph) for paragraph in cell.iter(qn("w:p")))))


def _words(paragraph: Any) -> str:
    """The paragraph's text as it reads with all changes accepted; deleted runs have no w:t."""
    signs = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
    pieces = []
    doubles = {node for twin in paragraph.iter(FALLBACK) for node in twin.iter()}
    for node in paragraph.iter():
        if node in doubles:
            continue
        if node.tag == qn("w:t"):
            pieces.append(node.text or "")
        elif node.tag in signs and node.getparent().tag == qn("w:r"):
            pieces.append(signs[node.tag])
    return "".join(pieces)


class _Numbering:
    """The automatic numbers of Word's lists, which stand nowhere in the text."""

    FORMATS = ("chineseCounting", "chineseCountingThousand", "japaneseCounting", "ideographDigital")

    def __init__(self, document: Any) -> None:
        self.levels = _list_levels(document)
        self.styles = {
            style.style_id: style.element.find(f".//{qn('w:numPr')}") for style in document.styles
        }
        self.counts: dict[tuple[str, int], int] = {}

    def number(self, paragraph: Any) -> str:
        properties = paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}")
        if properties is None:
            style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
            properties = self.styles.get(style.get(qn("w:val"))) if style is not None else None
        if properties is None or properties.find(qn("w:numId")) is None:
            return ""
        level = properties.find(qn("w:ilvl"))
        depth = int(level.get(qn("w:val"))) if level is not None else 0
        return self._next(properties.find(qn("w:numId")).get(qn("w:val")), depth)

    def _next(self, list_id: str, depth: int) -> str:
        if (list_id, depth) not in self.levels:
            return ""
        form, text, start = self.levels[list_id, depth]
        self.counts = {
            key: n for key, n in self.counts.items() if key[0] != list_id or key[1] <= depth
        }
        self.counts[list_id, depth] = self.counts.get((list_id, depth), start - 1) + 1
        if form == "bullet" or "%" not in text:
            return ""
        for above in range(depth + 1):
            own_form = self.levels.get((list_id, above), (form, "", 1))[0]
            number = self.counts.get((list_id, above), 1)
            text = text.replace(f"%{above + 1}", self._written(number, own_form))
        return text

    def _written(self, number: int, form: str) -> str:
        if form in self.FORMATS:
            return chinese(number)
        circled = form in ("decimalEnclosedCircle", "decimalEnclosedCircleChinese")
        return CIRCLED[number - 1] if circled and number <= len(CIRCLED) else str(number)


def _list_levels(document: Any) -> dict[tuple[str, int], tuple[str, str, int]]:
    """For each list and depth: the number's form, its text ("%1、") and its first value."""
    try:
        root = document.part.numbering_part.element
    except (KeyError, NotImplementedError):
        return {}
    abstract = {node.get(qn("w:abstractNumId")): node for node in root.iter(qn("w:abstractNum"))}
    levels = {}
    for num in root.iter(qn("w:num")):
        link = num.find(qn("w:abstractNumId"))
        source = abstract.get(link.get(qn("w:val"))) if link is not None else None
        for level in source.iter(qn("w:lvl")) if source is not None else ():
            depth, start = int(level.get(qn("w:ilvl"))), int(_of(level, "start", "1"))
            text = _of(level, "lvlText", "")
            if not (depth in range(LEVELS) and start in range(MOST_START)):
                raise ValueError("a list that Word cannot have made")
            if len(text) > MOST_PATTERN:
                raise ValueError("a number longer than any line")
            levels[num.get(qn("w:numId")), depth] = (_of(level, "numFmt", "decimal"), text, start)
    return levels


def _of(level: Any, name: str, absent: str) -> str:
    node = level.find(qn(f"w:{name}"))
    return str(node.get(qn("w:val"))) if node is not None else absent
