from rectification.models.accountability import AccountabilityAction, AccountabilityKind
from rectification.models.closeout import (
    CloseoutRequest,
    CloseoutRequestQuerySet,
    RequestEvidence,
    Review,
    ReviewStage,
)
from rectification.models.dispatch import DispatchRound
from rectification.models.event import MeasureEvent, ProblemEvent
from rectification.models.evidence import (
    Evidence,
    EvidenceKind,
    EvidenceUse,
    EvidenceVersion,
)
from rectification.models.inspection import FindingArea, Inspection
from rectification.models.measure import Light, Measure, MeasureQuerySet
from rectification.models.milestone import Milestone
from rectification.models.money import MoneyKind, RecoveredMoney, in_ten_thousands
from rectification.models.notice import Channel, Notice, NoticeKind
from rectification.models.outcome import InstitutionalOutcome, OutcomeKind, title_key
from rectification.models.problem import Problem, ProblemQuerySet
from rectification.models.progress import ProgressEntry
from rectification.models.register import Register
from rectification.models.workday import Workday

__all__ = [
    "AccountabilityAction",
    "AccountabilityKind",
    "Channel",
    "CloseoutRequest",
    "CloseoutRequestQuerySet",
    "DispatchRound",
    "Evidence",
    "EvidenceKind",
    "EvidenceUse",
    "EvidenceVersion",
    "FindingArea",
    "InstitutionalOutcome",
    "Inspection",
    "Light",
    "Measure",
    "MeasureEvent",
    "MeasureQuerySet",
    "Milestone",
    "MoneyKind",
    "Notice",
    "NoticeKind",
    "OutcomeKind",
    "Problem",
    "ProblemEvent",
    "ProblemQuerySet",
    "ProgressEntry",
    "RecoveredMoney",
    "Register",
    "RequestEvidence",
    "Review",
    "ReviewStage",
    "Workday",
    "in_ten_thousands",
    "title_key",
]
