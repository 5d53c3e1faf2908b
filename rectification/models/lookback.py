"""回头看: closed measures looked at again, all of them or a sample that anybody can draw again."""

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q

from accounts.models import Unit
from rectification.models.event import MeasureEvent
from rectification.models.inspection import Inspection
from rectification.models.measure import Measure, MeasureQuerySet


class LookBackScope(models.TextChoices):
    ALL = "all", "全部检查"
    SAMPLE = "sample", "抽取检查"


class LookBackState(models.TextChoices):
    OPEN = "open", "进行中"
    CLOSED = "closed", "已结束"


class LookBackResult(models.TextChoices):
    CONSOLIDATED = "consolidated", "巩固"
    REBOUNDED = "rebounded", "反弹"


class LookBackQuerySet(models.QuerySet["LookBack"]):
    def open(self) -> Self:
        return self.filter(state=LookBackState.OPEN)

    def counting_results(self) -> Self:
        """With `items_count`, `items_checked` and `items_rebounded`."""
        return self.annotate(
            items_count=Count("items"),
            items_checked=Count("items", filter=~Q(items__result="")),
            items_rebounded=Count("items", filter=Q(items__result=LookBackResult.REBOUNDED)),
        )

    def latest_first(self) -> Self:
        return self.order_by("-number")


class LookBack(models.Model):
    """One look-back. What was drawn from what, by which seed, is fixed when it is drawn.

    `population` holds the codes that stood to be drawn, so that the draw can be repeated for ever;
    `population_digest` is `drawing.digest` of them and is in the journal too.
    """

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="look_backs")
    number = models.PositiveIntegerField("第几次")
    name = models.CharField("名称", max_length=100)
    scope = models.CharField("范围", max_length=10, choices=LookBackScope)
    unit = models.ForeignKey(
        Unit,
        verbose_name="牵头单位",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    closed_until = models.DateField("销号日期截至", null=True, blank=True)
    population = models.JSONField("总体", default=list)
    population_size = models.PositiveIntegerField("总体数量")
    population_digest = models.CharField("总体校验码", max_length=64)
    sample_size = models.PositiveIntegerField("抽取数量")
    seed = models.CharField("种子", max_length=64)
    checklist = models.JSONField("检查要点", default=list)
    state = models.CharField(
        "状态", max_length=10, choices=LookBackState, default=LookBackState.OPEN
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="抽取人",
        on_delete=models.PROTECT,
        related_name="+",
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="代何人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    at = models.DateTimeField("抽取时间")
    on = models.DateField("抽取日期")
    closed_at = models.DateTimeField("结束时间", null=True, blank=True)
    version = models.PositiveIntegerField("版本", default=1)

    objects = LookBackQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "回头看"
        ordering = ["inspection", "number"]
        constraints = [
            models.UniqueConstraint(
                name="one_look_back_of_a_number",
                fields=["inspection", "number"],
                violation_error_message="本次巡察已有这一次回头看。",
            ),
            models.CheckConstraint(
                name="look_back_scope_is_known",
                condition=Q(scope__in=LookBackScope.values),
                violation_error_message="回头看的范围不在列表中。",
            ),
            models.CheckConstraint(
                name="look_back_state_is_known",
                condition=Q(state=LookBackState.OPEN, closed_at=None)
                | Q(state=LookBackState.CLOSED, closed_at__isnull=False),
                violation_error_message="已结束的回头看才有结束时间。",
            ),
            models.CheckConstraint(
                name="look_back_sample_is_possible",
                condition=Q(sample_size__gte=1, sample_size__lte=F("population_size"))
                & (~Q(scope=LookBackScope.ALL) | Q(sample_size=F("population_size"))),
                violation_error_message="抽取数量至少 1 条、最多为总体数量，全部检查时两者相等。",
            ),
            models.CheckConstraint(
                name="look_back_has_a_seed",
                condition=~Q(seed="") & ~Q(population_digest=""),
                violation_error_message="回头看要记下种子和总体校验码。",
            ),
        ]

    def __str__(self) -> str:
        return f"第{self.number}次回头看"

    @property
    def subject_code(self) -> str:
        """How the journal names this look-back."""
        return f"{self.inspection.code}/{self.number}"

    @property
    def is_open(self) -> bool:
        return self.state == LookBackState.OPEN


class LookBackItemQuerySet(models.QuerySet["LookBackItem"]):
    def unchecked(self) -> Self:
        return self.filter(result="")

    def for_list(self) -> Self:
        """Everything the page of a look-back shows, in the order of the draw."""
        related = ("measure__lead_unit", "measure__problem", "by", "on_behalf_of")
        return self.select_related(*related).order_by("order")


class LookBackItem(models.Model):
    """One measure of a look-back. The result is written once, with the answers it rests on.

    `answers` holds one `{"question", "yes", "note"}` for each question of the checklist. `event` is
    what the result did to the measure: confirmed it, or reopened it.
    """

    look_back = models.ForeignKey(LookBack, on_delete=models.PROTECT, related_name="items")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="look_back_items")
    order = models.PositiveIntegerField("抽取顺序")
    result = models.CharField("结果", max_length=20, choices=LookBackResult, blank=True)
    answers = models.JSONField("检查情况", default=list)
    note = models.TextField("检查说明", max_length=2000, blank=True)
    event = models.OneToOneField(
        MeasureEvent,
        verbose_name="状态变化",
        on_delete=models.PROTECT,
        related_name="look_back_item",
        null=True,
        blank=True,
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="检查人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="代何人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    at = models.DateTimeField("检查时间", null=True, blank=True)
    on = models.DateField("检查日期", null=True, blank=True)

    objects = LookBackItemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "回头看项目"
        ordering = ["look_back", "order"]
        constraints = [
            models.UniqueConstraint(
                name="a_measure_is_looked_at_once",
                fields=["look_back", "measure"],
                violation_error_message="这次回头看已有这条措施。",
            ),
            models.UniqueConstraint(
                name="one_look_back_item_of_an_order",
                fields=["look_back", "order"],
                violation_error_message="这次回头看的抽取顺序重复。",
            ),
            models.CheckConstraint(
                name="look_back_item_result_is_signed",
                condition=Q(result="", by=None, at=None, on=None, event=None)
                | Q(
                    result__in=LookBackResult.values,
                    by__isnull=False,
                    at__isnull=False,
                    on__isnull=False,
                    event__isnull=False,
                ),
                violation_error_message="检查结果要有检查人、时间和对应的状态变化。",
            ),
            models.CheckConstraint(
                name="look_back_rebound_has_a_reason",
                condition=~Q(result=LookBackResult.REBOUNDED) | ~Q(note=""),
                violation_error_message="认定反弹要写明理由。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.look_back} {self.measure.code}"

    @property
    def is_checked(self) -> bool:
        return self.result != ""


def population(
    inspection: Inspection, *, unit: Unit | None, closed_until: date | None
) -> MeasureQuerySet:
    """The closed measures that may be drawn: none that is in an open look-back."""
    busy = LookBackItem.objects.filter(look_back__state=LookBackState.OPEN)
    rows = Measure.objects.closed().filter(inspection=inspection)
    rows = rows.exclude(pk__in=busy.values("measure"))
    if unit is not None:
        rows = rows.filter(lead_unit=unit)
    return rows.filter(closed_on__lte=closed_until) if closed_until else rows
