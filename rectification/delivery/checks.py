"""What `bin/manage check` says of the way messages leave: combinations that cannot work are errors,
those that weaken a promise are warnings. Each sentence says what to set."""

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError, connection
from django.utils import timezone

from accounts.checks import THOROUGH
from rectification.delivery.archive import ArchiveUnreadable, open_archive
from rectification.delivery.claiming import CLOCKS_MAY_DIFFER

HERE = {"localhost", "127.0.0.1", "::1"}


@register()
def the_settings_of_mail_go_together(app_configs: Any, **_: Any) -> list[CheckMessage]:
    return [*_missing(), *_contradictions()] if settings.EMAIL_HOST else [*_without_a_server()]


@register()
def the_pauses_go_together(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """The settings refuse it too; here for those who set them otherwise."""
    lease, timer = settings.DELIVERY_LEASE_SECONDS, settings.DELIVERY_TIMER_SECONDS
    patience = settings.EMAIL_TIMEOUT
    if patience is not None and 0 < patience < timer < lease:
        return []
    sentence = (
        f"EMAIL_TIMEOUT（{patience}）要小于 DELIVERY_TIMER_SECONDS（{timer}），"
        f"后者又要小于 DELIVERY_LEASE_SECONDS（{lease}），请改正。"
    )
    return [Error(sentence, id="rectification.E001")]


@register(THOROUGH, deploy=True)
def the_archive_can_be_read(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Tried: it may take as long as its server takes."""
    if not settings.MAIL_ARCHIVE:
        return []
    try:
        give_up = time.monotonic() + settings.DELIVERY_TIMER_SECONDS
        archive = open_archive(left=lambda: give_up - time.monotonic(), since=timezone.now())
    except ArchiveUnreadable as error:
        return [Error(str(error), id="rectification.E002")]
    archive.close()
    return []


@register(Tags.database)
def the_clocks_agree(app_configs: Any, databases: Any = None, **_: Any) -> list[CheckMessage]:
    """Workers on several machines lease by their own clocks."""
    if not databases:
        return []
    try:
        if connection.vendor != "postgresql":
            return []
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            apart = abs(float(cursor.fetchone()[0]) - time.time())
    except DatabaseError:
        return []  # that it cannot be reached is said by whoever needs it
    if apart <= CLOCKS_MAY_DIFFER.total_seconds():
        return []
    sentence = f"本机的时间和数据库服务器相差{apart:.0f}秒，请让所有机器用同一个时间源校时。"
    return [Warning(sentence, id="rectification.W005")]


def _missing() -> Iterator[CheckMessage]:
    if urlsplit(settings.SITE_URL).hostname in HERE:
        sentence = (
            f"已设置邮件服务器，而 SITE_URL 还是 {settings.SITE_URL}："
            "邮件里的链接别人打不开，请写成大家访问本系统的网址。"
        )
        level = Warning if settings.EMAIL_HOST in HERE else Error
        yield level(sentence, id="rectification.E003")
    if not settings.MAIL_ARCHIVE:
        yield Warning(
            "没有设置归档邮箱（MAIL_ARCHIVE）：不能确定是否送达的邮件要由整改办决定是否再发。",
            hint="让邮件服务器把发出的邮件抄送一份到归档邮箱，见 docs/operations.md。",
            id="rectification.W001",
        )


def _contradictions() -> Iterator[CheckMessage]:
    if settings.EMAIL_USER and not settings.EMAIL_PASSWORD:
        sentence = "设置了 EMAIL_USER，没有设置 EMAIL_PASSWORD：请补上，或两个都不写。"
        yield Error(sentence, id="rectification.E004")
    if settings.EMAIL_PASSWORD and not settings.EMAIL_USER:
        sentence = "设置了 EMAIL_PASSWORD，没有设置 EMAIL_USER：请补上，或两个都不写。"
        yield Error(sentence, id="rectification.E004")
    if (
        settings.EMAIL_USER
        and settings.EMAIL_SECURITY == "none"
        and settings.EMAIL_HOST not in HERE
    ):
        yield Warning(
            "邮件账号的密码会不加密地发给邮件服务器，请把 EMAIL_SECURITY 设为 starttls 或 tls。",
            id="rectification.W002",
        )
    usual = {465: "tls", 587: "starttls"}.get(settings.EMAIL_PORT)
    if usual and usual != settings.EMAIL_SECURITY:
        yield Warning(
            f"端口 {settings.EMAIL_PORT} 一般要配 EMAIL_SECURITY={usual}，"
            f"现在是 {settings.EMAIL_SECURITY}，请核对。",
            id="rectification.W003",
        )


def _without_a_server() -> Iterator[CheckMessage]:
    named = ("EMAIL_USER", "EMAIL_PASSWORD", "MAIL_ARCHIVE")
    given = [name for name in named if getattr(settings, name)]
    if given:
        sentence = f"设置了 {'、'.join(given)}，没有设置 EMAIL_HOST：不会发出任何邮件，请补上。"
        yield Warning(sentence, id="rectification.W004")
