"""A table with one problem in a row, its cells parted by tabs: from Word or from pasted text."""

import re
from dataclasses import dataclass

from reports.document import Group
from reports.numerals import TOKEN, value
from reports.reading.grammar import BLANKS, Grammar, Mark
from reports.reading.heads import Head, Row
from reports.reading.lines import Line

ROW_RANK = 3
NUMBER_CELL = re.compile("[0-9一二三四五六七八九十百]{1,5}[.．、]?\t+")


@dataclass(frozen=True)
class _Columns:
    """Where each column stands; -1 for one that the table does not have."""

    number: int
    problem: int
    measures: int
    status: int
    lead_unit: int
    deadline: int


def rows_of(lines: list[Line], *, grammar: Grammar) -> dict[int, Head | None]:
    """By the index of the line: the problem of a row, or None for the line of column heads."""
    result: dict[int, Head | None] = {}
    columns: _Columns | None = None
    for at, line in enumerate(lines):
        if "\t" not in line.text:
            columns = None
        elif found := _columns(_cells(line), grammar=grammar):
            columns = found
            result[at] = None
        elif columns and (head := _row(line, columns=columns, grammar=grammar)):
            result[at] = head
    return result


def _cells(line: Line) -> list[str]:
    """The cells of a row; empty ones at its start have become part of the gap."""
    leading = line.gap.rpartition("\n")[2].count("\t")
    return [""] * leading + line.text.split("\t")


def _columns(cells: list[str], *, grammar: Grammar) -> _Columns | None:
    names = ("number", "problem", "measures", "status", "lead_unit", "deadline")
    patterns = [grammar.single[f"columns.{name}"] for name in names]
    columns = _Columns(*(_place(cells, pattern=pattern) for pattern in patterns))
    return columns if 0 <= columns.problem < columns.measures else None


def _place(cells: list[str], *, pattern: re.Pattern[str]) -> int:
    names = ("".join(cell.split()) for cell in cells)
    return next((at for at, name in enumerate(names) if pattern.search(name)), -1)


def _row(line: Line, *, columns: _Columns, grammar: Grammar) -> Head | None:
    cells = _cells(line)
    if len(cells) <= columns.measures or not cells[columns.problem].strip(BLANKS):
        return None
    missing = len("\t".join(cells)) - len(line.text)  # the empty cells before the text
    ends = [len("\t".join(cells[:end])) - missing for end in range(1, len(cells) + 1)]
    bounds = (ends[columns.problem], ends[columns.measures - 1], ends[columns.measures])
    mark = _mark(line.text) if columns.number == 0 and not missing else None
    start = len(mark.text) if mark else 0
    lead, measures, closing = _parts(line, bounds=bounds)
    row = Row(
        lead=lead,
        measures=measures,
        closing=closing,
        group=_group(_cell(cells, columns.status), grammar=grammar),
        lead_unit=_cell(cells, columns.lead_unit),
        deadline=_cell(cells, columns.deadline),
    )
    words = line.text[start : bounds[0]].strip(BLANKS)
    return Head(line, mark, words, len(line.text), cells[columns.problem].strip(BLANKS), row)


def _mark(text: str) -> Mark | None:
    found = NUMBER_CELL.match(text)
    token = TOKEN.match(text) if found else None
    return Mark(ROW_RANK, value(token[0]), found[0], "") if found and token else None


def _parts(line: Line, *, bounds: tuple[int, int, int]) -> tuple[tuple[Line, ...], ...]:
    """The text behind each bound as one line with the white space before it; none where empty."""
    result: list[tuple[Line, ...]] = []
    gap = ""
    for start, end in zip(bounds, (*bounds[1:], len(line.text)), strict=True):
        text = line.text[start:end]
        kept = text.strip(BLANKS)
        if kept:
            gap += text[: len(text) - len(text.lstrip(BLANKS))]
            result.append((Line(kept, gap, line.number),))
            gap = text[len(text.rstrip(BLANKS)) :]
        else:
            gap += text
            result.append(())
    return tuple(result)


def _cell(cells: list[str], at: int) -> str:
    return cells[at].strip(BLANKS) if 0 <= at < len(cells) else ""


def _group(cell: str, *, grammar: Grammar) -> Group:
    if cell in ("是", "√", "完成", "办结", "销号"):
        return Group.FINISHED
    return Group.CONTINUING if cell in ("否", "×") else grammar.group(cell)
