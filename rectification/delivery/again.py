"""The verb by which the office sends again what was held or has failed."""

import contextlib
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from accounts import journal
from accounts.models import User
from rectification import notifications, permissions, recipients
from rectification.models import Notice
from rectification.states import FOR_THE_OFFICE, NoticeState


class SendAgainRefused(Exception):
    """The notice, or the person, does not allow this. The message is for the user."""


@transaction.atomic
def send_again(notice: Notice, *, by: User, at: datetime) -> None:
    """Due again, under the same Message-ID; where the archive has it by then, it is not sent.

    The notice is claimed as it was seen: who saw it before another did this is refused. Raises
    SendAgainRefused.
    """
    if not permissions.may_send_again(by, notice):
        raise SendAgainRefused("只有整改办可以重新发送通知。")
    if notice.state not in FOR_THE_OFFICE:
        raise SendAgainRefused("只有“待核实”和“发送失败”的通知可以重新发送，请刷新页面。")
    if notice.pk in recipients.stopped([notice]):
        raise SendAgainRefused(
            "收件人或这个通知方式已经停用，不能重新发送；新登记的地址只收以后的通知。"
        )
    seen = Notice.objects.filter(pk=notice.pk, state=notice.state, outcome_at=notice.outcome_at)
    before = {"state": notice.state}
    due = {"state": NoticeState.DUE, "attempt": 0, "not_before": at, "outcome_at": None}
    if not seen.update(**due, reason=""):
        raise SendAgainRefused("这条通知的状态刚刚变了，请刷新页面。")
    notice.refresh_from_db()
    after = {"notice": notice.pk, "channel": notice.channel, "state": notice.state}
    act = journal.Act("send_again", "notice", notice.topic, before=before, after=after)
    journal.append(act, by=by, at=at)
    notifications.ring()


def send_all_again(notices: Iterable[Notice], *, by: User, at: datetime) -> int:
    """Each of these in its own transaction; how many. What is refused stays as it is."""
    done = 0
    for notice in notices:
        with contextlib.suppress(SendAgainRefused):
            send_again(notice, by=by, at=at)
            done += 1
    return done
