"""Every difference between a source and the text printed from it, each with its place and kind."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from reports.numerals import CIRCLED

UNIT = re.compile("[^。；;\n]{0,300}[。；;\n]?")
MOST_CELLS = 4_000_000  # beyond this a changed stretch is reported whole, not letter by letter
NUMBER = f"一二三四五六七八九十百零0-9０-９{CIRCLED}"
MARKER = re.compile(  # a number of the outline, with the signs and the white space around it
    f"(?:^|(?<=[。！？!?；;：:,，\\s]))[(（第]?[ 　]*[{NUMBER}]+[ 　]*"
    f"(?:[是要、.．)）,，][ 　]*|(?<=[{CIRCLED}]))"
)
CONTEXT = 12


class DifferenceKind(StrEnum):
    NUMBER = "number"  # a number of the outline, which the house sets itself
    SPACE = "space"  # white space beside such a number
    TEXT = "text"  # anything else: a loss


@dataclass(frozen=True)
class Difference:
    """`line` counts in the source. `before` stood there, `after` in its place, `context` around."""

    kind: DifferenceKind
    line: int
    before: str
    after: str
    context: str

    def __str__(self) -> str:
        place = f"第 {self.line} 行"
        if self.kind == DifferenceKind.NUMBER:
            return f"{place}：序号由系统重排，“{self.before}”成为“{self.after}”（{self.context}）"
        if self.kind == DifferenceKind.SPACE:
            return f"{place}：编号旁的空格不同（{self.context}）"
        return f"{place}：文字不同，原文“{self.before}”，现为“{self.after}”（{self.context}）"


def differences(source: str, printed: str) -> tuple[Difference, ...]:
    """All differences in the order of the source. Line ends of any kind count as the same."""
    source, printed = _uniform(source), _uniform(printed)
    changes = (
        _difference(source, printed, change=change)
        for stretch in _stretches(source, printed)
        for change in _letters(source, printed, stretch=stretch)
    )
    return tuple(changes)


@dataclass(frozen=True)
class _Change:
    """source[start:end] against printed[at:until]."""

    start: int
    end: int
    at: int
    until: int


def _uniform(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _stretches(source: str, printed: str) -> Iterator[_Change]:
    """The unequal stretches, sentence by sentence."""
    ours, theirs = _units(source), _units(printed)
    ours_at, theirs_at = _offsets(ours), _offsets(theirs)
    for tag, a, b, c, d in SequenceMatcher(None, ours, theirs).get_opcodes():
        if tag != "equal":
            yield _Change(ours_at[a], ours_at[b], theirs_at[c], theirs_at[d])


def _units(text: str) -> list[str]:
    return [unit for unit in UNIT.findall(text) if unit]


def _offsets(units: list[str]) -> list[int]:
    offsets = [0]
    for unit in units:
        offsets.append(offsets[-1] + len(unit))
    return offsets


def _letters(source: str, printed: str, *, stretch: _Change) -> Iterator[_Change]:
    """The unequal letters of a stretch."""
    ours, theirs = source[stretch.start : stretch.end], printed[stretch.at : stretch.until]
    if len(ours) * len(theirs) > MOST_CELLS:
        yield stretch
        return
    for tag, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if tag != "equal":
            yield _Change(stretch.start + a, stretch.start + b, stretch.at + c, stretch.at + d)


def _difference(source: str, printed: str, *, change: _Change) -> Difference:
    before, after = source[change.start : change.end], printed[change.at : change.until]
    return Difference(
        kind=_kind(source, printed, change=change),
        line=source.count("\n", 0, change.start) + 1,
        before=before,
        after=after,
        context=" ".join(source[max(0, change.start - CONTEXT) : change.end + CONTEXT].split("\n")),
    )


def _kind(source: str, printed: str, *, change: _Change) -> DifferenceKind:
    changed = source[change.start : change.end] + printed[change.at : change.until]
    ours = _marker(source, start=change.start, end=change.end)
    theirs = _marker(printed, start=change.at, end=change.until)
    if not (ours and theirs):
        return DifferenceKind.TEXT
    if not changed.strip(" \t　\u00a0"):
        return DifferenceKind.SPACE
    return (
        DifferenceKind.NUMBER if re.fullmatch(f"[{NUMBER} 　]+", changed) else DifferenceKind.TEXT
    )


def _marker(text: str, *, start: int, end: int) -> bool:
    """Whether the place lies within a number of the outline or touches its end."""
    left = max(0, start - CONTEXT)
    window = text[left : end + CONTEXT]
    return any(
        found.start() + left <= start and end <= found.end() + left
        for found in MARKER.finditer(window)
    )
