"""The verbs of the working calendar: prefill it, take in a year's notice, change a day.

A change is made by compare-and-swap on the version of its year and stands in the journal as one
entry of that year. It moves meetings to come; a round that is there keeps its days.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache

import holidays
from django.db import transaction
from django.db.models import F

from accounts import journal
from accounts.journal import Act
from accounts.models import User
from rectification import clock, permissions
from rectification.calendar_notice import Day, Days, YearlyNotice
from rectification.models import CalendarYear, Inspection, Workday
from rectification.models.workday import EARLIEST_YEAR, LATEST_YEAR
from rectification.states import CalendarSource

PREFILLABLE = CalendarSource.COMPUTED  # what nobody has touched, and the package may know better


class CalendarRefused(Exception):
    """The calendar cannot be changed so, or not by this person. The message is for the user."""


class StaleCalendar(CalendarRefused):
    """Somebody changed the year after this person had opened it. Nothing was written."""


STATUTORY = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")


@dataclass(frozen=True)
class Change:
    """One day of a plan: what stands, and what will; None where there is no entry."""

    day: date
    before: Day | None
    after: Day | None


@dataclass(frozen=True)
class Plan:
    """What a notice would change, and on which versions of its years that was said."""

    notice: YearlyNotice
    changes: tuple[Change, ...]
    versions: Mapping[int, int] = field(default_factory=dict)
    unmentioned: tuple[str, ...] = ()  # holidays by statute of which it gives no day


# Prefilling ---------------------------------------------------------------------------------------


def needed_years(*, on: date) -> tuple[int, ...]:
    """The years that meetings fall into: from the first anchor on, at least this and the next."""
    anchors = Inspection.objects.exclude(dispatch_anchor=None)
    first = anchors.order_by("dispatch_anchor").values_list("dispatch_anchor", flat=True).first()
    begin = min(on.year, first.year) if first else on.year
    return tuple(range(max(EARLIEST_YEAR, begin), min(LATEST_YEAR, on.year + 1) + 1))


def prefill(years: Iterable[int], *, at: datetime) -> tuple[int, ...]:
    """Enter the years that are not there yet, and those computed that the package knows by now.

    A year that somebody has changed stays as it is. Returns the years that were written; a second
    run finds none.
    """
    wanted = {year for year in years if EARLIEST_YEAR <= year <= LATEST_YEAR}
    there = dict(CalendarYear.objects.filter(year__in=wanted).values_list("year", "source"))
    missing = [year for year in sorted(wanted) if _is_to_fill(year, there.get(year))]
    return tuple(year for year in missing if _prefill(year, at=at))


def keep_ahead(*, at: datetime) -> tuple[int, ...]:
    """What the tick asks for: the years that are needed on the day and not there yet."""
    return prefill(needed_years(on=clock.day_of(at)), at=at)


def _is_to_fill(year: int, source: str | None) -> bool:
    return source is None or (source == PREFILLABLE and _of_package(year).is_announced)


@transaction.atomic
def _prefill(year: int, *, at: datetime) -> bool:
    computed = {"source": PREFILLABLE, "version": 0, "changed_at": at}
    rows = CalendarYear.objects.select_for_update(no_key=True)
    row, created = rows.get_or_create(year=year, defaults=computed)  # of two the second waits
    if not created and not _is_to_fill(year, row.source):
        return False
    known, standing = _of_package(year), _days_of(year)
    row.source = CalendarSource.PACKAGE if known.is_announced else CalendarSource.COMPUTED
    row.is_announced, row.changed_at, row.version = known.is_announced, at, row.version + 1
    row.save()
    days = {**known.days, **standing} if created else known.days  # from before there were years
    _write(standing, days)
    _record(Act("prefill", "calendar", row.subject_code), standing, days, by=None, at=at)
    return True


def _begin(year: int, *, at: datetime) -> bool:
    """Prefill the year where it is not there, so that what a person enters stands beside the other
    days of it; whether it was not."""
    return not CalendarYear.objects.filter(year=year).exists() and _prefill(year, at=at)


@dataclass(frozen=True)
class _Known:
    days: Days
    is_announced: bool


@lru_cache(maxsize=128)  # what a package says of a year does not change while it runs
def _of_package(year: int) -> _Known:
    """The year by the package `holidays`. Without a make-up day it has not been announced."""
    found = holidays.country_holidays("CN", years=year, language="zh_CN")
    makeup = {day for day in found.weekend_workdays if day.year == year}
    days = {day: Day(True, "调休上班") for day in makeup}
    for day, name in found.items():
        if day.year == year and day not in makeup:
            days[day] = Day(False, name[:50])
    return _Known(dict(sorted(days.items())), bool(makeup))


def _unmentioned(notice: YearlyNotice) -> tuple[str, ...]:
    """The statutory holidays of which the notice gives no day as free."""
    free = {day for day, each in notice.days.items() if not each.is_working}
    known = {day: each.name for day, each in _of_package(notice.year).days.items()}
    named = {name for day, name in known.items() if day in free}
    statutory = [name for day, name in known.items() if day not in free and name not in named]
    return tuple(dict.fromkeys(name for name in statutory if name in STATUTORY))


# The yearly notice --------------------------------------------------------------------------------


def plan(notice: YearlyNotice) -> Plan:
    """What taking the notice in would change. Nothing is written."""
    changes = []
    for year, wanted in _by_year(notice).items():
        standing = _days_of(year)
        changes += [
            Change(day, standing.get(day), wanted.get(day))
            for day in sorted(standing.keys() | wanted.keys())
            if standing.get(day) != wanted.get(day)
        ]
    versions = CalendarYear.objects.filter(year__in=_by_year(notice))
    known = dict(versions.values_list("year", "version"))
    return Plan(notice, tuple(changes), known, _unmentioned(notice))


@transaction.atomic
def take_in(notice: YearlyNotice, *, versions: Mapping[int, int], by: User, at: datetime) -> Plan:
    """Write the notice: its year becomes announced and holds these days alone.

    `versions` are those of the plan that was confirmed. Raises CalendarRefused, StaleCalendar.
    """
    _require(by)
    done = plan(notice)
    for year in _by_year(notice):
        changes = {}
        if year == notice.year:
            source = {"source": CalendarSource.NOTICE, "source_name": notice.name[:200]}
            changes = {"is_announced": True, **source}
        row = _claim(year, version=versions.get(year, 0), at=at, **changes)
        standing, wanted = _days_of(year), _by_year(notice)[year]
        _write(standing, wanted)
        act = Act("import", "calendar", row.subject_code, why=notice.name[:200])
        _record(act, standing, wanted, by=by, at=at)
    return done


def _by_year(notice: YearlyNotice) -> dict[int, Days]:
    """Of its own year the notice says every day; to the year before it adds a few."""
    years: dict[int, Days] = {notice.year: {}}
    before = {day: each for day, each in notice.days.items() if day.year < notice.year}
    if before:
        years[notice.year - 1] = {**_days_of(notice.year - 1), **before}
    years[notice.year] = {day: each for day, each in notice.days.items() if day not in before}
    return years


# One day, or the word that a year is announced ----------------------------------------------------


@transaction.atomic
def set_day(day: date, said: Day, *, version: int, by: User, at: datetime) -> None:
    """Enter a day or change it. `version` is that of the year as it was opened, 0 for a new one.

    Raises CalendarRefused, StaleCalendar.
    """
    _require(by)
    _change(day, said, version=version, by=by, at=at)


@transaction.atomic
def remove_day(day: date, *, version: int, by: User, at: datetime) -> None:
    """Take a day's entry away: it is worked as its weekday is. Raises as `set_day`."""
    _require(by)
    if not Workday.objects.filter(day=day).exists():
        raise CalendarRefused(f"{clock.in_full(day)}没有登记，不用取消。")
    _change(day, None, version=version, by=by, at=at)


@transaction.atomic
def mark_announced(year: int, *, version: int, by: User, at: datetime) -> None:
    """Say that the days of the year are those of the notice. Raises as `set_day`."""
    _require(by)
    found = CalendarYear.objects.filter(year=year).first()
    if found and found.is_announced:
        raise CalendarRefused(f"{year}年已经标为公布，不用再标。")
    changes = {"is_announced": True, "source": CalendarSource.BY_HAND}
    row = _claim(year, version=version, at=at, **changes)
    before = {"is_announced": False}
    act = Act("mark_announced", "calendar", row.subject_code, before, {"is_announced": True})
    journal.append(act, by=by, at=at)


def _change(day: date, said: Day | None, *, version: int, by: User, at: datetime) -> None:
    row = _claim(day.year, version=version, at=at)
    standing = _days_of(day.year)
    wanted = {each: entry for each, entry in standing.items() if each != day}
    if said is not None:
        wanted[day] = said
    _write(standing, wanted)
    _record(Act("amend", "calendar", row.subject_code), standing, wanted, by=by, at=at)


def touch(year: int, *, by: User, at: datetime) -> None:
    """A day of the year was changed in the admin site: a new version, kept by hand from now on."""
    _begin(year, at=at)
    changes = {"version": F("version") + 1, "changed_at": at, "source": CalendarSource.BY_HAND}
    CalendarYear.objects.filter(year=year).update(**changes)
    row = CalendarYear.objects.get(year=year)
    after = {"version": row.version}
    journal.append(Act("amend", "calendar", row.subject_code, after=after), by=by, at=at)


# What all of them need ----------------------------------------------------------------------------


def _require(by: User) -> None:
    if not permissions.may_keep_calendar(by):
        raise CalendarRefused("工作日历由系统管理员和整改办维护，您不能修改。")


def _claim(year: int, *, version: int, at: datetime, **changes: object) -> CalendarYear:
    """The year on its next version, kept by hand from now on; a year that is not there yet was
    opened on version 0, and is prefilled first."""
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise CalendarRefused(f"日期请填 {EARLIEST_YEAR} 年到 {LATEST_YEAR} 年之间的。")
    if version == 0 and _begin(year, at=at):
        version = 1
    rows = CalendarYear.objects.filter(year=year, version=version)
    if not rows.update(version=F("version") + 1, changed_at=at, **changes):
        raise StaleCalendar(f"{year}年的日历在您打开之后被别人改过，您的改动没有保存。")
    row = CalendarYear.objects.get(year=year)
    if row.source in {CalendarSource.COMPUTED, CalendarSource.PACKAGE}:
        row.source = CalendarSource.BY_HAND
        row.save(update_fields=["source"])
    return row


def _days_of(year: int) -> dict[date, Day]:
    rows = Workday.objects.of(year).order_by("day")
    return {row.day: Day(row.is_working, row.name) for row in rows}


def _write(standing: Days, wanted: Days) -> None:
    """Make the rows say what is wanted, and touch no other."""
    Workday.objects.filter(day__in=standing.keys() - wanted.keys()).delete()
    for day, each in wanted.items():
        if day in standing and standing[day] != each:
            rows = Workday.objects.filter(day=day)
            rows.update(is_working=each.is_working, name=each.name)
    Workday.objects.bulk_create(
        Workday(day=day, is_working=each.is_working, name=each.name)
        for day, each in sorted(wanted.items())
        if day not in standing
    )


def _record(act: Act, standing: Days, wanted: Days, *, by: User | None, at: datetime) -> None:
    """One entry for the year: each day that differs, before and after."""
    days = sorted(standing.keys() | wanted.keys())
    differing = [day for day in days if standing.get(day) != wanted.get(day)]
    before = {str(day): str(standing[day]) for day in differing if day in standing}
    after = {str(day): str(wanted[day]) for day in differing if day in wanted}
    told = replace(act, before={"days": before}, after={"days": after})
    journal.append(told, by=by, at=at)
