from collections.abc import Iterable
from datetime import date, time
from typing import Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from accounts.models import Role, Unit, under
from rectification import clock
from rectification.states import Rhythm

# A code is a part of an address: a slash, or nothing but full stops, would lead elsewhere.
CODE = RegexValidator(
    r"\A(?!\.+\Z)[^/\x00-\x1f\x7f]+\Z", "编号不能有斜线或控制字符，也不能只有句点，请改写。"
)

# Days that a round may fall on: a mistyped year would make hundreds of rounds.
EARLIEST_ANCHOR, LATEST_ANCHOR = date(2000, 1, 1), date(2099, 12, 31)
MOST_DAYS = 366

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

    def held(self, pk: int) -> "Inspection":
        """One as it stands, held to the end: rows that refer to it may still be added. Measures are
        held before it."""
        rows = self.select_for_update(of=("self",), no_key=True)
        return rows.select_related("inspected_unit").get(pk=pk)


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
    dispatch_rhythm = models.CharField(
        "调度周期", max_length=20, choices=Rhythm, default=Rhythm.EVERY_DAYS
    )
    dispatch_every_days = models.PositiveSmallIntegerField(
        "调度间隔(天)", default=14, help_text="周期是“每若干天”时使用，14 就是双周。"
    )
    dispatch_anchor = models.DateField(
        "调度起始日",
        null=True,
        blank=True,
        help_text="第一次调度的日子，以后都从这一天数起；遇休息日顺延到下一个工作日。"
        "不填就不开始调度。",
    )
    dispatch_at = models.TimeField(
        "开始时间", default=time(8), help_text="会议日到了这个时间开始报送。"
    )
    # The number of the round at the anchor: 1, until a change of the rhythm lets numbers go on.
    dispatch_first_number = models.IntegerField("起始次数", default=1, editable=False)
    dispatch_version = models.PositiveIntegerField("调度安排版本", default=1, editable=False)
    reviewers_may_repeat = models.BooleanField(
        "允许同一人连审",
        default=False,
        help_text="不勾选时，同一份销号申请的各个环节由不同的人审核，"
        "审核过的人也不能对它回头看。人手少的单位可以勾选。",
    )
    returns_need_confirmation = models.BooleanField(
        "报送须单位负责人确认",
        default=False,
        help_text="勾选时，填报员的调度报送经本单位负责人确认后才算已报。",
    )
    near_days = models.PositiveSmallIntegerField("临期提醒(天)", default=10)
    letter_word = models.CharField(
        "督办函件发文字",
        max_length=20,
        default="整督",
        validators=[CODE],
        help_text="函件的文号由它开头，例如 整督〔2025〕3号。",
    )
    letter_sender = models.CharField(
        "督办函件落款",
        max_length=60,
        blank=True,
        help_text="发函单位全称，印在函件的红头和落款。不填时用“被巡察单位＋巡察整改办公室”。",
    )
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
                name="inspection_rhythm_is_known",
                condition=Q(dispatch_rhythm__in=Rhythm.values),
                violation_error_message="调度周期不在列表中，请重新选择。",
            ),
            models.CheckConstraint(
                name="inspection_rhythm_is_possible",
                condition=Q(dispatch_every_days__gte=1, dispatch_every_days__lte=MOST_DAYS),
                violation_error_message="调度间隔请填 1 到 366 天。",
            ),
            models.CheckConstraint(
                name="inspection_anchor_is_possible",
                condition=Q(dispatch_anchor=None)
                | Q(dispatch_anchor__gte=EARLIEST_ANCHOR, dispatch_anchor__lte=LATEST_ANCHOR),
                violation_error_message="调度起始日请填 2000 年到 2099 年之间的日子。",
            ),
            models.CheckConstraint(
                name="inspection_anchor_after_feedback",
                condition=Q(dispatch_anchor=None) | Q(dispatch_anchor__gte=F("feedback_date")),
                violation_error_message="调度起始日不能早于反馈日期，请核对年份。",
            ),
            models.CheckConstraint(
                name="inspection_period_is_possible",
                condition=Q(concentrated_months__gte=1, concentrated_months__lte=24),
                violation_error_message="集中整改期请填 1 到 24 个月。",
            ),
            models.CheckConstraint(
                name="inspection_letters_have_a_word",
                condition=~Q(letter_word=""),
                violation_error_message="请填写督办函件的发文字，例如 整督。",
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
    def series(self) -> clock.Series | None:
        """The days of its rounds; None where it has no rhythm."""
        if self.dispatch_anchor is None:
            return None
        return clock.Series(
            self.dispatch_anchor,
            self.dispatch_rhythm,
            self.dispatch_every_days,
            self.dispatch_first_number,
        )

    @property
    def rhythm_in_words(self) -> str:
        """每14天, 每周; nothing where it has no rhythm."""
        return self.series.in_words if self.series else ""

    @property
    def sender(self) -> str:
        """Who writes letters of supervision, in full."""
        return self.letter_sender or f"{self.inspected_unit.name}巡察整改办公室"

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
