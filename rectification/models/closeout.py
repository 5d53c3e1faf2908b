from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Role
from rectification.models.evidence import EvidenceVersion
from rectification.models.inspection import Inspection
from rectification.models.measure import Measure
from rectification.states import Decision, RequestOutcome, ReturnGround

REVIEWING = (Role.UNIT_HEAD, Role.OFFICE, Role.EXECUTIVE, Role.PARTY_GROUP)
USUAL_STAGES = ((1, "单位负责人初审", Role.UNIT_HEAD), (2, "整改办复核", Role.OFFICE))


class ReviewStageManager(models.Manager["ReviewStage"]):
    def set_up(self, inspection: Inspection) -> None:
        """The two stages that most bureaus have, where the inspection has none yet."""
        if not self.filter(inspection=inspection).exists():
            self.bulk_create(
                ReviewStage(inspection=inspection, order=order, name=name, role=role)
                for order, name, role in USUAL_STAGES
            )


class ReviewStage(models.Model):
    """One step of the way to close-out: two to five for each inspection, each with a role."""

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="stages")
    order = models.PositiveSmallIntegerField("顺序")
    name = models.CharField("环节", max_length=50)
    role = models.CharField(
        "审核角色", max_length=20, choices=[(role.value, role.label) for role in REVIEWING]
    )

    objects = ReviewStageManager()

    class Meta:
        verbose_name = verbose_name_plural = "审核环节"
        ordering = ["inspection", "order"]
        constraints = [
            models.UniqueConstraint(
                name="one_stage_of_an_order",
                fields=["inspection", "order"],
                violation_error_message="审核环节的顺序不能重复。",
            ),
            models.CheckConstraint(
                name="stage_role_reviews",
                condition=Q(role__in=REVIEWING),
                violation_error_message="审核角色只能是单位负责人、整改办、分管领导或党组。",
            ),
            models.CheckConstraint(
                name="stage_order_from_one_to_five",
                condition=Q(order__gte=1, order__lte=5),
                violation_error_message="审核环节最多五级，从 1 数起。",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CloseoutRequestQuerySet(models.QuerySet["CloseoutRequest"]):
    def pending(self) -> Self:
        return self.filter(outcome=RequestOutcome.PENDING)

    def at_stages_of(self, holdings: Iterable[tuple[str, str]]) -> Self:
        """Those at a stage whose role is held (as role and path) for the measure's lead unit."""
        condition = Q(pk__in=[])
        for role, path in holdings:
            condition |= Q(stage__role=role, measure__lead_unit__path__startswith=path)
        return self.filter(condition)


class CloseoutRequest(models.Model):
    """An application for close-out: the n-th of its measure. What it says is never changed.

    `digest` covers the plan, the claim and the evidence (see `closing.digest_of`); only the stage
    and the outcome move. `lapsed_why` says what changed beneath it.
    """

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="requests")
    number = models.PositiveSmallIntegerField("第几次申请")
    statement = models.TextField("完成情况", max_length=4000)
    evidence_note = models.TextField("佐证材料说明", max_length=2000, blank=True)
    measure_version = models.PositiveIntegerField("措施版本")
    stage = models.ForeignKey(
        ReviewStage, verbose_name="当前环节", on_delete=models.PROTECT, related_name="requests"
    )
    outcome = models.CharField(
        "结果", max_length=20, choices=RequestOutcome, default=RequestOutcome.PENDING
    )
    digest = models.CharField("校验码", max_length=64, blank=True)
    lapsed_why = models.TextField("失效原因", max_length=2000, blank=True)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="申请人", on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="代何人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    applied_at = models.DateTimeField("申请时间")
    applied_on = models.DateField("申请日期")

    objects = CloseoutRequestQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "销号申请"
        ordering = ["measure", "number"]
        constraints = [
            models.UniqueConstraint(
                name="one_request_of_a_number",
                fields=["measure", "number"],
                violation_error_message="这一次申请已经有了。",
            ),
            models.UniqueConstraint(
                name="one_pending_request",
                fields=["measure"],
                condition=Q(outcome=RequestOutcome.PENDING),
                violation_error_message="这条措施已有一份销号申请在审核。",
            ),
            models.CheckConstraint(
                name="request_outcome_is_known",
                condition=Q(outcome__in=RequestOutcome.values),
                violation_error_message="申请结果不在列表中。",
            ),
            models.CheckConstraint(
                name="request_states_something",
                condition=~Q(statement=""),
                violation_error_message="完成情况不能为空。",
            ),
            models.CheckConstraint(
                name="request_lapsed_with_a_reason",
                condition=(Q(outcome=RequestOutcome.LAPSED) & ~Q(lapsed_why=""))
                | (~Q(outcome=RequestOutcome.LAPSED) & Q(lapsed_why="")),
                violation_error_message="失效的申请要写明原因。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure.code} 第{self.number}次申请"


class RequestEvidence(models.Model):
    """A version of a piece of evidence that an application rests on, with its hash at that time."""

    request = models.ForeignKey(CloseoutRequest, on_delete=models.PROTECT, related_name="evidence")
    version = models.ForeignKey(EvidenceVersion, on_delete=models.PROTECT, related_name="requests")
    sha256 = models.CharField("校验码", max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "申请所附材料"
        ordering = ["request", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="evidence_is_listed_once_in_a_request",
                fields=["request", "version"],
                violation_error_message="这份材料已经附在这次申请里。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request} {self.version}"


class ReviewQuerySet(models.QuerySet["Review"]):
    def standing(self) -> Self:
        """Approvals that have not lapsed."""
        return self.filter(decision=Decision.APPROVE, lapsed_at=None)


class Review(models.Model):
    """One decision on one application at one stage. Whoever reported or applied never reviews.

    `digest` is the application's, as it was approved. An approval lapses, with a reason, when what
    it approved changes.
    """

    request = models.ForeignKey(CloseoutRequest, on_delete=models.PROTECT, related_name="reviews")
    stage = models.ForeignKey(ReviewStage, on_delete=models.PROTECT, related_name="reviews")
    decision = models.CharField("意见", max_length=10, choices=Decision)
    ground = models.CharField("退回依据", max_length=20, choices=ReturnGround, blank=True)
    opinion = models.TextField("审核意见", max_length=2000, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="审核人", on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="代何人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    at = models.DateTimeField("审核时间")
    on = models.DateField("审核日期")
    digest = models.CharField("所审内容校验码", max_length=64, blank=True)
    lapsed_at = models.DateTimeField("失效时间", null=True, blank=True)
    lapsed_why = models.TextField("失效原因", max_length=2000, blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "审核"
        ordering = ["request", "pk"]
        constraints = [
            models.CheckConstraint(
                name="review_decision_is_known",
                condition=Q(decision__in=Decision.values),
                violation_error_message="审核意见不在列表中。",
            ),
            models.CheckConstraint(
                name="review_return_has_ground_and_reason",
                condition=Q(decision=Decision.APPROVE, ground="")
                | (Q(decision=Decision.RETURN) & ~Q(ground="") & ~Q(opinion="")),
                violation_error_message="退回要选依据并写明原因。",
            ),
            models.CheckConstraint(
                name="review_lapsed_with_a_reason",
                condition=Q(lapsed_at=None, lapsed_why="")
                | (Q(lapsed_at__isnull=False, decision=Decision.APPROVE) & ~Q(lapsed_why="")),
                violation_error_message="失效的审核要写明原因。",
            ),
            models.UniqueConstraint(
                name="one_approval_for_a_stage",
                fields=["request", "stage"],
                condition=Q(decision=Decision.APPROVE),
                violation_error_message="这一环节已经审核过了。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request} {self.get_decision_display()}"
