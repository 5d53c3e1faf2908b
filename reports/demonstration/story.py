"""The story as values: what the TOML files beside this module say, before anything is loaded.

No Django here. Words of the story (statuses, kinds, precisions, roles) are the values of the
models' choices; `checks.py` says whether the whole holds together.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from reports.demonstration import further

FOLDER = Path(__file__).resolve().parent
FURTHER = ("evidence", "sequels", "look_back", "registers", "letters", "meeting")


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One unit of the bureau. `head` and `liaison` are usernames, empty for the bureau itself."""

    key: str
    name: str
    short_name: str
    kind: str
    head: str = ""
    liaison: str = ""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody of the bureau. Roles hold for the unit `scope` and what is below it."""

    username: str
    name: str
    unit: str
    scope: str
    post: str
    roles: tuple[str, ...]
    sign_in: bool = False


@dataclass(frozen=True)
class Milestone:
    """What must be reached by `due`: `share` per cent of the measure."""

    due: date
    precision: str
    share: int
    text: str


@dataclass(frozen=True)
class Told:
    """What a unit told in one round; `share` is the per cent reached, None where not said."""

    round: int
    text: str
    share: int | None = None
    difficulty: str = ""
    next_step: str = ""


@dataclass(frozen=True, kw_only=True)
class Return:
    """回炉返工: on which day, on which ground, by unit_head or office, and until when to redo."""

    on: date
    ground: str
    by: str
    why: str
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class Reopening:
    """A closed measure found to have rebounded."""

    on: date
    why: str


@dataclass(frozen=True, kw_only=True)
class Lapse:
    """An application that was made and lapsed, because the evidence changed beneath it."""

    applied: date
    on: date
    why: str


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One measure. `done` is the day of close-out, `applied` and `stage` belong to one in review.

    Empty `responsible_executive` and `person_in_charge` mean head and liaison of the lead unit.
    """

    code: str
    text: str
    target: str
    lead_unit: str
    status: str
    planned: date
    time_kind: str = "dated"
    supporting_units: tuple[str, ...] = ()
    responsible_executive: str = ""
    person_in_charge: str = ""
    deadline: date | None = None
    precision: str = "none"
    review_months: int | None = None
    milestones: tuple[Milestone, ...] = ()
    progress: tuple[Told, ...] = ()
    returns: tuple[Return, ...] = ()
    done: date | None = None
    reopened: Reopening | None = None
    lapses: tuple[Lapse, ...] = ()
    applied: date | None = None
    stage: int = 1


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One problem of the feedback. `accepted` is the day when its effect was accepted."""

    code: str
    area: str
    category: str
    lead_executive: str
    lead_unit: str
    wording: str
    public_wording: str
    measures: tuple[Measure, ...]
    next_step: str = ""
    accepted: date | None = None
    effect: str = ""


@dataclass(frozen=True)
class Outcome:
    """An institutional outcome and the codes of the measures that claim it."""

    title: str
    number: str
    issued: date
    kind: str
    measures: tuple[str, ...]


@dataclass(frozen=True)
class Dispatch:
    """The rhythm, and which returns came late or not at all, as pairs of measure and round; and
    what is in already of the round after the last, by measure (None: a nil return)."""

    anchor: date
    every_days: int
    rounds: int
    days_open: int
    nil_texts: tuple[str, ...]
    late: frozenset[tuple[str, int]]
    missing: frozenset[tuple[str, int]]
    under_way: tuple[tuple[str, Told | None], ...]

    def opens(self, round: int) -> date:
        """The day of the round in the series."""
        return self.anchor + timedelta(days=self.every_days * (round - 1))

    def closes(self, round: int) -> date:
        """The last day on which the round is open."""
        return self.opens(round) + timedelta(days=self.days_open - 1)


@dataclass(frozen=True)
class Opinions:
    """What reviewers write when they approve, by case, and what units attach, by a word."""

    head_in_time: tuple[str, ...]
    head_late: tuple[str, ...]
    office: tuple[str, ...]
    office_outcome: tuple[str, ...]
    office_rework: tuple[str, ...]
    evidence: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Paragraph:
    heading: str
    text: str


@dataclass(frozen=True)
class Prose:
    """What the composed report says beside the ledger: parts one and three, and the closing."""

    organisation: tuple[Paragraph, ...]
    future: tuple[Paragraph, ...]
    invitation: str
    telephone: str
    postal_address: str
    email: str
    signature: str


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The inspection itself. `on` is the day at which the story is told."""

    on: date
    planned: date
    code: str
    name: str
    level: str
    inspecting_body: str
    on_site_from: date
    on_site_to: date
    feedback_date: date
    concentrated_months: int
    near_days: int
    stages: tuple[tuple[str, str], ...]
    areas: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Story:
    """Everything that the demonstration ledger holds."""

    frame: Frame
    units: tuple[Unit, ...]
    people: tuple[Person, ...]
    problems: tuple[Problem, ...]
    outcomes: tuple[Outcome, ...]
    dispatch: Dispatch
    opinions: Opinions
    prose: Prose
    further: further.Further

    @property
    def measures(self) -> tuple[Measure, ...]:
        return tuple(measure for problem in self.problems for measure in problem.measures)

    def unit(self, key: str) -> Unit:
        return next(unit for unit in self.units if unit.key == key)

    def measure(self, code: str) -> Measure:
        return next(measure for measure in self.measures if measure.code == code)


def read_story(folder: Path = FOLDER) -> Story:
    """The story of the files in the folder."""
    frame = _frame(_toml(folder / "inspection.toml"))
    files = sorted((folder / "problems").glob("*.toml"))
    return Story(
        frame=frame,
        units=tuple(Unit(**row) for row in _toml(folder / "units.toml")["unit"]),
        people=tuple(_person(row) for row in _toml(folder / "people.toml")["person"]),
        problems=tuple(problem for file in files for problem in _problems(_toml(file), frame)),
        outcomes=tuple(_outcome(row) for row in _toml(folder / "outcomes.toml")["outcome"]),
        dispatch=_dispatch(_toml(folder / "dispatch.toml")),
        opinions=_opinions(_toml(folder / "reviews.toml")),
        prose=_prose(_toml(folder / "prose.toml")),
        further=further.read({name: _toml(folder / f"{name}.toml") for name in FURTHER}),
    )


def _toml(file: Path) -> dict[str, Any]:
    with file.open("rb") as stream:
        return tomllib.load(stream)


def _frame(data: dict[str, Any]) -> Frame:
    stages = tuple((row["name"], row["role"]) for row in data.pop("stage"))
    areas = tuple((row["key"], row["name"]) for row in data.pop("area"))
    return Frame(stages=stages, areas=areas, **data)


def _person(row: dict[str, Any]) -> Person:
    return Person(**{"scope": row["unit"], **row, "roles": tuple(row["roles"])})


def _outcome(row: Mapping[str, Any]) -> Outcome:
    return Outcome(row["title"], row["number"], row["issued"], row["kind"], tuple(row["measures"]))


def _problems(data: Mapping[str, Any], frame: Frame) -> tuple[Problem, ...]:
    return tuple(_problem(row, data["area"], frame) for row in data["problem"])


def _problem(row: dict[str, Any], area: str, frame: Frame) -> Problem:
    code = row["code"]
    measures = tuple(
        _measure(each, f"M{code[1:]}-{number}", row["lead_unit"], frame)
        for number, each in enumerate(row.pop("measure"), start=1)
    )
    if row.pop("finished", False) != ("accepted" in row):
        raise ValueError(f"{code}: finished and accepted must be given together")
    return Problem(area=area, measures=measures, **{"public_wording": row["wording"], **row})


def _measure(row: dict[str, Any], code: str, unit: str, frame: Frame) -> Measure:
    status = "closed" if "done" in row else "under_way"
    deadline, precision = _deadline(row.pop("deadline", ""))
    reopened = row.pop("reopened", None)
    values: dict[str, Any] = {
        "status": status,
        "lead_unit": unit,
        "planned": frame.planned,
        **row,
        "time_kind": row.pop("kind", "dated"),
        "supporting_units": tuple(row.get("supporting_units", ())),
        "milestones": tuple(_milestone(each) for each in row.get("milestones", ())),
        "progress": tuple(_told(each) for each in row.get("progress", ())),
        "lapses": tuple(Lapse(**each) for each in row.get("lapses", ())),
        "returns": tuple(Return(**each) for each in row.get("returns", ())),
        "reopened": Reopening(**reopened) if reopened else None,
    }
    values.pop("kind", None)
    return Measure(code=code, deadline=deadline, precision=precision, **values)


def _deadline(words: str) -> tuple[date | None, str]:
    """ "2025-04-30 month": the last day of the period, and how exactly it was agreed."""
    if not words:
        return None, "none"
    day, precision = words.split()
    return date.fromisoformat(day), precision


def _milestone(words: str) -> Milestone:
    """ "2025-04-30 month 60 what is reached": due day, precision, share in per cent, text."""
    day, precision, share, text = words.split(" ", 3)
    return Milestone(date.fromisoformat(day), precision, int(share), text)


def _told(words: str) -> Told:
    """ "05 60% text | 困难：… | 下一步：…": the round, the share reached (if said), the parts."""
    number, _, rest = words.partition(" ")
    parts = [part.strip() for part in rest.split(" | ")]
    share, text = None, parts[0]
    if text.partition(" ")[0].endswith("%"):
        first, _, text = text.partition(" ")
        share = int(first.removesuffix("%"))
    named = dict(part.split("：", 1) for part in parts[1:])
    if not named.keys() <= {"困难", "下一步"}:
        raise ValueError(f"unknown part in {words!r}")
    return Told(int(number), text, share, named.get("困难", ""), named.get("下一步", ""))


def _dispatch(data: Mapping[str, Any]) -> Dispatch:
    return Dispatch(
        anchor=data["anchor"],
        every_days=data["every_days"],
        rounds=data["rounds"],
        days_open=data["days_open"],
        nil_texts=tuple(data["nil_texts"]),
        late=_pairs(data["late"]),
        missing=_pairs(data["missing"]),
        under_way=tuple(_under_way(words, data["rounds"] + 1) for words in data["under_way"]),
    )


def _under_way(words: str, round: int) -> tuple[str, Told | None]:
    code, _, text = words.partition(" ")
    return code, _told(f"{round:02} {text}") if text else None


def _pairs(words: list[str]) -> frozenset[tuple[str, int]]:
    split = (word.split("@") for word in words)
    return frozenset((code, int(number)) for code, number in split)


def _opinions(data: Mapping[str, Any]) -> Opinions:
    head, office = data["unit_head"], data["office"]
    return Opinions(
        head_in_time=tuple(head["in_time"]),
        head_late=tuple(head["late"]),
        office=tuple(office["general"]),
        office_outcome=tuple(office["outcome"]),
        office_rework=tuple(office["rework"]),
        evidence=tuple((row["word"], row["text"]) for row in data["evidence"]),
    )


def _prose(data: Mapping[str, Any]) -> Prose:
    return Prose(
        organisation=tuple(Paragraph(**row) for row in data["organisation"]),
        future=tuple(Paragraph(**row) for row in data["future"]),
        **data["closing"],
    )
