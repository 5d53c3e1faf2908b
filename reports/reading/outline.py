"""Lines into sections: which line is a heading, which a problem, which belongs to what."""

from dataclasses import dataclass, field, replace

from reports.document import Group, Section, SectionKind
from reports.numerals import styled
from reports.reading.bodies import Body, read_body
from reports.reading.grammar import BLANKS, LONGEST_HEADING, Grammar, Mark
from reports.reading.heads import Head, head_of, implicit_rank, next_problem_ranks
from reports.reading.lines import Line, cut
from reports.reading.notes import Note, excerpt
from reports.reading.tables import rows_of

LONGEST_LONE_HEADING = 60  # a numbered line of its own
LONGEST_RUN_IN = 40  # a numbered first sentence before more text
UNNUMBERED_HEADING = 2.5  # the outline's rank of a heading without number: between （一） and 1.
SENTENCE_ENDS = "。！？!?；;：:，,、…"
CLOSING_MARKS = "”）)》"
TWO_STATES = "所在部分的标题与正文对该问题是否完成说法不一，按标题登记，请核对。"
NOT_QUOTED = "标题没有引用反馈问题的原文，问题原文留空。"
STRAY_MOST = 15  # a line of a problem's text that is shorter and ends in no sign may be a heading


@dataclass
class Outline:
    """Sections under construction; parallel to them their ranks (0: none) and numbers as found."""

    sections: list[Section] = field(default_factory=list)
    ranks: list[float] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)  # as the source counts, 0 for none
    leftovers: list[Note] = field(default_factory=list)
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
    inner: int = 0  # of the last line of the open problem that is numbered like the problems
    closing: bool = False


def read_outline(lines: list[Line], *, grammar: Grammar) -> Outline:
    reader = _Reader(lines, grammar=grammar)
    for at, line in enumerate(lines):
        reader.take(at, line)
    reader.close_problem()
    return reader.outline


class _Reader:
    def __init__(self, lines: list[Line], *, grammar: Grammar) -> None:
        self.grammar = grammar
        self.outline = Outline()
        self.state = _State()
        self.rows = rows_of(lines, grammar=grammar)
        self.heads = [
            self.rows.get(at) or head_of(line, grammar=grammar) for at, line in enumerate(lines)
        ]
        self.next_ranks = next_problem_ranks(self.heads)
        self.explicit = {head.rank for head in self.heads if head.wording is not None}
        implicit = 0 if self.explicit else implicit_rank(self.heads, grammar=grammar)
        self.problem_rank = max(self.explicit, default=implicit)
        marked = (at for at, head in enumerate(self.heads) if head.mark or head.wording is not None)
        self.last_outline = max(marked, default=-1)

    def take(self, at: int, line: Line) -> None:
        head = self.heads[at]
        if at in self.rows and not self.rows[at]:
            self.close_problem()
            self.outline.add(_text(SectionKind.PROSE, line, text=line.text))  # the column heads
        elif self.grammar.single["chrome.pattern"].match(line.text[:LONGEST_HEADING]):
            self._add_unplaced(line)
        elif self._is_closing(at) or self._is_signature(at):
            self._add_closing(line)
        elif self._is_problem(head, at=at):
            self._open_problem(head)
        elif self._is_outline(head):
            self._add_numbered(head)
        elif self._is_bare_heading(at):
            self.close_problem()
            self._add_heading(head, rank=UNNUMBERED_HEADING)
        elif self.state.problem:
            self._add_to_body(line)
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
        return self._comes_next(head.mark.number)

    def _comes_next(self, number: int) -> bool:
        """Among problems in a listed form, one in none: by its number, if no list inside has it."""
        if number == self.state.inner + 1 and self.state.problem:
            self.state.inner = number
            return False
        return number == self.state.number + 1 and self.state.role == "results"

    def _role_of(self, head: Head) -> str:
        """The role of a heading above the problems; a problem's own sentence has none."""
        is_short = head.rank < UNNUMBERED_HEADING and len(head.text) <= LONGEST_LONE_HEADING
        return self.grammar.role(head.text) if is_short else ""

    def _is_outline(self, head: Head) -> bool:
        if not head.mark:
            return False
        problem = self.state.problem
        if problem is None:
            return True
        return head.rank < (problem.rank if problem.mark else 3)

    def _is_bare_heading(self, at: int) -> bool:
        """A short line that says what follows; below a problem only if another problem follows."""
        words = self.heads[at].line.text
        follows = at + 1 < len(self.heads) and self.heads[at + 1].wording is not None
        if len(words) > LONGEST_RUN_IN or words[-1] in SENTENCE_ENDS:
            return False
        if self.state.problem and not follows:
            return False
        return bool(self.grammar.role(words) or self.grammar.group(words) != Group.UNKNOWN)

    def _is_closing(self, at: int) -> bool:
        """Below the last numbered line: an invitation or a date, and all that follows one."""
        if at <= self.last_outline:
            return False
        line, invitation = self.heads[at].line, self.grammar.single["closing.invitation"]
        invites = invitation.match if self.state.problem else invitation.search
        dated = self.grammar.single["closing.date"].fullmatch(line.text)
        return self.state.closing or bool(dated or invites(line.text[:200]))

    def _is_signature(self, at: int) -> bool:
        """A short line above a date that stands alone, below the last numbered line."""
        words = self.heads[at].line.text
        below = self.heads[at + 1].line.text if at + 1 < len(self.heads) else ""
        dated = at > self.last_outline and self.grammar.single["closing.date"].fullmatch(below)
        return bool(dated) and len(words) <= LONGEST_RUN_IN and words[-1] not in SENTENCE_ENDS

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
        self.state.problem, self.state.inner = head, 0
        self.state.number = head.mark.number if head.mark else 0
        rest = cut(head.line, at=head.end)[1]
        self.state.body += [rest] if rest.text else []
        self.state.body += [*head.row.lead, *head.row.measures]

    def close_problem(self) -> None:
        """Puts the open problem, if there is one, among the sections."""
        head, state = self.state.problem, self.state
        if head is None:
            return
        lines, closing = self._parted(state.body)
        closing += head.row.closing
        leading = len(head.row.lead)
        body = read_body(lines, closing=closing, leading=leading, grammar=self.grammar)
        self.outline.questions += body.questions
        if Group.UNKNOWN not in (state.group, body.group) and state.group != body.group:
            self._ask(head.line, head.text, TWO_STATES)
        self.outline.add(self._problem(head, body=body), rank=head.rank, number=state.number)
        for line in closing:
            self.outline.add(_text(SectionKind.PROSE, line, text=line.text))
        state.problem, state.body = None, []

    def _parted(self, lines: list[Line]) -> tuple[list[Line], list[Line]]:
        """A body, and its last lines that only speak of the problem (完成情况：已完成)."""
        end = len(lines)
        pattern = self.grammar.single["in_body.closing_line"]
        while end > 1 and "\n" in lines[end - 1].gap and pattern.match(lines[end - 1].text[:200]):
            end -= 1
        return lines[:end], lines[end:]

    def _problem(self, head: Head, *, body: Body) -> Section:
        groups = (self.state.group, head.row.group, body.group)
        return Section(
            kind=SectionKind.PROBLEM,
            line=head.line.number,
            gap=head.line.gap,
            marker=_marker(head.mark),
            heading=head.text,
            group=next((group for group in groups if group != Group.UNKNOWN), Group.UNKNOWN),
            wording=self._stated_wording(head) if head.wording is None else head.wording,
            lead_gap=body.lead_gap,
            lead=body.lead,
            items=body.items,
            next_gap=body.next_gap,
            next_step=body.next_step,
            lead_unit=head.row.lead_unit or body.lead_unit,
            deadline=head.row.deadline or body.deadline,
        )

    def _stated_wording(self, head: Head) -> str:
        """A heading in no listed form: the problem's own sentence, or a topic that quotes none."""
        if self.grammar.single["wording.negative"].search(head.text):
            return head.text.rstrip("。：:；;")
        self._ask(head.line, head.text, NOT_QUOTED)
        return ""

    def _add_numbered(self, head: Head) -> None:
        """A numbered line that names no problem: a heading, alone or run in, or a paragraph."""
        self.close_problem()
        rest = head.line.text[head.end :].strip(BLANKS)
        sentence = not rest and head.text[-1:] == "。" and bool(set("，,") & set(head.text))
        if not sentence and len(head.text) <= (LONGEST_RUN_IN if rest else LONGEST_LONE_HEADING):
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
        self.outline.add(
            section, rank=rank or head.rank, number=head.mark.number if head.mark else 0
        )

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

    def _add_to_body(self, line: Line) -> None:
        """A line of the open problem. One counted in no known way, or bare, is also listed."""
        words, single = line.text, self.grammar.single
        known = single["in_body.label"].match(words) or any(
            style.pattern.match(words) for style in self.grammar.ordinals
        )
        stray = len(words) <= STRAY_MOST and words[-1] not in SENTENCE_ENDS + CLOSING_MARKS
        if single["chrome.unknown_marker"].match(words) or (stray and not known):
            self.outline.leftovers.append(unplaced(line.number, words))
        self.state.body.append(line)

    def _add_text(self, line: Line) -> None:
        numbered_oddly = self.grammar.single["chrome.unknown_marker"].match(line.text)
        ended = line.text[-1] in SENTENCE_ENDS + CLOSING_MARKS
        if numbered_oddly or (len(line.text) <= LONGEST_RUN_IN and not ended):
            self._add_unplaced(line)
        else:
            self.outline.add(_text(SectionKind.PROSE, line, text=line.text))

    def _add_unplaced(self, line: Line) -> None:
        """Inside a problem the line stays in its text, so that nothing moves; it is listed too."""
        if self.state.problem:
            self.state.body.append(line)
            self.outline.leftovers.append(unplaced(line.number, line.text))
        else:
            self.outline.add(_text(SectionKind.UNPLACED, line, text=line.text))

    def _ask(self, line: Line, text: str, reason: str) -> None:
        self.outline.questions.append(Note(line.number, excerpt(text), reason))


def unplaced(line: int, text: str) -> Note:
    return Note(line, excerpt(text), "不知道这一行属于哪一部分：原样保留，没有登记。")


def _text(kind: SectionKind, line: Line, *, text: str) -> Section:
    return Section(kind=kind, line=line.number, gap=line.gap, text=text)


def _marker(mark: Mark | None) -> str:
    return styled(mark.text).replace(" ", "").replace("\u3000", "") if mark else ""
