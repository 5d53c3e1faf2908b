"""What stands above a report: its title and the header facts (信息来源, 发布日期, 浏览次数)."""

import re

from reports.document import Fact, Section, SectionKind
from reports.reading.grammar import BLANKS, Grammar
from reports.reading.lines import Line, cut

LONGEST_TITLE = 80  # one line of it
LONGEST_WHOLE_TITLE = 160
VALUES = {
    "date": re.compile(
        r"(?:[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?"
        r"(?:[ 　T]+[0-9]{1,2}[:：][0-9]{2}(?:[:：][0-9]{2})?)?)?"
    ),
    "number": re.compile(r"[0-9,]*次?"),
}


def read_front(lines: list[Line], *, grammar: Grammar) -> tuple[list[Section], list[Line]]:
    """The sections above the text, and the lines that are left."""
    sections: list[Section] = []
    rest = list(lines)
    while rest:
        line = rest[0]
        label = _labels(grammar).match(line.text)
        if label:
            facts, remainder = _facts(line, grammar=grammar)
            sections += facts
            rest[:1] = remainder
        elif grammar.single["chrome.pattern"].match(line.text):
            sections.append(_unplaced(line))
            rest = rest[1:]
        elif count := _title_lines(rest, before=sections, grammar=grammar):
            sections.append(_title(rest[:count]))
            rest = rest[count:]
        else:
            break
    return sections, rest


def facts_of(sections: list[Section]) -> tuple[Fact, ...]:
    return tuple(
        Fact(label=s.heading.strip(BLANKS + ":："), value=s.text)
        for s in sections
        if s.kind == SectionKind.FACT
    )


def _labels(grammar: Grammar) -> re.Pattern[str]:
    names = "|".join(sorted(grammar.labels, key=len, reverse=True))
    bullet = grammar.single["front.bullet"].pattern
    return re.compile(
        f"(?P<bullet>{bullet})?(?P<label>{names})(?:[ 　]*[:：][ 　]*|[ 　]+|(?=[0-9])|$)"
    )


def _facts(line: Line, *, grammar: Grammar) -> tuple[list[Section], list[Line]]:
    """The facts of one line, and what is left of it."""
    found = list(_labels(grammar).finditer(line.text[:400]))
    starts = [match.start() for match in found[1:]]
    facts, rest = [], line
    for match, end in zip(found, [*starts, len(line.text)], strict=True):
        value = line.text[match.end() : end]
        pattern = VALUES.get(grammar.labels[match["label"]])
        closed = pattern.match(value) if pattern else None
        length = closed.end() if closed else len(value)
        gap, rest = rest.gap, cut(rest, at=match.end() - match.start() + length)[1]
        bullet = match["bullet"] or ""
        facts.append(
            Section(
                kind=SectionKind.FACT,
                line=line.number,
                gap=gap,
                marker=bullet,
                heading=_label(match[0][len(bullet) :], value=value[:length]),
                text=value[:length].rstrip(BLANKS),
            )
        )
        if length < len(value.rstrip(BLANKS)) and end != len(line.text):
            break
    return facts, [rest] if rest.text else []


def _label(words: str, *, value: str) -> str:
    """A label with what parts it from its value; at the end of a line that is the next gap."""
    return words if value.strip(BLANKS) else words.rstrip(BLANKS)


def _title_lines(lines: list[Line], *, before: list[Section], grammar: Grammar) -> int:
    """How many of the first lines make a title; 0 if they make none or there is one already."""
    if any(section.kind == SectionKind.TITLE for section in before):
        return 0
    for count, line in enumerate(lines[:4], start=1):
        if len(line.text) > LONGEST_TITLE or line.text[-1] in "。；;:：" or grammar.mark(line.text):
            return 0
        if grammar.wording(line.text, numbered=False) is not None:
            return 0
        if sum(len(line.text) for line in lines[:count]) > LONGEST_WHOLE_TITLE:
            return 0
        if grammar.single["title.pattern"].search(line.text):
            return count
    return 0


def _title(lines: list[Line]) -> Section:
    text = lines[0].text + "".join(line.gap + line.text for line in lines[1:])
    return Section(kind=SectionKind.TITLE, line=lines[0].number, gap=lines[0].gap, text=text)


def _unplaced(line: Line) -> Section:
    return Section(kind=SectionKind.UNPLACED, line=line.number, gap=line.gap, text=line.text)
