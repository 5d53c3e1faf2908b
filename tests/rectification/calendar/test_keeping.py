"""The verbs of the working calendar: each change on a version of its year, and in the journal."""

import importlib
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.apps import apps
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import JournalEntry, Role
from rectification import calendar_keeping
from rectification.calendar_keeping import CalendarRefused, StaleCalendar
from rectification.calendar_notice import Day, YearlyNotice
from rectification.clock import WorkCalendar
from rectification.models import CalendarYear, Inspection, Workday
from tests.factories import NOON, InspectionFactory, bureau, person

pytestmark = pytest.mark.django_db

NEW_YEAR, FESTIVAL, MADE_UP = date(2027, 1, 1), date(2027, 2, 6), date(2027, 2, 20)
NOTICE = YearlyNotice(
    2027,
    {
        date(2026, 12, 27): Day(True, "调休上班"),
        NEW_YEAR: Day(False, "元旦"),
        FESTIVAL: Day(False, "春节"),
        MADE_UP: Day(True, "调休上班"),
    },
    "2027年放假安排.csv",
)


@pytest.fixture
def keeper():
    return person(Role.SYSTEM_ADMIN, bureau())


def year(number=2027):
    return CalendarYear.objects.get(year=number)


def days(number=2027):
    return {row.day: Day(row.is_working, row.name) for row in Workday.objects.of(number)}


# Prefilling ---------------------------------------------------------------------------------------


def test_a_year_with_make_up_days_in_the_package_is_announced_and_another_is_computed():
    written = calendar_keeping.prefill((2026, 2027), at=NOON)

    assert written == (2026, 2027)
    assert (year(2026).is_announced, year(2026).source) == (True, "package")
    assert (year(2027).is_announced, year(2027).source) == (False, "computed")
    assert days(2026)[date(2026, 2, 14)] == Day(True, "调休上班")
    assert days(2027)[NEW_YEAR] == Day(False, "元旦")
    work = Workday.objects.calendar()
    assert (work.known_years, work.computed_years) == (frozenset({2026}), frozenset({2027}))


def test_prefilling_again_writes_nothing():
    calendar_keeping.prefill((2026, 2027), at=NOON)
    before = (list(Workday.objects.values()), JournalEntry.objects.count())

    assert calendar_keeping.prefill((2026, 2027), at=NOON + timedelta(days=1)) == ()

    assert (list(Workday.objects.values()), JournalEntry.objects.count()) == before


def test_a_year_that_the_package_knows_by_now_replaces_the_computed_one(monkeypatch):
    calendar_keeping.prefill((2027,), at=NOON)
    known = calendar_keeping._Known({MADE_UP: Day(True, "调休上班")}, True)
    monkeypatch.setattr(calendar_keeping, "_of_package", lambda year: known)

    assert calendar_keeping.prefill((2027,), at=NOON) == (2027,)

    assert days() == {MADE_UP: Day(True, "调休上班")}
    assert (year().is_announced, year().source, year().version) == (True, "package", 2)


def test_a_year_that_somebody_changed_is_left_alone(keeper, monkeypatch):
    calendar_keeping.prefill((2027,), at=NOON)
    said = Day(False, "补放")
    calendar_keeping.set_day(date(2027, 1, 4), said, version=1, by=keeper, at=NOON)
    before = days()
    known = calendar_keeping._Known({MADE_UP: Day(True, "调休上班")}, True)
    monkeypatch.setattr(calendar_keeping, "_of_package", lambda year: known)

    assert calendar_keeping.prefill((2027,), at=NOON) == ()

    assert days() == before


def test_days_of_before_there_were_years_are_kept():
    Workday.objects.create(day=NEW_YEAR, is_working=False, name="自己登记的")

    calendar_keeping.prefill((2027,), at=NOON)

    assert days()[NEW_YEAR] == Day(False, "自己登记的")
    assert FESTIVAL in days()


def test_needed_are_the_years_from_the_first_anchor_to_the_next(cast):
    assert calendar_keeping.needed_years(on=date(2027, 3, 1)) == (2025, 2026, 2027, 2028)
    Inspection.objects.update(dispatch_anchor=None)
    assert calendar_keeping.needed_years(on=date(2027, 3, 1)) == (2027, 2028)
    assert calendar_keeping.needed_years(on=date(1970, 1, 1)) == ()


def test_the_tick_fills_in_what_is_missing_before_it_opens_a_round():
    InspectionFactory(dispatch_anchor=date(2025, 2, 3))

    call_command("tick", at="2025-02-03T12:00", verbosity=0)

    assert set(CalendarYear.objects.values_list("year", flat=True)) == {2025, 2026}
    assert not Inspection.objects.get().rounds.exists()  # the make-up of that day is known


def test_the_command_says_what_it_filled_in(capsys):
    call_command("prefill_calendar", "2026", "2027")
    call_command("prefill_calendar", "2026", "2027")

    assert capsys.readouterr().out == "已补上：2026年、2027年。\n没有要补的年份。\n"


# The notice ---------------------------------------------------------------------------------------


def test_a_notice_makes_its_year_announced_and_holds_its_days_alone(keeper):
    calendar_keeping.prefill((2026, 2027), at=NOON)

    plan = calendar_keeping.plan(NOTICE)
    calendar_keeping.take_in(NOTICE, versions=plan.versions, by=keeper, at=NOON)

    assert days() == {day: each for day, each in NOTICE.days.items() if day.year == 2027}
    assert (year().is_announced, year().source, year().source_name) == (
        True,
        "notice",
        "2027年放假安排.csv",
    )
    assert days(2026)[date(2026, 12, 27)] == Day(True, "调休上班")
    assert days(2026)[date(2026, 10, 1)] == Day(False, "国庆节")
    entries = JournalEntry.objects.filter(verb="import").order_by("subject_code")
    assert [(each.subject_kind, each.subject_code) for each in entries] == [
        ("calendar", "2026"),
        ("calendar", "2027"),
    ]
    assert entries[1].before["days"]["2027-05-01"] == "休息 劳动节"
    assert entries[1].after["days"]["2027-02-20"] == "上班 调休上班"


def test_a_plan_names_the_holidays_that_the_notice_leaves_out(keeper):
    short = replace(NOTICE, days={date(2027, 5, 1): Day(False, "劳动节")})

    assert "国庆节" in calendar_keeping.plan(short).unmentioned
    assert "劳动节" not in calendar_keeping.plan(short).unmentioned


def test_a_plan_says_each_day_that_would_change_and_writes_nothing(keeper):
    calendar_keeping.prefill((2027,), at=NOON)
    before = days()

    plan = calendar_keeping.plan(NOTICE)

    assert days() == before
    assert not JournalEntry.objects.filter(verb="import").exists()
    said = {each.day: (each.before, each.after) for each in plan.changes}
    assert said[MADE_UP] == (None, Day(True, "调休上班"))
    assert said[date(2027, 5, 1)] == (Day(False, "劳动节"), None)
    assert NEW_YEAR not in said


def test_the_same_notice_again_changes_no_day(keeper):
    for _ in range(2):
        plan = calendar_keeping.plan(NOTICE)
        calendar_keeping.take_in(NOTICE, versions=plan.versions, by=keeper, at=NOON)

    assert plan.changes == ()
    assert year().is_announced


def test_a_notice_confirmed_on_an_older_calendar_writes_nothing(keeper):
    calendar_keeping.prefill((2026, 2027), at=NOON)
    plan = calendar_keeping.plan(NOTICE)
    said = Day(False, "补放")
    calendar_keeping.set_day(date(2027, 1, 4), said, version=1, by=keeper, at=NOON)
    before = (days(2026), days())

    with pytest.raises(StaleCalendar, match="2027年"):
        calendar_keeping.take_in(NOTICE, versions=plan.versions, by=keeper, at=NOON)

    assert (days(2026), days()) == before
    assert not year().is_announced


# One day -----------------------------------------------------------------------------------------


def test_a_day_is_entered_changed_and_taken_away(keeper):
    calendar_keeping.prefill((2027,), at=NOON)
    day, before = date(2027, 1, 4), days()
    for version, said in enumerate((Day(False, "补放"), Day(False, "元旦")), start=1):
        calendar_keeping.set_day(day, said, version=version, by=keeper, at=NOON)
    assert days() == {**before, day: Day(False, "元旦")}
    assert (year().version, year().source) == (3, "by_hand")

    calendar_keeping.remove_day(day, version=3, by=keeper, at=NOON)

    assert (days(), year().version) == (before, 4)
    entry = JournalEntry.objects.latest("sequence")
    assert (entry.verb, entry.before["days"], entry.after["days"]) == (
        "amend",
        {"2027-01-04": "休息 元旦"},
        {},
    )
    with pytest.raises(CalendarRefused, match="没有登记"):
        calendar_keeping.remove_day(day, version=4, by=keeper, at=NOON)


def test_a_day_of_a_year_that_is_not_there_yet_stands_beside_the_holidays_of_it(keeper):
    day = date(2027, 1, 4)

    calendar_keeping.set_day(day, Day(False, "补放"), version=0, by=keeper, at=NOON)

    assert (days()[day], days()[NEW_YEAR]) == (Day(False, "补放"), Day(False, "元旦"))
    assert (year().version, year().source, year().is_announced) == (2, "by_hand", False)
    verbs = JournalEntry.objects.order_by("sequence").values_list("verb", flat=True)
    assert list(verbs)[-2:] == ["prefill", "amend"]
    with pytest.raises(StaleCalendar):
        calendar_keeping.set_day(day, Day(True), version=0, by=keeper, at=NOON)


def test_the_december_of_a_notice_stands_beside_the_holidays_of_its_year(keeper):
    calendar_keeping.take_in(NOTICE, versions={}, by=keeper, at=NOON)

    assert days(2026)[date(2026, 12, 27)] == Day(True, "调休上班")
    assert days(2026)[date(2026, 10, 1)] == Day(False, "国庆节")
    assert days() == {day: each for day, each in NOTICE.days.items() if day.year == 2027}


def test_a_day_of_the_admin_site_stands_beside_the_holidays_of_its_year(keeper):
    Workday.objects.create(day=date(2027, 1, 4), is_working=False, name="补放")

    calendar_keeping.touch(2027, by=keeper, at=NOON)

    assert days()[date(2027, 1, 4)] == Day(False, "补放")
    assert days()[NEW_YEAR] == Day(False, "元旦")
    assert year().source == "by_hand"


def test_a_change_on_an_older_version_is_refused(keeper):
    calendar_keeping.prefill((2027,), at=NOON)
    for act in (
        lambda: calendar_keeping.set_day(NEW_YEAR, Day(True), version=2, by=keeper, at=NOON),
        lambda: calendar_keeping.remove_day(NEW_YEAR, version=0, by=keeper, at=NOON),
        lambda: calendar_keeping.mark_announced(2027, version=9, by=keeper, at=NOON),
    ):
        with pytest.raises(StaleCalendar, match="没有保存"):
            act()

    assert (year().version, days()[NEW_YEAR]) == (1, Day(False, "元旦"))


def test_a_year_is_marked_as_announced_once(keeper):
    calendar_keeping.prefill((2027,), at=NOON)

    calendar_keeping.mark_announced(2027, version=1, by=keeper, at=NOON)

    assert (year().is_announced, year().source) == (True, "by_hand")
    with pytest.raises(CalendarRefused, match="已经标为公布"):
        calendar_keeping.mark_announced(2027, version=2, by=keeper, at=NOON)


@pytest.mark.parametrize("role", [Role.LIAISON, Role.SECURITY_ADMIN, Role.EXECUTIVE])
def test_nobody_else_keeps_the_calendar(role):
    other = person(role, bureau())

    with pytest.raises(CalendarRefused, match="系统管理员和整改办"):
        calendar_keeping.set_day(NEW_YEAR, Day(True), version=0, by=other, at=NOON)
    with pytest.raises(CalendarRefused, match="系统管理员和整改办"):
        calendar_keeping.take_in(NOTICE, versions={}, by=other, at=NOON)

    assert not Workday.objects.exists()


def test_a_day_of_another_century_is_refused_in_words(keeper):
    with pytest.raises(CalendarRefused, match="2000 年到 2099 年"):
        calendar_keeping.set_day(date(1999, 1, 1), Day(True), version=0, by=keeper, at=NOON)


# What moves a meeting: any calendar ---------------------------------------------------------------

EXCEPTIONS = st.dictionaries(
    st.dates(date(2027, 1, 1), date(2027, 12, 31)), st.booleans(), max_size=60
)


@given(EXCEPTIONS, st.dates(date(2027, 1, 1), date(2027, 12, 31)))
def test_a_meeting_is_on_the_first_worked_day_from_its_day_on(exceptions, day):
    work = WorkCalendar(exceptions)

    meeting = work.next_working_day(day)

    between = [day + timedelta(days=n) for n in range((meeting - day).days)]
    assert work.is_working(meeting)
    assert not any(work.is_working(each) for each in between)


# Of before there were years -----------------------------------------------------------------------


def test_years_of_before_are_announced_where_they_hold_a_make_up_day():
    migration = importlib.import_module("rectification.migrations.0021_past_calendar")
    Workday.objects.create(day=date(2025, 1, 26), is_working=True)  # a Sunday
    Workday.objects.create(day=date(2025, 1, 29), is_working=False)
    Workday.objects.create(day=date(2027, 1, 1), is_working=False)

    migration.forwards(apps, None)

    rows = CalendarYear.objects.values_list("year", "is_announced", "source")
    assert list(rows) == [(2025, True, "by_hand"), (2027, False, "by_hand")]
    migration.backwards(apps, None)
    assert not CalendarYear.objects.exists()
    assert Workday.objects.count() == 3
