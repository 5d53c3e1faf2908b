"""Stands in for the package that sends, of which the page of fates needs one verb: take theirs."""

from datetime import datetime

from django.db import transaction

from accounts import journal
from accounts.models import User
from rectification import notifications, permissions
from rectification.models import Notice
from rectification.states import NoticeState


class SendAgainRefused(Exception):
    """The message, or the person, does not allow this. The message is for the user."""


@transaction.atomic
def send_again(notice: Notice, *, by: User, at: datetime) -> None:
    """Claim a held or failed notice back to due. Raises SendAgainRefused."""
    if notice.inspection and not permissions.may_run(by, notice.inspection):
        raise SendAgainRefused("只有整改办可以重新发送。")
    over = Notice.objects.filter(pk=notice.pk, state__in=[NoticeState.HELD, NoticeState.FAILED])
    due = {"state": NoticeState.DUE, "reason": "", "outcome_at": None, "not_before": at}
    if not over.update(**due):
        raise SendAgainRefused("这条通知现在不能重新发送，请刷新页面。")
    journal.append(
        journal.Act(
            "send_again", "notice", notice.topic, {"state": notice.state}, {"state": "due"}
        ),
        by=by,
        at=at,
    )
    notifications.ring()
