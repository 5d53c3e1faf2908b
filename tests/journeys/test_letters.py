"""A letter goes up the ladder: a measure is late, the system reminds, then proposes, the office
issues, the head signs and answers on a phone, the office settles. The timeline tells it."""

import re
from datetime import timedelta

from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Page, expect

from rectification.models import Inspection, Measure, Rung, SupervisionAction
from tests.journeys.conftest import PHONE
from tests.journeys.looking import faults_of
from tests.journeys.test_proof import expect_said, keep_pictures

ANSWER = "已增加两名巡查人员，下周补齐台账。"
OPINION = "整改安排可行，按期跟踪。"


def test_a_late_measure_climbs_until_it_is_answered(cast, visit):
    late_since(cast, days=7)
    tick(days_ago=6)
    tick(days_ago=0)
    letters = SupervisionAction.objects.order_by("number")
    assert [(each.kind, each.state) for each in letters] == [
        ("reminder", "issued"),
        ("order", "proposed"),
    ]

    issue(office := visit(cast.office))
    phone = visit(cast.head, **PHONE)
    acknowledge(phone)
    reply(phone)
    settle(office)
    expect_the_story(phone, cast)


def late_since(cast, *, days: int) -> None:
    deadline = timezone.localdate() - timedelta(days=days)
    Rung.objects.set_up(cast.inspection)
    Inspection.objects.update(dispatch_anchor=None)  # no round is open: it is the letter's story
    Measure.objects.filter(pk=cast.measure.pk).update(
        deadline=deadline, original_deadline=deadline, precision="day", original_precision="day"
    )


def tick(*, days_ago: int) -> None:
    day = timezone.localtime() - timedelta(days=days_ago)
    call_command("tick", at=day.strftime("%Y-%m-%dT%H:%M"), verbosity=0)


def issue(page: Page) -> None:
    page.goto("/desk/")
    card = page.locator("section", has=page.get_by_role("heading", name="督办函件待签发"))
    card.get_by_role("link", name=re.compile("^签发")).click()
    expect(page.locator(".letter")).to_contain_text("签发时编号")
    page.locator("#issue").get_by_role("button", name="签发").click()
    expect_said(page, "已签发督办函")
    expect(page.locator("h1")).to_contain_text("〕2号）")
    keep_pictures(page, "letter-issued")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载 Word").click()
    assert download.value.suggested_filename.endswith(".docx")


def acknowledge(page: Page) -> None:
    page.goto("/desk/")
    keep_pictures(page, "letter-desk")
    page.get_by_role("link", name=re.compile("^签收 ?督办函")).click()
    assert faults_of(page) == []
    page.locator("#acknowledge").get_by_role("button", name="签收").click()
    expect_said(page, "已签收督办函")
    expect(page.locator("#acknowledge")).to_have_count(0)


def reply(page: Page) -> None:
    page.locator("#answer").get_by_label("回复内容").fill(ANSWER)
    page.locator("#answer").get_by_role("button", name="回复").click()
    expect_said(page, "已回复督办函")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def settle(page: Page) -> None:
    page.goto("/desk/")
    page.get_by_role("link", name=re.compile("^审阅")).click()
    expect(page.locator(".timeline")).to_contain_text(ANSWER)
    page.locator("#settle").get_by_label("办结意见").fill(OPINION)
    page.locator("#settle").get_by_role("button", name="办结").click()
    expect_said(page, "已办结督办函")
    keep_pictures(page, "letter-settled")
    page.goto(page.url.rsplit("/", 2)[0] + "/")
    expect(page.locator("table")).to_contain_text("红：")  # the reminder is not answered
    keep_pictures(page, "letter-list")


def expect_the_story(page: Page, cast) -> None:
    """On the page of the measure, from the first reminder to the end, each with who did it."""
    page.goto(cast.page)
    keep_pictures(page, "letter-story")
    told = [" ".join(text.split()) for text in page.locator(".timeline > li").all_inner_texts()]
    story = [
        ("签发提醒函", "系统"),
        ("签发督办函", "整改办丙"),
        ("签收督办函", "处长乙"),
        (ANSWER, "处长乙"),
        (OPINION, "整改办丙"),
    ]
    told.reverse()
    told = [moment for moment in told if "立项" not in moment]
    assert len(told) == len(story), told
    for moment, (what, who) in zip(told, story, strict=True):
        assert what in moment, (what, told)
        assert who in moment, (who, told)
    expect(page.locator("#letters")).to_contain_text("已办结")
