"""日历订阅: a person's days as a calendar program reads them, under a private address.

The address is the key: whoever has it reads it, and nothing else of the house. It says days, counts
and links, never the text of a problem or a measure, and only of what its person may see at the
moment of reading.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar, Event

from accounts import journal
from accounts.journal import Act
from accounts.models import JournalEntry, User
from rectification import clock, permissions
from rectification.models import CalendarFeed, DispatchRound, Inspection, Measure, Workday
from rectification.states import RoundState

BACK = timedelta(days=31)
AHEAD = timedelta(days=366)


class FeedRefused(Exception):
    """The person does not have such an address. The message is for the user."""


@transaction.atomic
def renew(*, by: User, at: datetime) -> str:
    """A new token of the person's calendar, which nobody is shown a second time; the one before is
    ended. Raises FeedRefused."""
    _end(_of(by), by=by, at=at)
    token = secrets.token_urlsafe(32)
    feed = CalendarFeed.objects.create(user=by, token_hash=_hash(token), created_at=at)
    journal.append(Act("enter", "calendar_feed", str(feed.pk)), by=by, at=at)
    return token


@transaction.atomic
def revoke(*, by: User, at: datetime) -> None:
    """From here on the address answers nobody. Raises FeedRefused."""
    if not _end(_of(by), by=by, at=at):
        raise FeedRefused("没有正在使用的日历订阅，请刷新页面。")


def reader_of(token: str) -> User | None:
    """Whose calendar it is, or None for a token that is unknown or ended, or a person who left."""
    feeds = CalendarFeed.objects.active().filter(token_hash=_hash(token), user__is_active=True)
    feed = feeds.select_related("user").first()
    return feed.user if feed else None


def last_changed(*, at: datetime) -> datetime:
    """When something may have changed last: the day began, or somebody did something.

    Every verb writes the journal, so that its last entry is never too early.
    """
    day = datetime.combine(clock.day_of(at), time.min, tzinfo=timezone.get_current_timezone())
    last = JournalEntry.objects.order_by("-sequence").values_list("at", flat=True).first()
    return max(day, last) if last and last <= at else day


@dataclass(frozen=True)
class Day:
    """One all-day entry. `key` stays the same for the same thing."""

    key: str
    on: date
    summary: str
    path: str
    note: str = ""


def calendar(user: User, *, on: date) -> bytes:
    """The iCalendar file, the same bytes for the same day and ledger, in a few queries."""
    visible = Inspection.objects.visible_within(permissions.scope_of(user))
    inspections = list(visible.select_related("inspected_unit").order_by("pk"))
    several = len(inspections) > 1
    days = [*_meetings(user, inspections, on=on), *_deadlines(user, inspections, on=on)]
    file = Calendar()
    file.add("prodid", "-//rectification//dispatch//ZH")
    file.add("version", "2.0")
    file.add("method", "PUBLISH")
    file.add("x-wr-calname", settings.SITE_NAME)
    file.add("x-wr-timezone", settings.TIME_ZONE)
    file.add("refresh-interval", timedelta(hours=6), parameters={"VALUE": "DURATION"})
    named = {each.code: each.name for each in inspections} if several else {}
    for day in days:
        file.add_component(_event(day, named, on=on))
    return bytes(file.to_ical())


def _event(day: Day, names: dict[str, str], *, on: date) -> Event:
    code = day.key.split("/")[1]
    event = Event()
    event.add("uid", f"{day.key.replace('/', '-')}@{settings.MAIL_DOMAIN}")
    event.add("dtstamp", datetime.combine(on, time.min, tzinfo=timezone.get_current_timezone()))
    event.add("dtstart", day.on)
    event.add("dtend", day.on + timedelta(days=1))
    event.add("summary", f"{day.summary}（{names[code]}）" if code in names else day.summary)
    if day.note:
        event.add("description", day.note)
    event.add("url", f"{settings.SITE_URL}{day.path}")
    event.add("transp", "TRANSPARENT")
    return event


def _meetings(user: User, inspections: Iterable[Inspection], *, on: date) -> Iterator[Day]:
    """The meetings of the last month as they were, and those of the year to come as computed."""
    work = Workday.objects.calendar()
    held: dict[int, dict[int, DispatchRound]] = {}
    for round in DispatchRound.objects.filter(inspection__in=inspections):
        held.setdefault(round.inspection_id, {})[round.number] = round
    for inspection in inspections:
        overseen = permissions.may_oversee(user, inspection)
        rounds = held.get(inspection.pk, {})
        for round in rounds.values():
            if on - BACK <= round.meeting_on and round.state != RoundState.SUPERSEDED:
                page = reverse("rectification:round_detail", args=[inspection.code, round.number])
                yield _meeting(inspection, round, page if overseen else "/desk/")
        page = reverse("rectification:round_list", args=[inspection.code])
        for sitting in _sittings(inspection, work, after=max(rounds, default=0), on=on):
            caveat = work.caveat(sitting.meeting_on)
            yield _meeting(inspection, sitting, page if overseen else "/desk/", caveat=caveat)


def _meeting(
    inspection: Inspection, one: clock.Sitting | DispatchRound, path: str, *, caveat: str = ""
) -> Day:
    return Day(
        key=f"round/{inspection.code}/{one.number}",
        on=one.meeting_on,
        summary=f"第{one.number}次调度{'（推算）' if caveat else ''}",
        path=path,
        note=f"{caveat}。" if caveat else "",
    )


def _sittings(
    inspection: Inspection, work: clock.WorkCalendar, *, after: int, on: date
) -> Iterator[clock.Sitting]:
    """The meetings of the numbers after `after`, from the day on for a year."""
    if inspection.series is None:
        return
    while True:
        found = clock.next_sitting(series=inspection.series, work=work, on=on, after=after)
        if found.meeting_on > on + AHEAD:
            return
        yield found
        after = found.number


def _deadlines(user: User, inspections: Iterable[Inspection], *, on: date) -> Iterator[Day]:
    """For each day the number of measures that are due on it and not finished."""
    codes = {each.pk: each.code for each in inspections}
    mine = Measure.objects.visible_within(permissions.scope_of(user)).unfinished()
    due = mine.filter(inspection__in=codes, deadline__range=(on - BACK, on + AHEAD))
    place = ("inspection", "deadline")
    counted = due.order_by(*place).values_list(*place).annotate(Count("pk", distinct=True))
    for inspection, day, count in counted:
        code = codes[inspection]
        yield Day(
            key=f"due/{code}/{day.isoformat()}",
            on=day,
            summary=f"整改时限：{count}条措施到期",
            path=f"{reverse('rectification:measure_list', args=[code])}?closed=no",
        )


def _of(user: User) -> list[CalendarFeed]:
    """The person's feeds in use; of two who renew at once, the second waits here."""
    if user.acting_for is not None:
        raise FeedRefused("正在代理他人，请先结束代理，再改自己的日历订阅。")
    list(User.objects.select_for_update(no_key=True).filter(pk=user.pk).values_list("pk"))
    return list(CalendarFeed.objects.active().filter(user=user))


def _end(feeds: Iterable[CalendarFeed], *, by: User, at: datetime) -> int:
    ended = 0
    for feed in feeds:
        end = max(at, feed.created_at)
        ended += CalendarFeed.objects.active().filter(pk=feed.pk).update(ended_at=end)
        act = Act("end", "calendar_feed", str(feed.pk), {"ended_at": None}, {"ended_at": end})
        journal.append(act, by=by, at=at)
    return ended


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
