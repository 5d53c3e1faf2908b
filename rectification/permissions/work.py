"""Work on a measure, up to its close-out and after; its time, and whether it applies."""

from datetime import date

from django.db.models import Exists, OuterRef

from accounts.models import Role, Unit, User
from accounts.rights import rights_of
from rectification.models import (
    EXTENDING,
    CloseoutRequest,
    CloseoutRequestQuerySet,
    DispatchReturn,
    Evidence,
    Exemption,
    ExemptionQuerySet,
    Extension,
    ExtensionDecision,
    ExtensionQuerySet,
    Inspection,
    Measure,
    MeetingPoint,
    Problem,
    ProgressEntry,
)
from rectification.models.closeout import REVIEWING
from rectification.permissions.hands import (
    done_by,
    had_a_hand,
    had_a_hand_in,
    is_one_of,
    reported,
)
from rectification.permissions.scope import may_run
from rectification.states import (
    MEASURE_MOVES,
    PROBLEM_MOVES,
    ExemptionState,
    RequestOutcome,
    WorkStatus,
)

# Work on a measure -------------------------------------------------------------------------------


def may_report(user: User, measure: Measure) -> bool:
    """Report progress: the liaison of the lead unit or of a supporting one."""
    return _reports_for(user, measure) and _can(measure, "report")


def may_report_as(user: User, measure: Measure, unit: Unit) -> bool:
    """Report on a measure for one of the units that work on it."""
    works = unit in (measure.lead_unit, *measure.supporting_units.all())
    return works and rights_of(user).covers(unit, Role.LIAISON) and _can(measure, "report")


def reporting_unit(user: User, measure: Measure) -> Unit | None:
    """For which of the units of a measure the person reports where nobody says for which: the
    person's own, else the lead unit, else a supporting one."""
    units = [measure.lead_unit, *measure.supporting_units.all()]
    mine = [unit for unit in units if rights_of(user).covers(unit, Role.LIAISON)]
    own = (user.acting_for or user).unit_id
    return next((unit for unit in mine if unit.pk == own), mine[0] if mine else None)


def may_confirm_return(user: User, line: DispatchReturn) -> bool:
    """Confirm what a unit is about to report in a round, or turn it back: its head, who has not
    reported it."""
    return rights_of(user).covers(line.unit, Role.UNIT_HEAD) and not told_by(user, line)


def told_by(user: User, line: DispatchReturn) -> bool:
    """Whether the report of the line is the person's own, or was made for them."""
    return line.entry is not None and is_one_of(user, line.entry.by_id, line.entry.on_behalf_of_id)


def may_answer_rounds(user: User, inspection: Inspection) -> bool:
    """Open a unit's own page of a round: who reports for a unit that the inspection asks, or heads
    it."""
    paths = rights_of(user).paths(Role.LIAISON, Role.UNIT_HEAD)
    here = inspection.inspected_unit.path
    if any(path.startswith(here) or here.startswith(path) for path in paths):
        return True
    lines = DispatchReturn.objects.filter(round__inspection=inspection)
    return lines.of_units_within(paths).exists()


def bulk_verbs(user: User, inspection: Inspection) -> tuple[str, ...]:
    """The verbs that this person may have for many measures at once; each measure asks again."""
    rights = rights_of(user)
    here = inspection.inspected_unit.path
    held = {
        role for role, path in rights.holdings if path.startswith(here) or here.startswith(path)
    }
    verbs = ("nil_return",) if Role.LIAISON in held else ()
    return verbs + (("approve", "send_back") if held & set(REVIEWING) else ())


def may_hand_over(user: User, inspection: Inspection) -> bool:
    """Pass a measure, a problem or everything of a person on: the office."""
    return may_run(user, inspection)


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


# What a dispatch meeting decides ------------------------------------------------------------------


def may_answer_point(user: User, point: MeetingPoint) -> bool:
    """Answer what a meeting decided: a liaison of the unit that it was put to, until it is over."""
    return point.is_pending and rights_of(user).covers(point.unit, Role.LIAISON)


def may_end_point(user: User, point: MeetingPoint) -> bool:
    """Settle a point or withdraw it: the office, once, being nobody who answered it."""
    runs = point.is_pending and may_run(user, point.inspection)
    return runs and not answered_by(user, point)


def answered_by(user: User, point: MeetingPoint) -> bool:
    """Whether an answer to the point is the person's own, or was made for them."""
    answers = point.answers.all()
    return any(is_one_of(user, each.by_id, each.on_behalf_of_id) for each in answers)


# Close-out ---------------------------------------------------------------------------------------


def may_submit(user: User, measure: Measure) -> bool:
    """Apply for close-out: the liaison of the lead unit, which answers for the result."""
    led = rights_of(user).covers(measure.lead_unit, Role.LIAISON)
    return led and _can(measure, "submit")


def may_withdraw(user: User, request: CloseoutRequest) -> bool:
    """Take a waiting application back: whoever made it, or, where they have left, a liaison of
    the lead unit."""
    mine = is_one_of(user, request.applied_by_id, request.on_behalf_of_id)
    waits = request.outcome == RequestOutcome.PENDING
    return (mine and waits) or may_resubmit(user, request)


def may_resubmit(user: User, request: CloseoutRequest) -> bool:
    """Change a waiting application, which is to apply again: a liaison of the lead unit."""
    led = rights_of(user).covers(request.measure.lead_unit, Role.LIAISON)
    return led and request.outcome == RequestOutcome.PENDING


def may_review(user: User, request: CloseoutRequest) -> bool:
    """Decide at the stage where the application is, being nobody who had a hand in it."""
    return reviewable(user).filter(pk=request.pk).exists()


def reviewable(user: User) -> CloseoutRequestQuerySet:
    """The applications that this person may decide on now."""
    at_my_stage = CloseoutRequest.objects.pending().at_stages_of(rights_of(user).holdings)
    return at_my_stage.exclude(had_a_hand(user))


def may_send_back(user: User, measure: Measure) -> bool:
    """回炉返工 may come from any level: from the reviewer, and from the office at any time."""
    if not _can(measure, "send_back"):
        return False
    request = pending_request(measure)
    if request is None:
        return may_run(user, measure.inspection)
    if may_review(user, request):
        return True
    touched = CloseoutRequest.objects.filter(had_a_hand(user), pk=request.pk).exists()
    return may_run(user, measure.inspection) and not touched


def may_accept(user: User, problem: Problem) -> bool:
    """Accept the effect of a problem whose measures are all closed: an executive or the group,
    and nobody who reported on one of them or applied for it."""
    unit = problem.inspection.inspected_unit
    holds = rights_of(user).covers(unit, Role.EXECUTIVE, Role.PARTY_GROUP)
    told = ProgressEntry.objects.filter(done_by(user), measure__problem=problem)
    applied = CloseoutRequest.objects.filter(done_by(user, "applied_by"), measure__problem=problem)
    if not holds or problem.status not in PROBLEM_MOVES["close"].sources:
        return False
    return not told.exists() and not applied.exists()


def pending_request(measure: Measure) -> CloseoutRequest | None:
    pending = CloseoutRequest.objects.pending().filter(measure=measure)
    return pending.select_related("stage", "measure__lead_unit").first()


# Look-back ---------------------------------------------------------------------------------------


def may_look_back(user: User, measure: Measure) -> bool:
    """Record what a look-back found: the office, being nobody who had a hand in the measure."""
    runs = may_run(user, measure.inspection)
    return runs and not had_a_hand_in(user, Measure.objects.filter(pk=measure.pk))


def may_reopen(user: User, measure: Measure) -> bool:
    """Call a closed measure rebounded: whoever may look back at it."""
    return _can(measure, "reopen") and may_look_back(user, measure)


# Extensions --------------------------------------------------------------------------------------


def may_request_extension(user: User, measure: Measure, *, on: date) -> bool:
    """Ask for a later deadline: the liaison of the lead unit, until the agreed one has passed."""
    if measure.is_finished or measure.deadline is None or on > measure.deadline:
        return False
    led = rights_of(user).covers(measure.lead_unit, Role.LIAISON)
    return led and pending_extension(measure) is None


def may_withdraw_extension(user: User, extension: Extension) -> bool:
    """Take a request back: whoever made it or had it made, while it waits."""
    mine = is_one_of(user, extension.requested_by_id, extension.on_behalf_of_id)
    return mine and extension.is_pending


def may_decide_extension(user: User, extension: Extension) -> bool:
    """Decide at the step where the request is, being nobody who had a hand in it."""
    return decidable_extensions(user).filter(pk=extension.pk).exists()


def decidable_extensions(user: User) -> ExtensionQuerySet:
    """The requests that this person may decide on now: not those that they made, decided at the
    first step, or reported under."""
    holdings = [(role, path) for role, path in rights_of(user).holdings if role in EXTENDING]
    waiting = Extension.objects.pending().at_steps_of(holdings)
    decided = ExtensionDecision.objects.filter(done_by(user), extension=OuterRef("pk"))
    return waiting.exclude(done_by(user, "requested_by") | reported(user) | Exists(decided))


def pending_extension(measure: Measure) -> Extension | None:
    pending = Extension.objects.pending().filter(measure=measure)
    related = ("measure__inspection", "measure__lead_unit", "requested_by")
    return pending.select_related(*related).first()


# Not applicable any more -------------------------------------------------------------------------


def may_ask_exemption(user: User, measure: Measure) -> bool:
    """Ask that a measure be not applicable any more: a liaison of the lead unit, or the office."""
    asked = Exemption.objects.pending().filter(measure=measure).exists()
    return _asks_exemption(user, measure) and _can(measure, "exempt") and not asked


def may_withdraw_exemption(user: User, exemption: Exemption) -> bool:
    """Whoever may ask may take it back while it waits: the applicant may have moved on."""
    waits = exemption.state == ExemptionState.REQUESTED
    return waits and _asks_exemption(user, exemption.measure)


def may_decide_exemption(user: User, exemption: Exemption) -> bool:
    return exemptions_to_decide(user).filter(pk=exemption.pk).exists()


def exemptions_to_decide(user: User) -> ExemptionQuerySet:
    """What an executive or the party group of the bureau may decide: nothing of their own hand."""
    paths = rights_of(user).paths(Role.EXECUTIVE, Role.PARTY_GROUP)
    waiting = Exemption.objects.pending().of_bureaus_within(paths)
    return waiting.exclude(done_by(user) | reported(user))


def may_reinstate(user: User, measure: Measure) -> bool:
    """Take a measure up again that was not applicable: the office."""
    return may_run(user, measure.inspection) and _can(measure, "reinstate")


def pending_exemption(measure: Measure) -> Exemption | None:
    pending = Exemption.objects.pending().filter(measure=measure)
    return pending.select_related("measure__lead_unit", "by", "on_behalf_of").first()


def _asks_exemption(user: User, measure: Measure) -> bool:
    led = rights_of(user).covers(measure.lead_unit, Role.LIAISON)
    return led or may_run(user, measure.inspection)


def _can(measure: Measure, move: str) -> bool:
    return measure.status in MEASURE_MOVES[move].sources


def _reports_for(user: User, measure: Measure) -> bool:
    rights = rights_of(user)
    units = [measure.lead_unit, *measure.supporting_units.all()]
    return any(rights.covers(unit, Role.LIAISON) for unit in units)
