"""The meeting days of 2025, 2026 and 2027 against lists written by hand from the yearly notices
(国办发明电〔2024〕12号 and〔2025〕7号)."""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Role
from rectification import calendar_keeping, dispatching, meeting_days, queries
from rectification.calendar_notice import Day, YearlyNotice
from rectification.models import CalendarYear, DispatchRound, Workday
from rectification.states import Rhythm
from tests.factories import NOON, InspectionFactory, person

pytestmark = pytest.mark.django_db

# What the notices say, weekends that are worked and weekdays that are not.
MAKE_UP = {
    2025: ["01-26", "02-08", "04-27", "09-28", "10-11"],
    2026: ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"],
}
RESTS = {
    2025: [
        *("01-01", "01-28", "01-29", "01-30", "01-31", "02-03", "02-04"),
        *("04-04", "05-01", "05-02", "05-05", "06-02"),
        *("10-01", "10-02", "10-03", "10-06", "10-07", "10-08"),
    ],
    2026: [
        *("01-01", "01-02", "02-16", "02-17", "02-18", "02-19", "02-20", "02-23"),
        *("04-06", "05-01", "05-04", "05-05", "06-19", "09-25"),
        *("10-01", "10-02", "10-05", "10-06", "10-07"),
    ],
}
DAYS_OF_2025 = """
    02-05 02-17 03-03 03-17 03-31 04-14 04-28 05-12 05-26 06-09 06-23 07-07
    07-21 08-04 08-18 09-01 09-15 09-29 10-13 10-27 11-10 11-24 12-08 12-22
"""
DAYS_OF_2026 = """
    01-05 01-19 02-02 02-24 03-02 03-16 03-30 04-13 04-27 05-11 05-25 06-08 06-22
    07-06 07-20 08-03 08-17 08-31 09-14 09-28 10-12 10-26 11-09 11-23 12-07 12-21
"""


def of(year, text):
    return [date.fromisoformat(f"{year}-{each}") for each in text.split()]


@pytest.fixture
def inspection():
    calendar_keeping.prefill((2024, 2025, 2026, 2027), at=NOON)
    return InspectionFactory(code="x25", dispatch_anchor=date(2025, 2, 3))


@pytest.mark.parametrize("year", [2025, 2026])
def test_the_calendar_is_that_of_the_notice(inspection, year):
    rows = Workday.objects.of(year)
    weekdays = [row.day for row in rows.filter(is_working=False) if row.day.weekday() < 5]
    worked = [row.day for row in rows.filter(is_working=True)]

    assert weekdays == of(year, " ".join(RESTS[year]))
    assert worked == of(year, " ".join(MAKE_UP[year]))


def test_2025_has_24_rounds_and_spring_festival_moves_the_first(inspection):
    days = meeting_days.of_year(inspection, 2025)

    assert [each.meeting_on for each in days] == of(2025, DAYS_OF_2025)
    assert [each.number for each in days] == list(range(1, 25))
    assert all(each.is_held and not each.caveat for each in days)
    moved = [(each.due_on, each.meeting_on) for each in days if each.why_moved]
    assert moved == [(date(2025, 2, 3), date(2025, 2, 5))]


def test_2026_has_26_rounds_and_spring_festival_moves_the_fourth_by_eight_days(inspection):
    days = meeting_days.of_year(inspection, 2026)

    assert [each.meeting_on for each in days] == of(2026, DAYS_OF_2026)
    assert [each.number for each in days] == list(range(25, 51))
    (moved,) = [each for each in days if each.why_moved]
    assert (moved.due_on, moved.meeting_on) == (date(2026, 2, 16), date(2026, 2, 24))
    assert moved.why_moved == "农历除夕"
    assert not any(each.caveat for each in days)


def test_2027_is_computed_and_says_so_of_each_day(inspection):
    days = meeting_days.of_year(inspection, 2027)

    assert len(days) == 26
    assert {each.caveat for each in days} == {"2027年放假安排尚未公布，按法定节日推算"}


def test_a_make_up_sunday_is_a_meeting_day_like_any_other(inspection):
    inspection.dispatch_anchor = date(2025, 1, 26)

    first, *_ = meeting_days.of_year(inspection, 2025)

    assert (first.due_on, first.meeting_on, first.why_moved) == (
        date(2025, 1, 26),
        date(2025, 1, 26),
        "",
    )


def test_of_two_weekly_rounds_that_spring_festival_moves_onto_one_day_the_later_is_held(inspection):
    inspection.dispatch_rhythm = Rhythm.WEEKLY
    inspection.dispatch_anchor = date(2026, 2, 9)

    days = meeting_days.of_year(inspection, 2026)[:4]

    assert [(each.number, each.meeting_on.day, each.merged_into) for each in days] == [
        (1, 9, None),
        (2, 24, 3),
        (3, 24, None),
        (4, 2, None),
    ]
    assert [each.is_held for each in days] == [True, False, True, True]


def test_a_round_that_is_there_keeps_its_days_whatever_the_calendar_says_later(inspection):
    dispatching.open_due(at=NOON.replace(month=2, day=5))
    version = calendar_version(2025)
    by = keeper(inspection)

    said = Day(False, "补放一天")
    calendar_keeping.set_day(date(2025, 2, 5), said, version=version, by=by, at=NOON)

    round = DispatchRound.objects.get()
    first, *_ = meeting_days.of_year(inspection, 2025)
    assert round.meeting_on == first.meeting_on == date(2025, 2, 5)
    assert (first.round, first.caveat) == (round, "")


def test_a_notice_that_comes_later_moves_what_is_to_come(inspection):
    by = keeper(inspection)
    before = [each.meeting_on for each in meeting_days.of_year(inspection, 2027)]
    notice = YearlyNotice(2027, {date(2027, 1, 4): Day(False, "元旦")}, "2027.csv")

    versions = {2027: calendar_version(2027)}
    calendar_keeping.take_in(notice, versions=versions, by=by, at=NOON)

    days = meeting_days.of_year(inspection, 2027)
    assert before[0] == date(2027, 1, 4)
    assert days[0].meeting_on == date(2027, 1, 5)
    assert {each.caveat for each in days} == {""}


def test_the_coming_meeting_is_not_one_that_another_takes_the_place_of(inspection):
    inspection.dispatch_rhythm = Rhythm.WEEKLY
    inspection.dispatch_anchor = date(2026, 2, 9)

    coming = queries.next_sitting(inspection, on=date(2026, 2, 10))

    assert (coming.number, coming.meeting_on) == (3, date(2026, 2, 24))


def test_on_the_morning_of_a_meeting_it_is_the_coming_one_until_it_opens(inspection):
    day = date(2025, 2, 5)
    assert queries.next_sitting(inspection, on=day).number == 1

    dispatching.open_due(at=NOON.replace(month=2, day=5))

    assert queries.next_sitting(inspection, on=day).number == 2


# The command --------------------------------------------------------------------------------------


def run(*arguments):
    out = StringIO()
    call_command("meeting_days", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_lists_the_days_in_words(inspection):
    lines = run("x25", "--year", "2025").splitlines()

    assert lines[0].endswith("2025年开会24次")
    assert lines[1].startswith("第1次\t2025年2月5日 周三\t应调度日2025年2月3日 周一休息（")
    assert lines[24] == "第24次\t2025年12月22日 周一"


def test_the_command_as_json_marks_what_is_computed(inspection):
    said = json.loads(run("x25", "--year", "2027", "--json"))

    assert (said["inspection"], said["year"], len(said["days"])) == ("x25", 2027, 26)
    assert {each["computed"] for each in said["days"]} == {True}
    assert said["days"][0]["meeting_on"] == "2027-01-04"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["x99"], "没有代号为 x99 的巡察"),
        (["x25", "--year", "25"], "--year 25 不是年份"),
        (["x25", "--year", "２０２５"], "不是年份"),
        (["x25", "--year", "20255"], "不是年份"),
    ],
)
def test_the_command_says_what_to_write(inspection, arguments, says):
    with pytest.raises(CommandError, match=says) as refusal:
        run(*arguments)

    assert refusal.value.returncode == 2


def calendar_version(year):
    return CalendarYear.objects.get(year=year).version


def keeper(inspection):
    return person(Role.OFFICE, inspection.inspected_unit)
