"""工作日历: the rest days and make-up working days of a year, for those who keep them."""

import calendar
from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_POST, require_safe

from rectification import access, calendar_keeping, calendar_notice, clock, uploads
from rectification.models import CalendarYear, Workday
from rectification.models.workday import EARLIEST_YEAR, LATEST_YEAR
from rectification.rhythm_forms import AnnounceForm, DayForm, NoticeFileForm, OfDay
from rectification.views.conflicts import Conflict, again
from rectification.views.refusals import note_refusal, note_secrecy

REST, WORKED = "休", "班"


@dataclass(frozen=True)
class Cell:
    """A day in the grid. `mark` is 休 or 班 where the day is unlike its weekday, `kind` its look:
    worked, rest, weekend, or blank for a day of another month."""

    number: int
    kind: str = "blank"
    mark: str = ""
    name: str = ""


@dataclass(frozen=True)
class Month:
    number: int
    weeks: tuple[tuple[Cell, ...], ...]


@require_safe
def calendar_page(request):
    access.calendar(request.user)
    year = _asked_year(request)
    return _page(request, year, day_form=_opened_day(request, year))


@require_POST
def calendar_day(request):
    """Enter a day, or change one."""
    access.calendar(request.user)
    form = DayForm(request.POST)
    if not form.is_valid():
        year = form.cleaned_data["day"].year if "day" in form.cleaned_data else _asked_year(request)
        at = timezone.now()
        note_secrecy(form, kind="calendar", code=str(year), by=request.user, at=at)
        return _page(request, year, day_form=form)
    day, version = form.cleaned_data["day"], form.cleaned_data["version"]
    if (asked := _asked_year(request)) != day.year:  # the version is that of the year on the page
        form.add_error("day", f"这一页是{asked}年的日历，请填{asked}年的日期，或者先切换年份。")
        return _page(request, asked, day_form=form)
    try:
        calendar_keeping.set_day(
            day, form.said, version=version, by=request.user, at=timezone.now()
        )
    except calendar_keeping.StaleCalendar as refusal:
        conflict = Conflict.with_row(
            form, _standing(day), subject=("calendar", str(day.year)), sentence=str(refusal)
        )
        late = again(form, version=_version(day.year))
        return _page(request, day.year, day_form=late, conflict=conflict, status=409)
    messages.success(request, f"已登记：{clock.in_full(day)} {form.said}")
    return _back(day.year)


@require_POST
def calendar_day_remove(request):
    access.calendar(request.user)
    year = _asked_year(request)
    form = OfDay(request.POST)
    if not form.is_valid():
        return _page(request, year, refusal="这一页缺少版本信息或已经失效，没有改动，请重新操作。")
    day = form.cleaned_data["day"]
    try:
        version = form.cleaned_data["version"]
        calendar_keeping.remove_day(day, version=version, by=request.user, at=timezone.now())
    except calendar_keeping.CalendarRefused as refusal:
        return _page(request, day.year, refusal=str(refusal), status=409)
    messages.success(request, f"已取消登记：{clock.in_full(day)}，按平日的星期计算")
    return _back(day.year)


@require_POST
def calendar_announce(request):
    """Say that the days of the year are those of the notice."""
    access.calendar(request.user)
    form = AnnounceForm(request.POST)
    if not form.is_valid():
        year = _asked_year(request)
        return _page(request, year, refusal="这一页缺少版本信息或已经失效，没有改动，请重新操作。")
    year, version = form.cleaned_data["year"], form.cleaned_data["version"]
    try:
        calendar_keeping.mark_announced(year, version=version, by=request.user, at=timezone.now())
    except calendar_keeping.CalendarRefused as refusal:
        return _page(request, year, refusal=str(refusal), status=409)
    messages.success(request, f"{year}年已标为放假安排已公布")
    return _back(year)


@require_POST
def calendar_import(request):
    """Read a notice and show what it would change; nothing is written."""
    access.calendar(request.user)
    form = NoticeFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, _asked_year(request), file_form=form)
    file, year = form.cleaned_data["file"], form.cleaned_data["year"]
    content = file.read()
    try:
        notice = calendar_notice.read(content, name=file.name, year=year)
    except calendar_notice.NoticeRefused as refusal:
        for fault in refusal.faults:
            form.add_error("file", fault)
        _note_marks(request, year, refusal.faults)
        return _page(request, year, file_form=form)
    planned = calendar_keeping.plan(notice)
    context = {
        "nav": "calendar",
        "crumbs": [("工作日历", f"{reverse('rectification:calendar')}?year={year}")],
        "year": year,
        "name": file.name,
        "days": len(notice.days),
        "unmentioned": "、".join(planned.unmentioned),
        "rows": [_planned(each) for each in planned.changes],
        "is_announced": CalendarYear.objects.announced().filter(year=year).exists(),
        "versions": " ".join(f"{each}:{planned.versions[each]}" for each in planned.versions),
        "ticket": uploads.keep(content, name=file.name, by=request.user),
        "back_url": f"{reverse('rectification:calendar')}?year={year}",
    }
    return render(request, "rectification/calendar_plan.html", context)


@require_POST
def calendar_confirm(request):
    """Carry out the plan that was shown."""
    access.calendar(request.user)
    year = _asked_year(request)
    try:
        upload = uploads.take(request.POST.get("ticket", ""), by=request.user)
        notice = calendar_notice.read(upload.content, name=upload.name, year=year)
        calendar_keeping.take_in(
            notice,
            versions=_versions(request.POST.get("versions", "")),
            by=request.user,
            at=timezone.now(),
        )
    except (
        uploads.UploadRefused,
        calendar_notice.NoticeRefused,
        calendar_keeping.CalendarRefused,
    ) as refusal:
        return _page(request, year, refusal=f"{refusal}请重新上传。", status=409)
    messages.success(request, f"{year}年放假安排已导入：{len(notice.days)}天，标为已公布")
    return _back(year)


# What the page is made of -------------------------------------------------------------------------


def _page(request, year, *, status=200, conflict=None, refusal="", **forms):
    row = CalendarYear.objects.filter(year=year).first()
    version = row.version if row else 0
    days = list(Workday.objects.of(year))
    url = reverse("rectification:calendar")
    context = {
        "nav": "calendar",
        "year": year,
        "row": row,
        "version": version,
        "caveat": Workday.objects.calendar().caveat(date(year, 1, 1)),
        "tabs": [(f"{each}年", f"{url}?year={each}", None, each == year) for each in _years(year)],
        "months": [_month(year, number, days) for number in range(1, 13)],
        "days": [(each, clock.weekday(each.day)) for each in days],
        "day_form": forms.get("day_form") or DayForm(initial={"version": version}),
        "file_form": forms.get("file_form") or NoticeFileForm(initial={"year": year}),
        "upkeep": next(iter(forms), "").removesuffix("_form") if any(forms.values()) else "",
        "conflict": conflict,
        "refusal": refusal,
    }
    return render(request, "rectification/calendar.html", context, status=status)


def _asked_year(request):
    """The year of the address or of the form; else the day's."""
    text = request.GET.get("year") or request.POST.get("year", "")
    this = timezone.localdate().year
    if not (text.isascii() and text.isdecimal() and len(text) == 4):
        return this
    return int(text) if EARLIEST_YEAR <= int(text) <= LATEST_YEAR else this


def _years(year):
    this = timezone.localdate().year
    there = CalendarYear.objects.values_list("year", flat=True)
    return sorted({*there, this, this + 1, year})


def _opened_day(request, year):
    """The form of the day that the address names, filled with what stands."""
    text = request.GET.get("day", "")
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None or day.year != year:
        return None
    return DayForm(initial={"version": _version(year), "day": day, **_standing(day)})


def _standing(day):
    """What is entered for the day, by field of its form."""
    row = Workday.objects.filter(day=day).first()
    is_working = row.is_working if row else day.weekday() < 5
    return {"is_working": "yes" if is_working else "no", "name": row.name if row else ""}


def _version(year):
    return CalendarYear.objects.filter(year=year).values_list("version", flat=True).first() or 0


def _month(year, number, days):
    entered = {each.day: each for each in days}
    weeks = calendar.Calendar().monthdatescalendar(year, number)
    return Month(
        number,
        tuple(tuple(_cell(day, entered, month=number) for day in week) for week in weeks),
    )


def _cell(day, entered, *, month):
    if day.month != month:
        return Cell(day.day)
    row, is_weekend = entered.get(day), day.weekday() >= 5
    if row is None:
        return Cell(day.day, "weekend" if is_weekend else "worked")
    if row.is_working:
        return Cell(day.day, "makeup" if is_weekend else "worked", WORKED, row.name)
    return Cell(day.day, "rest", REST, row.name)


def _planned(change):
    """A day of the plan in words: what happens, the day, its weekday, before and after."""
    before, after = (str(each) if each else "" for each in (change.before, change.after))
    word = "修改" if before and after else ("取消" if before else "新增")
    return word, clock.in_full(change.day), clock.weekday(change.day), before, after


def _versions(text):
    pairs = [each.partition(":") for each in text.split()]
    return {
        int(year): int(version)
        for year, _, version in pairs
        if year.isdecimal() and version.isdecimal() and len(year + version) < 15
    }


def _note_marks(request, year, faults):
    """A file with a mark of secrecy: the refusal is recorded, once and without the content."""
    if any("密级标志" in fault for fault in faults):
        at, where = timezone.now(), "放假安排文件"
        note_refusal(kind="calendar", code=str(year), where=where, by=request.user, at=at)


def _back(year):
    return redirect(f"{reverse('rectification:calendar')}?year={year}")
