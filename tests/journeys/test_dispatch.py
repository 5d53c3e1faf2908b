"""A dispatch, the unit's half: it opens, a liaison reports on a phone, nothing typed is lost."""

import time

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import JournalEntry
from rectification import dispatching
from rectification.models import DispatchReturn, Inspection, ProgressEntry
from tests.factories import MeasureFactory
from tests.journeys.conftest import PHONE
from tests.journeys.looking import faults_of

TOLD = "完成12条河道的巡查，建立台账36份。"
TROUBLE = "缺少一台无人机。"
MINUTE = 60


@pytest.fixture
def round(cast):
    """Twelve measures of the division, asked for by a round that the clock has opened."""
    for number in range(2, 13):
        MeasureFactory(problem=cast.problem, lead_unit=cast.division, code=f"M-900-{number}")
    (opened,) = dispatching.open_due(at=timezone.now())
    return opened.round


def page_of(round) -> str:
    return f"/i/x25/dispatch/{round.number}/report/"


def unfold(page: Page, code: str):
    line = page.locator(".return-line").filter(has_text=f"{code} ").first
    line.locator("summary").first.click()
    return line


def test_a_liaison_reports_for_the_unit_within_a_minute_on_a_phone(cast, visit, round):
    phone = visit(cast.liaison, **PHONE)
    began = time.monotonic()

    phone.goto("/desk/")
    phone.get_by_role("link", name="去报送", exact=True).click()
    expect(phone.get_by_text("已报 0 / 12 条")).to_be_visible()
    line = unfold(phone, "M-900-2")
    line.get_by_label("整改进展").fill(TOLD)
    line.get_by_label("存在困难").fill(TROUBLE)
    line.get_by_role("button", name="报送").click()
    expect(phone.get_by_text("已报 M-900-2 的进展").last).to_be_visible()
    phone.locator(".return-line").filter(has_text="M-900-3 ").get_by_role(
        "button", name="无变化"
    ).click()
    expect(phone.get_by_text("已报 2 / 12 条")).to_be_visible()
    phone.get_by_role("link", name="全部报送").click()
    expect(phone.get_by_text("将报送10条，报无变化（零报告）。")).to_be_visible()
    phone.get_by_role("button", name="报送所选").last.click()
    expect(phone.get_by_text("已报 12 / 12 条")).to_be_visible()

    assert time.monotonic() - began < MINUTE
    assert DispatchReturn.objects.filter(state="filed").count() == 12
    assert ProgressEntry.objects.filter(nil_return=True).count() == 11
    assert faults_of(phone) == []


def test_what_is_typed_is_kept_by_the_server_and_survives_a_reload(cast, visit, round):
    page = visit(cast.liaison, **PHONE)
    page.goto(page_of(round))
    assert faults_of(page) == []
    line = unfold(page, "M-900-2")
    line.get_by_label("整改进展").fill(TOLD)
    expect(line.get_by_text("草稿已存")).to_be_visible()
    entries = JournalEntry.objects.count()
    line.get_by_label("存在困难").press_sequentially(TROUBLE, delay=5)
    expect(line.locator("[data-keep-status]")).to_contain_text("草稿已存")

    elsewhere = visit(cast.liaison)  # another machine: what this browser keeps is not there
    page.reload()
    for each in (page, elsewhere):
        each.goto(page_of(round))
        line = unfold(each, "M-900-2")
        expect(line.get_by_label("整改进展")).to_have_value(TOLD)
        expect(line.get_by_text("有草稿")).to_be_visible()
        assert faults_of(each) == []
    assert JournalEntry.objects.count() == entries
    assert not ProgressEntry.objects.exists()


@pytest.mark.parametrize("trouble", ["the session has expired", "the connection is lost"])
def test_what_cannot_be_kept_stays_in_the_page_says_so_and_is_kept_later(
    cast, visit, round, trouble
):
    page = visit(cast.liaison)
    page.goto(page_of(round))
    line = unfold(page, "M-900-2")
    cookies = page.context.cookies()
    if trouble == "the session has expired":
        page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    else:
        page.context.set_offline(True)
    line.get_by_label("整改进展").fill(TOLD)

    status = line.locator("[data-keep-status]")
    expect(status).to_contain_text("内容还在这一页")
    expect(line.get_by_label("整改进展")).to_have_value(TOLD)
    assert not DispatchReturn.objects.exclude(drafted_at=None).exists()
    page.context.set_offline(False)
    page.context.add_cookies(cookies)

    expect(status).to_contain_text("草稿已存", timeout=15_000)
    assert DispatchReturn.objects.exclude(drafted_at=None).get().draft_text == TOLD


def test_of_two_windows_the_second_sees_both_texts_and_goes_on(cast, visit, round):
    first, second = visit(cast.liaison), visit(cast.liaison)
    for each in (first, second):
        each.goto(page_of(round))
    line = unfold(first, "M-900-2")
    line.get_by_label("整改进展").fill("第一个窗口")
    expect(line.get_by_text("草稿已存")).to_be_visible()
    line = unfold(second, "M-900-2")
    line.get_by_label("整改进展").fill("第二个窗口")

    expect(line.get_by_role("alert")).to_contain_text("第一个窗口")
    expect(line.get_by_label("整改进展")).to_have_value("第二个窗口")
    assert DispatchReturn.objects.exclude(drafted_at=None).get().draft_text == "第一个窗口"
    line.get_by_role("button", name="报送").click()
    expect(second.get_by_text("已报 M-900-2 的进展").last).to_be_visible()
    assert ProgressEntry.objects.get().text == "第二个窗口"


def test_without_scripts_a_draft_is_kept_by_its_button_and_the_head_confirms(cast, visit, round):
    Inspection.objects.update(returns_need_confirmation=True)
    page = visit(cast.liaison, java_script_enabled=False)
    page.goto(page_of(round))
    line = unfold(page, "M-900-2")
    line.get_by_label("整改进展").fill(TOLD)
    line.get_by_role("button", name="存草稿").click()
    expect(page.get_by_text("M-900-2 的草稿已保存").last).to_be_visible()
    page.get_by_role("link", name="全部报送").click()
    page.get_by_role("button", name="报送所选").last.click()
    expect(page.get_by_text("已报送12条")).to_be_visible()

    head = visit(cast.head)
    head.goto("/desk/")
    head.get_by_role("link", name="去确认").click()
    assert faults_of(head) == []
    head.get_by_role("link", name="全部确认（12条）").click()
    head.get_by_role("button", name="全部确认").click()
    expect(head.get_by_text("已确认12条")).to_be_visible()
    assert DispatchReturn.objects.filter(state="filed").count() == 12
