"""The text under a problem's heading: what leads in, the published items, the next step."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import Any

from reports.document import Group, Item
from reports.numerals import CIRCLED, TOKEN, styled, value
from reports.reading.grammar import BLANKS, Grammar, Ordinal
from reports.reading.lines import SENTENCE_ENDS, Line
from reports.reading.notes import Note, excerpt

CLOSERS = "”’》）)」』]】"
WEAK = ",，、" + CLOSERS  # a number behind one of these counts only if it is the next one
MOST_NOTES = 20  # about one problem
RENUMBERED = "系统将按先后顺序重新编号，请核对是否漏条。"
SENTENCE = re.compile("[^。\n]{1,200}(?:。|\n|$)")


@dataclass(frozen=True)
class Body:
    lead_gap: str = ""
    lead: str = ""
    items: tuple[Item, ...] = ()
    next_gap: str = ""
    next_step: str = ""
    group: Group = Group.UNKNOWN  # as its own sentences say
    lead_unit: str = ""
    deadline: str = ""
    questions: tuple[Note, ...] = ()


@dataclass(frozen=True)
class _Found:
    """An ordinal in a text: its start, the start of its item's words, its number, its own text."""

    start: int
    end: int
    number: int
    token: str


@dataclass(frozen=True)
class _Joined:
    """Lines as one text that still knows the line of each position."""

    text: str
    starts: tuple[int, ...]
    numbers: tuple[int, ...]

    def line(self, at: int) -> int:
        return self.numbers[bisect_right(self.starts, at) - 1]


def read_body(
    lines: list[Line], *, closing: Sequence[Line] = (), leading: int = 0, grammar: Grammar
) -> Body:
    """One problem's body; its first `leading` lines are no item, `closing` only speaks about it."""
    about = "\n".join(line.text for line in closing)
    if not lines:
        return Body(**_stated("", lead="", about=about, grammar=grammar))
    joined, first_gap = _join(lines), lines[0].gap
    text = joined.text
    end = _next_step_at(text, grammar=grammar)
    main, next_step = text[:end].rstrip(BLANKS), text[end:]
    ordinals = _ordinals(main, grammar=grammar)
    least = [*joined.starts, len(text)][leading]
    lead = main[: ordinals[0].start] if ordinals else _lead(main, least=least, grammar=grammar)
    items = _items(main, ordinals=ordinals, lead=lead, joined=joined)
    kept = lead.rstrip(BLANKS)
    return Body(
        lead_gap=first_gap if kept else "",
        lead=kept,
        items=items if kept else _gapped(items, gap=first_gap),
        next_gap=(text[len(main) : end] if main else first_gap) if next_step else "",
        next_step=next_step,
        questions=_number_questions(ordinals, joined=joined),
        **_stated(text, lead=kept, about=about, grammar=grammar),
    )


def _gapped(items: tuple[Item, ...], *, gap: str) -> tuple[Item, ...]:
    """The items with another gap before the first."""
    return (replace(items[0], gap=gap), *items[1:]) if items else ()


def _stated(text: str, *, lead: str, about: str, grammar: Grammar) -> dict[str, Any]:
    """What the problem's own sentences say of its state, its unit and its deadline."""
    whole = f"{text}\n{about}"
    return {
        "group": _group(lead, main=whole.strip(BLANKS), grammar=grammar),
        "lead_unit": _value(whole, name="in_body.lead_unit", grammar=grammar),
        "deadline": _value(whole, name="in_body.deadline", grammar=grammar),
    }


def _join(lines: list[Line]) -> _Joined:
    pieces = [lines[0].text, *(line.gap + line.text for line in lines[1:])]
    starts = (0, *accumulate(len(piece) for piece in pieces))[:-1]
    return _Joined("".join(pieces), starts, tuple(line.number for line in lines))


def _strength(text: str, at: int) -> str:
    """How clearly a new sentence starts here: strong, weak or none."""
    before = text[at - 1] if at else "。"
    if before in SENTENCE_ENDS or before in BLANKS:
        return "strong"
    return "weak" if before in WEAK else "none"


def _next_step_at(text: str, *, grammar: Grammar) -> int:
    """Where the plan for the rest begins; the length of the text where there is none.

    A “下一步” inside an enumeration that goes on behind it belongs to its item."""
    style = grammar.ordinals[0]
    for found in grammar.single["in_body.next_step"].finditer(text):
        if _strength(text, found.start()) != "strong":
            continue
        before = _of_style(text[: found.start()], style=style)
        after = next(iter(style.pattern.finditer(text, found.end())), None)
        number = _number(after[0]) if after else 0
        if not before or not after or number != before[-1].number + 1 or number == 1:
            return found.start()
        if _restarts(text[found.end() :], style=style):
            return found.start()
    return len(text)


def _restarts(text: str, *, style: Ordinal) -> bool:
    first = next(iter(style.pattern.finditer(text)), None)
    return first is not None and _number(first[0]) == 1


def _ordinals(text: str, *, grammar: Grammar) -> list[_Found]:
    """The ordinals of the style that comes first in the text."""
    styles = (_of_style(text, style=style) for style in grammar.ordinals)
    used = [found for found in styles if found]
    return min(used, key=lambda found: found[0].start) if used else []


def _of_style(text: str, *, style: Ordinal) -> list[_Found]:
    result: list[_Found] = []
    for match in style.pattern.finditer(text):
        number, last = _number(match[0]), result[-1].number if result else 0
        if not number or (style.at_line_start and not _at_line_start(text, match.start())):
            continue
        strength = _strength(text, match.start())
        expected = number == last + 1
        if strength == "strong" or (expected and (strength == "weak" or match[0][0] in CIRCLED)):
            result.append(_Found(match.start(), match.end(), number, match[0]))
    return result


def _at_line_start(text: str, at: int) -> bool:
    before = text[max(0, at - 40) : at]
    return not before.rpartition("\n")[2].strip(BLANKS) and ("\n" in before or at < 40)


def _number(ordinal: str) -> int:
    token = TOKEN.search(ordinal)
    return value(token[0]) if token else 0


def _lead(main: str, *, least: int, grammar: Grammar) -> str:
    """Without ordinals: a label (整改情况：) and a sentence on the state, before the one item."""
    label = grammar.single["in_body.label"].match(main)
    start = at = max(least, label.end() if label else 0)
    sentence = SENTENCE.match(main, at)
    if sentence and grammar.single["in_body.status_sentence"].search(sentence[0].strip(BLANKS)):
        at = sentence.end()
    if not main[at:].strip(BLANKS):
        at = start
    rest = main[at:]
    return main[: at + len(rest) - len(rest.lstrip(BLANKS))]


def _items(main: str, *, ordinals: list[_Found], lead: str, joined: _Joined) -> tuple[Item, ...]:
    if not ordinals:
        text = main[len(lead) :]
        gap = lead[len(lead.rstrip(BLANKS)) :]
        return (Item(text=text, gap=gap, line=joined.line(len(lead))),) if text else ()
    gap, result = lead[len(lead.rstrip(BLANKS)) :], []
    ends = [found.start for found in ordinals[1:]] + [len(main)]
    for found, end in zip(ordinals, ends, strict=True):
        text = main[found.end : end]
        kept = text.strip(BLANKS)
        marker = _marker(found.token)
        result.append(Item(text=kept, marker=marker, gap=gap, line=joined.line(found.start)))
        gap = text[len(text.rstrip(BLANKS)) :]
    return tuple(result)


@lru_cache(maxsize=1024)
def _marker(token: str) -> str:
    return "".join(styled(token).split())


def _group(lead: str, *, main: str, grammar: Grammar) -> Group:
    """The state as the first or the last sentence, or a percentage in one of them, says it."""
    label = grammar.single["in_body.label"].match(lead)
    first = SENTENCE.match(main, label.end() if label else 0)
    sentences = [first[0] if first else "", main[-200:].rstrip("。").rpartition("。")[2]]
    sentences += main[-600:].split("\n")[-4:] if "\n" in main else []
    for sentence in (s.strip(BLANKS) for s in sentences):
        percent = grammar.single["in_body.percentage"].search(sentence[:200])
        if percent:
            done = float(percent["percent"].replace("．", ".")) >= 100
            return Group.FINISHED if done else Group.CONTINUING
        if grammar.single["in_body.status_sentence"].search(sentence[:200]):
            return grammar.group(sentence)
    return Group.UNKNOWN


def _value(text: str, *, name: str, grammar: Grammar) -> str:
    found = grammar.single[name].search(text)
    return found["value"] if found else ""


def _number_questions(ordinals: list[_Found], *, joined: _Joined) -> tuple[Note, ...]:
    before = [0, *(found.number for found in ordinals)]
    odd = [
        (found, last)
        for found, last in zip(ordinals, before, strict=False)
        if found.number != last + 1
    ]
    notes = [_number_note(found, last=last, joined=joined) for found, last in odd[:MOST_NOTES]]
    if more := odd[MOST_NOTES:]:
        line = joined.line(more[0][0].start)
        notes.append(Note(line, more[0][0].token, f"同一问题下另有{len(more)}处序号不连续。"))
    return tuple(notes)


def _number_note(found: _Found, *, last: int, joined: _Joined) -> Note:
    what = "重复或倒退" if found.number <= last else "不连续"
    before = f"上一条是第{last}条" if last else "前面没有第一条"
    reason = f"序号{what}：{before}，这里写作“{found.token}”；{RENUMBERED}"
    return Note(
        joined.line(found.start), excerpt(joined.text[found.start : found.start + 60]), reason
    )
