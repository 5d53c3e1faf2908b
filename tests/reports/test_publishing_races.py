"""Edit and publication at the same moment: one is wholly before the other, on both databases."""

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts import journal
from reports import editing, publishing
from reports.editing import Wording
from reports.models import PageCount, Publication, Report, ReportSection
from reports.rendering import to_text
from reports.storing import document_of
from tests.factories import NOON
from tests.reports.newsroom import draft, newsroom

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 1000 if os.environ.get("FULL") == "1" else 12


def together(*actions):
    """Run the actions at one moment, each on a connection of its own; what each came to."""
    barrier = Barrier(len(actions))

    def run(action):
        try:
            barrier.wait()
            return action()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        return [job.result() for job in [pool.submit(run, action) for action in actions]]


def publishes(report, *, by, notice="更正"):
    version = Report.objects.get(pk=report.pk).version

    def action():
        fresh = Report.objects.select_related("inspection").get(pk=report.pk)
        try:
            return publishing.publish(fresh, by=by, at=NOON, version=version, notice=notice).number
        except publishing.PublicationRefused:
            return None

    return action


def edits(report, *, by, text):
    section = ReportSection.objects.filter(report=report, kind="prose").earliest("order")

    def action():
        mine = ReportSection.objects.select_related("report__inspection").get(pk=section.pk)
        editing.edit(mine, Wording(text=text), by=by, at=NOON, version=section.version)

    return action


def test_what_is_published_is_what_one_version_of_the_draft_said():
    room = newsroom()
    report = draft(room)
    for number in range(ROUNDS):
        before = to_text(document_of(Report.objects.get(pk=report.pk)))
        text = f"第{number}次改写的一段。"
        published, _ = together(
            publishes(report, by=room.office), edits(report, by=room.office, text=text)
        )
        after = to_text(document_of(Report.objects.get(pk=report.pk)))
        assert text in after
        if published is not None:  # whoever came second was refused, or came after
            assert Publication.objects.get(number=published).text == before
    assert journal.first_fault() is None


def test_of_eight_who_publish_at_once_one_does():
    room = newsroom()
    report = draft(room)
    results = together(*(publishes(report, by=room.office) for _ in range(8)))
    assert sorted(results, key=lambda number: number or 0) == [None] * 7 + [1]
    assert Publication.objects.count() == 1


def test_of_eight_who_save_one_section_at_once_one_does():
    room = newsroom()
    report = draft(room)

    def attempt(number):
        edit = edits(report, by=room.office, text=f"第{number}个人的文字。")

        def action():
            try:
                edit()
            except editing.StaleDraft:
                return "stale"
            return "saved"

        return action

    results = together(*(attempt(number) for number in range(8)))
    assert sorted(results) == ["saved"] + ["stale"] * 7


def test_no_reader_is_lost_by_the_counter():
    room = newsroom()
    number = publishes(draft(room), by=room.office)()
    publication = Publication.objects.get(number=number)
    together(*(lambda: PageCount.objects.count_one(publication) for _ in range(8)))
    assert PageCount.objects.get().views == 8
