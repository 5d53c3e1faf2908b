"""Differences are found, placed and told apart: numbers of the outline, spaces beside, losses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.comparing import DifferenceKind, differences

SOURCE = "一、进展\n1.关于“甲”问题的整改。\n一是办结8件。二是整改12项。五是验收。\n完毕。"


def kinds(source: str, printed: str) -> list[tuple[DifferenceKind, int, str, str]]:
    return [(d.kind, d.line, d.before, d.after) for d in differences(source, printed)]


def test_equal_texts_have_none():
    assert differences(SOURCE, SOURCE) == ()


def test_line_ends_of_another_system_are_no_difference():
    assert differences(SOURCE, "\ufeff" + SOURCE.replace("\n", "\r\n")) == ()


@pytest.mark.parametrize(
    ("old", "new", "kind", "line", "before", "after"),
    [
        ("五是", "三是", DifferenceKind.NUMBER, 3, "五", "三"),
        ("1.关于", "12.关于", DifferenceKind.NUMBER, 2, "", "2"),
        ("1.关于", "1. 关于", DifferenceKind.SPACE, 2, "", " "),
        ("一、进展", "一、 进展", DifferenceKind.SPACE, 1, "", " "),
        ("办结8件", "办结9件", DifferenceKind.TEXT, 3, "8", "9"),
        ("整改12项", "整改1项", DifferenceKind.TEXT, 3, "2", ""),
        ("“甲”", "“ 甲”", DifferenceKind.TEXT, 2, "", " "),
        ("验收。\n完毕", "验收。完毕", DifferenceKind.TEXT, 3, "\n", ""),
        ("完毕。", "", DifferenceKind.TEXT, 4, "完毕。", ""),
    ],
)
def test_each_difference_has_its_kind_and_its_place(old, new, kind, line, before, after):
    assert kinds(SOURCE, SOURCE.replace(old, new)) == [(kind, line, before, after)]


def test_a_difference_says_so_in_a_sentence():
    (number,) = differences("一是办。三是结。", "一是办。二是结。")
    (loss,) = differences("全文完。", "全文。")

    assert str(number) == "第 1 行：序号由系统重排，“三”成为“二”（一是办。三是结。）"
    assert str(loss) == "第 1 行：文字不同，原文“完”，现为“”（全文完。）"


LETTERS = st.text(alphabet="一二1.、是甲乙。\n ", max_size=60)


@given(LETTERS, LETTERS)
def test_the_differences_are_all_that_parts_two_texts(source, printed):
    """Put in the place of what they replace, the differences turn one text into the other."""
    found = differences(source, printed)

    removed = sum(len(d.before) for d in found)
    added = sum(len(d.after) for d in found)
    assert len(source) - removed == len(printed) - added
    assert bool(found) == (source != printed)


def test_texts_that_have_nothing_in_common_are_compared_at_once():
    found = differences("甲" * 100_000, "乙" * 100_000)

    assert {d.kind for d in found} == {DifferenceKind.TEXT}
    assert sum(len(d.before) for d in found) == 100_000
