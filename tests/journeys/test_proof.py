"""A close-out that cannot be faked: a measure goes through four stages, is returned once, loses an
approval when its evidence changes, is closed, looked back on and rebounds. Its timeline tells it.
"""

import os
import re

import pytest
from playwright.sync_api import FilePayload, Page, expect

from accounts.models import Role, User
from rectification.models import Evidence, ReviewStage
from rectification.states import WorkStatus
from tests.factories import PLANNED, MeasureFactory, person
from tests.journeys.looking import faults_of
from tests.journeys.test_close_out import expect_rate
from tests.journeys.test_two_tabs import POST_BY_HTMX
from tests.rectification.evidence import files

CODE = "M-900-1"
NAMES = ["单位负责人初审", "整改办复核", "分管领导审核", "党组会审定"]
TOLD = "完成12条河道的巡查，建立巡查台账36份。"
TOLD_LATE = "第二个窗口：完成了巡查，照片正在整理。"
MENDED = "补充了4至6月的巡查照片和签字记录。"
MENDED_LATE = "第二个窗口：照片已经补齐。"
WHY = "佐证材料缺少4至6月的巡查记录，请补齐后重新申请。"
CLAIM = "各项要求已经落实。"
FOUND = "抽查发现巡查记录中断两个月。"


@pytest.fixture
def group(cast) -> User:
    """The party group, the last of four stages; and a second measure that is closed already."""
    root = cast.inspection.inspected_unit
    for order, role in ((3, Role.EXECUTIVE), (4, Role.PARTY_GROUP)):
        ReviewStage.objects.create(
            inspection=cast.inspection, order=order, name=NAMES[order - 1], role=role
        )
    closed = {"status": WorkStatus.CLOSED, "closed_on": PLANNED}
    MeasureFactory(problem=cast.problem, code="M-900-2", lead_unit=cast.division, **closed)
    return person(Role.PARTY_GROUP, root, name="党组秘书庚")


def test_a_measure_is_proved_closed_and_found_to_have_rebounded(cast, group, visit):
    liaison, head, office = visit(cast.liaison), visit(cast.head), visit(cast.office)
    executive, party = visit(cast.executive), visit(group)
    expect_rate(office, cast, "50.0%", "1 / 2 条")

    upload(liaison, cast)
    report_twice(liaison, cast, TOLD, TOLD_LATE, by_htmx=False)
    apply_for_close_out(liaison, cast)
    approve(head, cast, "情况属实，同意上报。")
    send_back(office, cast)
    expect(come_back(liaison, cast)).to_contain_text(WHY)
    report_twice(liaison, cast, MENDED, MENDED_LATE, by_htmx=True)
    apply_for_close_out(liaison, cast)
    approve(head, cast, "已补齐。")

    change_the_evidence(liaison, cast)
    expect_lapsed(liaison, cast)
    expect_nothing_to_review(office, cast)
    apply_again(liaison, cast)
    approve(head, cast, "新版材料已核对。")
    approve(office, cast, "材料齐全，同意。")
    approve(executive, cast, "同意提请党组会审定。")
    expect_rate(office, cast, "50.0%", "1 / 2 条")
    approve(party, cast, "党组会审定，同意销号。")
    expect_status(office, cast, "已销号")
    accept(executive, cast)
    expect_rate(office, cast, "100.0%", "2 / 2 条")

    draw(office, cast)
    colleague = person(Role.OFFICE, cast.inspection.inspected_unit, name="整改办辛")
    look_back(visit(colleague), cast)
    expect_open_again(office, cast)
    expect_rate(office, cast, "50.0%", "1 / 2 条")
    expect_the_story(liaison, cast)
    assert faults_of(liaison) == []


# The unit ----------------------------------------------------------------------------------------


def upload(page: Page, cast) -> None:
    page.goto(cast.page)
    page.get_by_text("上传佐证材料", exact=True).click()
    card = page.locator("#evidence")
    scan: FilePayload = {
        "name": "巡查台账.pdf",
        "mimeType": "application/pdf",
        "buffer": files.pdf(2),
    }
    card.get_by_label("选择文件").set_input_files([scan])
    card.get_by_label("材料日期").fill("2025-06-30")
    card.get_by_role("button", name="上传").click()
    expect(page.locator("#evidence")).to_contain_text("巡查台账")
    assert Evidence.objects.get().latest.sha256


def report_twice(page: Page, cast, text: str, late: str, *, by_htmx: bool) -> None:
    """From two tabs: the second is refused with both texts. Its text is not needed after all."""
    page.goto(cast.page)
    other = page.context.new_page()
    other.goto(cast.page)
    page.locator("#report").get_by_label("整改进展").fill(text)
    other.locator("#report").get_by_label("整改进展").fill(late)
    page.locator("#report").get_by_role("button", name="报送").click()
    expect_said(page, f"已报送 {CODE} 的进展")
    with other.expect_response(lambda answer: answer.request.method == "POST") as answered:
        if by_htmx:
            other.locator("#report form").evaluate(POST_BY_HTMX)
        else:
            other.locator("#report").get_by_role("button", name="报送").click()
    assert answered.value.status == 409
    assert ("hx-request" in answered.value.request.headers) == by_htmx
    refusal = other.get_by_role("alert", name="没有保存")
    for shown in (text, late):
        expect(refusal).to_contain_text(shown)
    expect(other.locator("#report").get_by_label("整改进展")).to_have_value(late)
    expect(other.locator("header.site-header")).to_have_count(1)
    other.close()


def apply_for_close_out(page: Page, cast) -> None:
    page.goto(cast.page)
    page.get_by_text("整改已完成，申请销号").click()
    page.locator("#submit").get_by_label("完成情况").fill(CLAIM)
    page.locator("#submit").get_by_role("button", name="申请销号").click()
    expect_said(page, f"{CODE} 已申请销号")
    expect(page.locator("#report")).to_have_count(0)


def come_back(page: Page, cast):
    """What the page says at its head of why the measure is back with the unit."""
    page.goto(cast.page)
    expect(page.locator(".page-head")).to_contain_text("已退回 · 第1次退回")
    return page.locator(".message-warn").first


def change_the_evidence(page: Page, cast) -> None:
    page.goto(cast.page)
    page.locator("#evidence").get_by_role("link", name="巡查台账").click()
    page.get_by_text("换新版", exact=True).click()
    card = page.locator("#version")
    photo: FilePayload = {
        "name": "巡查台账.png",
        "mimeType": "image/png",
        "buffer": files.picture(),
    }
    card.get_by_label("新版文件").set_input_files([photo])
    card.get_by_role("button", name="上传新版").click()
    expect(page.locator("main")).to_contain_text("第2版")


def expect_lapsed(page: Page, cast) -> None:
    """The page says that the application and its approval no longer hold, and why."""
    piece = Evidence.objects.get()
    page.goto(cast.page)
    head = page.locator(".message-warn").first
    expect(head).to_contain_text("销号申请已失效")
    expect(head).to_contain_text(f"佐证材料“{piece}”换成第2版。请核对后重新申请。")
    lapsed = page.locator(".timeline > li", has_text="单位负责人初审通过").first
    expect(lapsed).to_contain_text("已失效")
    expect(lapsed).to_contain_text(f"失效原因：佐证材料“{piece}”换成第2版")
    applied = page.locator(".timeline > li", has_text="第2次申请销号").first
    expect(applied).to_contain_text("失效")
    keep_pictures(page, "lapsed")


def apply_again(page: Page, cast) -> None:
    """One look and one press: what the lapsed application said is filled in."""
    page.goto(cast.page)
    expect(page.locator("#submit").get_by_label("完成情况")).to_have_value(CLAIM)
    page.locator("#submit").get_by_role("button", name="申请销号").click()
    expect_said(page, f"{CODE} 已申请销号")


# The reviewers -----------------------------------------------------------------------------------


def approve(page: Page, cast, opinion: str) -> None:
    page.goto("/desk/")
    page.get_by_role("link", name=re.compile(f"审核 ?{CODE}")).click()
    page.locator("#review").get_by_label("审核意见").fill(opinion)
    page.locator("#review").get_by_role("button", name="审核通过").click()
    expect_said(page, f"{CODE} 审核通过")
    page.goto(cast.page)
    expect(page.locator("#review")).to_have_count(0)  # nobody decides on two stages


def send_back(page: Page, cast) -> None:
    page.goto(cast.page)
    page.get_by_text("退回重报").first.click()
    form = page.locator("#send-back")
    form.get_by_label("未达要求").check()
    form.get_by_label("退回原因").fill(WHY)
    form.get_by_label("返工期限").fill("2999-01-01")
    form.get_by_role("button", name="退回").click()
    expect_said(page, f"{CODE} 已退回重报")


def expect_nothing_to_review(page: Page, cast) -> None:
    page.goto(cast.page)
    expect(page.locator("#review")).to_have_count(0)


def accept(page: Page, cast) -> None:
    page.goto(problem_of(cast))
    form = page.locator("#accept")
    form.locator("textarea").fill("整改成效明显，同意销号。")
    form.get_by_role("button", name="验收销号").click()
    expect(page.locator(".page-head")).to_contain_text("已完成")


def draw(page: Page, cast) -> None:
    """Of two closed measures both. Who approved one of them does not check it."""
    page.goto(f"{cast.base}lookback/")
    page.get_by_role("link", name="开展回头看").first.click()
    page.get_by_label("抽取数量").fill("2")
    page.get_by_role("button", name="确定检查名单").click()
    expect(page.get_by_text("第1次回头看已确定2条措施")).to_be_visible()
    page.goto(f"{cast.base}lookback/1/measures/{CODE}/")
    expect(page.locator("main")).to_contain_text("您报送、申请或审核过这条措施")


def look_back(page: Page, cast) -> None:
    """The other measure holds, ours has rebounded."""
    for code, result, seen in (("M-900-2", "巩固", "现场看过。"), (CODE, "反弹", FOUND)):
        page.goto(f"{cast.base}lookback/1/measures/{code}/")
        for answer in page.get_by_label("是", exact=True).all():
            answer.check()
        page.get_by_label(result, exact=True).check()
        page.get_by_label("检查说明").fill(seen)
        page.get_by_role("button", name="记录检查结果").click()
        expect(page.get_by_text(f"的检查结果已记录：{result}")).to_be_visible()


def expect_status(page: Page, cast, status: str) -> None:
    page.goto(cast.page)
    expect(page.locator(".page-head")).to_contain_text(status)


def expect_open_again(page: Page, cast) -> None:
    expect_status(page, cast, "已反弹")
    keep_pictures(page, "office")
    page.goto(problem_of(cast))
    expect(page.locator(".page-head")).to_contain_text("已反弹")
    expect(page.locator("main")).to_contain_text(f"{CODE} 反弹。")  # the reason is the unit's own


# The story ---------------------------------------------------------------------------------------


def expect_the_story(page: Page, cast) -> None:
    """From the plan to the rebound, each with who did it."""
    page.goto(cast.page)
    keep_pictures(page, "story")
    told = [" ".join(text.split()) for text in page.locator(".timeline > li").all_inner_texts()]
    story = [
        ("立项", ""),
        ("佐证材料", "填报员甲"),
        (TOLD, "填报员甲"),
        ("申请销号", "填报员甲"),
        ("单位负责人初审通过", "处长乙"),
        ("第1次退回", "整改办丙"),
        (MENDED, "填报员甲"),
        ("第2次申请销号", "已失效"),
        ("单位负责人初审通过", "已失效"),
        ("换成第2版", "填报员甲"),  # the version
        ("换成第2版", "填报员甲"),  # and what lapsed by it
        ("第3次申请销号", "填报员甲"),
        ("单位负责人初审通过", "处长乙"),
        ("整改办复核通过", "整改办丙"),
        ("分管领导审核通过", "分管领导丁"),
        ("党组会审定通过", "党组秘书庚"),
        ("销号", "党组秘书庚"),
        (FOUND, "整改办辛"),
    ]
    told.reverse()
    assert len(told) == len(story), told
    for moment, (what, who) in zip(told, story, strict=True):
        assert what in moment, (what, told)
        assert who in moment, (who, told)


def problem_of(cast) -> str:
    return f"{cast.base}problems/{cast.problem.code}/"


def expect_said(page: Page, words: str) -> None:
    expect(page.locator(".message-done")).to_contain_text(words)


def keep_pictures(page: Page, name: str) -> None:
    """For a person to look at, where PICTURES names a folder."""
    if not (folder := os.environ.get("PICTURES")):
        return
    before = page.viewport_size
    for width, height in ((1366, 768), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
    if before:
        page.set_viewport_size(before)
