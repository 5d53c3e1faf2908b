"""The public pages: frozen bytes for everybody, drafts for nobody."""

import hashlib
import html
import json
import re
from threading import Event, Thread

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from accounts.models import User
from rectification.models import Measure, Problem
from reports.contents import contents_of
from reports.models import PageCount, Publication, Report
from reports.models.publication import PageCountQuerySet
from tests.factories import NOON
from tests.reports.newsroom import CANARIES, draft, newsroom, publish
from tests.reports.test_publishing import change, section_of

pytestmark = pytest.mark.django_db

PAGE = "/reports/x25-report/"


def published():
    room = newsroom()
    return room, publish(room, draft(room))


def body(response):
    return response.content.decode()


def test_everybody_reads_the_page(client):
    _, publication = published()
    response = client.get(PAGE)
    assert response.status_code == 200
    assert publication.article in body(response)


def test_the_page_shows_source_moment_figures_and_hashes(client):
    _, publication = published()
    page = html.unescape(re.sub("<[^>]*>", "", body(client.get(PAGE))))
    assert "信息来源：云州市水务局" in page
    assert "发布日期：2025-07-31 12:00" in page
    assert "浏览次数：1" in page
    assert "数据截至2025年7月31日" in page
    assert "2 / 3" in page
    assert publication.article_hash in page
    assert publication.text_hash in page


def test_the_page_has_one_title(client):
    published()
    assert body(client.get(PAGE)).count("<h1") == 1


def test_the_ledger_changes_afterwards_and_the_page_does_not(client):
    published()
    before = _without_counter(client.get(PAGE))
    Problem.objects.update(public_wording="后来改过的表述", status="under_way", closed_on=None)
    Measure.objects.update(text="后来改过的措施")
    assert _without_counter(client.get(PAGE)) == before


def test_the_draft_changes_afterwards_and_the_page_does_not(client):
    room, publication = published()
    before = _without_counter(client.get(PAGE))
    change(room, section_of(publication.report, "prose"), text="后来改过的段落。")
    assert _without_counter(client.get(PAGE)) == before


def test_a_draft_answers_like_an_address_that_does_not_exist(client):
    draft(newsroom())
    unpublished, absent = client.get(PAGE), client.get("/reports/nobody-wrote-this/")
    assert (unpublished.status_code, absent.status_code) == (404, 404)
    assert unpublished.content == absent.content


@pytest.mark.parametrize(
    "path", ["v/1/", "v/2/", "v/0/", "v/99999999999999999999/", "v/1/download/txt/"]
)
def test_no_version_of_a_draft_is_there(client, path):
    draft(newsroom())
    assert client.get(PAGE + path).status_code == 404


def test_a_draft_does_not_stand_in_the_list(client):
    room, publication = published()
    draft(room, slug="x25-secret")
    page = body(client.get("/"))
    assert publication.title in page
    assert "x25-secret" not in page


def test_a_list_of_several_organisations_bears_the_name_of_none(client):
    _, publication = published()
    assert '<a class="public-office" href="/">云州市水务局</a>' in body(client.get("/"))
    report = publication.report
    report.pk, report.slug = None, "other"
    report.save()
    publication.pk, publication.report, publication.source = None, report, "云州市林业局"
    publication.save()
    assert '<a class="public-office" href="/">整改台账</a>' in body(client.get("/"))


def test_the_empty_list_says_so(client):
    assert "暂无公开的整改通报" in body(client.get("/"))


def test_nothing_private_is_on_any_page_that_the_public_reaches(client):
    published()
    paths = ["/", PAGE, f"{PAGE}v/1/"]
    paths += [f"{PAGE}v/1/download/{form}/" for form in ("txt", "html", "json")]
    assert Measure.objects.filter(text=CANARIES["text"]).exists()
    for path in paths:
        page = body(client.get(path))
        assert [canary for canary in CANARIES.values() if canary in page] == [], path
        assert not any(user.name and user.name in page for user in User.objects.all()), path


def test_whoever_is_signed_in_reads_the_same_bytes(client):
    room, _ = published()
    signed_out = _without_counter(client.get(PAGE))
    client.force_login(room.office)
    assert _without_counter(client.get(PAGE)) == signed_out


def test_the_answer_is_the_same_for_all_and_may_be_cached(client):
    published()
    response = client.get(PAGE)
    assert response["Cache-Control"] == "public, no-cache"
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies


# Versions ----------------------------------------------------------------------------------------


def corrected():
    room, first = published()
    change(room, section_of(first.report, "prose"), text="更正后的一段。")
    return first, publish(room, first.report, notice="更正<一处>表述。")


def test_a_correction_stands_and_says_why(client):
    corrected()
    page = body(client.get(PAGE))
    assert "更正后的一段。" in page
    assert "更正说明：更正&lt;一处&gt;表述。" in page


def test_the_old_version_stays_readable_and_points_to_the_new_one(client):
    first, _ = corrected()
    page = body(client.get(f"{PAGE}v/1/"))
    assert first.article in page
    assert f'本页是第1版，已被更正。<a href="{PAGE}">' in page


def test_the_list_shows_only_the_version_that_stands(client):
    corrected()
    assert body(client.get("/")).count("<h2>") == 1


# Counting ----------------------------------------------------------------------------------------


def test_each_reader_is_counted_and_a_look_at_the_headers_is_not(client):
    published()
    client.get(PAGE)
    client.head(PAGE)
    client.get(PAGE)
    assert PageCount.objects.get().views == 2


def test_versions_are_counted_apart(client):
    first, second = corrected()
    client.get(PAGE)
    client.get(f"{PAGE}v/1/")
    client.get(PAGE)
    assert PageCount.objects.get(publication=first).views == 1
    assert PageCount.objects.get(publication=second).views == 2


def test_a_failing_count_does_not_fail_the_page(client, monkeypatch):
    _, publication = published()

    def fail(self, publication):
        raise DatabaseError("locked")

    monkeypatch.setattr(PageCountQuerySet, "count_one", fail)
    response = client.get(PAGE)
    assert response.status_code == 200
    assert publication.article in body(response)


def test_a_count_that_is_gone_does_not_fail_the_page(client):
    published()
    PageCount.objects.all().delete()
    assert client.get(PAGE).status_code == 200


def test_counting_touches_no_frozen_row(client):
    published()
    before = Publication.objects.values().get()
    client.get(PAGE)
    assert Publication.objects.values().get() == before


# Caches ------------------------------------------------------------------------------------------


def test_a_page_that_did_not_change_is_not_sent_again(client):
    published()
    etag = client.get(PAGE)["ETag"]
    again = client.get(PAGE, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert PageCount.objects.get().views == 2


def test_a_correction_is_a_new_page(client):
    room, first = published()
    etag = client.get(PAGE)["ETag"]
    change(room, section_of(first.report, "prose"), text="更正后的一段。")
    publish(room, first.report, notice="更正。")
    assert client.get(PAGE, headers={"If-None-Match": etag}).status_code == 200


# Methods -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", PAGE, f"{PAGE}v/1/download/txt/"])
@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_only_reading_is_possible(client, path, method):
    published()
    response = getattr(client, method)(path)
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/", PAGE, f"{PAGE}v/1/download/txt/"])
def test_head_answers_like_get_without_a_body(client, path):
    published()
    response = client.head(path)
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("query", ["?", "?v=1", "?%00", "?next=//evil.example", "?" + "a=1&" * 50])
def test_what_is_asked_beside_the_address_changes_nothing(client, query):
    published()
    assert _without_counter(client.get(PAGE + query)) == _without_counter(client.get(PAGE))


# Downloads ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "hash_column"), [("txt", "text_hash"), ("html", "article_hash"), ("json", "data_hash")]
)
def test_a_download_is_the_frozen_bytes_that_the_hash_names(client, form, hash_column):
    _, publication = published()
    response = client.get(f"{PAGE}v/1/download/{form}/")
    digest = hashlib.sha256(response.content).hexdigest()
    assert digest == getattr(publication, hash_column)
    assert response["Content-Disposition"] == f'attachment; filename="x25-report-v1.{form}"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["ETag"] == f'"{digest}"'


def test_the_forms_carry_the_same_words(client):
    published()
    text = body(client.get(f"{PAGE}v/1/download/txt/"))
    article = html.unescape(re.sub("<[^>]*>", "", body(client.get(f"{PAGE}v/1/download/html/"))))
    data = json.loads(client.get(f"{PAGE}v/1/download/json/").content)
    assert _words(text) == _words(article).replace("通报", "通报信息来源：云州市水务局", 1)
    items = [item["text"] for section in data["sections"] for item in section["items"]]
    assert items == ["4月22日，印发《名录》。", "培训3期，覆盖全部分局。", "完成测试20户。"]
    assert all(item in text for item in items)


@pytest.mark.parametrize("form", ["pdf", "exe", "html2", "TXT"])
def test_a_form_that_is_not_there_is_404(client, form):
    published()
    assert client.get(f"{PAGE}v/1/download/{form}/").status_code == 404


# Contents ----------------------------------------------------------------------------------------


def test_the_contents_point_to_headings_that_are_on_the_page(client):
    _, publication = published()
    entries = contents_of(publication.article)
    assert [entry.label for entry in entries] == [
        "一、整改工作组织情况",
        "二、整改落实情况",
        "三、下一步整改工作打算",
    ]
    results = entries[1].children
    assert [(entry.label, entry.count) for entry in results] == [
        ("（一）已整改完成的事项", 1),
        ("（二）按计划持续推进的事项", 1),
    ]
    page = body(client.get(PAGE))
    for entry in (*entries, *results):
        assert f'id="{entry.anchor}"' in page
        assert f'href="#{entry.anchor}"' in page


def test_each_problem_has_an_address_of_its_own(client):
    published()
    page = body(client.get(PAGE))
    assert 'id="p-1-01"' in page
    assert 'id="p-2-01"' in page


def test_words_that_look_like_markup_stay_words(client):
    room = newsroom()
    report = draft(room)
    change(room, section_of(report, "heading"), heading="<script>alert(1)</script>&amp;")
    publish(room, report)
    page = body(client.get(PAGE))
    assert "<script>alert" not in page
    assert contents_of(Publication.objects.get().article)[0].label == (
        "一、<script>alert(1)</script>&amp;"
    )


def test_the_list_takes_as_many_queries_for_three_reports_as_for_one(
    client, django_assert_num_queries
):
    room, _ = published()
    with django_assert_num_queries(1):
        client.get("/")
    for slug in ("x25-b", "x25-c"):
        publish(room, draft(room, slug=slug))
    with django_assert_num_queries(1):
        client.get("/")


def test_the_page_reads_publications_and_nothing_else(client, django_assert_num_queries):
    published()
    # Page, savepoint, count, views, release, versions; SQLite is told to be impatient and back.
    expected = 6 + 2 * (connection.vendor == "sqlite")
    with django_assert_num_queries(expected) as captured:
        client.get(PAGE)
    tables = {
        table
        for query in captured
        for table in re.findall(r'(?:FROM|UPDATE) "(\w+)"', query["sql"])
    }
    assert tables <= {"reports_publication", "reports_pagecount"}


def test_the_addresses_are_those_of_the_site():
    assert reverse("reports:public_list") == "/"
    assert reverse("reports:publication", args=["x25"]) == "/reports/x25/"


def _without_counter(response):
    return re.sub(rb"(<span data-views>)[^<]*", rb"\1", response.content)


def _words(text):
    return re.sub(r"\s", "", text)


@pytest.mark.django_db(transaction=True)
def test_a_reader_does_not_wait_for_a_long_import(client):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has many writers")
    room = newsroom()
    report = draft(room)
    publish(room, report)
    writing, read = Event(), Event()

    def write_for_long():
        try:
            with transaction.atomic():
                Report.objects.update(created_at=NOON)
                writing.set()
                read.wait(20)
        finally:
            connection.close()

    writer = Thread(target=write_for_long)
    writer.start()
    assert writing.wait(10)
    answer = client.get(f"/reports/{report.slug}/")
    still_writing = writer.is_alive()
    read.set()
    writer.join()

    assert (answer.status_code, still_writing) == (200, True)
