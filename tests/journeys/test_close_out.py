"""The main job: a measure is reported, returned once, closed, and the report is published."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role
from rectification.models import Measure, Problem
from rectification.states import WorkStatus
from tests.factories import PLANNED, MeasureFactory, person

SECRET = "Shuiku-2026-daba"
TOLD = "已完成12条河道的巡查，建立巡查台账36份。"
TOLD_AGAIN = "补充了4至6月的巡查照片和签字记录。"
WHY = "佐证材料缺少4至6月的巡查记录，请补齐后重新申请。"
PUBLISHED = "河湖岸线管护责任落实不到位"
EDITED = "局党组召开3次专题会议，逐条研究整改措施。"


@pytest.fixture
def house(cast):
    """Two measures, one of them closed; a wording for the public; a password for the liaison."""
    Problem.objects.filter(pk=cast.problem.pk).update(public_wording=PUBLISHED)
    closed = {"status": WorkStatus.CLOSED, "closed_on": PLANNED}
    MeasureFactory(problem=cast.problem, code="M-900-2", lead_unit=cast.division, **closed)
    cast.liaison.set_password(SECRET)
    cast.liaison.save()
    return cast


def test_a_measure_is_reported_returned_closed_and_published(house, visit):
    liaison, head, office, citizen = visit(), visit(house.head), visit(house.office), visit()
    expect_rate(office, house, "50.0%", "1 / 2 条")

    sign_in(liaison, house.liaison.username)
    report(liaison, house, TOLD)
    apply_for_close_out(liaison, house)
    approve(head, house, "情况属实，同意上报。")
    send_back(office, house)
    read_the_reason_on_the_desk(liaison)
    report(liaison, house, TOLD_AGAIN)
    apply_for_close_out(liaison, house)
    approve(head, house, "已补齐。")
    expect_rate(office, house, "50.0%", "1 / 2 条")
    approve(office, house, "同意销号。")
    expect_rate(office, house, "100.0%", "2 / 2 条")

    address = compose(office, house)
    expect_absent(citizen, address)
    edit(office)
    publish(office)
    before = read_as_the_public(citizen, address)
    reopen(visit(person(Role.OFFICE, house.inspection.inspected_unit)), house)
    expect_rate(office, house, "50.0%", "1 / 2 条")
    assert read_as_the_public(citizen, address) == before


# The unit ----------------------------------------------------------------------------------------


def sign_in(page: Page, username: str) -> None:
    page.goto("/desk/")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(SECRET)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="我的待办")).to_be_visible()


def report(page: Page, house, text: str) -> None:
    page.goto(house.page)
    form = page.locator("#report")
    form.get_by_label("整改进展").fill(text)
    form.get_by_role("button", name="报送").click()
    expect_said(page, "已报送 M-900-1 的进展")
    expect(page.locator(".timeline")).to_contain_text(text)


def apply_for_close_out(page: Page, house) -> None:
    page.goto(house.page)
    page.get_by_text("整改已完成，申请销号").click()
    form = page.locator("#submit")
    form.get_by_label("完成情况").fill("各项要求已经落实。")
    form.get_by_label("佐证材料说明").fill("巡查台账36份，存河湖处档案室。")
    form.get_by_role("button", name="申请销号").click()
    expect_said(page, "M-900-1 已申请销号")
    expect(page.locator("#report")).to_have_count(0)


def read_the_reason_on_the_desk(page: Page) -> None:
    page.goto("/desk/")
    first = page.locator("main section").first
    expect(first.get_by_role("heading")).to_contain_text("退回待重报")
    expect(first).to_contain_text(WHY)
    first.get_by_role("link", name="重新报送").click()
    expect(page.locator(".page-head")).to_contain_text("已退回 · 第1次退回")


# The reviewers -----------------------------------------------------------------------------------


def approve(page: Page, house, opinion: str) -> None:
    page.goto("/desk/")
    page.get_by_role("link", name=re.compile(f"审核 ?{house.measure.code}")).click()
    form = page.locator("#review")
    form.get_by_label("审核意见").fill(opinion)
    form.get_by_role("button", name="审核通过").click()
    expect_said(page, "M-900-1 审核通过")


def send_back(page: Page, house) -> None:
    page.goto(house.page)
    page.get_by_text("退回重报").first.click()
    form = page.locator("#send-back")
    form.get_by_label("未达要求").check()
    form.get_by_label("退回原因").fill(WHY)
    form.get_by_label("返工期限").fill("2999-01-01")
    form.get_by_role("button", name="退回").click()
    expect_said(page, "M-900-1 已退回重报")


def expect_rate(page: Page, house, rate: str, of: str) -> None:
    page.goto(f"{house.base}dashboard/")
    figure = page.get_by_role("region", name="措施完成率")
    expect(figure).to_contain_text(rate)
    expect(figure).to_contain_text(of)


def reopen(page: Page, house) -> None:
    page.goto(house.page)
    page.get_by_text("回头看发现反弹").click()
    form = page.locator("#reopen")
    form.get_by_label("认定理由").fill("回头看抽查发现巡查记录中断。")
    form.get_by_role("button", name="认定反弹").click()
    expect_said(page, "M-900-1 已认定反弹")
    assert Measure.objects.get(pk=house.measure.pk).status == WorkStatus.REBOUNDED


# The report --------------------------------------------------------------------------------------


def compose(page: Page, house) -> str:
    """The address at which the public will find the report."""
    page.goto(f"{house.base}reports/")
    page.get_by_role("link", name="从台账生成通报").click()
    page.get_by_label("网址名").fill("journey")
    page.get_by_role("button", name="生成草稿").click()
    expect_said(page, "已从台账生成")
    expect(page.locator("main")).to_contain_text(TOLD_AGAIN.removesuffix("。"))
    return "/reports/journey/"


def expect_absent(page: Page, address: str) -> None:
    answer = page.goto(address)
    assert answer
    assert answer.status == 404


def edit(page: Page) -> None:
    page.locator("tr", has_text="系统拟写，请修改").first.get_by_role("link", name="修改").click()
    page.get_by_label("正文").fill(EDITED)
    page.get_by_role("button", name="保存").click()
    expect_said(page, "已保存")
    expect(page.locator("main")).to_contain_text(EDITED)


def publish(page: Page) -> None:
    page.get_by_role("link", name="发布", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="公开发布").click()
    expect_said(page, "第1版已公开发布")


def read_as_the_public(page: Page, address: str) -> str:
    """The frozen words and figures, as a stranger's browser shows them."""
    page.goto("/")
    page.locator(f"a[href='{address}']").first.click()
    article = page.locator("article")
    for words in (PUBLISHED, EDITED, TOLD_AGAIN.removesuffix("。")):
        expect(article).to_contain_text(words)
    for words in ("信息来源：云州市水务局", "发布日期：", "浏览次数："):
        expect(page.locator("main")).to_contain_text(words)
    shown = page.locator(".publication-body").inner_text()
    return re.sub(r"浏览次数：[\d,]+", "", shown)


def expect_said(page: Page, words: str) -> None:
    expect(page.locator(".message-done")).to_contain_text(words)
