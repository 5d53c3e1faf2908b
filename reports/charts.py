"""Figures as geometry. All coordinates are shares of 100, y from the top; no pixels, no markup."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rectification import clock
from reports.figures import Series

MOST_TICKS = 12
RIGHT_MOST = 78  # per cent: the label of a point further right is put to its left
LOWEST = 85  # per cent: the label of a point further down is put above it


@dataclass(frozen=True)
class Mark:
    """Where the line stands now. Its label keeps clear of both lines, which rise from the left."""

    x: float
    y: float
    label: str

    @property
    def anchor(self) -> str:
        return "end" if self.x > RIGHT_MOST else "start"

    @property
    def dx(self) -> int:
        """In pixels from the point, as is `dy`."""
        return -8 if self.x > RIGHT_MOST else 8

    @property
    def dy(self) -> int:
        return -10 if self.y > LOWEST or self.x > RIGHT_MOST else 18


@dataclass(frozen=True)
class BurnUp:
    """What components/burnup.html draws; the table and the sentence say the same in words."""

    actual: str
    scheduled: str
    grid: tuple[tuple[float, str], ...]
    ticks: tuple[tuple[float, str, bool], ...]
    now: Mark
    summary: str
    rows: tuple[tuple[str, int | None, int], ...]


@dataclass(frozen=True)
class Scale:
    """From days and counts to shares of the plot."""

    first: date
    last: date
    most: int

    def x(self, day: date) -> float:
        """A plot of a single day has it on the right."""
        span = (self.last - self.first).days
        return round(100 * (day - self.first).days / span, 2) if span else 100.0

    def y(self, count: int) -> float:
        return round(100 - 100 * count / self.most, 2)

    def line(self, values: Iterable[tuple[date, int]]) -> str:
        return " ".join(f"{self.x(day)},{self.y(count)}" for day, count in values)


def burn_up(series: Series, *, on: date) -> BurnUp:
    """The lines of done and scheduled; `on`, which must be one of the points, is marked."""
    points = series.points
    scale = Scale(points[0].on, points[-1].on, series.total)
    here = next(point for point in points if point.on == on)
    done = here.done or 0
    return BurnUp(
        actual=scale.line((each.on, each.done) for each in points if each.done is not None),
        scheduled=scale.line((each.on, each.scheduled) for each in points),
        grid=tuple((scale.y(count), str(count)) for count in _levels(series.total)),
        ticks=_ticks(scale),
        now=Mark(scale.x(on), scale.y(done), f"实际{done}条"),
        summary=(
            f"截至{on.year}年{on.month}月{on.day}日，实际完成{done}条，"
            f"序时应完成{here.scheduled}条，共{series.total}条。"
        ),
        rows=tuple((_day(each.on), each.done, each.scheduled) for each in points),
    )


def _levels(total: int) -> list[int]:
    """Nothing, the thirds, everything; fewer where the thirds of a small number meet."""
    return sorted({0, round(total / 3), round(2 * total / 3), total})


def _ticks(scale: Scale) -> tuple[tuple[float, str, bool], ...]:
    """Beginnings of months, at most a dozen; every second one may be left out on a phone."""
    months = _months(scale.first, scale.last)
    step = -(-len(months) // MOST_TICKS) or 1
    shown = months[::step]
    return tuple(
        (scale.x(month), _month(month, number == 0), number % 2 == 1)
        for number, month in enumerate(shown)
    )


def _months(first: date, last: date) -> list[date]:
    month = clock.months_later(first.replace(day=1), 0 if first.day == 1 else 1)
    months = []
    while month <= last:
        months.append(month)
        month = clock.months_later(month, 1)
    return months


def _month(month: date, leading: bool) -> str:
    """3月; the year where it is the first one or January."""
    return f"{month.year}年{month.month}月" if leading or month.month == 1 else f"{month.month}月"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
