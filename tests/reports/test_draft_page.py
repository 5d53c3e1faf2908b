"""The page of a draft: its contents, its sources, and what it is called."""

import pytest

from rectification.models import Problem
from reports.models import Report
from tests.reports.newsroom import draft
from tests.reports.test_draft_views import DRAFT, LIST, prose, section_url, words
from tests.reports.test_draft_views import room as room  # the fixture

pytestmark = pytest.mark.django_db


def test_the_contents_lead_to_the_headings_with_their_problems(client, room):
    draft(room)
    answer = client.get(DRAFT)
    entries = answer.context["contents"]
    page = answer.content.decode()

    every = [each for entry in entries for each in (entry, *entry.children)]
    assert sum(entry.count for entry in every) == Problem.objects.count()
    for entry in every:
        assert f'<tr id="{entry.anchor}">' in page
        assert f'href="#{entry.anchor}"' in page


def test_a_title_has_no_empty_sources_beside_it(client, room):
    report = draft(room)
    title = report.sections.get(kind="title")
    page = client.get(DRAFT).content.decode()
    row = page[page.index(f'<tr id="section-{title.order}">') :]

    assert "来源" not in row[: row.index("</tr>")]


def test_a_report_without_a_title_says_so_wherever_it_is_named(client, room):
    report = draft(room)
    Report.objects.filter(pk=report.pk).update(title="")

    for path in (LIST, DRAFT, section_url(prose(report))):
        assert "（无标题）通报 x25-report" in words(client.get(path))
