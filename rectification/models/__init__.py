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
from rectification.models.handover import OF_MEASURES, OF_PROBLEMS, Handover, HandoverField
from rectification.models.inspection import FindingArea, Inspection
from rectification.models.measure import Light, Measure, MeasureQuerySet
from rectification.models.milestone import Milestone
from rectification.models.notice import Channel, Notice, NoticeKind
from rectification.models.outcome import InstitutionalOutcome
from rectification.models.problem import Problem, ProblemQuerySet
from rectification.models.progress import ProgressEntry
from rectification.models.workday import Workday

__all__ = [
    "OF_MEASURES",
    "OF_PROBLEMS",
    "Channel",
    "CloseoutRequest",
    "CloseoutRequestQuerySet",
    "DispatchRound",
    "Evidence",
    "EvidenceKind",
    "EvidenceUse",
    "EvidenceVersion",
    "Exemption",
    "ExemptionQuerySet",
    "FindingArea",
    "Handover",
    "HandoverField",
    "InstitutionalOutcome",
    "Inspection",
    "Light",
    "Measure",
    "MeasureEvent",
    "MeasureQuerySet",
    "Milestone",
    "Notice",
    "NoticeKind",
    "Problem",
    "ProblemEvent",
    "ProblemQuerySet",
    "ProgressEntry",
    "RequestEvidence",
    "Review",
    "ReviewStage",
    "Workday",
]
