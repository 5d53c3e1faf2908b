"""What a place of tests/two_bureaus.py has of messages: a notice, one that is held, a way to be
reached, and the calendar's address. The keys are arguments of the addresses."""

import hashlib
from typing import Any

from accounts.models import Unit, User
from rectification.models import CalendarFeed, Channel, ContactPoint, Inspection
from tests.factories import NOON, NoticeFactory

ROBOT = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="


def furnish_messages(inspection: Inspection, division: Unit, *, to: User) -> dict[str, Any]:
    """Of somebody, and of the group of their unit."""
    mine = NoticeFactory(inspection=inspection, recipient=to, path="/desk/")
    held = NoticeFactory(
        inspection=inspection,
        recipient=to,
        channel=Channel.MAIL,
        address=f"to{to.pk}@example.gov.cn",
        state="held",
        reason="不知道是否送达",
    )
    way = ContactPoint.objects.create(
        user=to, channel=Channel.WECOM, address=f"{ROBOT}{to.pk}", created_at=NOON
    )
    ContactPoint.objects.create(
        unit=division, channel=Channel.WECOM, address=f"{ROBOT}u{division.pk}", created_at=NOON
    )
    token = f"calendar-of-{to.pk}"
    token_hash = hashlib.sha256(token.encode()).hexdigest()
    CalendarFeed.objects.create(user=to, token_hash=token_hash, created_at=NOON)
    return {
        "notice": mine.pk,
        "held": held.pk,
        "way": way.pk,
        "unit": division.pk,
        "token": token,
    }


def revoke(*tokens: str) -> None:
    hashes = [hashlib.sha256(token.encode()).hexdigest() for token in tokens]
    CalendarFeed.objects.filter(token_hash__in=hashes).update(ended_at=NOON)
