"""grammar.toml, compiled: what a report's lines look like."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from reports.document import Group
from reports.numerals import CIRCLED, TOKEN, value

TOKENS = {
    "CIRCLED": f"[{CIRCLED}]",
    "CN": "[一二三四五六七八九十百零]{1,5}",
    "AR": "[0-9０-９]{1,3}",
}
BLANKS = " \t\n\r\f\v\u00a0\u2002\u2003\u2009\u3000\u200b\ufeff"
LONGEST_HEADING = 2000  # a quoted problem with its sentence; longer is no heading


@dataclass(frozen=True)
class Mark:
    """A number at the start of a line: `text` as it stands, `rest` behind it."""

    rank: int
    number: int
    text: str
    rest: str


@dataclass(frozen=True)
class ProblemForm:
    name: str
    numbered: bool
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Ordinal:
    at_line_start: bool
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class StatedForm:
    key: str
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Grammar:
    markers: tuple[tuple[int, re.Pattern[str]], ...]
    ordinals: tuple[Ordinal, ...]
    problems: tuple[ProblemForm, ...]
    roles: tuple[tuple[str, re.Pattern[str]], ...]
    statuses: tuple[tuple[Group, re.Pattern[str]], ...]
    stated: tuple[StatedForm, ...]
    labels: dict[str, str]
    single: dict[str, re.Pattern[str]]  # the patterns that stand alone, as "table.key"

    def mark(self, text: str) -> Mark | None:
        for rank, pattern in self.markers:
            found = pattern.match(text)
            if found and (token := TOKEN.search(found[0])) and (number := value(token[0])):
                return Mark(rank, number, found[0], text[found.end() :].lstrip(BLANKS))
        return None

    def role(self, heading: str) -> str:
        """organising, results, plans, or empty."""
        return next((name for name, pattern in self.roles if pattern.search(heading[:80])), "")

    def group(self, text: str) -> Group:
        """What a heading or a sentence about a problem says of its state."""
        for group, pattern in self.statuses:
            if pattern.search(text[:200]):
                return group
        return Group.UNKNOWN

    def wording(self, heading: str, *, numbered: bool) -> str | None:
        """The problem that a heading names in one of the listed forms; None if in none."""
        if len(heading) > LONGEST_HEADING:
            return None
        for form in self.problems:
            found = form.pattern.fullmatch(heading) if numbered or not form.numbered else None
            if found and not (
                form.numbered and self.single["wording.general"].search(found["wording"])
            ):
                return found["wording"].strip(BLANKS)
        return None


@cache
def grammar() -> Grammar:
    data = tomllib.loads((Path(__file__).parent / "grammar.toml").read_text(encoding="utf-8"))
    return Grammar(
        markers=tuple((m["rank"], _compiled(m["pattern"])) for m in data["marker"]),
        ordinals=tuple(
            Ordinal(o.get("at_line_start", False), _compiled(o["pattern"])) for o in data["ordinal"]
        ),
        problems=tuple(
            ProblemForm(p["name"], p.get("numbered", False), _compiled(p["pattern"]))
            for p in data["problem"]
        ),
        roles=tuple((r["name"], _compiled(r["pattern"])) for r in data["role"]),
        statuses=tuple((Group(s["group"]), _compiled(s["pattern"])) for s in data["status"]),
        stated=tuple(StatedForm(s["key"], _compiled(s["pattern"])) for s in data["stated"]),
        labels=data["front"]["labels"],
        single=_single(data),
    )


def _compiled(pattern: str) -> re.Pattern[str]:
    for token, expression in TOKENS.items():
        pattern = pattern.replace(token, expression)
    return re.compile(pattern)


def _single(data: dict[str, Any]) -> dict[str, re.Pattern[str]]:
    return {
        f"{table}.{key}": _compiled(pattern)
        for table, values in data.items()
        if isinstance(values, dict)
        for key, pattern in values.items()
        if isinstance(pattern, str)
    }
