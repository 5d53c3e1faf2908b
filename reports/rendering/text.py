"""A document as plain text: the source again, with the house's numbers."""

from reports.document import Document, Section, SectionKind
from reports.rendering.numbering import Placed, numbered_items, placed


def to_text(document: Document) -> str:
    return (
        "".join(p.section.gap + head(p) + body(p.section) for p in placed(document)) + document.tail
    )


def article_text(document: Document) -> str:
    """The words of the article: everything but the header facts, which the page's shell shows."""
    return "".join(
        p.section.gap + head(p) + body(p.section)
        for p in placed(document)
        if p.section.kind != SectionKind.FACT
    )


def head(place: Placed) -> str:
    return place.marker + place.section.heading


def body(section: Section) -> str:
    """What stands under the heading, the gap before it included."""
    items = "".join(
        f"{item.gap}{marker}{item.text}" for marker, item in numbered_items(section.items)
    )
    lead, plan = section.lead_gap + section.lead, section.next_gap + section.next_step
    return f"{section.text}{lead}{items}{plan}"
