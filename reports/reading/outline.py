"""Lines into sections: which line is a heading, which a problem, which belongs to what."""

from dataclasses import dataclass, field, replace

from reports.document import Group, Section, SectionKind
from reports.numerals import styled
from reports.reading.bodies import read_body
from reports.reading.grammar import LONGEST_HEADING, Grammar, Mark
from reports.reading.lines import Line, cut, sentence_end
from reports.reading.notes import Note, excerpt

LONGEST_LONE_HEADING = 60  # a numbered line of its own
LONGEST_RUN_IN = 40  # a numbered first sentence before more text
UNNUMBERED_HEADING = 2.5  # the outline's rank of a heading without number: between （一） and 1.
UNNUMBERED_PROBLEM = 6.0
PROBLEM_RANKS = (1, 2, 3)  # where a report never says “关于…问题”, one of these ranks holds its problems
SENTENCE_ENDS = "。！？!?；;：:，,、…"


@dataclass(frozen=True)
class Head:
    """A line as a heading: its number, the heading's own words and where they end in the line."""

    line: Line
    mark: Mark | None
    text: str
    end: int
    wording: str | None  # not None: it names a problem in a listed form

    @property
    def rank(self) -> float:
        return self.mark.rank if self.mark else UNNUMBERED_PROBLEM


@dataclass
class Outline:
    """Sections under construction. `ranks` runs parallel to them: where each stands in the outline (0: nowhere)."""

    sections: list[Section] = field(default_factory=list)
    ranks: list[float] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)  # as the source counts, 0 for none
    questions: list[Note] = field(default_factory=list)

    def add(self, section: Section, *, rank: float = 0, number: int = 0) -> None:
        self.sections.append(section)
        self.ranks.append(rank)
        self.numbers.append(number)


@dataclass
class _State:
    """Where the reader is. `body` gathers the lines of the open problem."""

    role: str = ""
    role_rank: float = 0
    group: Group = Group.UNKNOWN
    group_rank: float = 0
    problem: Head | None = None
    body: list[Line] = field(default_factory=list)
    number: int = 0  # of the last problem under the open heading
    closing: bool = False


def read_outline(lines: list[Line], *, grammar: Grammar) -> Outline:
    reader = _Reader(lines, grammar=grammar)
    for at, line in enumerate(lines):
        reader.take(at, line)
    reader.close_problem()
    return reader.outline


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
        words = text[:end].rstrip()
        wording = grammar.wording(words, numbered=mark is not None)
        if wording is not None:
            return Head(line, mark, words, offset + end, wording)
    end = sentence_end(text)
    return Head(line, mark, text[:end].rstrip(), offset + end, None)


class _Reader:
    def __init__(self, lines: list[Line], *, grammar: Grammar) -> None:
        self.grammar = grammar
        self.outline = Outline()
        self.state = _State()
        self.heads = [head_of(line, grammar=grammar) for line in lines]
        self.next_ranks = _next_problem_ranks(self.heads)
        self.explicit = {head.rank for head in self.heads if head.wording is not None}
        self.problem_rank = max(self.explicit, default=0) or _implicit_rank(self.heads, grammar=grammar)

    def take(self, at: int, line: Line) -> None:
        head = self.heads[at]
        if self.grammar.single["chrome.pattern"].match(line.text[:LONGEST_HEADING]):
            self._add_unplaced(line)
        elif self._is_closing(line):
            self._add_closing(line)
        elif self._is_problem(head, at=at):
            self._open_problem(head)
        elif self._is_outline(head):
            self._add_numbered(head)
        elif self.state.problem:
            self.state.body.append(line)
        elif self._is_bare_heading(line):
            self._add_heading(head, rank=UNNUMBERED_HEADING)
        else:
            self._add_text(line)

    def _is_problem(self, head: Head, *, at: int) -> bool:
        if self.state.closing:
            return False
        if head.wording is not None:
            return not (head.mark and head.rank < self.next_ranks[at])
        if not head.mark or head.rank != self.problem_rank or self._role_of(head):
            return False
        if not self.explicit:
            return self.state.role == "results" and head.rank > self.state.role_rank
        return self.state.number > 0 and head.mark.number == self.state.number + 1

    def _role_of(self, head: Head) -> str:
        """The role of a heading above the problems; a problem's own sentence has none."""
        return self.grammar.role(head.text) if head.rank < 3 and len(head.text) <= LONGEST_LONE_HEADING else ""

    def _is_outline(self, head: Head) -> bool:
        if not head.mark:
            return False
        problem = self.state.problem
        if problem is None:
            return True
        return head.rank < (problem.rank if problem.mark else 3)

    def _is_bare_heading(self, line: Line) -> bool:
        """A short line without number or full stop that says what follows."""
        words = line.text
        if len(words) > LONGEST_RUN_IN or words[-1] in SENTENCE_ENDS:
            return False
        return bool(self.grammar.role(words) or self.grammar.group(words) != Group.UNKNOWN)

    def _is_closing(self, line: Line) -> bool:
        if self.state.problem and self.state.role != "plans" and len(line.text) > LONGEST_LONE_HEADING:
            return bool(self.grammar.single["closing.invitation"].match(line.text))
        if self.grammar.single["closing.date"].fullmatch(line.text):
            return True
        return bool(self.grammar.single["closing.invitation"].search(line.text[:200])) or self.state.closing

    def _add_closing(self, line: Line) -> None:
        self.close_problem()
        self.state.closing = True
        kind = SectionKind.SIGNATURE
        if self.grammar.single["closing.date"].fullmatch(line.text):
            kind = SectionKind.DATE
        elif self.grammar.single["closing.invitation"].search(line.text[:200]):
            kind = SectionKind.INVITATION
        elif len(line.text) > LONGEST_RUN_IN or line.text[-1] in "。；;：:":
            kind = SectionKind.PROSE
        elif any(section.kind == SectionKind.DATE for section in self.outline.sections):
            kind = SectionKind.UNPLACED
        self.outline.add(Section(kind=kind, line=line.number, gap=line.gap, text=line.text))

    def _open_problem(self, head: Head) -> None:
        self.close_problem()
        self.state.problem = head
        self.state.number = head.mark.number if head.mark else 0
        rest = cut(head.line, at=head.end)[1]
        if rest.text:
            self.state.body.append(rest)

    def close_problem(self) -> None:
        """Puts the open problem, if there is one, among the sections."""
        head, state = self.state.problem, self.state
        if head is None:
            return
        body = read_body(state.body, grammar=self.grammar)
        self.outline.questions += body.questions
        wording = head.wording
        if wording is None:
            wording = self._stated_wording(head)
        section = Section(
            kind=SectionKind.PROBLEM,
            line=head.line.number,
            gap=head.line.gap,
            marker=_marker(head.mark),
            heading=head.text,
            group=state.group if state.group != Group.UNKNOWN else body.group,
            wording=wording,
            lead_gap=body.lead_gap,
            lead=body.lead,
            items=body.items,
            next_gap=body.next_gap,
            next_step=body.next_step,
            lead_unit=body.lead_unit,
            deadline=body.deadline,
        )
        if Group.UNKNOWN not in (state.group, body.group) and state.group != body.group:
            reason = "所在部分的标题与正文对该问题是否完成说法不一，按标题登记，请核对。"
            self._ask(head.line, head.text, reason)
        self.outline.add(section, rank=head.rank, number=state.number)
        state.problem, state.body = None, []

    def _stated_wording(self, head: Head) -> str:
        """A heading in no listed form: the problem's own sentence, or a topic that quotes none."""
        if self.grammar.single["wording.negative"].search(head.text):
            return head.text.rstrip("。：:；;")
        reason = "标题没有引用反馈问题的原文，问题原文留空。"
        self._ask(head.line, head.text, reason)
        return ""

    def _add_numbered(self, head: Head) -> None:
        """A numbered line that names no problem: a heading, a heading run into its text, or a paragraph."""
        self.close_problem()
        rest = head.line.text[head.end :].strip()
        if len(head.text) <= (LONGEST_RUN_IN if rest else LONGEST_LONE_HEADING):
            self._add_heading(head, rank=head.rank)
            return
        words = head.mark.rest if head.mark else head.line.text
        self._enter(words[:LONGEST_RUN_IN], rank=head.rank)
        section = _text(SectionKind.PROSE, head.line, text=words)
        self._number(replace(section, marker=_marker(head.mark)), head=head)

    def _add_heading(self, head: Head, *, rank: float) -> None:
        first, rest = cut(head.line, at=head.end)
        self._enter(head.text, rank=rank)
        section = Section(
            kind=SectionKind.HEADING,
            line=first.number,
            gap=first.gap,
            marker=_marker(head.mark),
            heading=head.text,
        )
        self._number(section, head=head, rank=rank)
        if rest.text:
            self._add_text(rest)

    def _number(self, section: Section, *, head: Head, rank: float = 0) -> None:
        self.outline.add(section, rank=rank or head.rank, number=head.mark.number if head.mark else 0)

    def _enter(self, words: str, *, rank: float) -> None:
        """A heading may say what the part below it is about, and ends what a deeper one said."""
        state = self.state
        state.closing, state.number = False, 0
        role, group = self.grammar.role(words), self.grammar.group(words)
        if rank <= state.role_rank or (role and not state.role):
            state.role, state.role_rank = role, rank if role else 0
        if rank <= state.group_rank:
            state.group, state.group_rank = Group.UNKNOWN, 0
        if group != Group.UNKNOWN:
            state.group, state.group_rank = group, rank

    def _add_text(self, line: Line) -> None:
        numbered_oddly = self.grammar.single["chrome.unknown_marker"].match(line.text)
        stray = len(line.text) <= LONGEST_RUN_IN and line.text[-1] not in SENTENCE_ENDS + "”）)》"
        if numbered_oddly or stray:
            self._add_unplaced(line)
        else:
            self.outline.add(_text(SectionKind.PROSE, line, text=line.text))

    def _add_unplaced(self, line: Line) -> None:
        """Inside a problem the line stays in its text, so that nothing moves; either way it is listed."""
        if self.state.problem:
            self.state.body.append(line)
            self._ask(line, line.text, "unplaced")
        else:
            self.outline.add(_text(SectionKind.UNPLACED, line, text=line.text))

    def _ask(self, line: Line, text: str, reason: str) -> None:
        self.outline.questions.append(Note(line.number, excerpt(text), reason))


def _text(kind: SectionKind, line: Line, *, text: str) -> Section:
    return Section(kind=kind, line=line.number, gap=line.gap, text=text)


def _marker(mark: Mark | None) -> str:
    return "".join(styled(mark.text).split()) if mark else ""


def _next_problem_ranks(heads: list[Head]) -> list[float]:
    """For each line the rank of the next line that names a problem, or 0: a heading with problems below is none."""
    ranks, following = [], 0.0
    for head in reversed(heads):
        ranks.append(following)
        if head.wording is not None or (head.mark and head.rank < following):
            following = head.rank
    return ranks[::-1]


def _implicit_rank(heads: list[Head], *, grammar: Grammar) -> float:
    """Where no line names a problem: the deepest of the upper ranks under the heading of the results."""
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
