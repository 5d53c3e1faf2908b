from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Q

from accounts.models import Unit, under
from rectification.models.dispatch import DispatchRound
from rectification.models.inspection import Inspection


class NoticeKind(models.TextChoices):
    ROUND_OPENED = "round_opened", "调度开始"


class Channel(models.TextChoices):
    IN_APP = "in_app", "站内"


class NoticeQuerySet(models.QuerySet["Notice"]):
    def to_units_within(self, paths: Iterable[str]) -> Self:
        return self.filter(under(paths, "unit__path"))

    def latest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")


class Notice(models.Model):
    """A message in the outbox. An in-app notice is delivered by being here.

    Its key (round, unit, kind, channel) makes a second fan-out harmless. It holds counts and a
    link, never the text of a problem.
    """

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="notices")
    round = models.ForeignKey(DispatchRound, on_delete=models.PROTECT, related_name="notices")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField("类别", max_length=20, choices=NoticeKind)
    channel = models.CharField("渠道", max_length=20, choices=Channel, default=Channel.IN_APP)
    subject = models.CharField("标题", max_length=200)
    body = models.TextField("内容")
    created_at = models.DateTimeField("生成时间")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        constraints = [
            models.UniqueConstraint(
                name="one_notice_for_round_unit_kind_channel",
                fields=["round", "unit", "kind", "channel"],
                violation_error_message="这次调度已经给这个单位发过这种通知。",
            ),
            models.CheckConstraint(
                name="notice_kind_is_known",
                condition=Q(kind__in=NoticeKind.values),
                violation_error_message="通知类别不在列表中。",
            ),
            models.CheckConstraint(
                name="notice_channel_is_known",
                condition=Q(channel__in=Channel.values),
                violation_error_message="通知渠道不在列表中。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit}: {self.subject}"
