from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    def active(self) -> Self:
        return self.filter(ended_at=None)


class CalendarFeed(models.Model):
    """日历订阅: the private address under which a calendar program reads a person's days.

    The address is its own key, so only the SHA-256 of its token is kept: nobody can be shown it a
    second time. One that is lost is ended, and a new one begins.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="人员",
        on_delete=models.PROTECT,
        related_name="calendar_feeds",
    )
    token_hash = models.CharField("地址校验码", max_length=64, unique=True)
    created_at = models.DateTimeField("启用时间")
    ended_at = models.DateTimeField("停用时间", null=True, blank=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "日历订阅"
        constraints = [
            models.UniqueConstraint(
                name="one_calendar_feed_of_a_person",
                fields=["user"],
                condition=Q(ended_at=None),
                violation_error_message="这个人已有一个日历订阅地址，请先停用。",
            ),
            models.CheckConstraint(
                name="calendar_feed_ends_after_it_begins",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("created_at")),
                violation_error_message="日历订阅的停用时间不能早于启用时间。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} 日历订阅"
