from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Unit
from rectification.models.dispatch import DispatchRound
from rectification.models.measure import Measure


class ProgressEntryQuerySet(models.QuerySet["ProgressEntry"]):
    def latest_first(self) -> Self:
        return self.order_by("-reported_on", "-pk")


class ProgressEntry(models.Model):
    """What a unit reported on a measure. Never overwritten: a correction is a further entry.

    `round` is the dispatch that it answers, or none for an update between two rounds. A nil return
    (零报告) says that nothing changed, which is a report too.
    """

    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="progress")
    round = models.ForeignKey(
        DispatchRound,
        verbose_name="调度",
        on_delete=models.PROTECT,
        related_name="progress",
        null=True,
        blank=True,
    )
    unit = models.ForeignKey(
        Unit, verbose_name="报送单位", on_delete=models.PROTECT, related_name="progress"
    )
    text = models.TextField("整改进展", max_length=4000)
    difficulty = models.TextField("存在困难", max_length=2000, blank=True)
    next_step = models.TextField("下一步打算", max_length=2000, blank=True)
    nil_return = models.BooleanField("零报告", default=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="报送人", on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="代何人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    reported_on = models.DateField("报送日期")
    at = models.DateTimeField("报送时间")
    measure_version = models.PositiveIntegerField("措施版本")

    objects = ProgressEntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "整改进展"
        indexes = [models.Index(fields=["measure", "-reported_on", "-id"], name="progress_latest")]
        constraints = [
            models.CheckConstraint(
                name="progress_says_something",
                condition=~Q(text=""),
                violation_error_message="整改进展不能为空。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure.code} {self.reported_on}"
