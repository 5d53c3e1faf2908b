"""A document as the article of a page: an HTML fragment, everything escaped, no shell around it."""

from dataclasses import dataclass

from django.template.loader import render_to_string

from reports.document import Document, Section, SectionKind
from reports.rendering.numbering import Placed, placed
from reports.rendering.text import body, head

DEEPEST = 4


@dataclass(frozen=True)
class Block:
    """One piece of the article. `tag` is h1 to h4, or empty for paragraphs alone."""

    tag: str
    heading: tuple[str, ...]  # its lines
    paragraphs: tuple[str, ...]
    anchor: str = ""
    is_problem: bool = False
    is_closing: bool = False  # signature and date, set to the right


def to_html(document: Document) -> str:
    blocks = [_block(p) for p in placed(document) if p.section.kind != SectionKind.FACT]
    if document.title and not any(block.tag == "h1" for block in blocks):
        blocks.insert(0, Block("h1", (document.title,), ()))
    return render_to_string("reports/article.html", {"blocks": blocks})


def _block(place: Placed) -> Block:
    section = place.section
    if section.kind == SectionKind.TITLE:
        return Block("h1", _lines(section.text), ())
    if section.kind in (SectionKind.HEADING, SectionKind.PROBLEM):
        return Block(
            tag=f"h{min(section.level + 1, DEEPEST)}",
            heading=_lines(head(place)),
            paragraphs=_lines(body(section)),
            anchor=place.anchor,
            is_problem=section.kind == SectionKind.PROBLEM,
        )
    return Block("", (), _lines(head(place) + body(section)), is_closing=_is_closing(section))


def _is_closing(section: Section) -> bool:
    return section.kind in (SectionKind.SIGNATURE, SectionKind.DATE)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.split("\n") if line.strip())
