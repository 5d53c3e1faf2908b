"""The author's part of a report: what no ledger holds, and where an earlier report has it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from reports.document import Document, Section, SectionKind


@dataclass(frozen=True)
class Passage:
    """A heading of the author's prose and the paragraph under it."""

    heading: str
    text: str


@dataclass(frozen=True)
class Prose:
    """What no ledger holds: how the work was organised, what comes next, how to be reached."""

    organisation: tuple[Passage, ...]
    further: tuple[Passage, ...]
    invitation: str


def prose_of(document: Document) -> Prose | None:
    """The author's prose of an earlier report in this structure, or None where it has none."""
    tops = [at for at, section in enumerate(document.sections) if _is_top(section)]
    if len(tops) < 2:
        return None
    invitations = [s.text for s in document.sections if s.kind == SectionKind.INVITATION]
    organisation = _passages(document.sections[tops[0] : tops[1]])
    further = _passages(document.sections[tops[-1] :])
    if not (organisation and further and invitations):
        return None
    return Prose(organisation, further, "\n".join(invitations))


def _passages(sections: Sequence[Section]) -> tuple[Passage, ...]:
    passages: list[Passage] = []
    for section in sections[1:]:
        if section.kind == SectionKind.HEADING:
            passages.append(Passage(section.heading, ""))
        elif section.kind == SectionKind.PROSE:
            last = passages.pop() if passages else Passage("", "")
            passages.append(replace(last, text=f"{last.text}\n{section.text}".strip("\n")))
    return tuple(passage for passage in passages if passage.text)


def _is_top(section: Section) -> bool:
    return section.kind == SectionKind.HEADING and section.level == 1
