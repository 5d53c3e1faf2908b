"""Dates in Chinese prose. A missing year is taken from the date before, never from today."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

DAY = re.compile(
    "(?<![0-9])(?:(?P<year>[0-9]{4})年)?(?:(?P<month>[0-9]{1,2})月)?(?P<day>[0-9]{1,2})日"
)
UNTIL = re.compile("[至到—–~～-]{1,2}")
PERIOD = re.compile(
    "(?:(?P<year>[0-9]{4})年)?(?P<month>[0-9]{1,2})月(?P<part>[0-9]{1,2}日|[上中下]旬|[底末])?"
)
TEN_DAYS = {"上旬": 10, "中旬": 20}


@dataclass(frozen=True)
class Dated:
    """A day found in a text, with its place."""

    day: date
    start: int
    end: int
    opens_range: bool = False
    closes_range: bool = False


def days_in(text: str) -> list[Dated]:
    """The days a text names. The second of “2024年7月10日至9月18日” has the year of the first."""
    result: list[Dated] = []
    for found in DAY.finditer(text):
        before = result[-1] if result else None
        closes = bool(before and UNTIL.fullmatch(text, before.end, found.start()))
        if not found["month"] and not closes:
            continue
        day = _day(found, before=before.day if before else None)
        if day is None:
            continue
        if before and closes:
            result[-1] = Dated(before.day, before.start, before.end, opens_range=True)
        result.append(Dated(day, found.start(), found.end(), closes_range=closes))
    return result


def _day(found: re.Match[str], *, before: date | None) -> date | None:
    """The day, in the first year in which it is not before `before`; None for no real day."""
    month = int(found["month"]) if found["month"] else before.month if before else 0
    year = int(found["year"]) if found["year"] else before.year if before else 0
    day = _real(year, month, int(found["day"]))
    if day and before and not found["year"] and day < before:
        return _real(year + 1, month, day.day)
    return day


def last_day(phrase: str, *, since: date | None) -> date | None:
    """The last day that a phrase such as 7月, 2025年6月底 or 5月上旬 covers.

    Without a year it lies in the first year in which it is not before `since`, the feedback;
    None where that is unknown."""
    found = PERIOD.fullmatch(phrase)
    if found is None or not (found["year"] or since):
        return None
    years = [int(found["year"])] if found["year"] else [since.year, since.year + 1] if since else []
    days = [_last(year, int(found["month"]), found["part"] or "") for year in years]
    return next((day for day in days if day and (found["year"] or not since or day >= since)), None)


def _last(year: int, month: int, part: str) -> date | None:
    if not 1 <= month <= 12 or not 1 <= year <= 9999:
        return None
    end = monthrange(year, month)[1]
    day = int(part[:-1]) if part.endswith("日") else TEN_DAYS.get(part, end)
    return _real(year, month, day)


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
