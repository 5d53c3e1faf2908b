"""What the story tells beside the plan and its course, as values: evidence, extensions, a handover,
an application that a measure does not apply any more, a look-back, the registers, letters, points.

No Django here. `story.py` reads it with the rest, `checks.py` asks whether it fits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A piece of evidence: what it is, which file is made for it, when it came, what it serves."""

    title: str
    kind: str
    file: str
    dated: date
    added: date
    measures: tuple[str, ...]
    document_number: str = ""
    public: bool = False
    says: tuple[str, ...] = ()
    again: date | None = None
    withdrawn: date | None = None
    why: str = ""


@dataclass(frozen=True)
class Agreed:
    """A deadline and how exactly it was agreed."""

    deadline: date
    precision: str


@dataclass(frozen=True)
class Verdict:
    """One decision on an extension: agree or refuse."""

    on: date
    decision: str
    opinion: str


@dataclass(frozen=True, kw_only=True)
class Extension:
    """A request for more time. `since` is what a granted one moved away from."""

    measure: str
    asked: date
    wish: Agreed
    reason: str
    verdicts: tuple[Verdict, ...] = ()
    since: Agreed | None = None

    @property
    def granted_on(self) -> date | None:
        """The day of the second agreement."""
        agreed = [each.on for each in self.verdicts if each.decision == "agree"]
        return agreed[1] if len(agreed) == 2 else None


@dataclass(frozen=True, kw_only=True)
class Handover:
    """A field of a measure that passed from `former` to whom the measure names."""

    measure: str
    field: str
    former: str
    on: date
    why: str


@dataclass(frozen=True, kw_only=True)
class Exemption:
    """A waiting application that a measure does not apply any more."""

    measure: str
    on: date
    reason: str


@dataclass(frozen=True, kw_only=True)
class LookBack:
    """回头看: drawn on a day from what was closed until a day; rebounds are the measures' own."""

    name: str
    on: date
    closed_until: date
    size: int
    seed: str
    checklist: tuple[str, ...]
    days: tuple[date, ...]
    closed: date
    notes: tuple[str, ...]
    rebound_note: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A row of a register: `count` people, or 元."""

    register: str
    kind: str
    count: Decimal
    day: date
    problem: str = ""
    note: str = ""
    withdrawn: date | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What became of a letter of supervision: of the ladder's to a measure, or of one written by
    hand to a unit. `after`: days from its issue to the answer."""

    kind: str
    measure: str = ""
    after: int = 0
    answer: str = ""
    settle: str = ""
    withdrawn: str = ""
    unit: str = ""
    on: date | None = None
    title: str = ""
    matter: str = ""
    demand: str = ""
    answer_days: int | None = None


@dataclass(frozen=True)
class Said:
    """Words of a round."""

    round: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Point:
    """议定事项: what the meeting of a round put to a unit, the answers, how it was settled."""

    round: int
    unit: str
    text: str
    measure: str = ""
    answers: tuple[Said, ...] = ()
    settled: Said | None = None


@dataclass(frozen=True)
class Further:
    """All of it."""

    proofs: tuple[Proof, ...]
    extensions: tuple[Extension, ...]
    handovers: tuple[Handover, ...]
    exemptions: tuple[Exemption, ...]
    look_back: LookBack
    entries: tuple[Entry, ...]
    letters: tuple[Letter, ...]
    points: tuple[Point, ...]

    def extension_granted(self, code: str) -> Extension | None:
        """The granted extension of a measure."""
        found = (each for each in self.extensions if each.measure == code and each.granted_on)
        return next(found, None)


def read(files: Mapping[str, dict[str, Any]]) -> Further:
    """From the data of the files that `story.FURTHER` names."""
    sequels = files["sequels"]
    return Further(
        proofs=tuple(Proof(**_tuples(row)) for row in files["evidence"]["evidence"]),
        extensions=tuple(_extension(row) for row in sequels["extension"]),
        handovers=tuple(Handover(**row) for row in sequels["handover"]),
        exemptions=tuple(Exemption(**row) for row in sequels["exemption"]),
        look_back=LookBack(**_tuples(files["look_back"])),
        entries=tuple(
            _entry(register, row) for register, rows in files["registers"].items() for row in rows
        ),
        letters=tuple(Letter(**row) for row in files["letters"]["letter"]),
        points=tuple(_point(row) for row in files["meeting"]["point"]),
    )


def _tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}


def _extension(row: dict[str, Any]) -> Extension:
    since = row.pop("since", None)
    return Extension(
        wish=_agreed(row.pop("deadline")),
        since=_agreed(since) if since else None,
        verdicts=tuple(_verdict(words) for words in row.pop("verdicts", ())),
        **row,
    )


def _agreed(words: str) -> Agreed:
    day, precision = words.split()
    return Agreed(date.fromisoformat(day), precision)


def _verdict(words: str) -> Verdict:
    day, decision, opinion = words.split(" ", 2)
    return Verdict(date.fromisoformat(day), decision, opinion)


def _entry(register: str, row: dict[str, Any]) -> Entry:
    count = row.pop("people" if register == "accountability" else "amount")
    return Entry(register=register, count=Decimal(count), **row)


def _point(row: dict[str, Any]) -> Point:
    answers, settled = row.pop("answers", ()), row.pop("settled", None)
    told = tuple(_said(words) for words in answers)
    return Point(answers=told, settled=_said(settled) if settled else None, **row)


def _said(words: str) -> Said:
    number, text = words.split(" ", 1)
    return Said(int(number), text)
