"""The yearly notice of rest days as a CSV of three columns: 日期, 安排, 说明. Bytes into days."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.core.exceptions import ValidationError

from rectification import clock, wording

COLUMNS = ("日期", "安排", "说明")
MOST_BYTES = 200_000
MOST_ROWS = 400
LONGEST_NAME = 50
SHOWN_FAULTS = 20
WORKED = {"上班": True, "补班": True, "调休上班": True, "休息": False, "放假": False, "休": False}
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
HOW = "请写成 2026-10-01 这样的日期。"


class NoticeRefused(Exception):
    """The file cannot be taken in. `faults` are sentences for the user, by line and column."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("".join(faults))


@dataclass(frozen=True)
class Day:
    """Whether one day is worked, and why it is unlike its weekday."""

    is_working: bool
    name: str = ""

    def __str__(self) -> str:
        return f"{'上班' if self.is_working else '休息'} {self.name}".strip()


Days = Mapping[date, Day]


@dataclass(frozen=True)
class YearlyNotice:
    """What the yearly notice says: the days of the year, and of the December before it."""

    year: int
    days: Days
    name: str  # of the file


def read(content: bytes, *, name: str, year: int) -> YearlyNotice:
    """The notice of the year. All of it is right, or NoticeRefused says all that is wrong."""
    rows = list(_rows(_text(content, name), name))
    if not rows:
        raise NoticeRefused([f"{name} 里没有内容，请选择有内容的文件。"])
    header = [cell.strip() for cell in rows[0][1]]
    places = {column: _place(header, column) for column in COLUMNS}
    missing = [column for column in COLUMNS[:2] if places[column] is None]
    if missing:
        raise NoticeRefused(
            [f"第1行表头缺少“{'”“'.join(missing)}”列，表头请写：{'，'.join(COLUMNS)}。"]
        )
    days, faults = _days(rows[1:], places, year=year)
    if faults:
        more = [f"另有{len(faults) - SHOWN_FAULTS}处错误。"] if len(faults) > SHOWN_FAULTS else []
        raise NoticeRefused([*faults[:SHOWN_FAULTS], *more])
    if not any(day.year == year for day in days):
        raise NoticeRefused([f"文件里没有{year}年的日子，请核对年份后重新上传。"])
    if fault := _rest_fault(days):
        raise NoticeRefused([fault])
    return YearlyNotice(year, dict(sorted(days.items())), name)


def _text(content: bytes, name: str) -> str:
    if not content.strip():
        raise NoticeRefused([f"{name} 是空文件，请选择有内容的文件。"])
    if len(content) > MOST_BYTES:
        raise NoticeRefused([f"{name} 太大，一年的放假安排最多{MOST_ROWS}行，请核对文件。"])
    if content[:2] == b"PK" or content[:4] == b"\xd0\xcf\x11\xe0":
        raise NoticeRefused([f"{name} 是 Excel 文件，请另存为 CSV 后再上传。"])
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise NoticeRefused([f"{name} 的文字编码认不出来，请另存为 UTF-8 或 GB 18030 的 CSV。"])


def _rows(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with its number in the file; empty ones are left out."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = next((sign for sign in ("\t", ";", "；", "，") if sign in first), ",")
    delimiter = "," if "," in first else delimiter
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    count = 0
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > MOST_ROWS + 1:
                raise NoticeRefused([f"{name} 超过{MOST_ROWS}行，请只保留一年的放假安排。"])
            yield reader.line_num, cells
    except csv.Error as error:
        raise NoticeRefused([f"第{reader.line_num}行读不出来，请检查这一行的引号。"]) from error


def _place(header: Sequence[str], column: str) -> int | None:
    """Where the column is: its heading may go on, as in 安排(上班/休息)."""
    return next((at for at, cell in enumerate(header) if cell.startswith(column)), None)


def _days(
    rows: Sequence[tuple[int, list[str]]], places: Mapping[str, int | None], *, year: int
) -> tuple[dict[date, Day], list[str]]:
    days: dict[date, Day] = {}
    lines: dict[date, int] = {}
    faults: list[str] = []
    for line, cells in rows:
        said = {column: _cell(cells, places[column]) for column in COLUMNS}
        try:
            day, each = _day(said, year=year)
            if day in lines:
                raise _wrong("日期", f"{clock.in_full(day)}与第{lines[day]}行重复，请删去一行。")
        except ValidationError as error:
            faults += [f"第{line}行{sentence}" for sentence in error.messages]
            continue
        days[day], lines[day] = each, line
    return days, faults


def _rest_fault(days: Mapping[date, Day]) -> str:
    """A run of rest days that is longer than any: meetings would not be found behind it."""
    work = clock.WorkCalendar({day: each.is_working for day, each in days.items()})
    for first in sorted(days):
        while not work.is_working(first - timedelta(days=1)):
            first -= timedelta(days=1)  # the weekend before it
        next_worked = work.next_working_day(first)
        if next_worked - first > clock.LONGEST_REST:
            last = clock.in_full(next_worked - timedelta(days=1))
            return (
                f"从{clock.in_full(first)}到{last}连续休息，最多连续{clock.LONGEST_REST.days}天，"
                "请核对“安排”一列，补上上班的日子。"
            )
    return ""


def _cell(cells: Sequence[str], place: int | None) -> str:
    return cells[place].strip() if place is not None and place < len(cells) else ""


def _day(said: Mapping[str, str], *, year: int) -> tuple[date, Day]:
    """One row. Raises ValidationError with each column that is wrong."""
    wrong: list[str] = []
    day = None
    try:
        day = _date(said["日期"], year=year)
    except ValidationError as error:
        wrong += error.messages
    worked = WORKED.get(said["安排"])
    if worked is None:
        wrong += _wrong("安排", f"“{said['安排'][:20]}”认不出来，请写“上班”或“休息”。").messages
    try:
        _name(said["说明"])
    except ValidationError as error:
        wrong += [f"“说明”{sentence}" for sentence in error.messages]
    if wrong or day is None or worked is None:
        raise ValidationError(wrong)
    return day, Day(worked, said["说明"])


def _date(text: str, *, year: int) -> date:
    found = _DATE.fullmatch(text)
    try:
        if not found:
            raise ValueError
        day = date(*(int(part) for part in found.groups()))
    except ValueError as error:
        raise _wrong("日期", f"“{text[:20]}”不是存在的日期，{HOW}") from error
    if day.year != year and (day.year, day.month) != (year - 1, 12):
        raise _wrong("日期", f"{clock.in_full(day)}不在{year}年，请删去这一行或改选年份。")
    return day


def _name(text: str) -> None:
    if len(text) > LONGEST_NAME:
        raise ValidationError(f"最多{LONGEST_NAME}字，现在有{len(text)}字，请删减。")
    wording.check(text)


def _wrong(column: str, sentence: str) -> ValidationError:
    return ValidationError(f"“{column}”{sentence}")
