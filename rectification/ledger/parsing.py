"""Cells into values: what people write in a ledger, understood or refused, never guessed."""

import re
from dataclasses import dataclass
from datetime import date

from rectification import clock
from rectification.states import Precision, TimeKind

NOT_APPLICABLE = frozenset({"", "/", "\\", "-", "—", "无", "0"})
DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
TEN_DAYS = {"上旬": 1, "中旬": 2, "下旬": 3}
YEAR = r"(?:(?P<year>\d{4})年)?"
ENDING = r"(?:之?前|底|底前|末|底之?前|内|完成|前完成|底前完成)?"
DAY = re.compile(rf"{YEAR}(?P<month>\d{{1,2}})月(?P<day>\d{{1,2}})[日号]{ENDING}$")
NUMERIC_DAY = re.compile(r"(?P<year>\d{4})[-./](?P<month>\d{1,2})[-./](?P<day>\d{1,2})$")
BARE_DAY = re.compile(r"(?P<month>\d{1,2})\.(?P<day>\d{1,2})$")
TEN = re.compile(rf"{YEAR}(?P<month>\d{{1,2}})月(?P<ten>[上中下]旬){ENDING}$")
MONTH = re.compile(rf"{YEAR}(?P<month>\d{{1,2}})月份?{ENDING}$")
QUARTER = re.compile(rf"{YEAR}第?(?P<quarter>[一二三四1234])季度{ENDING}$")
WHOLE_YEAR = re.compile(rf"(?P<year>\d{{4}})年{ENDING}$")


class CellRefused(ValueError):
    """A cell that cannot be understood; the message says what to write instead."""


@dataclass(frozen=True)
class Time:
    """When a measure is due: the kind, the last day where there is one, and its precision."""

    kind: str
    deadline: date | None
    precision: str


def clean(cell: object) -> str:
    """The text of a cell without the white space around it; "" where it says "not applicable"."""
    text = str(cell if cell is not None else "").strip().strip("　\ufeff\u200b").strip()
    return "" if text in NOT_APPLICABLE else text


def names(cell: str) -> tuple[str, ...]:
    """The names in a cell that lists several, in their order."""
    parts = re.split(r"[、，,；;\n]+", cell)
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def time_of(cell: str, *, year: int) -> Time:
    """The time limit. A missing year is that of the feedback (domain, section 2).

    Raises CellRefused with what to write.
    """
    text = "".join(cell.translate(DIGITS).split())
    if text == "立行立改":
        return Time(TimeKind.IMMEDIATE, None, Precision.NONE)
    if text in {"长期坚持", "长期", "持续坚持", "已完成并长期坚持"}:
        return Time(TimeKind.LONG_TERM, None, Precision.NONE)
    try:
        found = _period(text, year)
    except ValueError as error:
        raise CellRefused(f"整改时限“{cell}”不是一个存在的日期。") from error
    if found is None:
        raise CellRefused(
            f"整改时限“{cell}”看不懂，请写成“2025年6月底前”“2025年6月30日”“立行立改”或“长期坚持”。"
        )
    return Time(TimeKind.DATED, *found)


def _period(text: str, year: int) -> tuple[date, str] | None:
    for pattern in (DAY, NUMERIC_DAY, BARE_DAY):
        if match := pattern.fullmatch(text):
            when = match.groupdict()
            day = date(int(when.get("year") or year), int(when["month"]), int(when["day"]))
            return day, Precision.DAY
    if match := TEN.fullmatch(text):
        return _last(match, year, Precision.TEN_DAYS, TEN_DAYS[match["ten"]])
    if match := MONTH.fullmatch(text):
        return _last(match, year, Precision.MONTH)
    if match := QUARTER.fullmatch(text):
        month = QUARTERS[match["quarter"]] * 3
        return clock.month_end(int(match["year"] or year), month), Precision.QUARTER
    if match := WHOLE_YEAR.fullmatch(text):
        return date(int(match["year"]), 12, 31), Precision.YEAR
    return None


def _last(
    match: re.Match[str], year: int, precision: Precision, ten_days: int = 3
) -> tuple[date, str]:
    when = int(match["year"] or year)
    month = int(match["month"])
    return clock.last_day(when, month, precision=precision, ten_days=ten_days), precision
