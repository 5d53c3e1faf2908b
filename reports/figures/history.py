"""The same figures over time: done against scheduled, one point for each dispatch of the rhythm."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import repeat
from math import ceil

from django.db.models import Count, F, OuterRef, Q, Subquery, Window
from django.db.models.functions import Lag

from rectification import clock
from rectification.models import DispatchRound, Inspection, Measure, MeasureEvent
from rectification.states import WorkStatus

MOST_POINTS = 60  # a longer span shows every second dispatch, or every third
MOST_MONTHS = 36  # a deadline far beyond any rectification would flatten the line


@dataclass(frozen=True)
class Point:
    """Measures done and scheduled by the end of a day; `done` is None for days still to come."""

    on: date
    done: int | None
    scheduled: int


@dataclass(frozen=True)
class Series:
    """Done against scheduled from the plan to the last deadline; `total` is the plan's size."""

    points: tuple[Point, ...]
    total: int


def last_sitting(inspection: Inspection, *, before: date) -> DispatchRound | None:
    """The latest dispatch that met before the day, those that were missed left out."""
    held = DispatchRound.objects.held().filter(inspection=inspection, meeting_on__lt=before)
    return held.select_related("inspection").latest_first().first()


def series(inspection: Inspection, *, on: date) -> Series | None:
    """From the day of the plan to the last original deadline; None where there is no measure.

    `done` at any day is count_measures(…, on=that day).done, and so is `scheduled` up to `on`;
    after it, `scheduled` is what the plan of `on` foresees.
    """
    planned = _planned(inspection, on=on)
    if not planned:
        return None
    due = sorted(day for each in planned for day in each.due_days)
    closed, reopened = _changes_of_done(inspection, on=on)
    begin = min(each.planned_on for each in planned)
    days = _days(inspection, begin=begin, on=on, end=max([on, *due]))
    points = tuple(
        Point(
            on=day,
            done=None if day > on else bisect_right(closed, day) - bisect_right(reopened, day),
            scheduled=bisect_right(due, day),
        )
        for day in days
    )
    return Series(points, total=sum(each.measures for each in planned))


@dataclass(frozen=True)
class _Planned:
    """So many measures that entered the plan on one day with one original deadline."""

    planned_on: date
    deadline: date | None
    measures: int

    @property
    def due_days(self) -> Iterable[date]:
        if self.deadline is None:
            return ()
        return repeat(max(self.planned_on, self.deadline), self.measures)


def _planned(inspection: Inspection, *, on: date) -> tuple[_Planned, ...]:
    first = MeasureEvent.objects.filter(measure=OuterRef("pk")).order_by("on", "pk")
    rows = (
        Measure.objects.filter(inspection=inspection)
        .annotate(planned_on=Subquery(first.values("on")[:1]))
        .filter(planned_on__lte=on)
        .values_list("planned_on", "original_deadline")
        .annotate(measures=Count("pk"))
    )
    return tuple(_Planned(*row) for row in rows)


def _changes_of_done(inspection: Inspection, *, on: date) -> tuple[list[date], list[date]]:
    """The days on which a measure became closed, and ceased to be, each in order."""
    closed = WorkStatus.CLOSED
    before = Window(
        Lag("to_status"),
        partition_by=F("measure"),
        order_by=[F("on").asc(), F("pk").asc()],
    )
    events = (
        MeasureEvent.objects.filter(measure__inspection=inspection, on__lte=on)
        .annotate(before=before)
        .filter(Q(before=closed) | Q(to_status=closed))
        .order_by("on")
        .values_list("on", "before", "to_status")
    )
    changes = [(day, was == closed, now == closed) for day, was, now in events]
    return (
        [day for day, was, now in changes if now and not was],
        [day for day, was, now in changes if was and not now],
    )


def _days(inspection: Inspection, *, begin: date, on: date, end: date) -> list[date]:
    """The first day, the days of the dispatch rhythm, the day itself, and the last."""
    end = min(end, max(on, clock.months_later(inspection.feedback_date, MOST_MONTHS)))
    rhythm = inspection.series or clock.Series(begin, every_days=inspection.dispatch_every_days)
    every = max(1, ceil((end - begin).days / (rhythm.least_days * MOST_POINTS)))
    first = rhythm.first_number
    numbers = range(rhythm.first_from(begin), rhythm.first_from(end + timedelta(days=1)))
    days = (rhythm.day(number) for number in numbers if (number - first) % every == 0)
    return sorted({begin, on, end, *days})
