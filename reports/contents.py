"""The table of contents of a frozen article, read from the article itself and from nothing else."""

import re
from dataclasses import dataclass
from html import unescape

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
    entries: list[Entry] = []
    headings = list(HEADING.finditer(article))
    ends = [found.start() for found in headings[1:]] + [len(article)]
    for found, end in zip(headings, ends, strict=True):
        count = len(PROBLEM.findall(article, found.end(), end))
        entry = Entry(_words(found["words"]), found["anchor"], count)
        if found["level"] == "2" or not entries:
            entries.append(entry)
        else:
            last = entries.pop()
            children = (*last.children, entry)
            entries.append(Entry(last.label, last.anchor, last.count, children))
    return tuple(entries)


def _words(html: str) -> str:
    return unescape(re.sub("<[^>]*>", "", html))
