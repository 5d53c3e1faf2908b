from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Unit


class Channel(models.TextChoices):
    """How a message travels. In-app is always there; the others are what somebody has entered."""

    IN_APP = "in_app", "站内"
    MAIL = "mail", "邮件"
    WECOM = "wecom", "企业微信"
    DINGTALK = "dingtalk", "钉钉"
    FEISHU = "feishu", "飞书"


ROBOTS = (Channel.WECOM, Channel.DINGTALK, Channel.FEISHU)
OUTWARD = (Channel.MAIL, *ROBOTS)


class ContactPointQuerySet(models.QuerySet["ContactPoint"]):
    def active(self) -> Self:
        return self.filter(ended_at=None)


class ContactPoint(models.Model):
    """Where a person, or the group of a unit, is reached outside this system.

    `address` is a mail address or a robot's webhook. `secret` signs what a robot is told, where its
    group asks for that; nobody is shown it again. One that is changed is ended, and a new one
    begins.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="人员",
        on_delete=models.PROTECT,
        related_name="contact_points",
        null=True,
        blank=True,
    )
    unit = models.ForeignKey(
        Unit,
        verbose_name="单位",
        on_delete=models.PROTECT,
        related_name="contact_points",
        null=True,
        blank=True,
    )
    channel = models.CharField("渠道", max_length=20, choices=Channel)
    address = models.CharField("地址", max_length=500)
    secret = models.CharField("加签密钥", max_length=200, blank=True)
    created_at = models.DateTimeField("登记时间")
    ended_at = models.DateTimeField("停用时间", null=True, blank=True)

    objects = ContactPointQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "联系方式"
        constraints = [
            models.CheckConstraint(
                name="contact_point_of_a_person_or_a_unit",
                condition=Q(user__isnull=False, unit=None) | Q(user=None, unit__isnull=False),
                violation_error_message="联系方式要么属于一个人，要么属于一个单位。",
            ),
            models.CheckConstraint(
                name="contact_point_channel_goes_outward",
                condition=Q(channel__in=OUTWARD),
                violation_error_message="联系方式的渠道只能是邮件、企业微信、钉钉或飞书。",
            ),
            models.CheckConstraint(
                name="contact_point_ends_after_it_begins",
                condition=Q(ended_at=None) | Q(ended_at__gte=models.F("created_at")),
                violation_error_message="停用时间不能早于登记时间。",
            ),
            models.UniqueConstraint(
                name="one_contact_point_of_a_person",
                fields=["user", "channel", "address"],
                condition=Q(ended_at=None),
                violation_error_message="这个人已登记这个联系方式。",
            ),
            models.UniqueConstraint(
                name="one_contact_point_of_a_unit",
                fields=["unit", "channel", "address"],
                condition=Q(ended_at=None),
                violation_error_message="这个单位已登记这个联系方式。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.unit} {self.get_channel_display()}"
