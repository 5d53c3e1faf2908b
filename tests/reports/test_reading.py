"""Odd numbers, dates, titles: what the reader asks about, and what it will not guess."""

from datetime import date

import pytest

from reports.reading import Reading, read_text
from reports.reading.dates import days_in, last_day
from reports.reading.origin import cited_titles
from reports.rendering import to_text

FRAME = """关于巡察整改情况的通报
{opening}
一、整改落实情况
（一）已整改完成的问题
{problems}
"""
OPENING = "县委第一巡察组于2024年3月4日至4月26日对县水利局党组开展巡察，2024年6月12日反馈意见。"


def read(problems: str, *, opening: str = OPENING) -> Reading:
    return read_text(FRAME.format(opening=opening, problems=problems))


def asked(reading: Reading) -> list[tuple[int, str]]:
    """Line and first words of the questions about numbers."""
    return [
        (n.line, n.reason) for n in reading.questions if "序号" in n.reason or "编号" in n.reason
    ]


def test_a_jump_among_the_items_is_asked_about_and_set_right():
    reading = read("1.关于“测站老化”问题的整改。\n一是更新设备。三是培训人员。")

    assert [(line, reason[:5]) for line, reason in asked(reading)] == [(6, "序号不连续")]
    assert "二是培训人员。" in to_text(reading.document)


def test_a_repeated_item_is_asked_about_and_stays_an_item():
    reading = read("1.关于“测站老化”问题的整改。\n一是更新设备。二是培训人员。二是落实经费。")

    assert [(line, reason[:7]) for line, reason in asked(reading)] == [(6, "序号重复或倒退")]
    assert [item.text for item in reading.document.items] == [
        "更新设备。",
        "培训人员。",
        "落实经费。",
    ]


def test_missing_and_repeated_problem_numbers_are_named_with_their_lines():
    reading = read(
        "1.关于“甲”问题的整改。\n整改到位。\n3.关于“乙”问题的整改。\n整改到位。\n"
        "3.关于“丙”问题的整改。\n整改到位。\n2.关于“丁”问题的整改。\n整改到位。"
    )

    assert [(line, reason[:5]) for line, reason in asked(reading)] == [
        (7, "编号不连续"),
        (9, "编号重复："),
        (11, "编号倒退："),
    ]
    assert [p.wording for p in reading.document.problems] == ["甲", "乙", "丙", "丁"]
    assert "4.关于“丁”" in to_text(reading.document)


def test_a_problem_in_no_usual_form_is_still_one_of_the_series():
    reading = read("1.关于“甲”问题的整改。\n一是已办。\n2.泵站管护责任不落实。\n一是已办。")

    assert [p.wording for p in reading.document.problems] == ["甲", "泵站管护责任不落实"]


def test_a_list_numbered_like_the_problems_belongs_to_its_problem():
    reading = read(
        "1.关于“甲”问题的整改。\n1.印发通知。\n2.开展检查。\n2.关于“乙”问题的整改。\n1.已办。"
    )

    assert [len(p.items) for p in reading.document.problems] == [2, 1]


def test_a_next_step_inside_an_item_is_not_the_next_step_of_the_problem():
    reading = read(
        "1.关于“甲”问题的整改。\n一是已建3处。下一步，再建2处。二是完成招标。下一步，年内开工。"
    )
    problem = reading.document.problems[0]

    assert [item.text for item in problem.items] == ["已建3处。下一步，再建2处。", "完成招标。"]
    assert problem.next_step == "下一步，年内开工。"


def test_words_that_only_look_like_ordinals_are_none():
    reading = read(
        "1.关于“甲”问题的整改。\n一是统一是非标准，确保万一是汛期也能运转。二是完成验收。"
    )

    assert [item.text[:4] for item in reading.document.items] == ["统一是非", "完成验收"]


def test_a_heading_and_a_sentence_that_disagree_are_asked_about():
    reading = read("1.关于“甲”问题的整改。\n该问题正在整改。一是已办。")

    assert any("说法不一" in note.reason for note in reading.questions)


def test_a_contact_line_in_the_middle_does_not_end_the_report():
    opening = OPENING + "\n欢迎干部群众监督。"
    reading = read("1.关于“甲”问题的整改。\n一是公布电话，欢迎群众监督。", opening=opening)

    assert len(reading.document.problems) == 1


def test_a_missing_year_is_taken_from_the_feedback_and_never_from_today():
    opening = OPENING + "截至2月，2个问题已整改完成。"

    (figure,) = read("1.关于“甲”问题的整改。\n已办。", opening=opening).document.stated

    assert figure.as_of == date(2025, 2, 28)  # the first February after June 2024


def test_what_the_text_does_not_state_stays_empty():
    document = read("1.关于“甲”问题的整改。\n已办。", opening="现将情况公布如下。").document

    assert (document.feedback_date, document.on_site_from, document.as_of) == (None, None, None)
    assert (document.inspected_unit, document.inspecting_body) == ("", "")


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2024年7月10日至9月18日", [date(2024, 7, 10), date(2024, 9, 18)]),
        ("2024年11月4日至1月10日", [date(2024, 11, 4), date(2025, 1, 10)]),
        ("2024年7月10日-25日", [date(2024, 7, 10), date(2024, 7, 25)]),
        ("2024年2月30日", []),
        ("9月18日", []),
    ],
)
def test_days_take_what_they_lack_from_the_day_before(text, days):
    assert [found.day for found in days_in(text)] == days


@pytest.mark.parametrize(
    ("phrase", "day"),
    [
        ("2025年6月底", date(2025, 6, 30)),
        ("2025年5月上旬", date(2025, 5, 10)),
        ("2024年2月下旬", date(2024, 2, 29)),
        ("7月", date(2025, 7, 31)),
        ("1月15日", date(2026, 1, 15)),
        ("13月", None),
    ],
)
def test_a_phrase_ends_with_its_last_day(phrase, day):
    assert last_day(phrase, since=date(2025, 1, 20)) == day


def test_titles_are_found_whole_once_and_sorted():
    text = (
        "印发《乙办法》和《关于印发〈甲规定〉的通知》；《乙办法》已执行；《关于印发《丙》的通知》"
    )

    assert cited_titles(text) == (
        ("乙办法", "关于印发〈甲规定〉的通知", "关于印发《丙》的通知"),
        (),
    )


def test_a_title_that_never_ends_is_asked_about():
    titles, notes = cited_titles("第一行\n印发《甲办法，并执行。")

    assert titles == ()
    assert [(note.line, note.text) for note in notes] == [(2, "《甲办法，并执行。")]
