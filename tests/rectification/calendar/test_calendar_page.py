"""The page 工作日历: notices taken in, days entered by hand."""

from datetime import date

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import JournalEntry, Role
from rectification import calendar_keeping
from rectification.calendar_notice import Day
from rectification.models import CalendarYear, Workday
from tests.factories import NOON, person

NOTICE = "日期,安排,说明\n2026-01-01,休息,元旦\n2026-01-04,上班,调休上班\n"


@pytest.fixture(autouse=True)
def _noon(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def office(cast, client):
    client.force_login(cast.office)
    return client


def said(answer):
    return answer.content.decode()


def upload(client, text=NOTICE, *, year=2026, name="放假安排.csv", encoding="utf-8"):
    file = SimpleUploadedFile(name, text.encode(encoding), content_type="text/csv")
    return client.post(f"/calendar/import/?year={year}", {"year": year, "file": file})


def confirm(client, answer):
    keys = ("year", "ticket", "versions")
    return client.post("/calendar/import/confirm/", {key: answer.context[key] for key in keys})


@pytest.mark.parametrize("role", [Role.OFFICE, Role.SYSTEM_ADMIN])
def test_a_notice_is_shown_first_and_written_when_confirmed(cast, client, role):
    calendar_keeping.prefill((2026,), at=NOON)
    CalendarYear.objects.update(source="computed", is_announced=False)
    client.force_login(person(role, cast.inspection.inspected_unit))

    shown = upload(client, encoding="gb18030")
    assert "现在还没有写入任何内容" in said(shown)
    assert "2026年2月16日" in said(shown)  # which the notice does not name
    assert Workday.objects.of(2026).count() > 2
    answer = confirm(client, shown)

    assert answer.status_code == 302
    assert Workday.objects.of(2026).count() == 2
    assert CalendarYear.objects.get().is_announced
    page = said(client.get("/calendar/?year=2026"))
    assert "放假安排已公布 · 放假通知导入（放假安排.csv）" in page
    assert "尚未公布" not in page


def test_a_wrong_file_is_shown_with_every_fault_and_nothing_is_written(office):
    answer = upload(office, "日期,安排\n2026-13-01,休息\n2026-01-01,半天\n")

    html = said(answer)
    assert "第2行“日期”“2026-13-01”不是存在的日期" in html
    assert "第3行“安排”“半天”认不出来" in html
    assert not CalendarYear.objects.exists()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"year": "2026"}, "请选择放假安排文件"),
        ({"year": "26", "file": SimpleUploadedFile("a.csv", b"x")}, "年份请填 2000 到 2099"),
        ({"year": "x", "file": SimpleUploadedFile("a.csv", b"x")}, "年份请填 2000 到 2099"),
        ({"year": "2026", "file": SimpleUploadedFile("a.csv", b"")}, "这个文件是空的"),
        ({"year": "2026", "file": SimpleUploadedFile("a.csv", b"x" * 200_001)}, "文件太大"),
        ({"year": "2026", "file": SimpleUploadedFile("a.xlsx", b"PK\x03\x04")}, "是 Excel 文件"),
    ],
)
def test_an_upload_that_cannot_be_read_is_refused_in_words(office, data, says):
    answer = office.post("/calendar/import/", data)

    assert answer.status_code == 200
    assert says in said(answer)


def test_a_mark_of_secrecy_in_a_notice_is_refused_and_recorded_without_the_content(office):
    answer = upload(office, "日期,安排,说明\n2026-01-01,休息,机密★10年 某工程\n")

    assert "密级标志" in said(answer)
    entry = JournalEntry.objects.get()
    assert (entry.verb, entry.subject_kind, entry.after) == (
        "refuse_secret",
        "calendar",
        {"where": "放假安排文件"},
    )


def test_a_plan_that_somebody_overtook_is_not_written(cast, office):
    calendar_keeping.prefill((2026,), at=NOON)
    shown = upload(office)
    said_day = Day(False, "补放")
    calendar_keeping.set_day(date(2026, 1, 5), said_day, version=1, by=cast.office, at=NOON)

    answer = confirm(office, shown)

    assert answer.status_code == 409
    assert "被别人改过" in said(answer)
    assert Workday.objects.filter(day=date(2026, 1, 5)).exists()


def test_a_plan_is_confirmed_once_and_by_whoever_saw_it(cast, client, office):
    shown = upload(office)
    client.force_login(person(Role.SYSTEM_ADMIN, cast.inspection.inspected_unit))
    assert confirm(client, shown).status_code == 409
    client.force_login(cast.office)

    assert confirm(client, shown).status_code == 302
    again = confirm(client, shown)

    assert again.status_code == 409
    assert "已经确认过" in said(again)


def test_a_day_is_entered_changed_and_taken_away(office):
    calendar_keeping.prefill((2026,), at=NOON)
    day = Workday.objects.filter(day=date(2026, 1, 5))
    typed = {"version": 1, "day": "2026-01-05", "is_working": "no", "name": "补放"}
    assert office.post("/calendar/day/?year=2026", typed).status_code == 302
    page = said(office.get("/calendar/?year=2026&day=2026-01-05"))
    assert 'value="2026-01-05"' in page
    assert "补放" in page
    changed = {**typed, "version": 2, "is_working": "yes", "name": ""}
    assert office.post("/calendar/day/?year=2026", changed).status_code == 302
    assert day.get().is_working

    answer = office.post("/calendar/day/remove/?year=2026", {"version": 3, "day": "2026-01-05"})

    assert answer.status_code == 302
    assert not day.exists()


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1999-12-31"])
def test_a_day_of_another_century_is_not_taken_away(office, day):
    Workday.objects.create(day=day, is_working=False)

    answer = office.post("/calendar/day/remove/", {"version": 0, "day": day})

    assert answer.status_code == 200
    assert "没有改动" in said(answer)


def test_a_stale_day_shows_both_and_keeps_what_was_typed(office):
    typed = {"version": 0, "day": "2026-01-05", "is_working": "no", "name": "先写的"}
    office.post("/calendar/day/?year=2026", typed)

    answer = office.post("/calendar/day/?year=2026", {**typed, "name": "后写的"})

    assert answer.status_code == 409
    html = said(answer)
    for words in ("被别人改过", "先写的", "后写的", 'name="version" value="2"'):
        assert words in html
    assert Workday.objects.get(day=date(2026, 1, 5)).name == "先写的"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"day": "2026-02-30"}, "日期不是存在的日期"),
        ({"day": ""}, "请填写日期"),
        ({"day": "1999-01-01"}, "2000 年到 2099 年"),
        ({"day": "2027-01-05"}, "这一页是2026年的日历"),
        ({"is_working": "maybe"}, "请选择休息或上班"),
        ({"name": "补" * 51}, "说明最多50字"),
        ({"name": "机密★10年"}, "密级标志"),
        ({"version": ""}, "缺少版本信息"),
    ],
)
def test_a_wrong_day_is_refused_in_words(office, changes, says):
    typed = {"version": 0, "day": "2026-01-05", "is_working": "no", "name": "补放"}

    answer = office.post("/calendar/day/?year=2026", {**typed, **changes})

    assert answer.status_code == 200
    assert says in said(answer)
    assert not Workday.objects.exists()


def test_a_mark_of_secrecy_on_a_day_is_recorded_without_the_content(cast, office):
    typed = {"version": 0, "day": "2026-01-05", "is_working": "no", "name": "机密★10年 某工程"}

    office.post("/calendar/day/?year=2026", typed)

    entry = JournalEntry.objects.get()
    assert (entry.verb, entry.subject_kind, entry.subject_code, entry.by) == (
        "refuse_secret",
        "calendar",
        "2026",
        cast.office,
    )
    assert "某工程" not in str(list(JournalEntry.objects.values()))


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "' OR 1=1 --", "\u0000", "🙂" * 50])
def test_any_text_beside_a_day_is_kept_and_escaped_or_refused(office, text):
    typed = {"version": 0, "day": "2026-01-05", "is_working": "no", "name": text}

    answer = office.post("/calendar/day/?year=2026", typed, follow=True)

    assert answer.status_code == 200
    assert "<script>alert" not in said(answer)
    assert Workday.objects.exists() == ("\u0000" not in text)


def test_the_office_says_that_a_year_is_announced(office):
    calendar_keeping.prefill((2026,), at=NOON)
    CalendarYear.objects.update(source="computed", is_announced=False)

    answer = office.post("/calendar/announce/?year=2026", {"year": 2026, "version": 1})

    assert answer.status_code == 302
    assert CalendarYear.objects.get().is_announced
    again = office.post("/calendar/announce/?year=2026", {"year": 2026, "version": 2})
    assert again.status_code == 409
    assert "已经标为公布" in said(again)


@pytest.mark.parametrize("who", ["liaison", "head", "executive", "supervisor"])
def test_for_others_there_is_no_calendar_page_and_no_way_to_it(cast, client, who):
    client.force_login(getattr(cast, who))

    assert client.get("/calendar/").status_code == 404
    assert client.post("/calendar/day/", {}).status_code == 404
    assert "/calendar/" not in said(client.get("/desk/"))


def test_a_day_changed_in_the_admin_site_is_a_version_of_its_year(cast, client, office):
    calendar_keeping.prefill((2026,), at=NOON)
    client.force_login(person(Role.SYSTEM_ADMIN, cast.inspection.inspected_unit))
    client.post(
        "/admin/rectification/workday/add/",
        {"day": "2026-01-06", "is_working": "", "name": "补放"},
    )

    year = CalendarYear.objects.get()
    assert (year.version, year.source, year.is_announced) == (2, "by_hand", True)


@pytest.mark.parametrize("asked", ["1999", "x", "２０２６", "20260"])
def test_a_year_that_cannot_be_shows_that_of_the_day(office, asked):
    assert "2025年工作日历" in said(office.get("/calendar/", {"year": asked}))
