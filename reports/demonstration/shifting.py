"""The story moved in time, so that its "today" is the day of loading.

What happened (reports, reviews, rounds) moves by whole weeks, so that weekdays stay, and so far
that the round after the told ones is due on Monday of the new day's week: whoever looks finds a
dispatch under way. Deadlines move by the exact number of days, so that what is overdue, near or
later stays so; a moved deadline takes the end of its agreed period (month, quarter, …) where that
does not change on which side it lies, else the end of a smaller period. Dates in words move too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, timedelta
from typing import Any

from rectification import clock
from reports.demonstration.story import Story

FINER = ("year", "quarter", "month", "ten_days", "day")

_DAY = r"(?:(?P<year>\d{4})年)?(?P<month>\d{1,2})月(?P<day>\d{1,2})日"
_MONTH = r"(?:(?P<year2>\d{4})年)?(?P<month2>\d{1,2})月(?P<part>上旬|中旬|下旬|初|底)?"
_SPAN = r"(?P<span>[一二三四]季度|[上下]半年)"
_YEAR = r"(?P<alone>\d{4})(?=年|〕|—\d{4}年)"
_WORDS = re.compile("|".join((_DAY, _MONTH, _SPAN, _YEAR)))
_PART_DAY = {"上旬": 5, "初": 5, "中旬": 15, "下旬": 25, "底": 28}
_SPAN_MONTH = {"一": 2, "二": 5, "三": 8, "四": 11, "上": 4, "下": 10}


@dataclass(frozen=True)
class Shift:
    """How far things move: events by `weeks` (whole weeks), deadlines by `days`."""

    on: date
    new_on: date

    @property
    def days(self) -> timedelta:
        return self.new_on - self.on

    @property
    def weeks(self) -> timedelta:
        return _monday(self.new_on) - _monday(self.on) - timedelta(weeks=1)

    @property
    def is_none(self) -> bool:
        return self.new_on == self.on

    def deadline(self, day: date, precision: str, *, near: int) -> tuple[date, str]:
        """The deadline in its new place, and how exact it is there."""
        target = day + self.days
        side = _side(day, on=self.on, near=near)
        for finer in FINER[FINER.index(precision) : -1] if precision != "none" else ():
            end = _period_end(target, finer)
            if _side(end, on=self.new_on, near=near) == side:
                return end, finer
        return target, "day"

    def words(self, text: str) -> str:
        """The text with each date in it moved like an event."""
        return _WORDS.sub(lambda found: self._word(found), text)

    def _word(self, found: re.Match[str]) -> str:
        named = found.groupdict()
        if named["alone"]:
            return str((date(int(named["alone"]), 7, 1) + self.weeks).year)
        if named["span"]:
            return self._span(named["span"])
        if named["day"]:
            day = date(int(named["year"] or self.on.year), int(named["month"]), int(named["day"]))
            moved = day + self.weeks
            return f"{_year(named['year'], moved)}{moved.month}月{moved.day}日"
        return self._month(named)

    def _month(self, named: Mapping[str, str | None]) -> str:
        part = named["part"] or ""
        year, month = int(named["year2"] or self.on.year), int(named["month2"] or 1)
        moved = date(year, month, _PART_DAY.get(part, 15)) + self.weeks
        if part.endswith("旬"):
            part = ("上旬", "中旬", "下旬")[min(moved.day - 1, 29) // 10]
        return f"{_year(named['year2'], moved)}{moved.month}月{part}"

    def _span(self, span: str) -> str:
        moved = date(self.on.year, _SPAN_MONTH[span[0]], 15) + self.weeks
        if span.endswith("季度"):
            return f"{'一二三四'[(moved.month - 1) // 3]}季度"
        return "上半年" if moved.month <= 6 else "下半年"


def told_on(story: Story, *, on: date) -> Story:
    """The same story with `on` as its today."""
    shift = Shift(story.frame.on, on)
    if shift.is_none:
        return story
    moved: Story = _moved(story, shift, near=story.frame.near_days)
    return replace(moved, frame=replace(moved.frame, on=on))


def _moved(value: Any, shift: Shift, *, near: int) -> Any:
    """The value with every date and every text in it moved."""
    if isinstance(value, str):
        return shift.words(value)
    if isinstance(value, date):
        return value + shift.weeks
    if isinstance(value, tuple):
        return tuple(_moved(each, shift, near=near) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return _moved_record(value, shift, near=near)
    return value


def _moved_record(record: Any, shift: Shift, *, near: int) -> Any:
    names = [field.name for field in fields(record)]
    changes = {name: _moved(getattr(record, name), shift, near=near) for name in names}
    due = next((name for name in ("deadline", "due") if name in names), None)
    if due and getattr(record, due):
        changes[due], changes["precision"] = shift.deadline(
            getattr(record, due), record.precision, near=near
        )
    return replace(record, **changes)


def _side(day: date, *, on: date, near: int) -> int:
    """Where a deadline lies: 0 overdue, 1 near, 2 later."""
    left = clock.days_left(day, on=on)
    return 0 if left < 0 else 1 if left <= near else 2


def _period_end(day: date, precision: str) -> date:
    part = min(day.day - 1, 29) // 10 + 1
    return clock.last_day(day.year, day.month, precision=precision, ten_days=part)


def _year(said: str | None, day: date) -> str:
    return f"{day.year}年" if said else ""


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
