"""Tells the office, inside the system, that something was not delivered: once a day and
inspection, however much it is."""

from collections.abc import Collection
from datetime import datetime

from accounts.models import Role, Unit
from rectification import clock, notifications, recipients
from rectification.models import Inspection, Notice, NoticeKind
from rectification.notifications import Message
from rectification.recipients import Addressee

NOT_DELIVERED = "有通知没有送达，或者不能确定是否送达。请在“发送记录”里查看原因，需要时重新发送。"


def tell(notices: Collection[Notice], *, at: datetime) -> None:
    """The offices of these notices' inspections, or of their recipients' bureaus."""
    houses = {(notice.inspection, root_of(notice)) for notice in notices}
    _post(houses, NOT_DELIVERED, subject="有通知没有送达", name="notices", at=at)


def tell_of_trouble(notices: Collection[Notice], words: str, *, at: datetime) -> None:
    """That a whole channel has been out of order for long; `words` say why."""
    houses = {(notice.inspection, root_of(notice)) for notice in notices}
    body = f"通知一直发不出去，正在等待：{words}请系统管理员处理，恢复后会自动发出。"
    _post(houses, body, subject="通知发不出去", name="channel", at=at)


def root_of(notice: Notice) -> Unit | None:
    """The bureau whose office looks after the notice."""
    if notice.inspection:
        return notice.inspection.inspected_unit
    unit = notice.unit or (notice.recipient.unit if notice.recipient else None)
    return Unit.objects.get(path=unit.root_path) if unit else None


def _post(
    houses: Collection[tuple[Inspection | None, Unit | None]],
    body: str,
    *,
    subject: str,
    name: str,
    at: datetime,
) -> None:
    if not houses:
        return
    roots = {root for _, root in houses if root}
    offices = recipients.holders(roots, Role.OFFICE)
    letters = [
        (_message(inspection, root, body, subject=subject, name=name, at=at), Addressee(user, root))
        for inspection, root in houses
        if root
        for user in offices[root.pk]
    ]
    if letters:
        notifications.post(letters, at=at)


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
