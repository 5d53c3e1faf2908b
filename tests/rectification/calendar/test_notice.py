"""The yearly notice as a CSV: what people have, and what is wrong with it, by line and column."""

from datetime import date, timedelta

import pytest

from rectification import calendar_notice
from rectification.calendar_notice import Day, NoticeRefused

GOOD = """日期,安排,说明
2026-12-27,上班,调休上班
2027-01-01,休息,元旦
2027/2/6,放假,春节

2027年2月20日,补班,
"""


def read(text, *, year=2027, encoding="utf-8"):
    content = text if isinstance(text, bytes) else text.encode(encoding)
    return calendar_notice.read(content, name="2027.csv", year=year)


def faults(text, **rest):
    with pytest.raises(NoticeRefused) as refusal:
        read(text, **rest)
    return refusal.value.faults


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_a_notice_is_read_in_the_encodings_that_people_have(encoding):
    notice = read(GOOD, encoding=encoding)

    assert notice.days == {
        date(2026, 12, 27): Day(True, "调休上班"),
        date(2027, 1, 1): Day(False, "元旦"),
        date(2027, 2, 6): Day(False, "春节"),
        date(2027, 2, 20): Day(True, ""),
    }


@pytest.mark.parametrize(
    "text",
    [
        "日期\t安排\t说明\r\n2027-01-01\t休息\t元旦\r\n",
        "日期;安排;说明\n2027-01-01;休息;元旦\n",
        "说明,安排(上班/休息),日期\n元旦,休息,2027-01-01\n",
        "日期，安排，说明\n2027-01-01，休息，元旦\n",
        "日期,安排,说明\n２０２７-０１-０１,休,元旦\n",
        '"日期","安排","说明"\n"2027-01-01","休息","元旦"\n',
    ],
)
def test_columns_in_any_order_and_separated_as_programs_do(text):
    assert read(text).days == {date(2027, 1, 1): Day(False, "元旦")}


def test_a_notice_needs_no_reasons():
    assert read("日期,安排\n2027-01-01,休息\n").days == {date(2027, 1, 1): Day(False)}


def test_every_fault_is_named_by_line_and_column():
    assert faults(
        "日期,安排,说明\n"
        "2027-02-30,休息,春节\n"
        "2027-01-01,半天,元旦\n"
        "2028-01-01,休息,元旦\n"
        "2027-05-01,休息,劳动节\n"
        "2027-05-01,休息,劳动节\n"
        ",,没有日期\n"
        f"2027-10-01,休息,{'国' * 51}\n"
    ) == (
        "第2行“日期”“2027-02-30”不是存在的日期，请写成 2026-10-01 这样的日期。",
        "第3行“安排”“半天”认不出来，请写“上班”或“休息”。",
        "第4行“日期”2028年1月1日不在2027年，请删去这一行或改选年份。",
        "第6行“日期”2027年5月1日与第5行重复，请删去一行。",
        "第7行“日期”“”不是存在的日期，请写成 2026-10-01 这样的日期。",
        "第7行“安排”“”认不出来，请写“上班”或“休息”。",
        "第8行“说明”最多50字，现在有51字，请删减。",
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "是空文件"),
        (b" \n \n", "是空文件"),
        (b",,\n , ,\n", "里没有内容"),
        ("日,安排\n2027-01-01,休息\n", "第1行表头缺少“日期”列"),
        ("2027-01-01,休息,元旦\n", "第1行表头缺少“日期”“安排”列"),
        ("日期,安排,说明\n", "文件里没有2027年的日子"),
        ("日期,安排,说明\n2026-12-27,上班,\n", "文件里没有2027年的日子"),
        (b"PK\x03\x04rest", "是 Excel 文件"),
        ("日期,安排\n2027-01-01,休息\n".encode("utf-16"), "文字编码认不出来"),
        (b"\xff\xff\xff\xff\xff", "文字编码认不出来"),
        ("日期,安排\n" + "2027-01-01,休息\n" * 401, "超过400行"),
        (b"x" * 200_001, "太大"),
        ('日期,安排\n2027-01-01,"休息\n', "第2行读不出来"),
        ("日期,安排\n2027-01-01," + "休" * 60_000 + "\n", "认不出来"),
        ("日期,安排,说明\n2027-01-01,休息,机密★10年\n", "密级标志"),
        ("日期,安排,说明\n2027-01-01,休息,gpj\u202eexe\n", "控制字符"),
    ],
)
def test_a_file_that_is_no_notice_is_refused_in_words(content, says):
    assert any(says in fault for fault in faults(content))


def test_a_file_with_hundreds_of_faults_shows_the_first_twenty():
    said = faults("日期,安排\n" + "x,休息\n" * 300)

    assert len(said) == 21
    assert said[-1] == "另有280处错误。"


def rest(days):
    first = date(2027, 3, 1)  # a Monday
    lines = (f"{first + timedelta(days=number)},休息,全年" for number in range(days))
    return "日期,安排,说明\n" + "\n".join(lines)


def test_a_run_of_rest_days_longer_than_any_is_refused():
    """Weekends beside it count; a month of rest is read."""
    assert len(read(rest(29)).days) == 29

    for days in (30, 300):
        (fault,) = faults(rest(days))
        assert "从2027年2月27日到" in fault
        assert "最多连续31天" in fault
    (fault,) = faults(rest(5 * 7 - 2))  # up to a Friday
    assert "到2027年4月4日连续休息" in fault
