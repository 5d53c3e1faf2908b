"""The whole reading: text in; document, leftovers and questions out."""

import re
from dataclasses import dataclass, replace

from reports.document import Document, Group, Section, SectionKind
from reports.reading.bodies import RENUMBERED
from reports.reading.front import facts_of, read_front
from reports.reading.grammar import grammar
from reports.reading.lines import lines_of
from reports.reading.notes import Note, ReportRefused, SecretReport, excerpt
from reports.reading.origin import cited_titles, read_origin, stated_figures
from reports.reading.outline import Outline, read_outline, unplaced
from reports.reading.source import MOST_BYTES, plain, source_text

MOST_NUMBER_NOTES = 200


@dataclass(frozen=True)
class Reading:
    """`leftovers`: what could not be placed; it still is in the document where it stood.
    `questions`: what the text does not state or states oddly. Both in the order of the source."""

    document: Document
    leftovers: tuple[Note, ...]
    questions: tuple[Note, ...]


def read_file(data: bytes, *, name: str, most_bytes: int = MOST_BYTES) -> Reading:
    """A .txt (UTF-8, GB 18030) or .docx file. Raises ReportRefused with a sentence for the user."""
    return _read(source_text(data, name=name, most_bytes=most_bytes))


def read_text(text: str) -> Reading:
    """Pasted text. Raises ReportRefused with a sentence for the user."""
    return _read(plain(text))


def _read(text: str) -> Reading:
    rules = grammar()
    if secret := rules.single["secrecy.pattern"].search(text):
        line = text.count("\n", 0, secret.end()) + 1
        raise SecretReport(f"第 {line} 行标有密级，本系统不得处理涉密内容，没有读取。")
    lines, tail = lines_of(text, grammar=rules)
    front, rest = read_front(lines, grammar=rules)
    outline = read_outline(rest, grammar=rules)
    if not any(outline.ranks) or not rules.single["title.subject"].search(text):
        raise ReportRefused(_no_report(outline))
    body, number_notes = _levelled(outline)
    titles, title_notes = cited_titles(text)
    document = replace(_document(front + body), cited_titles=titles, tail=tail)
    leftovers = outline.leftovers + [
        unplaced(s.line, s.text) for s in document.sections if s.kind == SectionKind.UNPLACED
    ]
    notes = [*outline.questions, *number_notes, *title_notes, *_unstated(document)]
    return Reading(document, _in_order(leftovers), _in_order(notes))


def _document(sections: list[Section]) -> Document:
    origin = read_origin(sections, grammar=grammar())
    stated = stated_figures(sections, since=origin.feedback_date, grammar=grammar())
    return Document(
        sections=tuple(sections),
        title=_title(sections),
        facts=facts_of(sections),
        **vars(origin),
        as_of=max((figure.as_of for figure in stated if figure.as_of), default=None),
        stated=stated,
    )


def _no_report(outline: Outline) -> str:
    looked_for = "“一、”“（一）”“1.”一类的标题、“关于……问题的整改”一类的问题"
    if any(outline.ranks):
        return f"文中没有一处提到巡察、整改或反馈，不像巡察整改情况通报。系统要找的是{looked_for}。"
    return f"没有找到通报的结构，无法读取。系统要找的是{looked_for}，通篇没有一处。"


def _title(sections: list[Section]) -> str:
    titles = [section.text for section in sections if section.kind == SectionKind.TITLE]
    return re.sub(r"\s*\n\s*", "", titles[0]) if titles else ""


def _in_order(notes: list[Note]) -> tuple[Note, ...]:
    return tuple(sorted(notes, key=lambda note: note.line))


def _levelled(outline: Outline) -> tuple[list[Section], list[Note]]:
    """Sections with levels without holes and with `continues`; notes on odd numbers."""
    levels = {rank: at for at, rank in enumerate(sorted({r for r in outline.ranks if r}), start=1)}
    open_numbers: dict[int, int] = {}
    last: dict[int, int] = {}
    sections, notes = [], []
    for section, rank, number in zip(outline.sections, outline.ranks, outline.numbers, strict=True):
        if not rank:
            sections.append(section)
            continue
        level = levels[rank]
        before = open_numbers.get(level, 0)
        continues = bool(number) and not before and number == last.get(level, 0) + 1 != 1
        if number and number != before + 1 and not continues:
            notes.append(_number_note(section, number=number, before=before))
        open_numbers = {above: n for above, n in open_numbers.items() if above < level}
        if number:
            open_numbers[level] = last[level] = number
        sections.append(replace(section, level=level, continues=continues))
    return sections, notes[:MOST_NUMBER_NOTES]


def _number_note(section: Section, *, number: int, before: int) -> Note:
    words = excerpt(section.heading or section.text)
    if number == before:
        reason = f"编号重复：上一条也是第{before}条；{RENUMBERED}"
    elif number < before:
        reason = f"编号倒退：上一条是第{before}条，这里是第{number}条；{RENUMBERED}"
    else:
        after = f"上一条是第{before}条" if before else "前面没有第1条"
        reason = f"编号不连续：{after}，这里是第{number}条；{RENUMBERED}"
    return Note(section.line, words, reason)


def _unstated(document: Document) -> list[Note]:
    """What the text leaves open: asked once for the report, and once for each problem."""
    notes = [Note(1, "", reason) for reason in _missing(document)]
    for problem in document.problems:
        lacks = [
            word
            for word, stated in (("整改时限", problem.deadline), ("牵头单位", problem.lead_unit))
            if not stated
        ]
        reasons = [f"没有写明{'和'.join(lacks)}，留空待补。"] if lacks else []
        if problem.group == Group.UNKNOWN:
            reasons.append("没有写明该问题是否已完成整改，状态留空待补。")
        if not problem.items:
            reasons.append("标题下没有整改情况。")
        notes += [Note(problem.line, excerpt(problem.heading), reason) for reason in reasons]
    return notes


def _missing(document: Document) -> list[str]:
    checks = (
        (document.title, "没有找到标题，请补填。"),
        (document.feedback_date, "没有写明反馈日期，留空待补。"),
        (document.on_site_from, "没有写明巡察的起止日期（到日），留空待补。"),
        (document.inspected_unit, "没有写明被巡察单位，留空待补。"),
        (document.inspecting_body, "没有写明巡察组，留空待补。"),
        (document.problems, "没有找到任何反馈问题，请核对是否为完整的通报。"),
    )
    return [reason for found, reason in checks if not found]
