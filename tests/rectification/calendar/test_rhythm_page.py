"""The page 调度安排: the rhythm of an inspection, and its meeting days."""

from datetime import date

import pytest
import time_machine

from accounts.models import JournalEntry, Role
from rectification import calendar_keeping, dispatching
from rectification.models import CalendarYear, Inspection
from tests.accounts.test_lost_updates_in_admin import address_of, opened
from tests.factories import NOON, person


@pytest.fixture(autouse=True)
def _noon(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def office(cast, client):
    client.force_login(cast.office)
    return client


def rhythm(**changes):
    typed = {
        "version": 1,
        "dispatch_rhythm": "every_days",
        "dispatch_every_days": "14",
        "dispatch_anchor": "2025-02-17",
        "dispatch_at": "08:00",
    }
    return {**typed, **changes}


def said(answer):
    return answer.content.decode()


def test_the_office_changes_the_rhythm_and_reads_the_days(cast, office):
    calendar_keeping.prefill((2025, 2026), at=NOON)

    answer = office.post(f"{cast.base}rhythm/change/", rhythm(dispatch_rhythm="monthly"))

    assert answer.status_code == 302
    assert Inspection.objects.get().dispatch_rhythm == "monthly"
    page = said(office.get(f"{cast.base}rhythm/"))
    assert "每月一次，自2025年2月17日起，08:00开始报送" in page
    assert "第9次" in page
    assert "2025年10月17日 周五" in page
    assert "推算" not in page


def test_overseers_read_it_and_change_nothing(cast, client):
    for who in (cast.executive, cast.supervisor):
        client.force_login(who)
        page = said(client.get(f"{cast.base}rhythm/"))
        assert "每14天一次" in page
        assert "dispatch_anchor" not in page
        assert client.post(f"{cast.base}rhythm/change/", rhythm()).status_code == 404


def test_a_year_not_announced_is_marked_on_every_page_that_names_its_days(cast, office):
    calendar_keeping.prefill((2025,), at=NOON)
    CalendarYear.objects.update(source="computed", is_announced=False)
    sentence = "2025年放假安排尚未公布，按法定节日推算"

    for path in (f"{cast.base}rhythm/", f"{cast.base}dispatch/", "/desk/", "/calendar/?year=2025"):
        assert sentence in said(office.get(path)), path


def test_moved_missed_and_merged_rounds_say_why(cast, office):
    calendar_keeping.prefill((2025, 2026), at=NOON)
    Inspection.objects.update(dispatch_anchor=date(2025, 2, 3))
    dispatching.open_due(at=NOON)

    page = said(office.get(f"{cast.base}rhythm/?year=2025"))

    assert "应调度日休息（休息日（由 2025-01-26 调休）），顺延" in page
    assert "错过未开" in page
    assert "进行中" in page
    assert "开会12次" in page  # 13 are due by noon, of which one opened; 11 are to come


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"dispatch_every_days": "0"}, "调度间隔请填 1 到 366 的整数"),
        ({"dispatch_every_days": "13.5"}, "调度间隔请填 1 到 366 的整数"),
        ({"dispatch_every_days": "10000"}, "调度间隔请填 1 到 366 的整数"),
        ({"dispatch_every_days": "9" * 5000}, "调度间隔请填 1 到 366 的整数"),
        ({"dispatch_every_days": ""}, "调度间隔请填 1 到 366 的整数"),
        ({"dispatch_anchor": "2025-02-30"}, "起始日不是存在的日期"),
        ({"dispatch_anchor": "0025-02-03"}, "2000 年到 2099 年"),
        ({"dispatch_at": "25:00"}, "开始时间请写成 08:00 这样"),
        ({"dispatch_at": ""}, "请填写开始时间"),
        ({"dispatch_anchor": ""}, "请填写起始日；不再开始新的调度的，请勾选“暂停调度”"),
        ({"dispatch_rhythm": "daily"}, "调度周期不在列表中"),
        ({"version": ""}, "缺少版本信息"),
        ({}, "没有改动，不用保存"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_kept_in_the_form(cast, office, changes, says):
    answer = office.post(f"{cast.base}rhythm/change/", rhythm(**changes))

    assert answer.status_code == 200
    assert says in said(answer)
    assert Inspection.objects.get().dispatch_version == 1
    assert not JournalEntry.objects.exists()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_stale_rhythm_shows_both_and_keeps_what_was_typed(cast, office, headers):
    office.post(f"{cast.base}rhythm/change/", rhythm(dispatch_rhythm="weekly"))

    answer = office.post(
        f"{cast.base}rhythm/change/", rhythm(dispatch_rhythm="monthly"), headers=headers
    )

    assert answer.status_code == 409
    html = said(answer)
    for words in ("调度安排在您打开之后被别人改过", "每周", "每月", 'name="version" value="2"'):
        assert words in html
    assert Inspection.objects.get().dispatch_rhythm == "weekly"


@pytest.mark.parametrize("anchor", ["2025-02-17", "", "nonsense"])
def test_a_tick_pauses_and_the_page_says_that_no_round_opens(cast, office, anchor):
    office.post(f"{cast.base}rhythm/change/", rhythm(pause="on", dispatch_anchor=anchor))

    page = said(office.get(f"{cast.base}rhythm/?year=2026"))

    assert Inspection.objects.get().dispatch_anchor is None
    assert 'name="pause"' not in page
    assert "还没有设置调度起始日，不会开始新的调度" in page
    assert "这一年没有会议日" in page


def test_the_admin_form_goes_on_from_the_rounds_that_are_there(cast, client):
    dispatching.open_due(at=NOON)
    last = cast.inspection.rounds.last_number()
    client.force_login(person(Role.SYSTEM_ADMIN, cast.inspection.inspected_unit))
    form = opened(client, address_of(cast.inspection))

    answer = client.post(
        address_of(cast.inspection),
        {**form, "dispatch_rhythm": "weekly", "dispatch_anchor": "2025-08-04"},
    )

    changed = Inspection.objects.get()
    assert answer.status_code == 302
    assert (changed.dispatch_first_number, changed.dispatch_version) == (last + 1, 2)


@pytest.mark.parametrize("days", ["0", "13.5", "10000"])
def test_the_admin_form_refuses_an_interval_in_the_same_words(cast, client, days):
    client.force_login(person(Role.SYSTEM_ADMIN, cast.inspection.inspected_unit))
    form = opened(client, address_of(cast.inspection))

    answer = client.post(address_of(cast.inspection), {**form, "dispatch_every_days": days})

    assert answer.status_code == 200
    assert "调度间隔请填 1 到 366" in said(answer)
