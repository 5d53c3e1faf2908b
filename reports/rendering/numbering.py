"""Sets the numbers of a document again, and gives each problem the address it keeps on the page."""

from dataclasses import dataclass, field

from reports.document import Document, Item, Section, SectionKind
from reports.numerals import numbered


@dataclass(frozen=True)
class Placed:
    """A section with its number as set (0: none); `anchor` is where it is addressed:
    p-<part>-<number> for a problem, s-<nth> for a heading."""

    section: Section
    number: int = 0
    anchor: str = ""

    @property
    def marker(self) -> str:
        return numbered(self.section.marker, number=self.number)


@dataclass
class _Counters:
    """Numbers start again below each higher heading, unless a section says that it continues."""

    open: dict[int, int] = field(default_factory=dict)
    last: dict[int, int] = field(default_factory=dict)

    def next(self, section: Section) -> int:
        level = section.level
        before = self.last.get(level, 0) if section.continues else self.open.get(level, 0)
        self.open = {above: n for above, n in self.open.items() if above < level}
        if not section.marker:
            return 0
        self.open[level] = self.last[level] = before + 1
        return before + 1


def placed(document: Document) -> tuple[Placed, ...]:
    counters, result = _Counters(), []
    part = unnumbered = headings = 0
    fresh = True
    for section in document.sections:
        number = counters.next(section) if section.level else 0
        anchor = ""
        if section.kind == SectionKind.HEADING:
            fresh, headings = True, headings + 1
            anchor = f"s-{headings}"
        if section.kind == SectionKind.PROBLEM:
            part, unnumbered = (part + 1, 1) if fresh else (part, unnumbered + 1)
            fresh = False
            anchor = f"p-{part}-{number or unnumbered:02d}"
        result.append(Placed(section, number, anchor))
    return tuple(result)


def numbered_items(items: tuple[Item, ...]) -> tuple[tuple[str, Item], ...]:
    """Each item beside its marker with the number set."""
    result, number = [], 0
    for item in items:
        number += bool(item.marker)
        result.append((numbered(item.marker, number=number), item))
    return tuple(result)
