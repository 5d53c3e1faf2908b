"""A text as lines with the white space before each. A page in one line is broken at its numbers."""

import re
from dataclasses import dataclass, field

from reports.numerals import TOKEN, value
from reports.reading.grammar import BLANKS, Grammar

SENTENCE_ENDS = "。！？!?；;：:"
PACKED_LEAST = 100  # shorter lines are lines
PACKED_NUMBERS = 3
LONGEST_PACKED_HEADING = 30
NAMES_PROBLEM = re.compile("关于|针对|对于|“|反馈问题|问题描述")


@dataclass(frozen=True)
class Line:
    """`number` is the line of the source, counted from 1; parts of one line share it."""

    text: str
    gap: str
    number: int


def lines_of(text: str, *, grammar: Grammar) -> tuple[list[Line], str]:
    """The lines that hold something, and the white space after the last."""
    lines: list[Line] = []
    gap = ""
    for number, raw in enumerate(text.split("\n"), start=1):
        gap += "\n" if number > 1 else ""
        body = raw.lstrip(BLANKS)
        gap += raw[: len(raw) - len(body)]
        kept = body.rstrip(BLANKS)
        if kept:
            lines += _unpacked(Line(kept, gap, number), grammar=grammar)
            gap = body[len(kept) :]
    return lines, gap


def cut(line: Line, *, at: int) -> tuple[Line, Line]:
    """A line in two at a position; the white space around it becomes the gap of the second."""
    left, right = line.text[:at], line.text[at:]
    kept = left.rstrip(BLANKS)
    rest = right.lstrip(BLANKS)
    gap = left[len(kept) :] + right[: len(right) - len(rest)]
    return Line(kept, line.gap, line.number), Line(rest, gap, line.number)


def sentence_end(text: str) -> int:
    """Where the first sentence outside quotation marks ends, else the length of the text.

    Quotation marks that never close are treated as if they were not there."""
    depth = straight = fallback = 0
    for at, char in enumerate(text[:2000]):
        if char in "“「『":
            depth += 1
        elif char in "”」』":
            depth = max(0, depth - 1)
        elif char == '"':  # the same sign opens and closes
            straight = 1 - straight
        elif char == "。":
            if not depth and not straight:
                return at + 1
            fallback = fallback or at + 1
    return fallback or len(text)


@dataclass
class _Sequence:
    """Which numbers may come next while a packed line is being broken."""

    last: dict[int, int] = field(default_factory=dict)

    def accepts(self, rank: int, number: int) -> bool:
        return number == self.last.get(rank, 0) + 1

    def take(self, rank: int, number: int) -> None:
        self.last = {r: n for r, n in self.last.items() if r < rank} | {rank: number}


def _unpacked(line: Line, *, grammar: Grammar) -> list[Line]:
    if len(line.text) < PACKED_LEAST:
        return [line]
    cuts = _cuts(line.text, grammar=grammar)
    if len(cuts) < PACKED_NUMBERS:
        return [line]
    cuts += _title_cut(line.text, grammar=grammar) + _closing_cuts(line.text, grammar=grammar)
    parts, rest, done = [], line, 0
    for at in sorted(set(cuts) - {0}):
        part, after = cut(rest, at=max(0, at - done))
        done += len(rest.text) - len(after.text)
        if part.text:
            parts.append(part)
        else:
            after = Line(after.text, part.gap + after.gap, after.number)
        rest = after
    return [*parts, rest]


def _cuts(text: str, *, grammar: Grammar) -> list[int]:
    found = sorted(
        (match.start(), rank, match)
        for rank, pattern in grammar.markers
        if rank < 5
        for match in pattern.finditer(text)
    )
    sequence, outline = _Sequence(), False
    cuts: list[int] = []
    for at, rank, match in found:
        token = TOKEN.search(match[0])
        number = value(token[0]) if token else 0
        follows = rank == 2 and number == 1 and cuts and at - cuts[-1] <= LONGEST_PACKED_HEADING
        if sequence.accepts(rank, number) and (
            follows or _may_open(text, match, rank=rank, grammar=grammar)
        ):
            sequence.take(rank, number)
            cuts += [at, *_heading_end(text, match.end(), rank=rank, grammar=grammar)]
            outline = outline or rank <= 2 or bool(NAMES_PROBLEM.match(text, match.end()))
    return cuts if outline else []


def _heading_end(text: str, start: int, *, rank: int, grammar: Grammar) -> list[int]:
    """Where a packed heading of the upper ranks ends, if its words say so."""
    found = grammar.single["packed.heading_end"].match(text, start) if rank <= 2 else None
    return [found.end()] if found and text[found.end() : found.end() + 1] != "。" else []


def _may_open(text: str, match: re.Match[str], *, rank: int, grammar: Grammar) -> bool:
    before = text[match.start() - 1] if match.start() else "。"
    if before in SENTENCE_ENDS or before in BLANKS:
        return True
    after = text[match.end() : match.end() + 25]
    if rank <= 2:
        return bool(grammar.role(after) or grammar.group(after).value != "unknown")
    return "问题" in match[0] or bool(NAMES_PROBLEM.match(after))


def _title_cut(text: str, *, grammar: Grammar) -> list[int]:
    """Where the header facts begin right behind a title."""
    starts = [at for label in grammar.labels if (at := text.find(label, 0, 200)) > 0]
    first = min(starts, default=0)
    return [first] if grammar.single["title.pattern"].search(text[:first].rstrip(BLANKS)) else []


def _closing_cuts(text: str, *, grammar: Grammar) -> list[int]:
    """Where the invitation, the signature and the date begin at the end of a packed page."""
    start = max(0, len(text) - 400)
    cuts = [m.start() for m in grammar.single["closing.invitation"].finditer(text, start)][:1]
    dates = [
        m for m in grammar.single["closing.date"].finditer(text, start) if m.end() == len(text)
    ]
    if dates:
        signature = max(text.rfind(end, start, dates[-1].start()) for end in "。;； 　") + 1
        cuts += [dates[-1].start(), signature] if signature > start else [dates[-1].start()]
    return cuts
