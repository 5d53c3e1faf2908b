"""Two people at one thing: the second save is refused, both texts are shown, nothing is lost."""

from datetime import date

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from rectification.models import ProgressEntry
from reports import editing
from tests.factories import NOON
from tests.journeys.looking import faults_of

FIRST = "第一个窗口：完成了巡查。"
SECOND = "第二个窗口：补充了照片。"
TROUBLE = "第二个窗口：缺少一台无人机。"

# What a form with hx-post would do: the server's answer goes where the page says, if the page's
# own configuration of htmx lets an answer of this status in at all.
POST_BY_HTMX = """form => {
  const data = Object.fromEntries(new FormData(form));
  const options = { target: "#main", swap: "innerHTML", values: data };
  return window.htmx.ajax("POST", form.action, options);
}"""


def open_twice(visit, cast) -> tuple[Page, Page]:
    """Two tabs of one liaison, on one measure, before either has saved."""
    first = visit(cast.liaison)
    first.goto(cast.page)
    second = first.context.new_page()
    second.goto(cast.page)
    return first, second


def fill(page: Page, text: str, *, difficulty: str = "") -> None:
    page.locator("#report").get_by_label("整改进展").fill(text)
    page.locator("#report").get_by_label("存在困难").fill(difficulty)


def save(page: Page) -> None:
    page.locator("#report").get_by_role("button", name="报送").click()


def expect_both_texts(page: Page) -> None:
    refusal = page.get_by_role("alert", name="没有保存")
    expect(refusal).to_contain_text("M-900-1 在您打开之后被别人改过，您的内容没有保存。")
    expect(refusal).to_contain_text(FIRST)
    expect(refusal).to_contain_text(SECOND)
    form = page.locator("#report")
    expect(form.get_by_label("整改进展")).to_have_value(SECOND)
    expect(form.get_by_label("存在困难")).to_have_value(TROUBLE)
    assert [entry.text for entry in ProgressEntry.objects.all()] == [FIRST]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_late_report_is_refused_with_both_texts_and_can_be_filed_again(cast, visit, scripts):
    first = visit(cast.liaison, java_script_enabled=scripts)
    first.goto(cast.page)
    second = first.context.new_page()
    second.goto(cast.page)
    fill(first, FIRST)
    fill(second, SECOND, difficulty=TROUBLE)
    save(first)
    expect(first.locator(".message-done")).to_contain_text("已报送")

    with second.expect_response(lambda answer: answer.request.method == "POST") as answered:
        save(second)

    assert answered.value.status == 409
    expect_both_texts(second)
    assert not scripts or faults_of(second) == []
    save(second)
    expect(second.locator(".message-done")).to_contain_text("已报送")
    assert [entry.text for entry in ProgressEntry.objects.order_by("pk")] == [FIRST, SECOND]


def test_htmx_lets_the_refusal_in_and_leaves_the_page_usable(cast, visit):
    first, second = open_twice(visit, cast)
    fill(first, FIRST)
    fill(second, SECOND, difficulty=TROUBLE)
    save(first)
    expect(first.locator(".message-done")).to_contain_text("已报送")

    with second.expect_response(lambda answer: answer.request.method == "POST") as answered:
        second.locator("#report form").evaluate(POST_BY_HTMX)

    assert answered.value.status == 409
    assert answered.value.request.headers["hx-request"] == "true"
    expect_both_texts(second)
    expect(second.locator("header.site-header")).to_have_count(1)
    save(second)
    expect(second.locator(".message-done")).to_contain_text("已报送")


def test_what_was_typed_survives_an_expired_session(cast, visit):
    page = visit(cast.liaison)
    page.goto(cast.page)
    fill(page, SECOND, difficulty=TROUBLE)
    cookies = page.context.cookies()
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)

    save(page)

    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    page.context.add_cookies(cookies)  # signed in again
    page.goto(cast.page)
    expect(page.locator("#report").get_by_label("整改进展")).to_have_value(SECOND)
    expect(page.locator("#report")).to_contain_text("已恢复您")
    assert not ProgressEntry.objects.exists()


def test_a_late_edit_of_a_draft_shows_both_texts_and_keeps_what_was_typed(cast, visit):
    report = editing.start(
        cast.inspection, slug="x25-report", on=date(2025, 7, 31), by=cast.office, at=NOON
    )
    section = report.sections.filter(kind="prose").first()
    address = f"{cast.base}reports/{report.slug}/sections/{section.order}/"
    first = visit(cast.office)
    first.goto(address)
    second = first.context.new_page()
    second.goto(address)
    for page, text in ((first, FIRST), (second, SECOND)):
        page.get_by_label("正文").fill(text)
    first.get_by_role("button", name="保存").click()
    expect(first.locator(".message-done")).to_contain_text("已保存")

    with second.expect_response(lambda answer: answer.request.method == "POST") as answered:
        second.get_by_role("button", name="保存").click()

    assert answered.value.status == 409
    expect(second.locator("aside")).to_contain_text(FIRST)
    expect(second.get_by_label("正文")).to_have_value(SECOND)
    assert faults_of(second) == []
    second.get_by_role("button", name="保存").click()
    expect(second.locator(".message-done")).to_contain_text("已保存")
    section.refresh_from_db()
    assert section.text == SECOND
