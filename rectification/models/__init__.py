from rectification.models.accountability import AccountabilityAction, AccountabilityKind
from rectification.models.calendar_feed import CalendarFeed
from rectification.models.closeout import (
    CloseoutRequest,
    CloseoutRequestQuerySet,
    RequestEvidence,
    Review,
    ReviewStage,
)
from rectification.models.contact import (
    OUTWARD,
    ROBOTS,
    Channel,
    ContactPoint,
)
from rectification.models.dispatch import DispatchRound, RoundSheet
from rectification.models.dispatch_return import DispatchReturn, DispatchReturnQuerySet
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
from rectification.models.milestone import Milestone, Progress, progress_of
from rectification.models.money import MoneyKind, RecoveredMoney, in_ten_thousands
from rectification.models.notice import (
    Notice,
    NoticeKind,
    NoticeQuerySet,
    digest_of,
    houses_of,
    message_id_of,
)
from rectification.models.outcome import InstitutionalOutcome, OutcomeKind, title_key
from rectification.models.point import MeetingPoint, MeetingPointQuerySet, PointAnswer
from rectification.models.problem import Problem, ProblemQuerySet
from rectification.models.progress import ProgressEntry
from rectification.models.recurrence import Recurrence, RecurrenceDecision, RecurrenceQuerySet
from rectification.models.register import Register
from rectification.models.rework import Rework
from rectification.models.rung import (
    LETTERS,
    Colour,
    LetterKind,
    Rung,
    come_to,
    counted,
    rung_for,
)
from rectification.models.supervision import (
    LetterStep,
    SupervisionAction,
    SupervisionActionQuerySet,
    step_of,
)
from rectification.models.workday import CalendarYear, Workday

__all__ = [
    "EXTENDING",
    "AccountabilityAction",
    "AccountabilityKind",
    "CalendarYear",
    "LETTERS",
    "OF_MEASURES",
    "OF_PROBLEMS",
    "OUTWARD",
    "ROBOTS",
    "Channel",
    "CalendarFeed",
    "CloseoutRequest",
    "CloseoutRequestQuerySet",
    "Colour",
    "ContactPoint",
    "DeadlineChange",
    "DispatchReturn",
    "DispatchReturnQuerySet",
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
    "LetterKind",
    "LetterStep",
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
    "MeetingPoint",
    "MeetingPointQuerySet",
    "Milestone",
    "Progress",
    "progress_of",
    "MoneyKind",
    "Notice",
    "NoticeKind",
    "NoticeQuerySet",
    "OutcomeKind",
    "PointAnswer",
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
    "Rung",
    "SupervisionAction",
    "SupervisionActionQuerySet",
    "RoundSheet",
    "Workday",
    "come_to",
    "counted",
    "deadline_as_of",
    "digest_of",
    "houses_of",
    "message_id_of",
    "in_ten_thousands",
    "rung_for",
    "step_of",
    "title_key",
]
