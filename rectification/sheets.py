"""The sheet of a round (调度表) as a value: what page, print, Word and Excel all say.

Everything in it is plain text and numbers, so that it is kept as JSON at the close of a round and
says the same ever after. What came later (`late`, `later`) stands beside it and is not kept.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from rectification.states import UNREPORTED, PointState, ReturnState


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a unit answered to a point. `on` and `round` are words."""

    who: str = ""
    on: str = ""
    round: str = ""
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Point:
    """议定事项. `measure` is a code or empty, `decided` names the round, `carried`: an earlier
    one."""

    number: int = 0
    text: str = ""
    unit: str = ""
    measure: str = ""
    decided: str = ""
    carried: bool = False
    state: str = PointState.OPEN.value
    ended: str = ""
    answers: tuple[Answer, ...] = ()

    @property
    def says(self) -> str:
        return PointState(self.state).label


@dataclass(frozen=True, kw_only=True)
class Line:
    """What one unit says of one measure. `pk` is the row of the return, 0 where there is none.

    `scheduled` and `reached` are per cent, None where the measure has no milestones. `late` says
    when a report came after the close, `since` what the unit's head then made of one that waited;
    neither is part of what was kept.
    """

    pk: int = 0
    number: int = 0
    problem: str = ""
    measure: str = ""
    text: str = ""
    unit: str = ""
    unit_pk: int = 0
    leads: bool = True
    deadline: str = ""
    status: str = ""
    scheduled: int | None = None
    reached: int | None = None
    state: str = ReturnState.WAITING.value
    nil: bool = False
    progress: str = ""
    difficulty: str = ""
    next_step: str = ""
    light: str = "none"
    reason: str = ""
    points: tuple[str, ...] = ()
    late: str = ""
    since: str = ""

    @property
    def key(self) -> str:
        """How an address names this line."""
        return f"{self.unit_pk}:{self.measure}"

    @property
    def is_reported(self) -> bool:
        return self.state == ReturnState.FILED

    @property
    def is_missing(self) -> bool:
        return self.state in UNREPORTED

    @property
    def waits_for_head(self) -> bool:
        return self.state == ReturnState.TO_CONFIRM

    @property
    def is_nil(self) -> bool:
        return self.nil and self.is_reported

    @property
    def is_behind(self) -> bool:
        """未达序时, or past its deadline."""
        short = (self.scheduled or 0) > (self.reached or 0)
        return self.light == "red" or (short and self.light != "done")

    @property
    def said(self) -> str:
        """报送情况, as it was at the close or is now."""
        return "零报告" if self.is_nil else ReturnState(self.state).label


@dataclass(frozen=True, kw_only=True)
class LateReport:
    """What came after the close."""

    measure: str
    unit: str
    on: str
    nil: bool
    progress: str
    difficulty: str
    next_step: str


@dataclass(frozen=True, kw_only=True)
class UnitTotal:
    """How far one unit is."""

    unit: str
    unit_pk: int
    asked: int
    reported: int
    missing: int
    nil: int
    to_confirm: int
    late: int
    difficulties: int


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The whole account of a round. `as_of` is the moment in words; `later` are the points that
    were written down after the close; `is_damaged`: it does not say any more what was kept."""

    organisation: str = ""
    inspection: str = ""
    round: str = ""
    meeting: str = ""
    as_of: str = ""
    is_closed: bool = False
    lines: tuple[Line, ...] = ()
    points: tuple[Point, ...] = ()
    late: tuple[LateReport, ...] = ()
    later: tuple[Point, ...] = ()
    is_damaged: bool = False

    @property
    def title(self) -> str:
        return f"{self.organisation}巡察整改{self.round}表"

    @property
    def units(self) -> tuple[UnitTotal, ...]:
        return totals(self.lines)

    @property
    def behind(self) -> tuple[Line, ...]:
        """Each measure once: the line of its lead unit where that was asked. Worst first."""
        found: dict[str, Line] = {}
        for line in self.lines:
            if line.is_behind and (line.leads or line.measure not in found):
                found[line.measure] = line
        return tuple(sorted(found.values(), key=_urgency))

    @property
    def difficulties(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.difficulty)

    def kept(self) -> dict[str, Any]:
        """As JSON, without what is not part of the account."""
        beside = {"late", "later", "is_damaged"}
        return {name: value for name, value in asdict(self).items() if name not in beside}

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """The sheet that was kept. What a newer version has added is empty in an old one."""
        lines = tuple(_read(Line, each, points=tuple) for each in kept.get("lines", ()))
        points = tuple(_read(Point, each, answers=_answers) for each in kept.get("points", ()))
        plain = {name: each for name, each in kept.items() if name not in {"lines", "points"}}
        whole: Self = _read(cls, {**plain, "lines": lines, "points": points})
        return whole


def totals(lines: Iterable[Line]) -> tuple[UnitTotal, ...]:
    """For each unit that was asked, in the order of the lines."""
    by_unit: dict[int, list[Line]] = {}
    for line in lines:
        by_unit.setdefault(line.unit_pk, []).append(line)
    return tuple(
        UnitTotal(
            unit=mine[0].unit,
            unit_pk=unit_pk,
            asked=len(mine),
            reported=sum(line.is_reported for line in mine),
            missing=sum(line.is_missing for line in mine),
            nil=sum(line.is_nil for line in mine),
            to_confirm=sum(line.waits_for_head for line in mine),
            late=sum(bool(line.late) for line in mine),
            difficulties=sum(bool(line.difficulty) for line in mine),
        )
        for unit_pk, mine in by_unit.items()
    )


def digest_of(kept: Mapping[str, Any]) -> str:
    """SHA-256 of what was kept, whatever order a database gives the keys back in."""
    plain = json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def _urgency(line: Line) -> tuple[bool, int]:
    return line.light != "red", (line.reached or 0) - (line.scheduled or 0)


def _answers(found: Iterable[Mapping[str, Any]]) -> tuple[Answer, ...]:
    return tuple(_read(Answer, each) for each in found)


def _read(kind: Any, kept: Mapping[str, Any], **parts: Any) -> Any:
    known = {each.name for each in fields(kind)}
    values = {name: value for name, value in kept.items() if name in known}
    return kind(**values | {name: read(values.get(name, ())) for name, read in parts.items()})
