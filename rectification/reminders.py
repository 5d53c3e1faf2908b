"""每日提醒: one digest for each person and day, never one mail for each measure.

`remind` asks who has something to hear by now and has not heard today. It is called as often as the
tick comes: a second run, a second machine or a clock that was put back tells nobody twice, a missed
morning is caught up the same day, and a day that went by is never told of later. What is near,
due and overdue is told by the rungs of the ladder that come without a letter: from their day on,
and to their recipients. A deputy hears in one line what waits for whom they may act for that day.
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
from rectification import clock, heaps, notifications, waiting
from rectification.heaps import Person
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
    "turned_back": ("调度报送被退回", "条"),
    "unreported": ("调度未报", "条"),
    "to_confirm": ("调度待确认", "条"),
    "late_letters": ("督办函件超期未回复", "份"),
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
CLOSING = "请到“我的待办”逐条办理；全部措施在“措施”页。"
DEPUTISING = "代办的，先在右上角菜单里点“代某某办理”。"
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
    people = _unheard(heaps.people(on=day), on=day)
    loads = waiting.loads(people, on=day) if people else ()
    return Reminded(day, _post(loads, on=day, at=at) if loads else 0)


@transaction.atomic
def _post(loads: Iterable[Load], *, on: date, at: datetime) -> int:
    """Asked again under the lock of all writers: of two ticks at once, the second finds it told."""
    journal.hold()
    by_person: dict[Person, list[Load]] = {}
    for load in loads:
        by_person.setdefault(load.person, []).append(load)
    names = _names(by_person.values())
    messages = [
        (_digest(by_person[each], names, on=on), Addressee(each.user, None))
        for each in _unheard(by_person, on=on)
    ]
    notifications.post(messages, at=at)
    return len(messages)


def _unheard(people: Iterable[Person], *, on: date) -> list[Person]:
    """Those without a digest of this day, or of the next ones, from which a clock was put back."""
    days = [on + timedelta(days=ahead) for ahead in range(BACK_AT_MOST.days + 1)]
    keys = {
        notifications.key_inside(_topic(day), each.user): each for each in people for day in days
    }
    rows = Notice.objects.filter(key__in=list(keys)).values_list("key", flat=True)
    heard = {keys[key] for key in rows}
    return [each for each in dict.fromkeys(keys.values()) if each not in heard]


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


def _digest(loads: list[Load], names: Mapping[int, str], *, on: date) -> Message:
    counts = {load.inspection: load.counts for load in loads if load.behalf is None}
    total = sum(counts.values(), Counter[str]())
    behalf: dict[User, Counter[str]] = {}
    for load in loads:
        if load.behalf:
            behalf[load.behalf] = behalf.get(load.behalf, Counter()) + load.counts
    lines = [f"{names[key]}：{_said(counts[key], '，')}。" for key in names if key in counts]
    lines += [f"代{_plain(str(each))}：{_said(theirs, '，')}。" for each, theirs in behalf.items()]
    deputised = sum(theirs.total() for theirs in behalf.values())
    subject = [_said(total, "、", most=IN_THE_SUBJECT)] if total else []
    subject += [f"代办{deputised}件"] if deputised else []
    closing = [DEPUTISING] if deputised else []
    return Message(
        topic=_topic(on),
        kind=NoticeKind.DIGEST,
        subject=f"整改提醒：{'、'.join(subject)}",
        body="\n".join([*lines, CLOSING, *closing]),
        path="/desk/",
        personal=True,
    )


def _said(counts: Counter[str], between: str, *, most: int | None = None) -> str:
    """超期3条、临期5条"""
    parts = [f"{word}{counts[name]}{unit}" for name, (word, unit) in SAYS.items() if counts[name]]
    return between.join(parts[:most])


def _topic(day: date) -> str:
    return f"digest/{day.isoformat()}"
