"""What a report is made of: frozen values that reading fills, proofing looks at, rendering prints.

A document gives its source back character by character except for what the house sets itself:
numbers, and white space beside numbers. So a `marker` is a style, never the number, written as
its first number ("一、", "（一）", "1.", "①", "一是"); and every `gap` is the white space that
stood before a piece of text.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class SectionKind(StrEnum):
    TITLE = "title"
    FACT = "fact"  # a header fact: heading holds the label with its colon, text the value
    HEADING = "heading"
    PROSE = "prose"
    PROBLEM = "problem"
    INVITATION = "invitation"
    SIGNATURE = "signature"
    DATE = "date"
    UNPLACED = "unplaced"  # kept where it stood; also listed among the leftovers


class Group(StrEnum):
    FINISHED = "finished"
    CONTINUING = "continuing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Item:
    """One published item (公开事项). `marker` is empty for a plain paragraph."""

    text: str
    marker: str = ""
    gap: str = ""
    line: int = 0


@dataclass(frozen=True, kw_only=True)
class Section:
    """One piece of the report in the order of the source.

    `level` is 0 for text without a place in the outline, 1 for the highest headings. `continues`:
    the number goes on over the heading above it (17 after 16) instead of starting again. `line`
    counts from 1. The fields from `group` on are used by problems alone; `wording` is the problem
    as the inspectors put it, as far as the heading quotes it; `next_step` includes its opening
    words (“下一步，”).
    """

    kind: SectionKind
    line: int = 0
    gap: str = ""
    level: int = 0
    marker: str = ""
    continues: bool = False
    heading: str = ""
    text: str = ""
    group: Group = Group.UNKNOWN
    wording: str = ""
    lead_gap: str = ""
    lead: str = ""
    items: tuple[Item, ...] = ()
    next_gap: str = ""
    next_step: str = ""
    lead_unit: str = ""  # as stated, e.g. “水资源处”; empty where the report does not say
    deadline: str = ""  # as stated, e.g. “2025年6月底前”


@dataclass(frozen=True, kw_only=True)
class StatedFigure:
    """A number the report states about itself.

    `key`: problems, problems_done, measures, measures_done, rate (percent) or outcomes.
    `as_of_phrase` is the text's own “截至…”, `as_of` its last day.
    """

    key: str
    value: Decimal
    line: int
    text: str
    as_of: date | None = None
    as_of_phrase: str = ""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A header fact: 信息来源, 发布日期 …, without the colon."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Document:
    """A whole report. Dates are None and names empty where the text does not state them."""

    sections: tuple[Section, ...]
    title: str = ""
    facts: tuple[Fact, ...] = ()
    inspecting_body: str = ""
    inspected_unit: str = ""
    on_site_from: date | None = None
    on_site_to: date | None = None
    feedback_date: date | None = None
    as_of: date | None = None
    stated: tuple[StatedFigure, ...] = ()
    cited_titles: tuple[str, ...] = ()  # distinct 《titles》 without their outer marks, sorted
    tail: str = ""  # white space after the last section

    @property
    def problems(self) -> tuple[Section, ...]:
        return tuple(s for s in self.sections if s.kind == SectionKind.PROBLEM)

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for problem in self.problems for item in problem.items)

    def in_group(self, group: Group) -> tuple[Section, ...]:
        return tuple(problem for problem in self.problems if problem.group == group)
