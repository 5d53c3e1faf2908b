"""What a unit hears at once: a point that a meeting decided, a report that its head turned back.

Counts and a link, never the text.
"""

from datetime import datetime

from accounts.models import Role, Unit
from rectification import notifications, recipients
from rectification.models import DispatchReturn, MeetingPoint, NoticeKind
from rectification.notifications import Message
from rectification.recipients import Addressee


def decided(point: MeetingPoint, *, at: datetime) -> None:
    """Tell the liaisons and the head of the unit that is to answer."""
    message = Message(
        topic=f"point/{point.subject_code}/decide",
        kind=NoticeKind.DISPATCH,
        subject=f"{point.round}有1项议定事项待答复",
        body=f"{point.round}有1项议定事项由{point.unit}承办，请写明办理情况并答复。",
        path=f"/i/{point.inspection.code}/points/{point.number}/",
        inspection=point.inspection,
    )
    _tell(message, point.unit, Role.LIAISON, Role.UNIT_HEAD, at=at)


def turned_back(line: DispatchReturn, *, at: datetime) -> None:
    """Tell the liaisons of the unit, each time that a report of theirs comes back."""
    code, number = line.round.inspection.code, line.round.number
    message = Message(
        topic=f"return/{line.round.subject_code}/{line.pk}/{line.version}",
        kind=NoticeKind.DISPATCH,
        subject=f"{line.round}有1条报送被退回修改",
        body=f"{line.unit}在{line.round}有1条报送被单位负责人退回，请修改后重新报送。",
        path=f"/i/{code}/dispatch/{number}/report/",
        inspection=line.round.inspection,
    )
    _tell(message, line.unit, Role.LIAISON, at=at)


def _tell(message: Message, unit: Unit, *roles: Role, at: datetime) -> None:
    people = dict.fromkeys(
        user for role in roles for user in recipients.holders([unit], role)[unit.pk]
    )
    notifications.post([(message, Addressee(each, unit)) for each in people], at=at)
