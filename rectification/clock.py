"""Dates in, dates out: deadlines, working days, rounds. No database, no now(); of the settings
the time zone alone.

A deadline is the end of its day (domain, section 2): days overdue = on - deadline, days left =
deadline - on, and 0 days left is the day itself, not overdue.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from rectification.states import Precision, Rhythm

HALF_MONTH = 15
LONGEST_REST = timedelta(days=31)  # no run of rest days is longer


@dataclass(frozen=True)
class WorkCalendar:
    """Days that differ from Monday to Friday: `exceptions` says of each whether it is worked, and
    `names` why.

    `known_years` are those whose official calendar has been announced. The days of
    `computed_years` follow from the statutory holidays, those of any other year from Monday to
    Friday alone; whoever shows such a day shows `caveat` with it.
    """

    exceptions: Mapping[date, bool] = field(default_factory=dict)
    known_years: frozenset[int] = frozenset()
    computed_years: frozenset[int] = frozenset()
    names: Mapping[date, str] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        return self.exceptions.get(day, day.weekday() < 5)

    def next_working_day(self, day: date) -> date:
        """`day` itself where it is worked, else the first worked day after it."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def why_rest(self, day: date) -> str:
        """Why nobody works on the day, in a word or two; nothing where it is worked."""
        if self.is_working(day):
            return ""
        return self.names.get(day) or (weekday(day) if day.weekday() >= 5 else "休息")

    def caveat(self, *days: date) -> str:
        """What has to be said beside days of a year that is not announced; else nothing."""
        for year in sorted({day.year for day in days} - self.known_years):
            basis = "法定节日" if year in self.computed_years else "周一至周五"
            return f"{year}年放假安排尚未公布，按{basis}推算"
        return ""


@dataclass(frozen=True)
class Series:
    """The days of an inspection's rounds without end, from the anchor on.

    Half-monthly are two days a month 15 apart, one of them the anchor's; they and the monthly one
    are cut at the end of a shorter month. `first_number` is the number of the round at the anchor:
    after a change of the rhythm the numbers go on, so that it may be any integer.
    """

    anchor: date
    rhythm: str = Rhythm.EVERY_DAYS
    every_days: int = 14
    first_number: int = 1

    def day(self, number: int) -> date:
        """The day of round `number`, before any rest day moves its meeting."""
        place = number - self.first_number
        if self.rhythm == Rhythm.MONTHLY:
            return months_later(self.anchor, place)
        if self.rhythm == Rhythm.HALF_MONTHLY:
            return self._half_month(place)
        return self.anchor + timedelta(days=self._step * place)

    def last_by(self, on: date) -> int:
        """The number of the last round whose day has come by `on`; below the first where none."""
        if on < self.anchor:
            return self.first_number - 1
        place = (on - self.anchor).days // self._step  # never too high
        while self.day(self.first_number + place + 1) <= on:
            place += 1
        return self.first_number + place

    def first_from(self, on: date) -> int:
        """The number of the first day of the series on `on` or after it, also before the anchor."""
        number = self.first_number + (on - self.anchor).days // self.least_days
        while self.day(number) < on:
            number += 1
        while self.day(number - 1) >= on:
            number -= 1
        return number

    @property
    def least_days(self) -> int:
        """Days from one round to the next, in a shorter month."""
        least = {Rhythm.WEEKLY: 7, Rhythm.HALF_MONTHLY: 13, Rhythm.MONTHLY: 28}
        return least.get(Rhythm(self.rhythm), self.every_days)

    @property
    def in_words(self) -> str:
        words = {
            Rhythm.WEEKLY: "每周",
            Rhythm.HALF_MONTHLY: "每半月",
            Rhythm.MONTHLY: "每月",
        }
        return words.get(Rhythm(self.rhythm), f"每{self.every_days}天")

    @property
    def _step(self) -> int:
        """Days from one round to the next, never fewer than there are."""
        longest = {Rhythm.WEEKLY: 7, Rhythm.HALF_MONTHLY: 16, Rhythm.MONTHLY: 31}
        return longest.get(Rhythm(self.rhythm), self.every_days)

    def _half_month(self, place: int) -> date:
        early = self.anchor.day if self.anchor.day <= HALF_MONTH else self.anchor.day - HALF_MONTH
        place += self.anchor.day > HALF_MONTH
        end = _end_of(self.anchor, months=place // 2)
        return end.replace(day=min(early + HALF_MONTH * (place % 2), end.day))


@dataclass(frozen=True)
class Sitting:
    """One round of the series: its number, its day in the series, and the day of the meeting.

    `caveat` has to be said beside it where its year is not announced; else it is empty.
    """

    number: int
    due_on: date
    meeting_on: date
    caveat: str = ""


def sitting(number: int, *, series: Series, work: WorkCalendar) -> Sitting:
    """Round `number`. A rest day moves the meeting, not the series."""
    due_on = series.day(number)
    meeting_on = work.next_working_day(due_on)
    return Sitting(number, due_on, meeting_on, work.caveat(due_on, meeting_on))


def sittings_due(
    *, series: Series, work: WorkCalendar, on: date, after: int = 0
) -> tuple[Sitting, ...]:
    """Every round numbered above `after` whose meeting day has come by `on`, in order."""
    first = max(after + 1, series.first_number)
    numbers = range(first, series.last_by(on) + 1)
    rounds = (sitting(number, series=series, work=work) for number in numbers)
    return tuple(each for each in rounds if each.meeting_on <= on)


def next_sitting(*, series: Series, work: WorkCalendar, on: date, after: int = 0) -> Sitting:
    """The coming meeting: of the rounds numbered above `after`, the first on `on` or later.

    Of two that a long holiday moves onto one day the later: it takes the other's place.
    """
    number = max(after + 1, series.first_number, series.last_by(on - LONGEST_REST))
    while (found := sitting(number, series=series, work=work)).meeting_on < on:
        number += 1
    while (later := sitting(number + 1, series=series, work=work)).meeting_on == found.meeting_on:
        number, found = number + 1, later
    return found


def opening(meeting_on: date, at: time) -> datetime:
    """The moment at which a round opens, in UTC.

    A time that a change to summer time leaves out is shifted by as much; of one that comes twice
    the first counts.
    """
    local = datetime.combine(meeting_on, at, tzinfo=timezone.get_current_timezone())
    return local.astimezone(UTC)


def last_opened_day(moment: datetime, *, at: time) -> date:
    """The last day on which rounds that open `at` have opened by the moment."""
    day = day_of(moment)
    return day if opening(day, at) <= moment.astimezone(UTC) else day - timedelta(days=1)


def day_of(at: datetime) -> date:
    """The day on which a moment falls where the work is done."""
    return timezone.localtime(at).date()


def days_overdue(deadline: date, *, on: date) -> int:
    return (on - deadline).days


def days_left(deadline: date, *, on: date) -> int:
    return (deadline - on).days


def months_later(day: date, months: int) -> date:
    """The same day of the month, or the month's last where it has no such day."""
    end = _end_of(day, months=months)
    return end.replace(day=min(day.day, end.day))


def _end_of(day: date, *, months: int) -> date:
    """The last day of the month that is so many after that of the day."""
    index = day.year * 12 + day.month - 1 + months
    return month_end(index // 12, index % 12 + 1)


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


def weekday(day: date) -> str:
    return f"周{'一二三四五六日'[day.weekday()]}"


def in_full(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def short_day(day: date, *, on: date) -> str:
    """6月30日, with the year only where it is another one than that of `on`."""
    text = f"{day.month}月{day.day}日"
    return text if day.year == on.year else f"{day.year}年{text}"
