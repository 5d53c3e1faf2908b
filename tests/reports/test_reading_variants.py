"""How other bureaus write: one invented report for each habit (tests/reports/published)."""

from datetime import date
from pathlib import Path

import pytest

from reports.document import Document, Group, SectionKind
from reports.reading import Reading, read_file, summary
from reports.rendering import to_text

PUBLISHED = Path(__file__).parent / "published"
ALL = sorted(PUBLISHED.glob("*.txt"))


def read(name: str) -> Reading:
    (path,) = PUBLISHED.glob(f"{name}*.txt")
    return read_file(path.read_bytes(), name=path.name)


def shape(document: Document) -> list[tuple[str, int, bool]]:
    """Of each problem: its group, how many items, whether it has a next step."""
    return [(p.group, len(p.items), bool(p.next_step)) for p in document.problems]


def reasons(reading: Reading) -> str:
    return "\n".join(note.reason for note in reading.questions)


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_each_report_comes_back_exactly(path):
    source = path.read_bytes().decode()

    assert to_text(read_file(path.read_bytes(), name=path.name).document) == source


@pytest.mark.parametrize("path", ALL, ids=lambda path: path.stem)
def test_the_encoding_makes_no_difference(path):
    source = path.read_bytes().decode()
    documents = {
        read_file(data, name="a.txt").document
        for data in (source.encode(), source.encode("utf-8-sig"), source.encode("gb18030"))
    }

    assert len(documents) == 1


def test_a_report_may_begin_with_the_second_rank():
    reading = read("水务局")
    document = reading.document

    assert shape(document) == [
        (Group.FINISHED, 2, False),
        (Group.FINISHED, 3, False),
        (Group.CONTINUING, 2, True),
    ]
    assert document.problems[0].wording == "老旧供水管网漏损治理推进不快"
    assert [s.level for s in document.problems] == [2, 2, 2]
    assert document.title == "中共临江市水务局党组关于市委巡察反馈意见整改进展情况的通报"
    assert [fact.value for fact in document.facts] == ["临江市水务局", "2025-03-18 09:30", "216"]
    assert (document.on_site_from, document.on_site_to) == (date(2024, 3, 4), date(2024, 4, 26))
    assert document.feedback_date == date(2024, 6, 12)
    assert document.inspecting_body == "市委第二巡察组"
    assert reading.leftovers == ()


def test_problems_in_brackets_with_circled_items_and_their_state_in_a_sentence():
    document = read("教育局").document

    assert shape(document) == [
        (Group.FINISHED, 3, False),
        (Group.CONTINUING, 2, True),
        (Group.FINISHED, 2, False),
        (Group.FINISHED, 1, False),
    ]
    assert [problem.continues for problem in document.problems] == [False, False, True, False]
    assert document.problems[1].lead == "正在推进整改。"
    assert [item.marker for item in document.problems[0].items] == ["①", "①", "①"]
    assert summary(read("教育局"))["stated"] == {
        "problems": 4,
        "measures": 12,
        "measures_done": 9,
        "rate": 75,
    }
    assert document.as_of == date(2025, 5, 31)
    assert [s.text for s in document.sections if s.kind == SectionKind.SIGNATURE] == [
        "区教育局党委"
    ]


def test_labels_part_the_problem_from_its_rectification():
    document = read("林业局").document

    assert [problem.wording for problem in document.problems] == [
        "护林员考核流于形式，奖惩不兑现。",
        "古树名木挂牌保护进度滞后。",
    ]
    assert shape(document) == [(Group.FINISHED, 1, False), (Group.CONTINUING, 2, True)]
    assert document.problems[0].lead == "整改情况：该问题已完成整改。"
    assert document.problems[0].lead_unit == "资源管理股"
    assert document.problems[0].deadline == "2024年6月底前"


def test_ordinals_in_the_organisational_part_are_no_items():
    reading = read("林业局")

    assert len(reading.document.items) == 3
    prose = [s.text[:2] for s in reading.document.sections if s.kind == SectionKind.PROSE]
    assert prose == ["根据", "一是", "二是", "责任", "巩固"]


def test_the_problem_itself_as_a_heading_with_its_state_as_a_percentage():
    document = read("交通局").document

    assert document.problems[0].wording == "农村公路养护责任落实不到位，“重建轻养”现象突出"
    assert shape(document) == [
        (Group.FINISHED, 2, False),
        (Group.CONTINUING, 3, True),
        (Group.FINISHED, 1, False),
    ]
    assert [item.marker for item in document.problems[1].items] == ["（1）"] * 3


def test_a_heading_may_run_into_its_text():
    document = read("交通局").document
    at = next(i for i, s in enumerate(document.sections) if s.heading == "高位推动。")

    assert document.sections[at + 1].kind == SectionKind.PROSE
    assert document.sections[at + 1].gap == ""


def test_a_positive_topic_leaves_the_wording_empty_and_asks():
    reading = read("文旅局")

    assert [problem.wording for problem in reading.document.problems] == ["", "", ""]
    assert reasons(reading).count("没有引用反馈问题的原文") == 3
    assert shape(reading.document) == [
        (Group.FINISHED, 1, False),
        (Group.FINISHED, 1, False),
        (Group.CONTINUING, 1, True),
    ]
    assert [item.marker for item in reading.document.items] == ["", "", ""]


def test_items_go_past_ten_and_begin_again_in_the_next_step():
    reading = read("卫健委")
    first, second = reading.document.problems

    assert len(first.items) == 12
    assert first.items[10].text == "纳入考核。"
    assert len(second.items) == 2
    assert second.next_step.startswith("下一步，一是提高续约率。")
    assert "序号" not in reasons(reading)


def test_a_whole_page_in_one_line():
    reading = read("住建局")
    document = reading.document

    assert shape(document) == [
        (Group.FINISHED, 2, False),
        (Group.FINISHED, 2, False),
        (Group.CONTINUING, 1, True),
    ]
    assert [fact.value for fact in document.facts] == ["北岭区住建局", "2025-08-02 16:05", "88"]
    headings = [s.heading for s in document.sections if s.kind == SectionKind.HEADING]
    assert headings == [
        "整改工作组织情况",
        "整改落实情况",
        "已整改完成的事项",
        "持续推进的整改事项",
        "下一步整改工作打算",
    ]
    closing = [s.kind for s in document.sections[-3:]]
    assert closing == [SectionKind.INVITATION, SectionKind.SIGNATURE, SectionKind.DATE]
    assert summary(reading)["stated"] == {"outcomes": 8, "problems": 3, "problems_done": 2}


def test_numbers_that_go_on_over_a_heading_are_kept():
    reading = read("农业农村局")

    assert [problem.continues for problem in reading.document.problems] == [False, False, True]
    assert "３．关于" in to_text(reading.document)
    assert "编号" not in reasons(reading)


def test_units_and_deadlines_are_taken_where_they_are_stated():
    reading = read("民政局")
    first, second = reading.document.problems

    assert (first.marker, first.wording) == ("问题一：", "社会救助对象动态管理不及时")
    assert (first.lead_unit, first.deadline) == ("社会救助股", "2025年3月31日")
    assert (second.lead_unit, second.deadline) == ("养老服务股", "2025年12月底")
    assert (first.group, second.group) == (Group.FINISHED, Group.CONTINUING)
    assert "没有写明整改时限" not in reasons(reading)
    assert reading.document.inspected_unit == ""  # “我局” names nobody


def test_headings_and_problems_without_numbers():
    document = read("商务局").document

    assert shape(document) == [
        (Group.FINISHED, 2, False),
        (Group.FINISHED, 1, False),
        (Group.CONTINUING, 1, True),
    ]
    assert document.problems[0].wording == "惠企政策兑现周期长"
    assert [item.marker for item in document.problems[0].items] == ["第一，", "第一，"]


def test_a_table_with_one_problem_in_a_row_and_the_state_in_a_column():
    document = read("财政局").document

    assert shape(document) == [
        (Group.FINISHED, 2, False),
        (Group.CONTINUING, 1, False),
        (Group.CONTINUING, 2, False),
    ]
    assert [item.text for item in document.problems[0].items] == [
        "建立挂钩机制。",
        "压减低效项目7个。",
    ]
    assert [(p.lead_unit, p.deadline) for p in document.problems] == [
        ("绩效股", "2025年4月底"),
        ("采购股", "2025年12月底"),
        ("", "2025年9月底"),
    ]


def test_a_last_line_about_the_problem_is_no_part_of_its_last_item():
    document = read("民政局").document

    assert [problem.items[-1].text for problem in document.problems] == [
        "与公安、人社部门按月比对数据。",
        "委托第三方排查23家机构。",
    ]


def test_what_cannot_be_placed_is_listed_with_its_line():
    reading = read("审计局")

    assert [(note.line, note.text) for note in reading.leftovers] == [
        (1, "当前位置：首页 > 党务公开"),
        (4, "【字号：大 中 小】"),
        (10, "— 1 —"),
        (13, "A.签订保密承诺书"),
        (14, "B.建立中介机构库"),
        (15, "补充说明"),
        (18, "上一篇：关于召开会议的通知"),
    ]
    assert [len(problem.items) for problem in reading.document.problems] == [3, 1]
