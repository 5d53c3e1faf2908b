"""May this person …? Questions with yes or no; verbs ask them, views show what they answer.

Seeing: whoever holds a business role for a unit sees what lies in that unit's subtree. Acting: the
table of domain.md, section 3; whoever reported or applied never reviews the same measure.
"""

from datetime import date

from django.db.models import Exists, OuterRef, Q

from accounts.models import Role, User
from accounts.rights import rights_of
from rectification.models import (
    EXTENDING,
    CloseoutRequest,
    CloseoutRequestQuerySet,
    Evidence,
    Exemption,
    ExemptionQuerySet,
    Extension,
    ExtensionDecision,
    ExtensionQuerySet,
    Inspection,
    Measure,
    MeasureQuerySet,
    Problem,
    ProgressEntry,
    RequestEvidence,
    Review,
)
from rectification.models.closeout import REVIEWING
from rectification.states import (
    MEASURE_MOVES,
    PROBLEM_MOVES,
    ExemptionState,
    RequestOutcome,
    WorkStatus,
)

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


# Work on a measure -------------------------------------------------------------------------------


def may_report(user: User, measure: Measure) -> bool:
    """Report progress: the liaison of the lead unit or of a supporting one."""
    return _reports_for(user, measure) and _can(measure, "report")


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


# Close-out ---------------------------------------------------------------------------------------


def may_submit(user: User, measure: Measure) -> bool:
    """Apply for close-out: the liaison of the lead unit, which answers for the result."""
    led = rights_of(user).covers(measure.lead_unit, Role.LIAISON)
    return led and _can(measure, "submit")


def may_withdraw(user: User, request: CloseoutRequest) -> bool:
    """Take a waiting application back: whoever made it, or, where they have left, a liaison of
    the lead unit."""
    mine = _is_one_of(user, request.applied_by_id, request.on_behalf_of_id)
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
    mine = _is_one_of(user, extension.requested_by_id, extension.on_behalf_of_id)
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
    return waiting.exclude(done_by(user, "requested_by") | _reported(user) | Exists(decided))


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
    return waiting.exclude(done_by(user) | _reported(user))


def may_reinstate(user: User, measure: Measure) -> bool:
    """Take a measure up again that was not applicable: the office."""
    return may_run(user, measure.inspection) and _can(measure, "reinstate")


def pending_exemption(measure: Measure) -> Exemption | None:
    pending = Exemption.objects.pending().filter(measure=measure)
    return pending.select_related("measure__lead_unit", "by", "on_behalf_of").first()


def _asks_exemption(user: User, measure: Measure) -> bool:
    led = rights_of(user).covers(measure.lead_unit, Role.LIAISON)
    return led or may_run(user, measure.inspection)


# Who had a hand in something decides on nothing of it --------------------------------------------


def done_by(user: User, who: str = "by") -> Q:
    """The rows that the person has written or had written.

    Who acts for somebody is two persons here, and so is who acted then: what one of the one pair
    has done bars both of the other.
    """
    persons = _persons(user)
    return Q(**{f"{who}__in": persons}) | Q(on_behalf_of__in=persons)


def had_a_hand_in(user: User, measures: MeasureQuerySet) -> set[int]:
    """Those of the measures that the person reported on, gave evidence to, applied for or, unless
    the inspection lets one person review several stages, reviewed."""
    applied = CloseoutRequest.objects.filter(done_by(user, "applied_by"), measure=OuterRef("pk"))
    reviewed = Review.objects.filter(
        done_by(user),
        request__measure=OuterRef("pk"),
        request__measure__inspection__reviewers_may_repeat=False,
    )
    gave = RequestEvidence.objects.filter(_gave(user), request__measure=OuterRef("pk"))
    touched = _reported(user, "pk") | Exists(applied) | Exists(gave) | Exists(reviewed)
    return set(measures.filter(touched).order_by().values_list("pk", flat=True))


def _had_a_hand(user: User) -> Q:
    """Applied, reported on the measure, gave evidence that it rests on, or reviewed this
    application at another stage, unless the inspection lets one person review several."""
    reviewed = Review.objects.filter(
        done_by(user),
        request=OuterRef("pk"),
        request__measure__inspection__reviewers_may_repeat=False,
    )
    gave = RequestEvidence.objects.filter(_gave(user), request=OuterRef("pk"))
    touched = Q(_reported(user)) | Q(Exists(gave)) | Q(Exists(reviewed))
    return done_by(user, "applied_by") | touched


def _gave(user: User) -> Q:
    """Of the evidence of an application, what the person has sent or had sent."""
    persons = _persons(user)
    return Q(version__by__in=persons) | Q(version__on_behalf_of__in=persons)


def _reported(user: User, measure: str = "measure") -> Exists:
    """Of rows with a measure: the person has reported on it."""
    return Exists(ProgressEntry.objects.filter(done_by(user), measure=OuterRef(measure)))


def _persons(user: User) -> list[User]:
    return [each for each in (user, user.acting_for) if each is not None]


def _is_one_of(user: User, *persons: int | None) -> bool:
    return any(each.pk in persons for each in _persons(user))


def _can(measure: Measure, move: str) -> bool:
    return measure.status in MEASURE_MOVES[move].sources


def _reports_for(user: User, measure: Measure) -> bool:
    rights = rights_of(user)
    units = [measure.lead_unit, *measure.supporting_units.all()]
    return any(rights.covers(unit, Role.LIAISON) for unit in units)
