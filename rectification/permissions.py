"""May this person …? Questions with yes or no; verbs ask them, views show what they answer.

Seeing: whoever holds a business role for a unit sees what lies in that unit's subtree. Acting: the
table of domain.md, section 3; whoever reported or applied never reviews the same measure.
"""

from django.db.models import Exists, OuterRef, Q

from accounts.models import Role, User
from accounts.rights import rights_of
from rectification.models import (
    CloseoutRequest,
    CloseoutRequestQuerySet,
    Evidence,
    Inspection,
    Measure,
    Problem,
    ProgressEntry,
    Review,
)
from rectification.states import MEASURE_MOVES, PROBLEM_MOVES, RequestOutcome, WorkStatus

BUSINESS = (
    Role.LIAISON,
    Role.UNIT_HEAD,
    Role.OFFICE,
    Role.EXECUTIVE,
    Role.PARTY_GROUP,
    Role.SUPERVISOR,
)
OVERVIEW = (Role.OFFICE, Role.EXECUTIVE, Role.PARTY_GROUP, Role.SUPERVISOR)


def scope_of(user: User) -> tuple[str, ...]:
    """The subtrees whose business this person may see."""
    return rights_of(user).paths(*BUSINESS)


def may_oversee(user: User, inspection: Inspection) -> bool:
    """See the whole inspection: dashboard, dispatch, reports."""
    return rights_of(user).covers(inspection.inspected_unit, *OVERVIEW)


def may_run(user: User, inspection: Inspection) -> bool:
    """Keep the ledger, run dispatches, draft and publish reports."""
    return rights_of(user).covers(inspection.inspected_unit, Role.OFFICE)


def may_report(user: User, measure: Measure) -> bool:
    """Report progress: the liaison of the lead unit or of a supporting one."""
    return _reports_for(user, measure) and _can(measure, "report")


def may_submit(user: User, measure: Measure) -> bool:
    """Apply for close-out: the liaison of the lead unit, which answers for the result."""
    led = rights_of(user).covers(measure.lead_unit, Role.LIAISON)
    return led and _can(measure, "submit")


def may_withdraw(user: User, request: CloseoutRequest) -> bool:
    """Take an application back: whoever made it, while it waits."""
    return request.applied_by_id == user.pk and request.outcome == RequestOutcome.PENDING


def may_review(user: User, request: CloseoutRequest) -> bool:
    """Decide at the stage where the application is, being nobody who had a hand in it."""
    return reviewable(user).filter(pk=request.pk).exists()


def reviewable(user: User) -> CloseoutRequestQuerySet:
    """The applications that this person may decide on now."""
    at_my_stage = CloseoutRequest.objects.pending().at_stages_of(rights_of(user).holdings)
    return at_my_stage.exclude(_had_a_hand(user))


def may_send_back(user: User, measure: Measure) -> bool:
    """回炉返工 may come from any level: from the reviewer, and from the office at any time."""
    if not _can(measure, "send_back"):
        return False
    request = pending_request(measure)
    if request is None:
        return may_run(user, measure.inspection)
    if may_review(user, request):
        return True
    touched = CloseoutRequest.objects.filter(_had_a_hand(user), pk=request.pk).exists()
    return may_run(user, measure.inspection) and not touched


def may_reopen(user: User, measure: Measure) -> bool:
    """Call a closed measure rebounded: the office, after a look-back."""
    return may_run(user, measure.inspection) and _can(measure, "reopen")


def may_accept(user: User, problem: Problem) -> bool:
    """Accept the effect of a problem whose measures are all closed: an executive or the group."""
    unit = problem.inspection.inspected_unit
    holds = rights_of(user).covers(unit, Role.EXECUTIVE, Role.PARTY_GROUP)
    return holds and problem.status in PROBLEM_MOVES["close"].sources


def may_add_evidence(user: User, measure: Measure) -> bool:
    """Give evidence to a measure: the liaison of a unit that works on it, and the office; a
    closed measure takes none."""
    works = may_run(user, measure.inspection) or _reports_for(user, measure)
    return works and measure.status != WorkStatus.CLOSED


def may_keep_evidence(user: User, evidence: Evidence) -> bool:
    """Add a version, withdraw, amend: the office, the liaison of the unit that gave it, and whoever
    works on every measure that it serves."""
    if may_run(user, evidence.inspection) or rights_of(user).covers(evidence.unit, Role.LIAISON):
        return True
    served = Measure.objects.filter(evidence_uses__evidence=evidence, evidence_uses__ended_at=None)
    measures = served.select_related("lead_unit").prefetch_related("supporting_units")
    return bool(measures) and all(_reports_for(user, measure) for measure in measures)


def pending_request(measure: Measure) -> CloseoutRequest | None:
    pending = CloseoutRequest.objects.pending().filter(measure=measure)
    return pending.select_related("stage", "measure__lead_unit").first()


def _can(measure: Measure, move: str) -> bool:
    return measure.status in MEASURE_MOVES[move].sources


def _reports_for(user: User, measure: Measure) -> bool:
    rights = rights_of(user)
    units = [measure.lead_unit, *measure.supporting_units.all()]
    return any(rights.covers(unit, Role.LIAISON) for unit in units)


def _had_a_hand(user: User) -> Q:
    """Applied, reported on the measure, or reviewed this application at an earlier stage."""
    reported = ProgressEntry.objects.filter(measure=OuterRef("measure"), by=user)
    reviewed = Review.objects.filter(request=OuterRef("pk"), by=user)
    return Q(applied_by=user) | Exists(reported) | Exists(reviewed)
