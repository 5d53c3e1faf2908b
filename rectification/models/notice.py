import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Role, RoleAssignment, Unit, User
from rectification.models.contact import Channel, ContactPoint
from rectification.models.dispatch import DispatchRound
from rectification.models.inspection import Inspection
from rectification.states import OUTCOMES, NoticeState


class NoticeKind(models.TextChoices):
    ROUND_OPENED = "round_opened", "调度开始"
    DISPATCH = "dispatch", "调度事项"
    DIGEST = "digest", "每日提醒"
    LETTER = "letter", "督办函件"
    TROUBLE = "trouble", "发送异常"
    TEST = "test", "测试消息"


class NoticeQuerySet(models.QuerySet["Notice"]):
    def in_app(self) -> Self:
        return self.filter(channel=Channel.IN_APP)

    def addressed_to(self, user: User) -> Self:
        """What this person reads inside the system. Old notices name a unit and no person."""
        held = user.assignments.filter(ended_on=None, role__in=[Role.LIAISON, Role.UNIT_HEAD])
        old = Q(recipient=None, unit__in=held.values("unit"))
        return self.in_app().filter(Q(recipient=user) | old, state=NoticeState.SENT)

    def unread(self) -> Self:
        return self.filter(read_at=None)

    def due(self, *, at: datetime) -> Self:
        return self.filter(state=NoticeState.DUE, not_before__lte=at)

    def expired(self, *, at: datetime) -> Self:
        """Claimed by a worker whose lease has run out."""
        return self.filter(state=NoticeState.SENDING, lease_until__lte=at)

    def doubtful(self) -> Self:
        return self.filter(state=NoticeState.HELD)

    def latest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")


class Notice(models.Model):
    """A message in the outbox, to one recipient by one channel; what it says is frozen here.

    `topic` is what it is about, and how the journal names it; `key` adds for which unit, by which
    channel and to whom, and makes a second fan-out harmless. An in-app notice is delivered by being
    here. Every other one is claimed under a lease, tried (`attempt` counts), and ends in one
    outcome (reliability, section 2). It holds counts and a link, never the text of a problem.
    `claim` is the batch in which it was last taken up, while what came of that is not known;
    `message_id` is what a mail is looked up by, frozen like what it says.
    """

    inspection = models.ForeignKey(
        Inspection, on_delete=models.PROTECT, related_name="notices", null=True, blank=True
    )
    round = models.ForeignKey(
        DispatchRound, on_delete=models.PROTECT, related_name="notices", null=True, blank=True
    )
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="notices", null=True, blank=True
    )
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="收件人",
        on_delete=models.PROTECT,
        related_name="notices",
        null=True,
        blank=True,
    )
    contact = models.ForeignKey(
        ContactPoint, on_delete=models.PROTECT, related_name="notices", null=True, blank=True
    )
    kind = models.CharField("类别", max_length=20, choices=NoticeKind)
    channel = models.CharField("渠道", max_length=20, choices=Channel, default=Channel.IN_APP)
    topic = models.CharField("事由", max_length=100)
    key = models.CharField("唯一键", max_length=700, unique=True)
    address = models.CharField("地址", max_length=500, blank=True)
    message_id = models.CharField("邮件编号", max_length=320, blank=True)
    subject = models.CharField("标题", max_length=200)
    body = models.TextField("内容")
    path = models.CharField("链接", max_length=300, blank=True)
    digest = models.CharField("内容校验码", max_length=64)
    state = models.CharField("状态", max_length=20, choices=NoticeState, default=NoticeState.DUE)
    attempt = models.PositiveSmallIntegerField("尝试次数", default=0)
    not_before = models.DateTimeField("最早发送时间")
    lease_until = models.DateTimeField("占用至", null=True, blank=True)
    claim = models.CharField("占用批次", max_length=40, blank=True)
    reason = models.CharField("原因", max_length=300, blank=True)
    outcome_at = models.DateTimeField("结果时间", null=True, blank=True)
    read_at = models.DateTimeField("阅读时间", null=True, blank=True)
    created_at = models.DateTimeField("生成时间")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        indexes = [
            # One state each: of a list of states, SQLite does not see that it is the index's.
            models.Index(
                fields=["not_before", "id"],
                name="notice_due",
                condition=Q(state=NoticeState.DUE),
            ),
            models.Index(
                fields=["lease_until", "id"],
                name="notice_leased",
                condition=Q(state=NoticeState.SENDING),
            ),
            models.Index(
                fields=["-outcome_at", "-id"],
                name="notice_mail_sent",
                condition=Q(state=NoticeState.SENT, channel=Channel.MAIL),
            ),
            models.Index(fields=["recipient", "-created_at"], name="notice_of_a_person"),
        ]
        constraints = [
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
            models.CheckConstraint(
                name="notice_state_is_known",
                condition=Q(state__in=NoticeState.values),
                violation_error_message="通知状态不在列表中。",
            ),
            models.CheckConstraint(
                name="notice_is_leased_iff_sending",
                condition=Q(state=NoticeState.SENDING, lease_until__isnull=False)
                | (~Q(state=NoticeState.SENDING) & Q(lease_until=None)),
                violation_error_message="只有发送中的通知才有占用时间。",
            ),
            models.CheckConstraint(
                name="notice_has_outcome_time_iff_over",
                condition=Q(state__in=OUTCOMES, outcome_at__isnull=False)
                | (~Q(state__in=OUTCOMES) & Q(outcome_at=None)),
                violation_error_message="只有已有结果的通知才有结果时间。",
            ),
            models.CheckConstraint(
                name="notice_says_why_it_was_not_sent",
                condition=~Q(
                    state__in=[NoticeState.SUPPRESSED, NoticeState.FAILED, NoticeState.HELD],
                    reason="",
                ),
                violation_error_message="没有送达的通知要写明原因。",
            ),
            models.CheckConstraint(
                name="notice_inside_is_there_at_once",
                condition=~Q(channel=Channel.IN_APP)
                | Q(state__in=[NoticeState.SENT, NoticeState.SUPPRESSED]),
                violation_error_message="站内通知生成即送达。",
            ),
            models.CheckConstraint(
                name="notice_outside_has_an_address",
                condition=Q(channel=Channel.IN_APP) | ~Q(address=""),
                violation_error_message="站外通知要有地址。",
            ),
            models.CheckConstraint(
                name="notice_by_mail_has_a_message_id",
                condition=~Q(channel=Channel.MAIL) | ~Q(message_id=""),
                violation_error_message="邮件通知要有邮件编号。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recipient or self.unit}: {self.subject}"

    @property
    def subject_code(self) -> str:
        """How the journal names it."""
        return self.topic

    @property
    def is_intact(self) -> bool:
        """Whether it still says what was frozen."""
        return digest_of(self.subject, self.body, self.path) == self.digest


def digest_of(subject: str, body: str, path: str) -> str:
    """SHA-256 of what a message says."""
    return hashlib.sha256("\n".join((subject, body, path)).encode()).hexdigest()


def message_id_of(key: str) -> str:
    """Of a new mail. What it is about decides it, and the address of this site in that moment."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{settings.MAIL_DOMAIN}>"


def houses_of(notices: Collection[Notice]) -> dict[int, tuple[Unit, ...]]:
    """For each one's key, the units whose offices look after it: of its inspection, its own, its
    recipient's; for somebody without a unit, those where they hold a role or held one."""
    nearest = {row.pk: _unit_of(row) for row in notices}
    strays = [row.recipient_id for row in notices if nearest[row.pk] is None]
    roles = RoleAssignment.objects.filter(user__in=strays).select_related("unit") if strays else []
    held: dict[int, dict[int, Unit]] = {}
    for each in roles:
        held.setdefault(each.user_id, {})[each.unit_id] = each.unit
    return {
        row.pk: (unit,) if unit else tuple(held.get(row.recipient_id or 0, {}).values())
        for row in notices
        for unit in (nearest[row.pk],)
    }


def _unit_of(notice: Notice) -> Unit | None:
    if notice.inspection:
        return notice.inspection.inspected_unit
    return notice.unit or (notice.recipient.unit if notice.recipient else None)
