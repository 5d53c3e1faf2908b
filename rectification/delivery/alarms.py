"""Tells the office, inside the system, that something was not delivered: once a day and
inspection, however much it is."""

from collections.abc import Collection
from datetime import datetime

from accounts.models import Role, Unit
from rectification import clock, notifications, recipients
from rectification.models import Inspection, Notice, NoticeKind, houses_of
from rectification.notifications import Message
from rectification.recipients import Addressee

NOT_DELIVERED = "有通知没有送达，或者不能确定是否送达。请在“发送记录”里查看原因，需要时重新发送。"


def tell(notices: Collection[Notice], *, at: datetime) -> None:
    """The offices that look after these notices."""
    _post(notices, NOT_DELIVERED, subject="有通知没有送达", name="notices", at=at)


def tell_of_trouble(notices: Collection[Notice], words: str, *, at: datetime) -> None:
    """That a whole channel has been out of order for long; `words` say why."""
    why = words.rstrip("。")  # a server's own words come without
    body = f"通知一直发不出去，正在等待：{why}。请系统管理员处理，恢复后会自动发出。"
    _post(notices, body, subject="通知发不出去", name="channel", at=at)


def _post(notices: Collection[Notice], body: str, *, subject: str, name: str, at: datetime) -> None:
    homes = houses_of(notices)
    houses = {(row.inspection, unit) for row in notices for unit in homes[row.pk]}
    if not houses:
        return
    paths = {unit.root_path for inspection, unit in houses if inspection is None}
    roots = {root.path: root for root in Unit.objects.filter(path__in=paths)} if paths else {}
    offices = recipients.holders({unit for _, unit in houses}, Role.OFFICE)
    messages = []
    for inspection, unit in houses:
        about = unit if inspection else roots[unit.root_path]
        message = _message(inspection, about, body, subject=subject, name=name, at=at)
        messages += [(message, Addressee(user, about)) for user in offices[unit.pk]]
    if messages:
        notifications.post(messages, at=at)


def _message(
    inspection: Inspection | None,
    root: Unit,
    body: str,
    *,
    subject: str,
    name: str,
    at: datetime,
) -> Message:
    about = inspection.code if inspection else f"unit-{root.pk}"
    return Message(
        topic=f"trouble/{name}/{about}/{clock.day_of(at)}",
        kind=NoticeKind.TROUBLE,
        subject=subject,
        body=body,
        path=f"/i/{inspection.code}/notices/" if inspection else "/",
        inspection=inspection,
    )
