"""销号: the way of an application through the stages, and what makes its approvals lapse.

An application is an immutable record: what was claimed, on which evidence, by whom, at which
version of the measure. Its digest covers all of it, and every approval names the digest that it
approved. Where the text, the plan or the evidence changes, the application and its approvals lapse
with the reason, and the unit applies again under the next number.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import F

from accounts import journal
from accounts.journal import Act
from accounts.models import Role, User
from rectification import exempting, extending, moving, permissions, shelf
from rectification.clock import day_of
from rectification.models import (
    CloseoutRequest,
    EvidenceVersion,
    Measure,
    RequestEvidence,
    Review,
    ReviewStage,
)
from rectification.moving import MoveRefused, StaleSave
from rectification.states import Decision, RequestOutcome, WorkStatus


@dataclass(frozen=True)
class Claim:
    """What an application says: how the measure was completed, and where its evidence is."""

    statement: str
    evidence_note: str = ""


@transaction.atomic
def submit(
    measure: Measure, *, statement: str, evidence_note: str, by: User, at: datetime, version: int
) -> CloseoutRequest:
    """Apply for close-out, at the first stage of the inspection. Raises MoveRefused, StaleSave."""
    moving.require(permissions.may_submit(by, measure), measure, "submit")
    moving.move_measure(measure, "submit", by=by, at=at, version=version)
    exempting.lapse(measure, by=by, at=at)
    return _apply(measure, Claim(statement, evidence_note), by=by, at=at)


@transaction.atomic
def resubmit(
    request: CloseoutRequest,
    *,
    statement: str,
    evidence_note: str,
    by: User,
    at: datetime,
    version: int,
) -> CloseoutRequest:
    """Change what a waiting application says: it lapses, and the next one begins at stage one.

    Raises MoveRefused, StaleSave.
    """
    measure = request.measure
    moving.require(permissions.may_resubmit(by, request), measure, "resubmit")
    moving.move_measure(measure, "resubmit", by=by, at=at, version=version)
    _lapse(request, why="申请人修改了申请内容，重新审核。", at=at)
    return _apply(measure, Claim(statement, evidence_note), by=by, at=at)


@transaction.atomic
def withdraw(request: CloseoutRequest, *, by: User, at: datetime, why: str, version: int) -> None:
    """Take the application back. Raises MoveRefused, StaleSave."""
    moving.require(permissions.may_withdraw(by, request), request.measure, "withdraw")
    moving.move_measure(request.measure, "withdraw", by=by, at=at, why=why, version=version)
    _settle(request, RequestOutcome.WITHDRAWN)


def approve(
    request: CloseoutRequest, *, by: User, at: datetime, opinion: str, version: int
) -> None:
    """Approve what was read at `version`; the last stage closes the measure.

    Raises MoveRefused, StaleSave; also where what was applied for is no longer what is there, in
    the database or on the disk.
    """
    if permissions.may_review(by, request):
        _require_sound(request)  # before anybody waits for us
    _approve(request, by=by, at=at, opinion=opinion, version=version)


@transaction.atomic
def _approve(
    request: CloseoutRequest, *, by: User, at: datetime, opinion: str, version: int
) -> None:
    measure = request.measure
    _require_reviewer(request, by=by)
    moving.require_seen(measure, version)
    stage = request.stage
    _require_unchanged(request)
    following_stage = _following(request)
    if following_stage is None:
        _require_every_stage(request)
        _settle(request, RequestOutcome.APPROVED)
        moving.move_measure(measure, "close", by=by, at=at, why=opinion, closed_on=day_of(at))
        extending.lapse(measure, by=by, at=at, why="措施已销号。")
    else:
        _advance(request, following_stage, by=by, at=at, opinion=opinion)
    review = Review(request=request, stage=stage, decision=Decision.APPROVE, opinion=opinion)
    _sign(review, by=by, at=at)


def return_pending(
    request: CloseoutRequest, *, ground: str, reason: str, by: User, at: datetime
) -> None:
    """The reviewer's no: part of `workflow.send_back`. Raises MoveRefused."""
    _settle(request, RequestOutcome.RETURNED)
    review = Review(request=request, stage=request.stage, decision=Decision.RETURN)
    review.ground, review.opinion = ground, reason
    _sign(review, by=by, at=at)


@transaction.atomic
def evidence_changed(measures: Iterable[Measure], *, why: str, by: User, at: datetime) -> None:
    """What a measure's evidence is has changed: of each, the waiting application lapses.

    One piece may serve many measures, so that one new version may lapse many applications. `why`
    names the piece and what happened to it. The measure is 推进中 again.
    """
    for measure in measures:
        request = permissions.pending_request(measure)
        if request is not None:
            _lapse(request, why=why, at=at)
            moving.move_measure(request.measure, "lapse", by=by, at=at, why=why)


def current_evidence(measure: Measure) -> list[EvidenceVersion]:
    """The latest version of every piece that serves the measure now, in the order of numbers."""
    versions = EvidenceVersion.objects.filter(
        evidence__uses__measure=measure,
        evidence__uses__ended_at=None,
        evidence__withdrawn_at=None,
    ).select_related("evidence__inspection")
    latest = {each.evidence_id: each for each in versions.order_by("evidence__number", "number")}
    return list(latest.values())


def digest_of(request: CloseoutRequest, versions: Iterable[EvidenceVersion]) -> str:
    """SHA-256 over what an approval binds: the plan, the claim, the evidence, who and when."""
    measure = request.measure
    content = [
        measure.subject_code,
        measure.text,
        measure.target,
        request.number,
        request.statement,
        request.evidence_note,
        [[each.evidence.code, each.number, each.sha256] for each in versions],
        request.measure_version,
        request.applied_by_id,
        request.applied_at.astimezone(UTC).isoformat(),
    ]
    canonical = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _apply(measure: Measure, claim: Claim, *, by: User, at: datetime) -> CloseoutRequest:
    """Write the application down, with the evidence as it is at this moment."""
    stage = ReviewStage.objects.filter(inspection=measure.inspection).order_by("order").first()
    if stage is None:
        raise MoveRefused("本次巡察还没有设置审核环节，请系统管理员在后台“巡察”里设置。")
    versions = current_evidence(measure)
    if not versions and not claim.evidence_note.strip():
        raise MoveRefused(
            f"{measure.code} 还没有佐证材料。请先上传材料，"
            "或在“佐证材料说明”里写明材料名称和存放处。"
        )
    request = CloseoutRequest(
        measure=measure,
        number=measure.requests.count() + 1,
        statement=claim.statement,
        evidence_note=claim.evidence_note,
        measure_version=measure.version,
        stage=stage,
        applied_by=by,
        on_behalf_of=by.acting_for,
        applied_at=at,
        applied_on=day_of(at),
    )
    request.digest = digest_of(request, versions)
    request.save()
    RequestEvidence.objects.bulk_create(
        RequestEvidence(request=request, version=each, sha256=each.sha256) for each in versions
    )
    return request


def _require_sound(request: CloseoutRequest) -> None:
    """Nobody approves files that are lost, or whose bytes are not those that were sent."""
    for each in request.evidence.select_related("version__evidence"):
        try:
            shelf.sound(each.version.key, sha256=each.sha256)
        except shelf.FileDamaged as error:
            raise MoveRefused(
                f"{request}所附的 {each.version} 不能通过：{error}"
                "也可以先退回，由单位重新上传后再申请。"
            ) from error


def _require_reviewer(request: CloseoutRequest, *, by: User) -> None:
    """Raises MoveRefused, which says whose turn it is."""
    if permissions.may_review(by, request):
        return
    measure, stage = request.measure, request.stage
    moving.require(measure.status == WorkStatus.IN_REVIEW, measure, "close")
    raise MoveRefused(
        f"{measure.code} 正在“{stage.name}”，由{Role(stage.role).label}审核，"
        "经手过这条措施的人不能审核。"
    )


def _require_unchanged(request: CloseoutRequest) -> None:
    """The last line of defence: what would be approved is what was applied for."""
    request.measure.refresh_from_db(fields=["text", "target"])
    if digest_of(request, current_evidence(request.measure)) != request.digest:
        raise MoveRefused(
            f"{request}所附的材料或内容与申请时不一致，不能通过。请退回，由单位重新申请。"
        )


def _following(request: CloseoutRequest) -> ReviewStage | None:
    """The next stage; not one that approved already, where the order was changed meanwhile."""
    stages = ReviewStage.objects.filter(inspection=request.measure.inspection)
    approved = request.reviews.standing().values("stage")
    later = stages.filter(order__gt=request.stage.order).exclude(pk__in=approved)
    return later.order_by("order").first()


def _require_every_stage(request: CloseoutRequest) -> None:
    """Before the last stage closes it, every earlier stage approved the same digest."""
    earlier = ReviewStage.objects.filter(
        inspection=request.measure.inspection, order__lt=request.stage.order
    )
    approved = request.reviews.standing().filter(digest=request.digest)
    if missing := earlier.exclude(pk__in=approved.values("stage")).first():
        raise MoveRefused(f"{request}的“{missing}”没有通过或已失效，不能销号。请退回重新申请。")


def _lapse(request: CloseoutRequest, *, why: str, at: datetime) -> None:
    _settle(request, RequestOutcome.LAPSED, lapsed_why=why)
    request.reviews.standing().update(lapsed_at=at, lapsed_why=why)


def _settle(request: CloseoutRequest, outcome: RequestOutcome, *, lapsed_why: str = "") -> None:
    pending = CloseoutRequest.objects.pending().filter(pk=request.pk, stage=request.stage)
    if not pending.update(outcome=outcome, lapsed_why=lapsed_why):
        raise MoveRefused(f"{request} 刚被别人处理过，请刷新页面看最新状态。")
    request.outcome, request.lapsed_why = outcome, lapsed_why


def _advance(
    request: CloseoutRequest, stage: ReviewStage, *, by: User, at: datetime, opinion: str
) -> None:
    pending = CloseoutRequest.objects.pending().filter(pk=request.pk, stage=request.stage)
    if not pending.update(stage=stage):
        raise MoveRefused(f"{request} 刚被别人处理过，请刷新页面看最新状态。")
    before, request.stage = {"stage": request.stage.name}, stage
    measure = request.measure
    # A page opened at the stage before must not decide at this one.
    read = Measure.objects.filter(pk=measure.pk, version=measure.version)
    if not read.update(version=F("version") + 1):
        raise StaleSave(moving.stale(measure.code))
    measure.refresh_from_db(fields=["version"])
    after = {"stage": stage.name, "digest": request.digest}
    act = Act("approve", "measure", measure.subject_code, before, after, opinion)
    journal.append(act, by=by, at=at)


def _sign(review: Review, *, by: User, at: datetime) -> None:
    """Write the decision down: after the claim, so that of two reviewers one was refused."""
    review.by, review.at, review.on = by, at, day_of(at)
    review.on_behalf_of = by.acting_for
    review.digest = review.request.digest
    review.save()
