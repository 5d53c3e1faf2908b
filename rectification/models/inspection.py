from collections.abc import Iterable
from datetime import date
from typing import Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from accounts.models import Role, Unit, under
from rectification import clock

# A code is a part of an address: a slash, or nothing but full stops, would lead elsewhere.
CODE = RegexValidator(
    r"\A(?!\.+\Z)[^/\x00-\x1f\x7f]+\Z", "编号不能有斜线或控制字符，也不能只有句点，请改写。"
)

# Who may decide on an extension; each inspection chooses one role for either step.
EXTENDING = (Role.UNIT_HEAD, Role.OFFICE, Role.EXECUTIVE, Role.PARTY_GROUP)
_EXTENDING_CHOICES = [(role.value, role.label) for role in EXTENDING]


class Level(models.TextChoices):
    CENTRAL = "central", "中央"
    PROVINCE = "province", "省"
    CITY = "city", "市"
    COUNTY = "county", "县"
    OTHER = "other", "其他"


class InspectionQuerySet(models.QuerySet["Inspection"]):
    def visible_within(self, paths: Iterable[str]) -> Self:
        """Those of an organisation in the subtrees or above them: each unit below has a part."""
        paths = list(paths)
        above = Q(pk__in=[])
        for path in paths:
            steps = [step for step in path.split("/") if step]
            above |= Q(inspected_unit_id__in=[int(step) for step in steps])
        return self.filter(under(paths, "inspected_unit__path") | above)

    def latest_first(self) -> Self:
        return self.order_by("-feedback_date", "-pk")


class Inspection(models.Model):
    """One inspection of one organisation. Rhythm, thresholds and stages are its settings."""

    code = models.CharField(
        "代号",
        max_length=30,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9-]+$", "代号只能用小写字母、数字和短横线。")],
    )
    name = models.CharField("名称", max_length=100)
    level = models.CharField("层级", max_length=10, choices=Level, default=Level.CITY)
    inspecting_body = models.CharField("巡察组", max_length=100)
    inspected_unit = models.ForeignKey(
        Unit, verbose_name="被巡察单位", on_delete=models.PROTECT, related_name="inspections"
    )
    on_site_from = models.DateField("进驻开始", null=True, blank=True)
    on_site_to = models.DateField("进驻结束", null=True, blank=True)
    feedback_date = models.DateField("反馈日期")
    concentrated_months = models.PositiveSmallIntegerField("集中整改期(月)", default=6)
    dispatch_anchor = models.DateField("调度起始日", null=True, blank=True)
    dispatch_every_days = models.PositiveSmallIntegerField("调度间隔(天)", default=14)
    reviewers_may_repeat = models.BooleanField(
        "允许同一人连审",
        default=False,
        help_text="不勾选时，同一份销号申请的各个环节由不同的人审核，"
        "审核过的人也不能对它回头看。人手少的单位可以勾选。",
    )
    near_days = models.PositiveSmallIntegerField("临期提醒(天)", default=10)
    extension_first_role = models.CharField(
        "延期初审角色", max_length=20, choices=_EXTENDING_CHOICES, default=Role.OFFICE
    )
    extension_second_role = models.CharField(
        "延期审定角色", max_length=20, choices=_EXTENDING_CHOICES, default=Role.EXECUTIVE
    )

    objects = InspectionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "巡察"
        constraints = [
            models.CheckConstraint(
                name="inspection_level_is_known",
                condition=Q(level__in=Level.values),
                violation_error_message="巡察层级不在列表中。",
            ),
            models.CheckConstraint(
                name="inspection_on_site_in_order",
                condition=Q(on_site_from=None)
                | Q(on_site_to=None)
                | Q(on_site_to__gte=F("on_site_from")),
                violation_error_message="进驻结束不能早于进驻开始。",
            ),
            models.CheckConstraint(
                name="inspection_feedback_after_on_site",
                condition=Q(on_site_to=None) | Q(feedback_date__gte=F("on_site_to")),
                violation_error_message="反馈日期不能早于进驻结束。",
            ),
            models.CheckConstraint(
                name="inspection_rhythm_is_possible",
                condition=Q(dispatch_every_days__gte=1, dispatch_every_days__lte=366),
                violation_error_message="调度间隔请填 1 到 366 天。",
            ),
            models.CheckConstraint(
                name="inspection_period_is_possible",
                condition=Q(concentrated_months__gte=1, concentrated_months__lte=24),
                violation_error_message="集中整改期请填 1 到 24 个月。",
            ),
            models.CheckConstraint(
                name="inspection_extension_roles_decide",
                condition=Q(extension_first_role__in=EXTENDING)
                & Q(extension_second_role__in=EXTENDING),
                violation_error_message="延期审批的角色只能是单位负责人、整改办、分管领导或党组。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def subject_code(self) -> str:
        """How the journal names it."""
        return self.code

    @property
    def concentrated_until(self) -> date:
        """The last day of the concentrated period."""
        return clock.months_later(self.feedback_date, self.concentrated_months)


class FindingArea(models.Model):
    """反馈方面: the heading of the feedback under which problems stand."""

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="areas")
    order = models.PositiveSmallIntegerField("序号")
    name = models.CharField("反馈方面", max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = "反馈方面"
        constraints = [
            models.UniqueConstraint(
                name="one_area_of_a_name",
                fields=["inspection", "name"],
                violation_error_message="本次巡察已有同名的反馈方面。",
            ),
        ]

    def __str__(self) -> str:
        return self.name
