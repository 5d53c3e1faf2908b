"""From the ledger to a document: structure, words, figures, and nothing that stays in the house."""

from datetime import date

import pytest

from rectification.models import ProgressEntry
from reports.composing import NO_WORDING, ComposingRefused, compose
from reports.document import Group, SectionKind
from reports.prose import Passage, Prose, prose_of
from reports.reading import read_text
from reports.rendering import to_html, to_json, to_text
from tests.factories import InspectionFactory, MeasureFactory, ProblemFactory
from tests.reports.newsroom import CANARIES, ON, newsroom, tell

pytestmark = pytest.mark.django_db

PROSE = Prose(
    organisation=(Passage("党组抓总", "党组会专题研究3次。"), Passage("办公室统筹", "逐项调度。")),
    further=(Passage("继续推进", "年内完成。\n并开展复查。"),),
    invitation="欢迎监督。电话：0100-1234567。",
)


def composed(room, *, on=ON, prose=None):
    return compose(room.inspection, on=on, prose=prose)


def problem(room, group):
    return composed(room).document.in_group(group)[0]


def test_the_report_has_the_structure_of_a_published_one():
    document = composed(newsroom(), prose=PROSE).document
    outline = [
        (section.level, section.marker, section.heading)
        for section in document.sections
        if section.kind in (SectionKind.HEADING, SectionKind.PROBLEM)
    ]
    assert outline == [
        (1, "一、", "整改工作组织情况"),
        (2, "（一）", "党组抓总"),
        (2, "（一）", "办公室统筹"),
        (1, "一、", "整改落实情况"),
        (2, "（一）", "已整改完成的事项"),
        (3, "1.", "关于“节水‘优先’有差距”问题的整改。"),
        (2, "（一）", "按计划持续推进的事项"),
        (3, "1.", "关于“财务审核不严”问题的整改。"),
        (1, "一、", "下一步整改工作打算"),
        (2, "（一）", "继续推进"),
    ]
    assert document.title == "中共云州市水务局党组关于巡察整改进展情况的通报"
    assert document.sections[-1].text == "2025年7月31日"


def test_items_come_in_the_order_of_the_plan_and_end_in_a_full_stop():
    items = problem(newsroom(), Group.FINISHED).items
    assert [(item.marker, item.text) for item in items] == [
        ("一是", "4月22日，印发《名录》。"),
        ("一是", "培训3期，覆盖全部分局。"),
    ]


def test_one_measure_alone_makes_a_plain_paragraph_and_its_next_step_follows():
    section = problem(newsroom(), Group.CONTINUING)
    assert [(item.marker, item.text) for item in section.items] == [("", "完成测试20户。")]
    assert section.next_step == "下一步，8月底前全部进场。"


def test_several_next_steps_are_numbered_from_one_again():
    room = newsroom()
    second = MeasureFactory(problem=room.continuing, code="M-002-2")
    tell(second, "修订办法。", on=date(2025, 7, 9), next_step="下一步，提交党组审议。")
    section = problem(room, Group.CONTINUING)
    assert section.next_step == "下一步，一是8月底前全部进场；二是提交党组审议。"


def test_the_same_words_about_two_measures_are_one_item_with_both_behind_it():
    room = newsroom()
    second = MeasureFactory(problem=room.continuing, code="M-002-2")
    tell(second, "完成测试20户。", on=date(2025, 7, 9))
    result = composed(room)
    assert len(result.document.in_group(Group.CONTINUING)[0].items) == 1
    assert result.measures[-1] == (room.open.pk, second.pk)


def test_each_item_and_problem_names_the_rows_that_it_was_made_from():
    room = newsroom()
    result = composed(room)
    assert result.problems == (room.finished.pk, room.continuing.pk)
    assert result.measures == ((room.done[0].pk,), (room.done[1].pk,), (room.open.pk,))


def test_only_what_was_filed_by_the_day_is_told():
    room = newsroom()
    tell(room.open, "完成测试30户。", on=date(2025, 8, 1))
    assert problem(room, Group.CONTINUING).items[0].text == "完成测试20户。"


def test_a_nil_return_does_not_replace_what_was_told_before():
    room = newsroom()
    tell(room.open, "无变化", on=date(2025, 7, 22), nil_return=True)
    assert problem(room, Group.CONTINUING).items[0].text == "完成测试20户。"


def test_a_problem_closed_later_still_goes_on_as_of_the_earlier_day():
    room = newsroom()
    document = composed(room, on=date(2025, 6, 30)).document
    assert document.in_group(Group.FINISHED) == ()
    assert len(document.in_group(Group.CONTINUING)) == 2


def test_without_finished_problems_there_is_no_heading_for_them():
    document = composed(newsroom(), on=date(2025, 6, 30)).document
    assert "已整改完成的事项" not in to_text(document)


def test_the_text_states_both_rates_with_their_denominators_as_a_reader_reads_them():
    document = composed(newsroom()).document
    stated = {figure.key: str(figure.value) for figure in document.stated}
    assert stated == {
        "problems": "2",
        "problems_done": "1",
        "measures": "3",
        "measures_done": "2",
        "rate": "66.7",
        "outcomes": "1",
    }
    assert {figure.as_of for figure in document.stated} == {ON}


def test_our_own_reader_understands_what_was_composed():
    document = composed(newsroom(), prose=PROSE).document
    reading = read_text(to_text(document))
    assert reading.leftovers == ()
    read = reading.document
    assert to_text(read) == to_text(document)
    for name in ("title", "inspecting_body", "on_site_from", "on_site_to", "feedback_date"):
        assert getattr(read, name) == getattr(document, name), name
    assert [s.group for s in read.problems] == [s.group for s in document.problems]
    assert [s.items for s in read.problems] != []
    texts = [[item.text for item in section.items] for section in document.problems]
    assert [[item.text for item in section.items] for section in read.problems] == texts
    assert [s.next_step for s in read.problems] == [s.next_step for s in document.problems]


def test_the_prose_of_a_report_can_be_carried_into_the_next_one():
    document = composed(newsroom(), prose=PROSE).document
    assert prose_of(document) == PROSE


def test_without_an_author_neutral_sentences_stand_in():
    text = to_text(composed(newsroom()).document)
    assert "建立整改台账" in text
    assert "每14天调度一次" in text


def test_a_problem_without_public_wording_is_marked_and_never_told_in_its_own_words():
    room = newsroom()
    room.continuing.public_wording = ""
    room.continuing.save()
    text = to_text(composed(room).document)
    assert f"关于“{NO_WORDING}”问题的整改。" in text


def test_nothing_that_is_kept_gets_into_any_form():
    room = newsroom()
    assert ProgressEntry.objects.filter(difficulty=CANARIES["difficulty"]).exists()
    document = composed(room).document
    for form in (to_text(document), to_html(document), to_json(document)):
        assert [canary for canary in CANARIES.values() if canary in form] == []


def test_an_empty_ledger_is_refused_with_a_sentence():
    with pytest.raises(ComposingRefused, match="台账里还没有反馈问题"):
        compose(InspectionFactory(), on=ON)


def test_a_ledger_without_measures_states_no_rate_of_them():
    inspection = InspectionFactory()
    ProblemFactory(inspection=inspection, public_wording="制度不健全。")
    document = compose(inspection, on=ON).document
    assert {figure.key for figure in document.stated} == {"problems", "problems_done", "outcomes"}


def test_the_number_of_queries_does_not_grow_with_the_ledger(django_assert_max_num_queries):
    room = newsroom()
    for number in range(3, 8):
        another = ProblemFactory(inspection=room.inspection, code=f"P-00{number}")
        tell(MeasureFactory(problem=another, code=f"M-00{number}-1"), "推进。", on=ON)
    with django_assert_max_num_queries(9):
        composed(room)
