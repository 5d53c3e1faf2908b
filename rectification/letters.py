"""A letter of supervision as a value, and as a Word file in the letter form of GB/T 9704-2012.

The sender in red above a red double line, on the first page alone, and a second one at its foot;
the reference at the right; the title in 二号 centred; the body in 三号 仿宋, 22 lines of 28
characters; page numbers from the second page on. Fonts are named and none is shipped.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from rectification.clock import in_full
from rectification.official_word import (
    SONG,
    XIAOBIAOSONG,
    element,
    name_font,
    page_number,
    printable,
)

FANGSONG = "仿宋"
RED = RGBColor(0xE6, 0x00, 0x12)
PITCH = Pt(29)  # 225 mm of 22 lines
BODY, TITLE, NUMBER = Pt(16), Pt(22), Pt(14)
TIGHTER = "-5"  # twentieths of a point: 28 characters on 156 mm in every reader
TWO_CHARACTERS = "200"  # hundredths
_SIDES = {"top": Mm(37), "left": Mm(28), "right": Mm(26), "bottom": Mm(35)}


@dataclass(frozen=True)
class Letter:
    """What a letter says, frozen when it is issued. `due_on` is None where no answer is asked."""

    sender: str
    reference: str
    title: str
    addressee: str
    matter: str
    demand: str
    issued_on: date
    due_on: date | None

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The body, paragraph by paragraph; the last one says by when to answer."""
        return body_of(self.matter, self.demand, asks_by(self.due_on) if self.due_on else "")


def body_of(matter: str, demand: str, asks: str) -> tuple[str, ...]:
    """The paragraphs of a letter; `asks` is its last one, or empty."""
    lines = [line.strip() for line in f"{matter}\n{demand}\n{asks}".split("\n")]
    return tuple(line for line in lines if line)


def asks_by(due_on: date) -> str:
    return f"请于{in_full(due_on)}前在巡察整改系统中签收并书面回复。"


def digest_of(letter: Letter) -> str:
    """SHA-256 over all that the letter says."""
    due = letter.due_on.isoformat() if letter.due_on else ""
    said = [letter.sender, letter.reference, letter.title, letter.addressee]
    said += [letter.matter, letter.demand, letter.issued_on.isoformat(), due]
    canonical = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def to_word(letter: Letter) -> bytes:
    """The letter as a .docx file."""
    document = Document()
    _describe(document, letter)
    section = document.sections[0]
    _lay_out(section)
    _head(section, letter.sender)
    _feet(section)
    _say(document, letter.reference, align=WD_ALIGN_PARAGRAPH.RIGHT)
    _blank(document, 2)
    _title(document, letter.title)
    _blank(document, 1)
    _say(document, f"{letter.addressee}：")
    for text in letter.paragraphs:
        _say(document, text, indent=True)
    _sign(document, letter)
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _describe(document: Any, letter: Letter) -> None:
    about = document.core_properties
    about.author = about.last_modified_by = printable(letter.sender)
    about.title, about.language, about.comments = printable(letter.title), "zh-CN", ""
    day = letter.issued_on
    about.created = about.modified = datetime(day.year, day.month, day.day)  # noqa: DTZ001  # as Word keeps it
    document.settings.odd_and_even_pages_header_footer = True
    document.styles["Normal"].font.size = BODY
    properties = document.styles["Normal"].element.get_or_add_rPr()
    name_font(properties, FANGSONG)
    # Without it readers draw commas and quotes as in Taiwan or in Latin script.
    properties.append(element("w:lang", val="zh-CN", eastAsia="zh-CN"))


def _lay_out(section: Any) -> None:
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.header_distance, section.footer_distance = Mm(30), Mm(20)
    for side, width in _SIDES.items():
        setattr(section, f"{side}_margin", width)
    section.different_first_page_header_footer = True
    for old in section._sectPr.findall(qn("w:docGrid")):
        section._sectPr.remove(old)
    # Of lines alone: a grid of characters makes LibreOffice break the page after every few.
    grid = element("w:docGrid", type="lines", linePitch=str(int(PITCH.pt * 20)))
    section._sectPr.append(grid)


def _head(section: Any, sender: str) -> None:
    """The name in red, stretched no wider than the page, above a line that is thick on top."""
    head = section.first_page_header.paragraphs[0]
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    size = Pt(min(36, max(16, int(440 / max(len(sender), 1)))))
    _write(head, sender, font=XIAOBIAOSONG, size=size, red=True)
    _line(head, edge="bottom", kind="thickThinSmallGap")


def _feet(section: Any) -> None:
    """At the foot of the first page the line that is thin on top; then numbers at the outside,
    one character in."""
    _line(section.first_page_footer.paragraphs[0], edge="top", kind="thinThickSmallGap")
    odd, even = section.footer.paragraphs[0], section.even_page_footer.paragraphs[0]
    odd.alignment, even.alignment = WD_ALIGN_PARAGRAPH.RIGHT, WD_ALIGN_PARAGRAPH.LEFT
    odd.paragraph_format.right_indent = even.paragraph_format.left_indent = NUMBER
    for number in (odd, even):
        for part in ("— ", None, " —"):
            run = _write(number, part or "", font=SONG, size=NUMBER)
            if part is None:
                page_number(run)


def _title(document: Any, title: str) -> None:
    paragraph = _paragraph(document, align=WD_ALIGN_PARAGRAPH.CENTER)
    paragraph.paragraph_format.line_spacing = Pt(35)
    free = element("w:snapToGrid", val="0")  # else two lines of the title lie far apart
    paragraph._p.get_or_add_pPr().insert_element_before(free, "w:spacing", "w:ind", "w:jc")
    _write(paragraph, title, font=XIAOBIAOSONG, size=TITLE)


def _sign(document: Any, letter: Letter) -> None:
    """Signature and date at the right, kept on one page with each other."""
    _blank(document, 2)
    for text in (letter.sender, in_full(letter.issued_on)):
        paragraph = _say(document, text, align=WD_ALIGN_PARAGRAPH.RIGHT)
        paragraph.paragraph_format.right_indent = Pt(32)
        paragraph.paragraph_format.keep_with_next = text is letter.sender


def _say(
    document: Any, text: str, *, align: Any = WD_ALIGN_PARAGRAPH.JUSTIFY, indent: bool = False
) -> Any:
    paragraph = _paragraph(document, align=align)
    if indent:
        ind = element("w:ind", firstLineChars=TWO_CHARACTERS, firstLine="640")
        paragraph._p.get_or_add_pPr().insert_element_before(ind, "w:jc", "w:rPr")
    _write(paragraph, text, font=FANGSONG, size=BODY)
    return paragraph


def _blank(document: Any, lines: int) -> None:
    for _ in range(lines):
        _paragraph(document, align=None)


def _paragraph(document: Any, *, align: Any) -> Any:
    paragraph = document.add_paragraph()
    paragraph.alignment = align
    style = paragraph.paragraph_format
    style.space_before = style.space_after = Pt(0)
    style.line_spacing = PITCH
    return paragraph


def _write(paragraph: Any, text: str, *, font: str, size: Any, red: bool = False) -> Any:
    run = paragraph.add_run(printable(text))
    run.font.size = size
    if red:
        run.font.color.rgb = RED
    properties = run._r.get_or_add_rPr()
    name_font(properties, font)
    if size == BODY:
        spacing = element("w:spacing", val=TIGHTER)
        properties.insert_element_before(spacing, "w:w", "w:kern", "w:position", "w:sz", "w:szCs")
    return run


def _line(paragraph: Any, *, edge: str, kind: str) -> None:
    """A red double line of 170 mm in the middle of the page, which is wider than the text."""
    paragraph.paragraph_format.left_indent = Mm(-8)
    paragraph.paragraph_format.right_indent = Mm(-6)
    borders = OxmlElement("w:pBdr")
    borders.append(element(f"w:{edge}", val=kind, sz="24", space="4", color=str(RED)))
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(
        borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )
