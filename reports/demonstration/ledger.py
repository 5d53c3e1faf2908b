"""What the rows of a load hang on while they are made."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from accounts.models import User
from rectification.models import (
    DispatchRound,
    Evidence,
    EvidenceVersion,
    Inspection,
    Measure,
    Problem,
    ReviewStage,
)
from reports.demonstration.further import Proof
from reports.demonstration.staffing import Staff
from reports.demonstration.story import Story

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Kept:
    """A piece of evidence: what the story says, its row, its versions."""

    told: Proof
    row: Evidence
    versions: list[EvidenceVersion] = field(default_factory=list)


@dataclass
class Ledger:
    """The story beside the rows made so far: rounds by number, stages by order, rows by code."""

    story: Story
    staff: Staff
    inspection: Inspection
    rounds: dict[int, DispatchRound]
    stages: dict[int, ReviewStage]
    office: list[User]
    proofs: tuple[Kept, ...]
    problems: dict[str, Problem] = field(default_factory=dict)
    measures: dict[str, Measure] = field(default_factory=dict)


def moment(day: date, at: time) -> datetime:
    """The day and the time of day in Beijing."""
    return datetime.combine(day, at, tzinfo=SHANGHAI)
