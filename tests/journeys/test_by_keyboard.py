"""The daily work without a mouse and without a script; menus and dialogs by keyboard with them."""

import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from rectification import closing, workflow
from rectification.models import Problem, ProgressEntry
from rectification.states import WorkStatus
from reports import editing
from reports.models import Publication
from tests.factories import NOON

SECRET = "Shuiku-2026-daba"
MOST_STOPS = 80
FOCUSED = """() => {
  const at = document.activeElement;
  const label = at.labels && at.labels.length ? at.labels[0].innerText : "";
  return (label || at.innerText || at.value || "").trim();
}"""
FOCUS_IS_SEEN = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
}"""


@pytest.fixture
def unscripted(visit) -> Callable[..., Page]:
    return lambda user=None: visit(user, java_script_enabled=False)


def go_to(page: Page, name: str) -> None:
    """Tab until the thing of that name has the focus, which must be visible."""
    stops = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(FOCUSED))
        if re.match(rf"{name}(M-|\W|$)", stops[-1]):  # “发布”, but not “发布之前”
            assert page.evaluate(FOCUS_IS_SEEN), f"{name}: nothing shows that it has the focus"
            return
    raise AssertionError(f"no way to “{name}” by Tab: {stops}")


def press(page: Page, name: str) -> None:
    """Tab to a link or a button, press Enter, and wait for the page that follows."""
    go_to(page, name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def type_into(page: Page, name: str, text: str) -> None:
    go_to(page, name)
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def unfold(page: Page, name: str) -> None:
    go_to(page, name)
    page.keyboard.press("Enter")


def expect_said(page: Page, words: str) -> None:
    expect(page.locator(".message-done")).to_contain_text(words)


def test_a_liaison_signs_in_reports_and_applies_by_keyboard_without_scripts(cast, unscripted):
    cast.liaison.set_password(SECRET)
    cast.liaison.save()
    page = unscripted()
    page.goto(cast.page)
    type_into(page, "用户名", cast.liaison.username)
    type_into(page, "密码", SECRET)
    with page.expect_navigation(url=f"**{cast.page}"):
        page.keyboard.press("Enter")

    type_into(page, "整改进展", "已完成巡查。")
    press(page, "报送")
    expect_said(page, "已报送 M-900-1 的进展")
    press(page, "无变化")
    expect_said(page, "已报 M-900-1 的零报告")
    unfold(page, "整改已完成，申请销号")
    type_into(page, "完成情况", "已全部完成。")
    type_into(page, "佐证材料说明", "见档案。")
    press(page, "申请销号")

    expect_said(page, "M-900-1 已申请销号")
    entries = ProgressEntry.objects.order_by("pk")
    assert [entry.text for entry in entries] == ["已完成巡查。", "无变化"]


def test_reviewers_return_and_approve_by_keyboard_without_scripts(cast, unscripted):
    apply_for(cast)
    page = unscripted(cast.head)
    page.goto("/desk/")
    press(page, "审核")
    unfold(page, "退回重报")
    go_to(page, "未达序时")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(FOCUSED) == "未达要求"
    page.keyboard.press("Space")
    type_into(page, "退回原因", "请补充照片。")
    press(page, "退回")
    expect_said(page, "M-900-1 已退回重报")

    apply_for(cast)
    for reviewer, said in ((cast.head, "审核通过"), (cast.office, "审核通过，已销号")):
        page = unscripted(reviewer)
        page.goto("/desk/")
        press(page, "审核")
        press(page, "审核通过")
        expect_said(page, f"M-900-1 {said}")
    cast.measure.refresh_from_db()
    assert cast.measure.status == WorkStatus.CLOSED


def test_a_list_is_searched_by_keyboard_without_scripts(cast, unscripted):
    page = unscripted(cast.office)
    page.goto(f"{cast.base}measures/")

    type_into(page, "搜索", "河湖巡查")
    press(page, "筛选")

    assert "q=" in page.url
    expect(page.locator("tbody tr")).to_have_count(1)
    press(page, "搜索：河湖巡查")
    assert "q=" not in page.url


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_the_office_composes_and_publishes_by_keyboard(cast, visit, scripts):
    settle(cast)
    page = visit(cast.office, java_script_enabled=scripts)
    page.goto(f"{cast.base}reports/new/")
    type_into(page, "网址名", "by-keyboard")
    press(page, "生成草稿")
    expect_said(page, "已从台账生成")

    go_to(page, "发布")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="公开发布")).to_be_visible()
    press(page, "公开发布")

    expect_said(page, "第1版已公开发布")
    assert Publication.objects.get().report.slug == "by-keyboard"


def test_a_dialog_is_left_with_escape_and_gives_the_focus_back(cast, visit):
    settle(cast)
    report = editing.start(cast.inspection, slug="x", on=NOON.date(), by=cast.office, at=NOON)
    page = visit(cast.office)
    page.goto(f"{cast.base}reports/{report.slug}/")
    go_to(page, "发布")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.evaluate(FOCUSED) == "发布"


def test_a_menu_closes_with_escape_and_gives_the_focus_back(cast, visit):
    page = visit(cast.office)
    page.goto("/desk/")
    unfold(page, cast.office.name)
    expect(page.get_by_role("link", name="修改密码").first).to_be_visible()

    page.keyboard.press("Escape")

    expect(page.get_by_role("link", name="修改密码").first).to_be_hidden()
    assert page.evaluate(FOCUSED).startswith(cast.office.name)


def test_the_first_tab_leads_past_the_menu_to_the_text(cast, visit):
    page = visit(cast.office)
    page.goto("/desk/")

    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "跳到正文"
    page.keyboard.press("Enter")

    assert page.evaluate("() => document.activeElement.id") == "main"


def settle(cast) -> None:
    """Everything that a report of this ledger needs before it can be published."""
    Problem.objects.filter(pk=cast.problem.pk).update(public_wording="管护责任落实不到位。")
    told = workflow.Told("完成了全部河道的巡查。")
    workflow.report(
        cast.measure, told, unit=cast.measure.lead_unit, by=cast.liaison, at=NOON, version=1
    )


def apply_for(cast) -> None:
    cast.measure.refresh_from_db()
    version = cast.measure.version
    asked = {"statement": "已完成。", "evidence_note": "见档案", "version": version}
    closing.submit(cast.measure, **asked, by=cast.liaison, at=timezone.now())
