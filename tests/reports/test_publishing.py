"""Editing and publishing a draft: what is frozen stays."""

import json
from datetime import timedelta

import pytest

from accounts import journal
from accounts.models import JournalEntry, Role
from rectification.models import Measure, Problem
from reports import editing, publishing
from reports.document import SectionKind
from reports.editing import EditRefused, StaleDraft, Wording
from reports.models import Publication, PublishedItem, Report, ReportSection
from reports.prose import Passage, Prose
from reports.publishing import PublicationRefused, sha256
from reports.reading import read_text
from reports.recording import Place, record
from reports.rendering import to_text
from reports.storing import document_of
from tests.factories import NOON, InspectionFactory, person
from tests.reports.newsroom import ON, draft, newsroom, publish

pytestmark = pytest.mark.django_db


def section_of(report, kind):
    return report.sections.filter(kind=kind).order_by("order").first()


def wording_of(section, **changes):
    """The section as it stands, with the changes."""
    words = {
        "heading": section.heading,
        "text": section.text,
        "lead": section.lead,
        "items": tuple(section.items.order_by("order").values_list("pk", "text")),
        "next_step": editing.words_of(section)["next_step"],
    }
    return Wording(**{**words, **changes})


def change(room, section, **changes):
    section.refresh_from_db()
    wording = wording_of(section, **changes)
    editing.edit(section, wording, by=room.office, at=NOON, version=section.version)


def text_of(report):
    return to_text(document_of(Report.objects.get(pk=report.pk)))


# Starting ----------------------------------------------------------------------------------------


def test_a_draft_is_stored_with_the_measures_behind_each_item():
    room = newsroom()
    report = draft(room)
    items = PublishedItem.objects.filter(section__report=report).order_by("section__order", "order")
    assert [list(item.measures.values_list("code", flat=True)) for item in items] == [
        ["M-001-2"],
        ["M-001-10"],
        ["M-002-1"],
    ]
    assert report.as_of == ON


def test_starting_a_draft_is_journaled():
    report = draft(newsroom())
    entry = JournalEntry.objects.get(verb="compose")
    assert (entry.subject_code, entry.after["as_of"]) == (report.subject_code, "2025-07-31")
    assert journal.first_fault() is None


def test_a_further_draft_begins_with_the_prose_of_the_last_one():
    room = newsroom()
    prose = Prose(
        (Passage("党组抓总", "党组会研究3次。"),), (Passage("继续", "年内完成。"),), "欢迎监督。"
    )
    draft(room, prose=prose)
    second = draft(room, slug="x25-second")
    assert "党组会研究3次。" in text_of(second)


@pytest.mark.parametrize("slug", ["new", "Über", "a b", "", "x" * 61])
def test_an_address_that_cannot_be_is_refused_and_nothing_is_written(slug):
    room = newsroom()
    with pytest.raises(EditRefused):
        draft(room, slug=slug)
    assert not Report.objects.exists()


def test_an_address_in_use_is_refused():
    room = newsroom()
    draft(room)
    with pytest.raises(EditRefused, match="已有报告使用"):
        draft(room)


def test_an_empty_ledger_gives_no_draft():
    inspection = InspectionFactory()
    office = person(Role.OFFICE, inspection.inspected_unit)
    with pytest.raises(EditRefused, match="还没有反馈问题"):
        editing.start(inspection, slug="a", on=ON, by=office, at=NOON)


@pytest.mark.parametrize("role", [Role.LIAISON, Role.SUPERVISOR, Role.EXECUTIVE])
def test_only_the_office_starts_edits_and_publishes(role):
    room = newsroom()
    report = draft(room)
    other = person(role, room.inspection.inspected_unit)
    section = section_of(report, SectionKind.PROSE)
    with pytest.raises(EditRefused):
        editing.start(room.inspection, slug="other", on=ON, by=other, at=NOON)
    with pytest.raises(EditRefused):
        editing.edit(section, wording_of(section), by=other, at=NOON, version=section.version)
    with pytest.raises(EditRefused):
        editing.retitle(report, "标题", by=other, at=NOON, version=report.version)
    with pytest.raises(PublicationRefused):
        publish(room, report, by=other)
    assert not Publication.objects.exists()


# Editing -----------------------------------------------------------------------------------------


def test_an_edit_changes_the_words_and_keeps_the_old_ones_in_the_journal():
    room = newsroom()
    report = draft(room)
    section = section_of(report, SectionKind.PROSE)
    before = section.text
    change(room, section, text="改写后的一段。")
    entry = JournalEntry.objects.get(verb="edit")
    assert (entry.before["text"], entry.after["text"]) == (before, "改写后的一段。")
    assert "改写后的一段。" in text_of(report)


def test_a_stale_save_writes_nothing():
    room = newsroom()
    section = section_of(draft(room), SectionKind.PROSE)
    opened = section.version
    change(room, section, text="先保存的。")
    with pytest.raises(StaleDraft):
        editing.edit(
            section, wording_of(section, text="后来的。"), by=room.office, at=NOON, version=opened
        )
    section.refresh_from_db()
    assert section.text == "先保存的。"
    assert JournalEntry.objects.filter(verb="edit").count() == 1


def test_an_item_can_be_added_dropped_and_the_rest_is_counted_again():
    room = newsroom()
    report = draft(room)
    section = section_of(report, SectionKind.PROBLEM)
    first, second = section.items.order_by("order")
    change(room, section, items=((first.pk, ""), (second.pk, second.text), (None, "新写的一条。")))
    assert "\n一是培训3期，覆盖全部分局。二是新写的一条。" in text_of(report)
    change(room, section, items=((second.pk, ""),))
    assert "\n新写的一条。" in text_of(report)
    assert JournalEntry.objects.filter(verb="edit").latest("sequence").before["items"] == [
        "培训3期，覆盖全部分局。",
        "新写的一条。",
    ]


def test_a_next_step_can_be_written_changed_and_taken_away():
    room = newsroom()
    report = draft(room)
    section = section_of(report, SectionKind.PROBLEM)
    before = text_of(report)
    change(room, section, next_step="下一步，复查。")
    assert "覆盖全部分局。下一步，复查。" in text_of(report)
    change(room, section, next_step="")
    assert text_of(report) == before


def test_what_a_changed_heading_quotes_is_the_new_wording():
    room = newsroom()
    section = section_of(draft(room), SectionKind.PROBLEM)
    change(room, section, heading="关于“节水不力”问题的整改。")
    section.refresh_from_db()
    assert section.wording == "节水不力"


@pytest.mark.parametrize("kind", [SectionKind.PROSE, SectionKind.HEADING, SectionKind.PROBLEM])
def test_a_piece_cannot_be_emptied(kind):
    room = newsroom()
    report = draft(room)
    before = text_of(report)
    with pytest.raises(EditRefused, match="不能为空"):
        change(room, section_of(report, kind), heading=" ", text=" ")
    assert text_of(report) == before


def test_the_title_is_changed_in_the_text_too():
    room = newsroom()
    report = draft(room)
    editing.retitle(report, " 新标题 ", by=room.office, at=NOON, version=report.version)
    assert text_of(report).startswith("新标题\n")
    with pytest.raises(EditRefused):
        change(room, section_of(report, SectionKind.TITLE), text="又一个")


# Publishing --------------------------------------------------------------------------------------


def test_publishing_freezes_the_bytes_with_their_hashes():
    room = newsroom()
    report = draft(room)
    publication = publish(room, report)
    assert publication.number == 1
    assert publication.text == text_of(report)
    assert publication.text_hash == sha256(publication.text)
    assert publication.article_hash == sha256(publication.article)
    assert publication.data_hash == sha256(publication.data)
    assert json.loads(publication.data)["title"] == report.title
    assert publication.source == "云州市水务局"
    assert publication.as_of == ON


def test_the_journal_holds_the_hashes():
    room = newsroom()
    publication = publish(room, draft(room))
    entry = JournalEntry.objects.get(verb="publish")
    assert entry.after["text_hash"] == publication.text_hash
    assert entry.after["article_hash"] == publication.article_hash
    assert entry.after["data_hash"] == publication.data_hash
    assert journal.first_fault() is None


def test_the_headline_is_what_the_text_states():
    room = newsroom()
    publication = publish(room, draft(room))
    assert publication.figures == [
        {"label": "反馈问题", "value": "2", "of": "", "rate": ""},
        {"label": "已整改完成", "value": "1", "of": "2", "rate": "50.0%"},
        {"label": "措施完成", "value": "2", "of": "3", "rate": "66.7%"},
        {"label": "制度成果", "value": "1", "of": "", "rate": ""},
    ]


def test_a_headline_figure_follows_an_edit_of_its_sentence():
    room = newsroom()
    report = draft(room)
    summary = report.sections.get(text__contains="形成制度成果1项")
    change(room, summary, text=summary.text.replace("形成制度成果1项", "形成制度成果4项"))
    figures = publish(room, report).figures
    assert [figure["value"] for figure in figures if figure["label"] == "制度成果"] == ["4"]


def test_the_ledger_changes_afterwards_and_the_publication_does_not():
    room = newsroom()
    publication = publish(room, draft(room))
    frozen = (publication.article, publication.text, publication.data)
    Problem.objects.update(public_wording="后来改过的表述", wording="x")
    Measure.objects.update(text="后来改过的措施")
    change(room, ReportSection.objects.filter(kind="prose").first(), text="后来改过的段落。")
    publication.refresh_from_db()
    assert (publication.article, publication.text, publication.data) == frozen


def test_a_corrected_fact_is_a_further_version():
    room = newsroom()
    report = draft(room)
    publish(room, report)
    change(room, ReportSection.objects.filter(kind="fact").first(), text="更正后的来源")

    assert publish(room, report, notice="更正信息来源。").number == 2


def test_the_same_text_is_not_published_twice():
    room = newsroom()
    report = draft(room)
    publish(room, report)
    with pytest.raises(PublicationRefused, match="与已经发布的第1版完全相同"):
        publish(room, report, notice="再发一次")
    assert Publication.objects.count() == 1
    assert JournalEntry.objects.filter(verb="publish").count() == 1


def test_a_correction_is_a_further_version_and_the_old_one_stays():
    room = newsroom()
    report = draft(room)
    first = publish(room, report)
    change(room, section_of(report, SectionKind.PROSE), text="更正后的一段。")
    later = NOON + timedelta(days=1)
    second = publish(room, report, at=later, notice="更正一处表述。")
    first.refresh_from_db()
    assert (second.number, second.notice, second.superseded_at) == (2, "更正一处表述。", None)
    assert first.superseded_at == later
    assert "更正后的一段。" not in first.text
    assert list(Publication.objects.current()) == [second]


def test_a_correction_says_why():
    room = newsroom()
    report = draft(room)
    publish(room, report)
    change(room, section_of(report, SectionKind.PROSE), text="更正后的一段。")
    with pytest.raises(PublicationRefused, match="更正说明"):
        publish(room, report)
    assert Publication.objects.current().get().number == 1


def test_a_draft_changed_after_it_was_read_is_not_published():
    room = newsroom()
    report = draft(room)
    read = report.version
    change(room, section_of(report, SectionKind.PROSE), text="别人改过。")
    with pytest.raises(PublicationRefused, match="被修改或发布过"):
        publish(room, report, version=read)
    assert not Publication.objects.exists()


def test_a_problem_without_public_wording_blocks_publication():
    room = newsroom()
    Problem.objects.filter(pk=room.continuing.pk).update(public_wording="")
    report = draft(room)
    with pytest.raises(PublicationRefused, match="还没有拟定公开表述"):
        publish(room, report)
    report.refresh_from_db()
    assert not Publication.objects.exists()
    section = report.sections.get(problem=room.continuing)
    change(room, section, heading="关于“财务审核不严”问题的整改。")
    assert publish(room, report).number == 1


def test_a_problem_without_a_word_about_it_blocks_publication():
    room = newsroom()
    report = draft(room)
    section = report.sections.get(problem=room.continuing)
    change(room, section, items=((section.items.get().pk, ""),), next_step="")
    with pytest.raises(PublicationRefused, match="还没有写整改情况"):
        publish(room, report)


# Imported reports --------------------------------------------------------------------------------

UNTITLED = """信息来源：云州市水务局
根据市委统一部署，市委第三巡察组对云州市水务局党组开展巡察，2025年1月20日反馈了巡察意见。
一、整改落实情况
截至7月，反馈的2个问题中，1个问题已整改完成。
（一）已整改完成的事项
1.关于“审核不严”问题的整改。
修订办法。
（二）持续推进的事项
1.关于“台账不清”问题的整改。
逐项盘点。下一步，年底前完成。
"""


def test_an_imported_report_is_published_once_it_has_a_title_that_all_forms_carry():
    bureau = InspectionFactory().inspected_unit
    office = person(Role.OFFICE, bureau)
    report = record(
        read_text(UNTITLED).document,
        slug="old",
        source_name="old.txt",
        place=Place(unit=bureau),
        by=office,
        at=NOON,
    )
    with pytest.raises(PublicationRefused, match="没有标题"):
        publish_as(office, report)
    report.refresh_from_db()
    editing.retitle(report, "整改情况的通报", by=office, at=NOON, version=report.version)
    publication = publish_as(office, report)
    assert publication.text == f"整改情况的通报\n{UNTITLED}"
    assert publication.article.count("<h1>整改情况的通报</h1>") == 1
    assert json.loads(publication.data)["sections"][0]["text"] == "整改情况的通报"
    assert [figure["value"] for figure in publication.figures] == ["2", "1"]


def publish_as(office, report):
    return publishing.publish(report, by=office, at=NOON, version=report.version)
