"""A report in work, as rows: what `document.py` says as a value, kept where two people can edit it.

The names and meanings of the columns are those of `document.Section`, `Item` and `StatedFigure`.
"""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from rectification.models import Inspection, Measure, Problem
from reports.document import Group, SectionKind

KINDS = [(kind.value, kind.value) for kind in SectionKind]
GROUPS = [(group.value, group.value) for group in Group]


RESERVED_SLUGS = frozenset({"new"})  # an address beside those of the drafts


class Origin(models.TextChoices):
    IMPORTED = "imported", "由文件导入"
    COMPOSED = "composed", "由台账生成"


class Report(models.Model):
    """A draft in work. What the public reads are its publications, which are frozen.

    `source_hash` is the SHA-256 of the text that an imported report came from, empty for composed.
    """

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="reports")
    slug = models.CharField(
        "网址名",
        max_length=60,
        unique=True,
        validators=[RegexValidator(r"^[a-z0-9-]+$", "网址名只能用小写字母、数字和短横线。")],
        error_messages={"unique": "这个网址名已有报告使用，请换一个。"},
    )
    title = models.CharField("标题", max_length=200, blank=True)
    origin = models.CharField("来源", max_length=10, choices=Origin)
    inspecting_body = models.CharField("巡察组", max_length=100, blank=True)
    inspected_unit = models.CharField("被巡察单位", max_length=100, blank=True)
    as_of = models.DateField("数据截至", null=True, blank=True)
    tail = models.TextField("文末空白", blank=True)
    source_name = models.CharField("来源文件", max_length=200, blank=True)
    source_hash = models.CharField("来源文本校验码", max_length=64, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="起草人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    created_at = models.DateTimeField("起草时间")
    version = models.PositiveIntegerField("版本", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "报告"
        constraints = [
            models.CheckConstraint(
                name="report_origin_is_known",
                condition=Q(origin__in=Origin.values),
                violation_error_message="报告来源不在列表中。",
            ),
            models.UniqueConstraint(
                name="one_report_of_a_source",
                fields=["source_hash"],
                condition=~Q(source_hash=""),
                violation_error_message="同样内容的报告已经导入过。",
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"（无标题）通报 {self.slug}"

    @property
    def subject_code(self) -> str:
        """How the journal names this report."""
        return f"{self.inspection.code}/{self.slug}"


class ReportSection(models.Model):
    """One piece of the report, in its order: a heading, prose, a problem, the signature …"""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="sections")
    order = models.PositiveIntegerField("顺序")
    kind = models.CharField("种类", max_length=20, choices=KINDS)
    line = models.PositiveIntegerField("原文行号", default=0)
    gap = models.TextField("前置空白", blank=True)
    level = models.PositiveSmallIntegerField("层级", default=0)
    marker = models.TextField("编号样式", blank=True)
    continues = models.BooleanField("编号接续", default=False)
    heading = models.TextField("标题", blank=True)
    text = models.TextField("正文", blank=True)
    problem = models.ForeignKey(
        Problem,
        verbose_name="问题",
        on_delete=models.PROTECT,
        related_name="report_sections",
        null=True,
        blank=True,
    )
    group = models.CharField("分组", max_length=20, choices=GROUPS, default=Group.UNKNOWN)
    wording = models.TextField("问题表述", blank=True)
    lead_gap = models.TextField("引语前空白", blank=True)
    lead = models.TextField("引语", blank=True)
    stated_lead_unit = models.TextField("所称牵头单位", blank=True)
    stated_deadline = models.TextField("所称时限", blank=True)
    version = models.PositiveIntegerField("版本", default=1)

    class Meta:
        verbose_name = verbose_name_plural = "报告段落"
        ordering = ["report", "order"]
        constraints = [
            models.UniqueConstraint(
                name="one_section_of_an_order",
                fields=["report", "order"],
                violation_error_message="报告里这个位置已有段落。",
            ),
            models.CheckConstraint(
                name="section_kind_is_known",
                condition=Q(kind__in=[kind.value for kind in SectionKind]),
                violation_error_message="段落种类不在列表中。",
            ),
            models.CheckConstraint(
                name="section_group_is_known",
                condition=Q(group__in=[group.value for group in Group]),
                violation_error_message="问题分组不在列表中。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.report} {self.order} {self.kind}"


class PublishedItem(models.Model):
    """公开事项: one 一是… of a problem. It is not a measure; composed ones name their measures."""

    section = models.ForeignKey(ReportSection, on_delete=models.PROTECT, related_name="items")
    order = models.PositiveIntegerField("顺序")
    text = models.TextField("内容")
    marker = models.TextField("编号样式", blank=True)
    gap = models.TextField("前置空白", blank=True)
    line = models.PositiveIntegerField("原文行号", default=0)
    measures = models.ManyToManyField(
        Measure, verbose_name="对应措施", related_name="published_items", blank=True
    )

    class Meta:
        verbose_name = verbose_name_plural = "公开事项"
        ordering = ["section", "order"]
        constraints = [
            models.UniqueConstraint(
                name="one_item_of_an_order",
                fields=["section", "order"],
                violation_error_message="这个位置已有公开事项。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.section} {self.order}"


class NextStep(models.Model):
    """下一步打算 of a problem, with its opening words."""

    section = models.OneToOneField(
        ReportSection, on_delete=models.PROTECT, related_name="next_step"
    )
    gap = models.TextField("前置空白", blank=True)
    text = models.TextField("内容")

    class Meta:
        verbose_name = verbose_name_plural = "下一步打算"

    def __str__(self) -> str:
        return f"{self.section} 下一步"


class StatedFigure(models.Model):
    """所称数字: a number that a report states about itself; never mixed with counted ones."""

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="stated_figures")
    key = models.CharField("项目", max_length=30)
    value = models.DecimalField("数值", max_digits=12, decimal_places=2)
    line = models.PositiveIntegerField("原文行号", default=0)
    text = models.TextField("原文", blank=True)
    as_of = models.DateField("截至", null=True, blank=True)
    as_of_phrase = models.CharField("截至(原文)", max_length=50, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "所称数字"
        constraints = [
            models.UniqueConstraint(
                name="one_stated_figure_of_a_key",
                fields=["report", "key"],
                violation_error_message="这份报告已有这一项所称数字。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.value}"
