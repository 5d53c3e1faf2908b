"""A line as a heading: its number, its own words, whether it names a problem."""

from dataclasses import dataclass, field

from reports.document import Group
from reports.reading.grammar import BLANKS, LONGEST_HEADING, Grammar, Mark
from reports.reading.lines import Line, sentence_end

UNNUMBERED_PROBLEM = 6.0
PROBLEM_RANKS = (1, 2, 3)  # one of these holds the problems where no line names one


@dataclass(frozen=True)
class Row:
    """What the row of a table says of its problem, beside the problem's words."""

    lead: tuple[Line, ...] = ()
    measures: tuple[Line, ...] = ()
    closing: tuple[Line, ...] = ()
    group: Group = Group.UNKNOWN
    lead_unit: str = ""
    deadline: str = ""


@dataclass(frozen=True)
class Head:
    """A line as a heading: its number, the heading's own words and where they end in the line."""

    line: Line
    mark: Mark | None
    text: str
    end: int
    wording: str | None  # not None: it names a problem in a listed form
    row: Row = field(default_factory=Row)

    @property
    def rank(self) -> float:
        return self.mark.rank if self.mark else UNNUMBERED_PROBLEM


def head_of(line: Line, *, grammar: Grammar) -> Head:
    """A line's own heading: up to its first sentence end outside quotation marks, or all of it."""
    mark = grammar.mark(line.text)
    text = mark.rest if mark else line.text
    offset = len(line.text) - len(text)
    ends = [sentence_end(text)]
    if label := grammar.single["in_body.label"].search(text[:LONGEST_HEADING], 4):
        ends.insert(0, label.start())
    if len(text) not in ends:
        ends.append(len(text))
    for end in ends:
        words = text[:end].rstrip(BLANKS)
        wording = grammar.wording(words, numbered=mark is not None)
        if wording is not None:
            return Head(line, mark, words, offset + end, wording)
    end = sentence_end(text)
    return Head(line, mark, text[:end].rstrip(BLANKS), offset + end, None)


def next_problem_ranks(heads: list[Head]) -> list[float]:
    """For each line the rank of the next that names a problem, or 0."""
    ranks, following = [], 0.0
    for head in reversed(heads):
        ranks.append(following)
        if head.wording is not None or (head.mark and head.rank < following):
            following = head.rank
    return ranks[::-1]


def implicit_rank(heads: list[Head], *, grammar: Grammar) -> float:
    """Where no line names a problem: the deepest upper rank under the heading of the results."""
    inside, top, ranks = False, 0.0, set()
    for head in heads:
        if not head.mark or head.rank not in PROBLEM_RANKS:
            continue
        role = grammar.role(head.text) if not inside or head.rank <= top else ""
        if role:
            inside, top = role == "results", head.rank
        elif inside and head.rank > top:
            ranks.add(head.rank)
        elif head.rank <= top:
            inside = False
    return max(ranks, default=0)
