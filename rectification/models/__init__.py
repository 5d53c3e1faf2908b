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
from rectification.models.exemption import Exemption, ExemptionQuerySet
from rectification.models.extension import (
    DeadlineChange,
    Extension,
    ExtensionDecision,
    ExtensionQuerySet,
    deadline_as_of,
)
from rectification.models.handover import OF_MEASURES, OF_PROBLEMS, Handover, HandoverField
from rectification.models.inspection import EXTENDING, FindingArea, Inspection
from rectification.models.lookback import (
    LookBack,
    LookBackItem,
    LookBackQuerySet,
    LookBackResult,
    LookBackScope,
    LookBackState,
)
from rectification.models.measure import Light, Measure, MeasureQuerySet
from rectification.models.milestone import Milestone
from rectification.models.money import MoneyKind, RecoveredMoney, in_ten_thousands
from rectification.models.notice import Channel, Notice, NoticeKind
from rectification.models.outcome import InstitutionalOutcome, OutcomeKind, title_key
from rectification.models.problem import Problem, ProblemQuerySet
from rectification.models.progress import ProgressEntry
from rectification.models.recurrence import Recurrence, RecurrenceDecision, RecurrenceQuerySet
from rectification.models.register import Register
from rectification.models.rework import Rework
from rectification.models.workday import Workday

__all__ = [
    "EXTENDING",
    "AccountabilityAction",
    "AccountabilityKind",
    "OF_MEASURES",
    "OF_PROBLEMS",
    "Channel",
    "CloseoutRequest",
    "CloseoutRequestQuerySet",
    "DeadlineChange",
    "DispatchRound",
    "Evidence",
    "EvidenceKind",
    "EvidenceUse",
    "EvidenceVersion",
    "Extension",
    "ExtensionDecision",
    "ExtensionQuerySet",
    "Exemption",
    "ExemptionQuerySet",
    "FindingArea",
    "Handover",
    "HandoverField",
    "InstitutionalOutcome",
    "Inspection",
    "Light",
    "LookBack",
    "LookBackItem",
    "LookBackQuerySet",
    "LookBackResult",
    "LookBackScope",
    "LookBackState",
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
    "Recurrence",
    "RecurrenceDecision",
    "RecurrenceQuerySet",
    "RecoveredMoney",
    "Register",
    "RequestEvidence",
    "Review",
    "ReviewStage",
    "Rework",
    "Workday",
    "deadline_as_of",
    "in_ten_thousands",
    "title_key",
]
