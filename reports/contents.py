"""The table of contents: of a frozen article, read from that alone, and of a draft."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import unescape

from reports.document import SectionKind
from reports.rendering.numbering import Placed
from reports.rendering.text import head

# What reports/article.html writes; anything else is no heading to point to.
HEADING = re.compile(r'<h(?P<level>[23]) id="(?P<anchor>[a-z0-9-]+)">(?P<words>.*?)</h(?P=level)>')
PROBLEM = re.compile(r'<section class="problem" ')


@dataclass(frozen=True)
class Entry:
    """A heading of the article; `count` problems stand right under it."""

    label: str
    anchor: str
    count: int
    children: tuple["Entry", ...] = ()


def contents_of(article: str) -> tuple[Entry, ...]:
    """The headings of the first two levels, the second under the first."""
    flat: list[tuple[int, Entry]] = []
    headings = list(HEADING.finditer(article))
    if not headings:
        return ()
    ends = [found.start() for found in headings[1:]] + [len(article)]
    for found, end in zip(headings, ends, strict=True):
        count = len(PROBLEM.findall(article, found.end(), end))
        entry = Entry(_words(found["words"]), found["anchor"], count)
        flat.append((int(found["level"]) - 1, entry))
    return _nested(flat)


def contents_of_draft(pieces: Iterable[tuple[Placed, str]]) -> tuple[Entry, ...]:
    """The same of a draft: its sections as they are set, each with its anchor on that page."""
    flat: list[tuple[int, Entry]] = []
    for place, anchor in pieces:
        section = place.section
        if section.kind == SectionKind.HEADING and section.level in (1, 2):
            flat.append((section.level, Entry(head(place).strip(), anchor, 0)))
        elif section.kind == SectionKind.PROBLEM and flat:
            level, entry = flat.pop()
            flat.append((level, replace(entry, count=entry.count + 1)))
    return _nested(flat)


def _nested(flat: Iterable[tuple[int, Entry]]) -> tuple[Entry, ...]:
    entries: list[Entry] = []
    for level, entry in flat:
        if level == 1 or not entries:
            entries.append(entry)
        else:
            last = entries.pop()
            entries.append(replace(last, children=(*last.children, entry)))
    return tuple(entries)


def _words(html: str) -> str:
    return unescape(re.sub("<[^>]*>", "", html))
