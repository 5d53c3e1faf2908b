"""Dates in, dates out: deadlines, working days, rounds. No database, no now(); of the settings
the time zone alone.

A deadline is the end of its day (domain, section 2): days overdue = on - deadline, days left =
deadline - on, and 0 days left is the day itself, not overdue.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.utils import timezone

from rectification.states import Precision


@dataclass(frozen=True)
class WorkCalendar:
    """Days that differ from Monday to Friday: `exceptions` says of each whether it is worked.

    `known_years` are those whose official calendar has been announced; other years follow Monday
    to Friday, and a page that shows such a day says so.
    """

    exceptions: Mapping[date, bool] = field(default_factory=dict)
    known_years: frozenset[int] = frozenset()

    def is_working(self, day: date) -> bool:
        return self.exceptions.get(day, day.weekday() < 5)

    def next_working_day(self, day: date) -> date:
        """`day` itself where it is worked, else the first worked day after it."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day


@dataclass(frozen=True)
class Sitting:
    """One round of the series: its number, its day in the series, and the day of the meeting."""

    number: int
    due_on: date
    meeting_on: date


def sitting(number: int, *, anchor: date, every_days: int, work: WorkCalendar) -> Sitting:
    """Round `number`, from 1 at the anchor. A rest day moves the meeting, not the series."""
    due_on = anchor + timedelta(days=every_days * (number - 1))
    return Sitting(number, due_on, work.next_working_day(due_on))


def sittings_due(
    *, anchor: date, every_days: int, work: WorkCalendar, on: date
) -> tuple[Sitting, ...]:
    """Every round whose meeting day has come by `on`, in order."""
    last = (on - anchor).days // every_days + 1
    series = (
        sitting(number, anchor=anchor, every_days=every_days, work=work)
        for number in range(1, last + 1)
    )
    return tuple(each for each in series if each.meeting_on <= on)


def next_sitting(*, anchor: date, every_days: int, work: WorkCalendar, on: date) -> Sitting:
    """The first round whose meeting day is after `on`."""
    number = max(1, (on - anchor).days // every_days)
    while True:
        each = sitting(number, anchor=anchor, every_days=every_days, work=work)
        if each.meeting_on > on:
            return each
        number += 1


def day_of(at: datetime) -> date:
    """The day on which a moment falls where the work is done."""
    return timezone.localtime(at).date()


def days_overdue(deadline: date, *, on: date) -> int:
    return (on - deadline).days


def days_left(deadline: date, *, on: date) -> int:
    return (deadline - on).days


def months_later(day: date, months: int) -> date:
    """The same day of the month, or the month's last where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    end = month_end(index // 12, index % 12 + 1)
    return end.replace(day=min(day.day, end.day))


def month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def last_day(year: int, month: int, *, precision: str, ten_days: int = 3) -> date:
    """The last day of the period that holds the month; 上旬, 中旬, 下旬 are `ten_days` 1, 2, 3."""
    if precision == Precision.YEAR:
        return date(year, 12, 31)
    if precision == Precision.QUARTER:
        return month_end(year, (month - 1) // 3 * 3 + 3)
    if precision == Precision.TEN_DAYS and ten_days < 3:
        return date(year, month, 10 * ten_days)
    return month_end(year, month)


def deadline_phrase(deadline: date | None, precision: str) -> str:
    """The deadline as it was agreed, e.g. 2025年6月底前; never a day that nobody agreed."""
    if deadline is None or precision == Precision.NONE:
        return ""
    if precision == Precision.DAY:
        return f"{in_full(deadline)}前"
    if precision == Precision.TEN_DAYS:
        part = "上旬" if deadline.day <= 10 else "中旬" if deadline.day <= 20 else "下旬"
        return f"{deadline.year}年{deadline.month}月{part}"
    if precision == Precision.QUARTER:
        quarter = "一二三四"[(deadline.month - 1) // 3]
        return f"{deadline.year}年第{quarter}季度"
    if precision == Precision.YEAR:
        return f"{deadline.year}年底前"
    return f"{deadline.year}年{deadline.month}月底前"


def in_full(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def short_day(day: date, *, on: date) -> str:
    """6月30日, with the year only where it is another one than that of `on`."""
    text = f"{day.month}月{day.day}日"
    return text if day.year == on.year else f"{day.year}年{text}"
