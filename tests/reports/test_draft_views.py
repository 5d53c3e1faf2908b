"""The pages of those who write a report: who sees them, what they save, what they refuse."""

import html
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Role
from rectification.models import Problem
from reports.models import Publication, PublishedItem, Report, ReportSection
from tests.factories import InspectionFactory, MeasureFactory, bureau, person, unit
from tests.reports.newsroom import draft, newsroom, publish, tell

pytestmark = pytest.mark.django_db

LIST = "/i/x25/reports/"
DRAFT = f"{LIST}x25-report/"


@pytest.fixture
def room(client):
    room = newsroom()
    client.force_login(room.office)
    return room


def words(response):
    return html.unescape(re.sub("<[^>]*>", "", response.content.decode()))


def prose(report):
    return report.sections.filter(kind="prose").order_by("order").first()


def section_url(section):
    return f"{DRAFT}sections/{section.order}/"


def typed(section, **changes):
    """What a browser sends of a problem's form."""
    section.refresh_from_db()
    step = getattr(section, "next_step", None)
    items = {f"item_{item.pk}": item.text for item in section.items.all()}
    fields = {
        "version": section.version,
        "heading": section.heading,
        "text": section.text,
        "item_new": "",
        "next_step": step.text if step else "",
        **items,
    }
    return {**fields, **changes}


# Who ---------------------------------------------------------------------------------------------


def every_page(section):
    return [
        ("get", LIST),
        ("get", f"{LIST}new/"),
        ("post", f"{LIST}new/"),
        ("get", DRAFT),
        ("post", f"{DRAFT}title/"),
        ("get", section_url(section)),
        ("post", section_url(section)),
        ("post", f"{DRAFT}publish/"),
    ]


def test_nobody_signed_out_sees_a_draft(client):
    section = prose(draft(newsroom()))
    for method, path in every_page(section):
        response = getattr(client, method)(path)
        assert (response.status_code, response["Location"].split("?")[0]) == (
            302,
            "/accounts/sign-in/",
        ), path


@pytest.mark.parametrize("role", [Role.OFFICE, Role.EXECUTIVE, Role.LIAISON])
def test_another_bureau_sees_the_same_404_as_for_an_absent_draft(client, role):
    section = prose(draft(newsroom()))
    client.force_login(person(role, bureau("别的局")))
    absent = client.get("/i/nowhere/reports/nothing/")
    assert absent.status_code == 404
    for method, path in every_page(section):
        response = getattr(client, method)(path)
        assert (response.status_code, response.content) == (404, absent.content), path


def test_a_liaison_sees_no_draft(client):
    room = newsroom()
    section = prose(draft(room))
    client.force_login(person(Role.LIAISON, unit(parent=room.inspection.inspected_unit)))
    for method, path in every_page(section):
        assert getattr(client, method)(path).status_code == 404, path


@pytest.mark.parametrize("role", [Role.EXECUTIVE, Role.PARTY_GROUP, Role.SUPERVISOR])
def test_leaders_and_supervisors_read_and_change_nothing(client, role):
    room = newsroom()
    section = prose(draft(room))
    client.force_login(person(role, room.inspection.inspected_unit))
    answers = [getattr(client, method)(path).status_code for method, path in every_page(section)]
    assert answers == [200, 404, 404, 200, 404, 404, 404, 404]
    page = client.get(DRAFT).content.decode()
    assert "修改</a>" not in page
    assert "公开发布" not in page


# Starting ----------------------------------------------------------------------------------------


def test_the_office_starts_a_draft_from_the_ledger(client, room):
    page = client.get(f"{LIST}new/")
    assert 'name="on"' in page.content.decode()
    response = client.post(f"{LIST}new/", {"on": "2025-07-31", "slug": "x25-2025"}, follow=True)
    assert response.redirect_chain == [(f"{LIST}x25-2025/", 302)]
    assert (
        "已从台账生成《中共云州市水务局党组关于巡察整改进展情况的通报》，数据截至2025年7月31日。"
        in words(response)
    )
    assert Report.objects.get().created_by == room.office


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"on": ""}, "请填写截至日期"),
        ({"on": "2025-13-01"}, "请按 2025-07-31 的样子填写日期"),
        ({"on": "0000-00-00"}, "请按 2025-07-31 的样子填写日期"),
        ({"on": "2024-01-01"}, "还没有反馈问题"),
        ({"on": "9999-12-31"}, "截至日期不能晚于今天"),
        ({"slug": ""}, "请填写网址名"),
        ({"slug": "new"}, "网址名不能用“new”"),
        ({"slug": "X 25"}, "只能用小写字母"),
        ({"slug": "a\x00b"}, "空字符"),
        ({"slug": "../../etc"}, "只能用小写字母"),
        ({"slug": "x" * 61}, "最多60个字符"),
    ],
)
def test_what_cannot_be_started_is_refused_with_a_sentence(client, room, changes, sentence):
    response = client.post(f"{LIST}new/", {"on": "2025-07-31", "slug": "ok", **changes})
    assert response.status_code == 200
    assert sentence in words(response)
    assert not Report.objects.exists()


def test_an_address_in_use_is_refused_and_what_was_typed_stays(client, room):
    draft(room)
    response = client.post(f"{LIST}new/", {"on": "2025-06-30", "slug": "x25-report"})
    assert response.status_code == 200
    assert "已有报告使用" in words(response)
    assert 'value="2025-06-30"' in response.content.decode()


# Reading -----------------------------------------------------------------------------------------


def test_the_draft_stands_beside_the_measures_behind_it(client, room):
    draft(room)
    response = client.get(DRAFT)
    page = words(response)
    assert "1.关于“节水‘优先’有差距”问题的整改。" in page
    assert "一是4月22日，印发《名录》。二是培训3期，覆盖全部分局。" in page
    assert 'href="/i/x25/measures/M-001-10/"' in response.content.decode()


def test_sentences_that_wait_for_an_author_are_marked(client, room):
    draft(room)
    assert "系统拟写，请修改" in words(client.get(DRAFT))


def test_what_is_missing_is_said_and_there_is_no_button_to_publish(client, room):
    Problem.objects.filter(pk=room.continuing.pk).update(public_wording="")
    draft(room)
    page = client.get(DRAFT).content.decode()
    assert "还没有拟定公开表述" in page
    assert "publish/" not in page


def test_the_form_of_a_section_shows_what_it_was_written_from(client, room):
    report = draft(room)
    tell(room.open, "完成测试8户。", on=room.open.deadline.replace(month=6))
    section = report.sections.get(problem=room.continuing)
    page = words(client.get(section_url(section)))
    assert "困难：金丝雀困难" in page
    assert "下一步：8月底前全部进场" in page
    assert "以前报送的进展" in page
    assert "完成测试8户。" in page


def test_the_list_says_what_became_of_each(client, room):
    report = draft(room)
    draft(room, slug="x25-second")
    publish(room, report)
    page = words(client.get(LIST))
    assert "已发布第1版" in page
    assert "后有修改" not in page
    client.post(section_url(prose(report)), typed(prose(report), text="改过的一段。"))
    page = words(client.get(LIST))
    assert "已发布第1版，后有修改" in page
    assert "整改办甲" in page


def test_the_empty_list_says_what_can_be_done(client, room):
    page = words(client.get(LIST))
    assert "还没有报告" in page
    assert "从台账生成通报" in page


def test_each_page_takes_as_many_queries_for_three_as_for_one(client, room):
    report = draft(room)
    section = report.sections.get(problem=room.continuing)
    paths = [LIST, DRAFT, section_url(section)]
    counts = [_queries(client, path) for path in paths]
    for number in (2, 3):
        measure = MeasureFactory(problem=room.continuing, code=f"M-002-{number}")
        tell(measure, f"推进第{number}项。", on=measure.deadline.replace(month=6))
        further = draft(room, slug=f"x25-{number}")
        publish(room, further)
        PublishedItem.objects.create(section=section, order=number, text="又一条。")
    assert [_queries(client, path) for path in paths] == counts


def _queries(client, path):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


# Editing -----------------------------------------------------------------------------------------


def test_a_paragraph_is_saved_and_the_message_says_which(client, room):
    report = draft(room)
    section = prose(report)
    response = client.post(
        section_url(section), typed(section, text="改过\r\n的一段。"), follow=True
    )
    assert response.redirect_chain == [(f"{DRAFT}#section-{section.order}", 302)]
    assert "已保存“改过\n的一段。”。" in words(response)
    section.refresh_from_db()
    assert (section.text, section.version) == ("改过\n的一段。", 2)


def test_items_and_the_next_step_of_a_problem_are_saved(client, room):
    section = draft(room).sections.get(problem=room.continuing)
    item = section.items.get()
    changes = {
        f"item_{item.pk}": "改过的一条。",
        "item_new": "新的一条。",
        "next_step": "下一步，验收。",
    }
    client.post(section_url(section), typed(section, **changes))
    page = words(client.get(DRAFT))
    assert "一是改过的一条。二是新的一条。下一步，验收。" in page


def test_of_two_who_save_one_paragraph_the_second_sees_both_texts_and_loses_nothing(client, room):
    section = prose(draft(room))
    first, second = typed(section, text="甲的文字。"), typed(section, text="乙的文字。")
    client.post(section_url(section), first)
    response = client.post(section_url(section), second)
    assert response.status_code == 409
    page = words(response)
    assert "甲的文字。" in page
    assert "乙的文字。" in page
    assert 'name="version" value="2"' in response.content.decode()
    section.refresh_from_db()
    assert section.text == "甲的文字。"
    again = client.post(section_url(section), typed(section, text="乙的文字。"))
    assert again.status_code == 302
    section.refresh_from_db()
    assert section.text == "乙的文字。"


def test_words_typed_into_an_item_that_somebody_dropped_are_not_lost(client, room):
    section = draft(room).sections.get(problem=room.continuing)
    item = section.items.get()
    late = typed(section, **{f"item_{item.pk}": "我改了很久的一条。"})
    client.post(section_url(section), typed(section, **{f"item_{item.pk}": ""}))
    response = client.post(section_url(section), late)
    assert response.status_code == 409
    assert "我改了很久的一条。</textarea>" in response.content.decode()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "请填写正文"),
        ("   \n ", "请填写正文"),
        ("字" * 20_001, "最多20000字"),
        ("有\x00空字符", "空字符"),
        ("机密★1年", "密级标志"),
        ("身份证11010519491231002X。", "身份证号码"),
    ],
)
def test_what_cannot_be_saved_is_refused_and_what_was_typed_stays(client, room, text, sentence):
    section = prose(draft(room))
    before = section.text
    response = client.post(section_url(section), typed(section, text=text))
    assert response.status_code == 200
    assert sentence in words(response)
    section.refresh_from_db()
    assert section.text == before


def test_what_was_typed_comes_back_escaped(client, room):
    section = prose(draft(room))
    client.post(section_url(section), typed(section, text="<script>alert(1)</script>"))
    for path in (DRAFT, section_url(section)):
        assert "<script>alert(1)" not in client.get(path).content.decode()


@pytest.mark.parametrize("version", ["", "x", "0", "-1", "99999999999999999999999"])
def test_a_form_without_its_version_is_refused(client, room, version):
    section = prose(draft(room))
    response = client.post(section_url(section), typed(section, text="改。", version=version))
    assert response.status_code in (200, 409)
    assert ReportSection.objects.get(pk=section.pk).version == 1


def test_a_section_of_another_draft_is_not_reached(client, room):
    draft(room)
    assert client.get(f"{DRAFT}sections/9999/").status_code == 404
    other = InspectionFactory(code="x99")
    assert client.get(f"/i/{other.code}/reports/x25-report/").status_code == 404


def test_the_title_is_changed_on_the_page_of_the_report(client, room):
    report = draft(room)
    response = client.post(
        f"{DRAFT}title/", {"title": "关于整改的通报", "version": report.version}, follow=True
    )
    assert "标题已改为《关于整改的通报》。" in words(response)


def test_of_two_who_change_the_title_the_second_is_told(client, room):
    report = draft(room)
    client.post(f"{DRAFT}title/", {"title": "甲的标题", "version": report.version})
    response = client.post(f"{DRAFT}title/", {"title": "乙的标题", "version": report.version})
    assert response.status_code == 409
    page = words(response)
    assert "现在的标题是“甲的标题”" in page
    assert "乙的标题" in page


# Publishing --------------------------------------------------------------------------------------


def test_publishing_makes_the_page_public(client, room):
    report = draft(room)
    public = reverse("reports:publication", args=[report.slug])
    assert client.get(public).status_code == 404
    response = client.post(f"{DRAFT}publish/", {"version": report.version}, follow=True)
    assert "第1版已公开发布。" in words(response)
    client.logout()
    assert client.get(public).status_code == 200


def test_a_draft_published_twice_is_refused_with_a_sentence(client, room):
    report = draft(room)
    typed_once = {"version": report.version}
    client.post(f"{DRAFT}publish/", typed_once)
    again = client.post(f"{DRAFT}publish/", {**typed_once, "notice": "再来"})
    assert again.status_code == 409
    assert "被修改或发布过" in words(again)
    report.refresh_from_db()
    unchanged = client.post(f"{DRAFT}publish/", {"version": report.version, "notice": "再来"})
    assert unchanged.status_code == 409
    assert "完全相同" in words(unchanged)
    assert Publication.objects.count() == 1


def test_a_correction_without_a_word_why_is_refused(client, room):
    report = draft(room)
    publish(room, report)
    client.post(section_url(prose(report)), typed(prose(report), text="更正。"))
    report.refresh_from_db()
    response = client.post(f"{DRAFT}publish/", {"version": report.version})
    assert response.status_code == 200
    assert "请填写更正说明" in words(response)
    assert Publication.objects.count() == 1


def test_a_published_draft_is_not_offered_again_until_it_changes(client, room):
    report = draft(room)
    publish(room, report)
    assert "data-dialog>发布" not in client.get(DRAFT).content.decode()
    client.post(section_url(prose(report)), typed(prose(report), text="改过。"))
    assert "data-dialog>发布" in client.get(DRAFT).content.decode()
