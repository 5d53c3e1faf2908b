"""What a report says of itself: the inspection behind it, its figures, the documents it cites."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from reports.document import Section, SectionKind, StatedFigure
from reports.reading.dates import Dated, days_in, last_day
from reports.reading.grammar import Grammar
from reports.reading.notes import Note, excerpt

SENTENCE_MOST = 2000
TITLE_MOST = 200
CONTEXT = 20


@dataclass(frozen=True)
class Origin:
    inspecting_body: str = ""
    inspected_unit: str = ""
    on_site_from: date | None = None
    on_site_to: date | None = None
    feedback_date: date | None = None


def read_origin(sections: list[Section], *, grammar: Grammar) -> Origin:
    """From the prose before the first problem."""
    text = "\n".join(section.text for section in _opening(sections))[: SENTENCE_MOST * 4]
    site_from, site_to = _on_site(text)
    return Origin(
        inspecting_body=_value(text, name="origin.inspecting_body", grammar=grammar),
        inspected_unit=_value(text, name="origin.inspected_unit", grammar=grammar),
        on_site_from=site_from,
        on_site_to=site_to,
        feedback_date=_feedback(text),
    )


def stated_figures(
    sections: list[Section], *, since: date | None, grammar: Grammar
) -> tuple[StatedFigure, ...]:
    """The first statement of each figure, with the “截至…” before it in its paragraph."""
    found: dict[str, StatedFigure] = {}
    for section in sections:
        if section.kind not in (SectionKind.PROSE, SectionKind.INVITATION):
            continue
        for form in grammar.stated:
            match = form.pattern.search(section.text)
            if match is None or form.key in found:
                continue
            phrase = _phrase_before(section.text[: match.start()], grammar=grammar)
            found[form.key] = StatedFigure(
                key=form.key,
                value=Decimal(match["value"]),
                line=section.line,
                text=section.text[max(0, match.start() - CONTEXT) : match.end() + CONTEXT],
                as_of=last_day(phrase, since=since),
                as_of_phrase=phrase,
            )
    return tuple(found.values())


def cited_titles(text: str) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """The distinct 《titles》, the outer where they nest, and notes on marks that do not pair."""
    titles: set[str] = set()
    notes = []
    for number, line in enumerate(text.split("\n"), start=1):
        depth = start = 0
        for at, char in enumerate(line):
            if char == "《":
                start = start if depth else at
                depth += 1
            elif char == "》" and depth:
                depth -= 1
                if not depth and at - start <= TITLE_MOST:
                    titles.add(line[start + 1 : at].strip())
        if line.count("《") != line.count("》"):
            words = excerpt(line[start:] if depth else line)
            notes.append(Note(number, words, "书名号不成对，其中的文件名没有收录。"))
    return tuple(sorted(titles - {""})), tuple(notes)


def _opening(sections: list[Section]) -> list[Section]:
    prose = []
    for section in sections:
        if section.kind == SectionKind.PROBLEM:
            break
        if section.kind in (SectionKind.PROSE, SectionKind.TITLE):
            prose.append(section)
    return prose


def _value(text: str, *, name: str, grammar: Grammar) -> str:
    found = grammar.single[name].search(text)
    return found["value"] if found else ""


def _on_site(text: str) -> tuple[date | None, date | None]:
    days = days_in(text)
    for first, second in zip(days, days[1:], strict=False):
        if first.opens_range and second.closes_range and "巡" in _sentence(text, first):
            return first.day, second.day
    return None, None


def _feedback(text: str) -> date | None:
    """The nearest day before the first “反馈” that has one in its sentence, none of a range."""
    for dated in days_in(text):
        rest = text[dated.end : dated.end + 60].partition("。")[0]
        nearer = any(days_in(rest.partition("反馈")[0]))
        if "反馈" in rest and not (nearer or dated.opens_range or dated.closes_range):
            return dated.day
    return None


def _sentence(text: str, dated: Dated) -> str:
    start = text.rfind("。", 0, dated.start) + 1
    end = text.find("。", dated.end)
    return text[start : end if end >= 0 else len(text)]


def _phrase_before(text: str, *, grammar: Grammar) -> str:
    phrases = [
        found["phrase"] for found in grammar.single["origin.as_of"].finditer(text[-SENTENCE_MOST:])
    ]
    return phrases[-1] if phrases else ""
