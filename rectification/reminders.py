"""每日提醒: one digest for each person and day, never one mail for each measure.

`remind` asks who has something to hear by now and has not heard today. It is called as often as the
tick comes: a second run, a second machine or a clock that was put back tells nobody twice, a missed
morning is caught up the same day, and a day that went by is never told of later. The rungs of the
ladder that come without a letter are part of it: near and overdue are those of the lights.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import journal
from accounts.models import User
from rectification import clock, notifications, waiting
from rectification.models import Inspection, Notice, NoticeKind, Workday
from rectification.notifications import Message
from rectification.recipients import Addressee
from rectification.waiting import Load

# In order of urgency: what a count is called, and what it counts.
SAYS = {
    "overdue": ("超期", "条"),
    "today": ("今天到期", "条"),
    "back": ("退回", "条"),
    "near": ("临期", "条"),
    "unreported": ("调度未报", "条"),
    "to_confirm": ("调度待确认", "条"),
    "to_acknowledge": ("函件待签收", "份"),
    "to_answer": ("函件待回复", "份"),
    "points": ("议定事项待答复", "项"),
    "to_review": ("销号待审核", "件"),
    "to_extend": ("延期待审批", "件"),
    "to_exempt": ("不再适用待审批", "件"),
    "to_accept": ("问题待验收", "个"),
    "to_issue": ("函件待签发", "份"),
    "to_close_letter": ("函件待办结", "份"),
    "to_settle": ("议定事项待办结", "项"),
    "held": ("通知待核实", "条"),
}
IN_THE_SUBJECT = 3  # the most urgent; the body has them all
BACK_AT_MOST = timedelta(days=3)  # how far a clock is put back; one from far ahead silences nobody
NAME_AT_MOST = 60


@dataclass(frozen=True)
class Reminded:
    """What one run did: the day it was for, and how many people heard."""

    day: date
    people: int


def remind(*, at: datetime) -> Reminded:
    """Post the digests that are due by `at` and not there yet."""
    day = clock.day_of(at)
    if timezone.localtime(at).time() < settings.DIGEST_AT:
        return Reminded(day, 0)
    if not Workday.objects.calendar().is_working(day):
        return Reminded(day, 0)
    loads = _by_person(waiting.loads(on=day))
    if not _unheard(loads, on=day):
        return Reminded(day, 0)
    return Reminded(day, _post(loads, on=day, at=at))


@transaction.atomic
def _post(loads: Mapping[User, list[Load]], *, on: date, at: datetime) -> int:
    """Asked again under the lock of all writers: of two ticks at once, the second finds it told."""
    journal.hold()
    unheard = _unheard(loads, on=on)
    names = _names(unheard.values())
    messages = [
        (_digest(user, mine, names, on=on), Addressee(user, None)) for user, mine in unheard.items()
    ]
    notifications.post(messages, at=at)
    return len(messages)


def _by_person(loads: Iterable[Load]) -> dict[User, list[Load]]:
    found: dict[User, list[Load]] = {}
    for load in loads:
        found.setdefault(load.person.user, []).append(load)
    return found


def _unheard(loads: Mapping[User, list[Load]], *, on: date) -> dict[User, list[Load]]:
    """Those without a digest of this day, or of the next ones, from which a clock was put back."""
    days = [on + timedelta(days=ahead) for ahead in range(BACK_AT_MOST.days + 1)]
    keys = {notifications.key_inside(_topic(day), user): user for user in loads for day in days}
    heard = {
        keys[key] for key in Notice.objects.filter(key__in=list(keys)).values_list("key", flat=True)
    }
    return {user: mine for user, mine in loads.items() if user not in heard}


def _names(loads: Iterable[list[Load]]) -> dict[int, str]:
    """The inspections by key, latest first, each with its name on one line of bounded length."""
    keys = {load.inspection for mine in loads for load in mine}
    rows = Inspection.objects.filter(pk__in=keys).latest_first()
    return {pk: _plain(name) for pk, name in rows.values_list("pk", "name")}


def _plain(name: str) -> str:
    """A name that cannot pass for a line of ours: no control characters, no line ends."""
    shown = "".join(each if unicodedata.category(each)[0] not in "CZ" else " " for each in name)
    text = " ".join(shown.split())
    return text if len(text) <= NAME_AT_MOST else f"{text[: NAME_AT_MOST - 1]}…"


def _digest(user: User, loads: list[Load], names: Mapping[int, str], *, on: date) -> Message:
    counts = {load.inspection: load.counts for load in loads}
    total = sum(counts.values(), Counter[str]())
    lines = [f"{names[key]}：{_said(counts[key], '，')}。" for key in names if key in counts]
    return Message(
        topic=_topic(on),
        kind=NoticeKind.DIGEST,
        subject=f"整改提醒：{_said(total, '、', most=IN_THE_SUBJECT)}",
        body="\n".join([*lines, "请到“我的待办”逐条办理。"]),
        path="/desk/",
        personal=True,
    )


def _said(counts: Counter[str], between: str, *, most: int | None = None) -> str:
    """超期3条、临期5条"""
    parts = [f"{word}{counts[name]}{unit}" for name, (word, unit) in SAYS.items() if counts[name]]
    return between.join(parts[:most])


def _topic(day: date) -> str:
    return f"digest/{day.isoformat()}"
