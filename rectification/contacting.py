"""The verbs of 通知方式: enter and end a way to be reached outside this system, and try one.

A person keeps their own; those of a unit are kept by its head, its liaison or the office. The
journal names an address masked, and never a secret.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import journal
from accounts.journal import Act
from accounts.models import Unit, User
from rectification import addressing, clock, notifications, permissions, recipients
from rectification.models import Channel, ContactPoint, Notice, NoticeKind
from rectification.notifications import Message
from rectification.recipients import Addressee, Reached

MOST = 5  # of one channel for one person or unit: each message goes to every one of them
NOT_FOR_ANOTHER = "正在代理他人，请先结束代理，再改自己的通知方式。"
NO_MORE_THAN_ONCE_IN = timedelta(seconds=60)


class ContactRefused(Exception):
    """The address, or the person, does not allow this. The message is for the user."""


@dataclass(frozen=True)
class Entry:
    """A way to be reached, as somebody types it."""

    channel: str
    address: str
    secret: str = ""


def fault_of(channel: str, address: str) -> str:
    """Why nothing can be sent there, in a sentence; or empty."""
    if channel == Channel.MAIL:
        return addressing.mail_fault(address)
    return addressing.robot_fault(channel, address)


@transaction.atomic
def enter(owner: User | Unit, entry: Entry, *, by: User, at: datetime) -> ContactPoint:
    """Let the person or the unit be reached there, too. Of a person, a new mail address takes the
    place of the one before. Raises ContactRefused."""
    _may_keep(owner, by)
    if fault := fault_of(entry.channel, entry.address):
        raise ContactRefused(fault)
    standing = _held(owner).filter(channel=entry.channel)
    if standing.filter(address__iexact=entry.address).exists():
        raise ContactRefused("这个地址已经登记，不用再加。")
    if isinstance(owner, User) and entry.channel == Channel.MAIL:
        for point in standing:
            _end(point, by=by, at=at)
    elif len(standing) >= MOST:
        label = Channel(entry.channel).label
        raise ContactRefused(f"{label}最多登记{MOST}个，请先停用不用的。")
    point = ContactPoint.objects.create(
        **_owned_by(owner),
        channel=entry.channel,
        address=entry.address,
        secret=entry.secret,
        created_at=at,
    )
    after = {"channel": point.channel, "address": masked(point), **_of(owner)}
    journal.append(Act("enter", "contactpoint", str(point.pk), after=after), by=by, at=at)
    return point


@transaction.atomic
def end(point: ContactPoint, *, by: User, at: datetime) -> None:
    """Send nothing there any more. Raises ContactRefused."""
    _may_keep(point.user or point.unit, by)
    _end(point, by=by, at=at)


@transaction.atomic
def mute_mail(*, by: User, at: datetime) -> None:
    """Send this person no mail at all, whatever address the account has. Raises ContactRefused."""
    _may_keep(by, by)
    standing = list(_held(by).filter(channel=Channel.MAIL))
    if not standing and not by.email:
        raise ContactRefused("没有可以停用的邮件地址。")
    if not standing and ContactPoint.objects.filter(user=by, channel=Channel.MAIL).exists():
        raise ContactRefused("邮件已经停用。")
    if not standing:  # that of the account is in use, without a row of its own
        standing = [
            ContactPoint.objects.create(
                user=by, channel=Channel.MAIL, address=by.email, created_at=at
            )
        ]
    for point in standing:
        _end(point, by=by, at=at)


@transaction.atomic
def try_out(point: ContactPoint, *, by: User, at: datetime) -> None:
    """Send a message there that says nothing but where it comes from: once a minute at most to one
    address, and by one person through one channel. Raises ContactRefused."""
    owner = point.user or point.unit
    _may_keep(owner, by)
    if point.ended_at is not None:
        raise ContactRefused("这个通知方式已经停用，请刷新页面。")
    way = Reached(point.channel, point.address, point)
    _try(str(point.pk), Addressee(point.user, point.unit), way, by=by, at=at)
    journal.append(Act("try_out", "contactpoint", str(point.pk)), by=by, at=at)


@transaction.atomic
def try_out_account(*, by: User, at: datetime) -> None:
    """The same for the mail address of the account. Raises ContactRefused."""
    _may_keep(by, by)
    mail = recipients.mail_of_account(by)
    if not mail:
        raise ContactRefused("账号没有邮箱，请先登记邮件地址。")
    if fault := addressing.mail_fault(mail):
        raise ContactRefused(f"{fault}账号的邮箱由系统管理员修改，也可以在这里登记另一个。")
    _try("account", Addressee(by, None), Reached(Channel.MAIL, mail), by=by, at=at)
    journal.append(Act("try_out", "user", str(by.pk)), by=by, at=at)


def masked(point: ContactPoint) -> str:
    return addressing.masked(point.channel, point.address)


def _try(about: str, addressee: Addressee, way: Reached, *, by: User, at: datetime) -> None:
    if not recipients.is_set_up(way.channel):
        raise ContactRefused("还没有设置邮件服务器，发不出邮件，请系统管理员设置 EMAIL_HOST。")
    _locked(addressee.user or addressee.unit)
    # Not by the row of the address: one that is ended and entered again has another.
    mine = f"test/{by.pk}/"
    recent = Notice.objects.filter(
        kind=NoticeKind.TEST, channel=way.channel, created_at__gt=at - NO_MORE_THAN_ONCE_IN
    )
    if recent.filter(Q(topic__startswith=mine) | Q(address__iexact=way.address)).exists():
        raise ContactRefused("刚发过测试消息，请过一分钟再试。")
    message = Message(
        topic=f"{mine}{about}/{at:%Y%m%dT%H%M%S}",
        kind=NoticeKind.TEST,
        subject="整改台账测试消息",
        body=f"收到这条消息，说明这个通知方式可以使用（{clock.in_full(clock.day_of(at))}）。",
        path="/desk/channels/",
    )
    notifications.post_by(message, addressee, way, at=at)


def _end(point: ContactPoint, *, by: User, at: datetime) -> None:
    end = max(at, point.created_at)  # the clock may have been put back
    if not ContactPoint.objects.active().filter(pk=point.pk).update(ended_at=end):
        raise ContactRefused("这个通知方式已经停用，请刷新页面。")
    before = {"channel": point.channel, "address": masked(point), "ended_at": None}
    act = Act("end", "contactpoint", str(point.pk), before, {**before, "ended_at": end})
    journal.append(act, by=by, at=at)


def _may_keep(owner: User | Unit | None, by: User) -> None:
    if isinstance(owner, User):
        if by.acting_for is not None:
            raise ContactRefused(NOT_FOR_ANOTHER)
        if owner.pk != by.pk:
            raise ContactRefused("只有本人可以改自己的通知方式。")
    elif owner is None or not permissions.may_keep_channels(by, owner):
        raise ContactRefused("单位的通知方式由单位负责人、填报员或整改办登记。")


def _held(owner: User | Unit) -> QuerySet[ContactPoint]:
    """The owner's points in use; of two who enter at once, the second waits here."""
    _locked(owner)
    return ContactPoint.objects.active().filter(**_owned_by(owner)).order_by("pk")


def _locked(owner: User | Unit | None) -> None:
    """Held to the end of the transaction."""
    if owner is not None:
        rows = owner._meta.model._default_manager.select_for_update(no_key=True).filter(pk=owner.pk)
        list(rows.values_list("pk"))


def _owned_by(owner: User | Unit) -> dict[str, User | Unit]:
    return {"user": owner} if isinstance(owner, User) else {"unit": owner}


def _of(owner: User | Unit) -> dict[str, str]:
    return {} if isinstance(owner, User) else {"unit": owner.name}
