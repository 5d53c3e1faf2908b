"""F15: random timelines. Down for up to 60 days, the clock put back and forward by up to 3 days,
several zones and rhythms, two processes at once, one killed in the middle; no round is lost or
there twice.

Every reading of a clock runs the real `open_due`, and beside it a model of what it promises:

1. numbers go up from 1 without a gap, each is there once, with its day and that of its meeting;
2. whatever a reading calls due is there after it, and nothing that no reading has called due;
3. of the rounds that one reading finds missing the latest is open, the others are superseded;
4. a reading opens at most one round, and never one at or below a number that is there;
5. each round has one entry in the journal.

Its twins switch one protection off and must fail.
"""

import os
import random
import time as stopwatch
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import JournalEntry
from rectification import calendar_keeping, dispatching, notifications, scheduling
from rectification.models import DispatchRound, Inspection, Workday
from rectification.models.workday import WorkdayQuerySet
from rectification.scheduling import Settings
from rectification.states import Rhythm, RoundState
from tests.conftest import FULL
from tests.factories import NOON, InspectionFactory

TIMELINES = 1_000 if FULL else 75  # a fifth on PostgreSQL: the verb asks both the same
READINGS = 12
MOST_DOWN = timedelta(days=60)
MOST_WRONG = timedelta(days=3)
ZONES = ("Asia/Shanghai", "Asia/Urumqi", "UTC", "Europe/Berlin", "America/New_York")
BEFORE_ALL = date(2024, 1, 1)
HOURS = (time(0), time(2, 30), time(8), time(8), time(23, 59))

pytestmark = pytest.mark.django_db


class KilledError(Exception):
    """The process ended here; the database undid what it had begun."""


@dataclass(frozen=True)
class Reading:
    """One run of the timetable: the clock of this process, and those of another one that runs
    between its first look and its lock."""

    at: datetime
    others: tuple[datetime, ...] = ()
    is_killed: bool = False
    zone: str = ""  # from here on
    change: Settings | None = None


@dataclass(frozen=True)
class Timeline:
    seed: str
    begins: Settings
    zone: str
    readings: tuple[Reading, ...]


def timeline(seed: str) -> Timeline:
    chance = random.Random(seed)  # noqa: S311  # to be repeated
    begin = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(900 * 24 * 60))
    anchor = begin.date() + timedelta(days=chance.randint(-40, 20))
    return Timeline(
        seed, _settings(chance, anchor), chance.choice(ZONES), tuple(_readings(chance, begin))
    )


def _settings(chance: random.Random, anchor: date) -> Settings:
    rhythm, every = chance.choice(Rhythm.values), chance.choice((5, 7, 14, 14, 30))
    return Settings(anchor, rhythm, every, chance.choice(HOURS))


def _readings(chance: random.Random, real: datetime) -> Iterator[Reading]:
    """The real time goes on by seconds, hours, days or weeks; the clock is wrong now and then."""
    wrong = timedelta()
    for _ in range(READINGS):
        real += chance.choice(
            (
                timedelta(milliseconds=chance.randrange(1000)),
                timedelta(minutes=1),
                timedelta(hours=chance.random() * 24),
                timedelta(days=chance.random() * 20),
                MOST_DOWN * chance.random() ** 2,
            )
        )
        if chance.random() < 0.3:
            wrong = chance.choice((0, 0, 1, -1)) * MOST_WRONG * chance.random()
        at = real + wrong
        skews = [timedelta(seconds=chance.randint(-90, 90)), -MOST_WRONG, timedelta(days=1)]
        yield Reading(
            at,
            others=tuple(at + chance.choice(skews) for _ in range(chance.choice((0, 0, 1, 3)))),
            is_killed=chance.random() < 0.1,
            zone=chance.choice(ZONES) if chance.random() < 0.04 else "",
            change=_settings(chance, at.date() + timedelta(days=chance.randint(-30, 30)))
            if chance.random() < 0.03
            else None,
        )


# The model: what is promised, reckoned in another way than the house does ------------------------


@dataclass
class Model:
    """The rounds that must be there: number → day in the series, meeting, state."""

    settings: Settings
    zone: str
    rest: Mapping[date, bool]
    there: dict[int, tuple[date, date, str]] = field(default_factory=dict)
    offset: int = 0  # what is added to a place in the series, from 1, to make its number

    def read(self, at: datetime) -> int | None:
        """What one reading of a clock must open; None where nothing is due."""
        due = []
        for place, day in enumerate(self._days(until=at.date() + timedelta(days=1)), start=1):
            meeting = self.meeting(day)
            if place + self.offset > len(self.there) and self._opens(meeting) <= at.timestamp():
                due.append((place + self.offset, day, meeting))
        if due:  # what is still open ends before the next opens
            for number, (day, meeting, state) in self.there.items():
                if state == RoundState.OPEN:
                    self.there[number] = (day, meeting, RoundState.CLOSED)
        for number, day, meeting in due:
            self.there[number] = (day, meeting, RoundState.SUPERSEDED)
        if not due:
            return None
        number, day, meeting = due[-1]
        self.there[number] = (day, meeting, RoundState.OPEN)
        return number

    def change(self, settings: Settings, at: datetime) -> None:
        self.read(at)
        self.settings, self.offset = settings, 0
        if self.there:
            last_day, last_meeting, _ = self.there[len(self.there)]
            today = at.astimezone(ZoneInfo(self.zone)).date()
            far = max(today, last_day) + timedelta(days=500)
            for place, day in enumerate(self._days(until=far), start=1):
                meeting = self.meeting(day)
                if day > last_day and meeting > last_meeting and meeting >= today:
                    self.offset = len(self.there) + 1 - place
                    break

    def meeting(self, day: date) -> date:
        while not self.rest.get(day, day.weekday() < 5):
            day += timedelta(days=1)
        return day

    def _opens(self, meeting: date) -> float:
        hour = self.settings.dispatch_at
        local = datetime.combine(meeting, hour).replace(tzinfo=ZoneInfo(self.zone))
        return local.timestamp()

    def _days(self, *, until: date) -> Iterator[date]:
        anchor, rhythm = self.settings.dispatch_anchor, self.settings.dispatch_rhythm
        assert anchor is not None
        steps = {Rhythm.EVERY_DAYS: self.settings.dispatch_every_days, Rhythm.WEEKLY: 7}
        day = anchor
        while day <= until:
            yield day
            if rhythm in steps:
                day += timedelta(days=steps[Rhythm(rhythm)])
            else:
                day = _next_of_month(day, anchor, halves=rhythm == Rhythm.HALF_MONTHLY)


def _next_of_month(day: date, anchor: date, *, halves: bool) -> date:
    """Day by day until one that the rhythm names: on its number, or the last before it is cut."""
    numbers = {anchor.day}
    if halves:
        numbers.add(anchor.day + 15 if anchor.day <= 15 else anchor.day - 15)
    while True:
        day += timedelta(days=1)
        is_last = (day + timedelta(days=1)).day == 1
        if day.day in numbers or (is_last and any(each > day.day for each in numbers)):
            return day


# The run -----------------------------------------------------------------------------------------


@dataclass
class Counts:
    readings: int = 0
    rounds: int = 0


def walk(told: Timeline, counts: Counts) -> None:
    """The real verb beside the model, from the first reading to the last; then all is undone."""
    model = Model(told.begins, told.zone, Workday.objects.calendar().exceptions)
    with transaction.atomic():
        inspection = InspectionFactory(feedback_date=BEFORE_ALL, **vars(told.begins))
        for reading in told.readings:
            model.zone = reading.zone or model.zone
            with timezone.override(model.zone):
                read(inspection, reading, model, counts)
        check(inspection, model)
        counts.rounds += len(model.there)
        transaction.set_rollback(True)


def read(inspection: Inspection, reading: Reading, model: Model, counts: Counts) -> None:
    counts.readings += 1 + len(reading.others)
    if reading.change is not None:
        model.change(reading.change, reading.at)
        held = Inspection.objects.get(pk=inspection.pk)
        scheduling.apply(held, reading.change, at=reading.at)
        held.save()
        return
    if reading.is_killed:
        killed(reading.at)
        opened, mine = [run(each) for each in reading.others], 0
    else:
        opened, mine = side_by_side(reading)
    assert opened == [model.read(each) or 0 for each in reading.others]
    assert mine == (0 if reading.is_killed else model.read(reading.at) or 0)


def side_by_side(reading: Reading) -> tuple[list[int], int]:
    """What the other process opened, and this one: the other ran before this one had its lock."""
    opened: list[int] = []
    hold = dispatching.hold

    def meanwhile(inspection: Inspection) -> Inspection:
        patch.undo()
        opened.extend(run(each) for each in reading.others)
        return hold(inspection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatching, "hold", meanwhile)
        mine = run(reading.at)
    if len(opened) < len(reading.others):  # there was nothing to hold: the other one runs next
        opened.extend(run(each) for each in reading.others)
    return opened, mine


def run(at: datetime) -> int:
    """The number of the round that this reading opened; 0 for none."""
    opened = dispatching.open_due(at=at)
    assert len(opened) <= 1
    return opened[0].round.number if opened else 0


def killed(at: datetime) -> None:
    """A process that ends before its round is announced; the database undoes what it had begun."""

    def ends(*_: object, **__: object) -> int:
        raise KilledError

    with pytest.MonkeyPatch.context() as patch, suppress(KilledError):
        patch.setattr(notifications, "announce", ends)
        assert run(at) == 0  # nothing was due


def check(inspection: Inspection, model: Model) -> None:
    rows = DispatchRound.objects.filter(inspection=inspection).order_by("number")
    found = [(row.number, (row.due_on, row.meeting_on, row.state)) for row in rows]
    assert found == sorted(model.there.items())
    assert [number for number, _ in found] == list(range(1, len(found) + 1))
    entries = JournalEntry.objects.filter(verb="open", subject_code__startswith=inspection.code)
    assert entries.count() == len(found)


def walk_all(count: int, *, seed: str) -> Counts:
    counts = Counts()
    for number in range(count):
        told = timeline(f"{seed}-{number}")
        try:
            walk(told, counts)
        except AssertionError as error:
            raise AssertionError(f"timeline {told.seed}: {error}") from error
    return counts


@pytest.fixture(autouse=True)
def _calendar(monkeypatch):
    """The real one, read once: reading it for each of thousands of ticks tests nothing more."""
    calendar_keeping.prefill(range(2024, 2030), at=NOON)
    work = Workday.objects.calendar()
    monkeypatch.setattr(WorkdayQuerySet, "calendar", lambda _: work)


def test_no_timeline_loses_a_round_or_has_one_twice(capsys):
    seed, begun = os.environ["TEST_SEED"], stopwatch.monotonic()
    count = TIMELINES if connection.vendor == "sqlite" else TIMELINES // 5

    counts = walk_all(count, seed=seed)

    with capsys.disabled():
        print(
            f"\nF15 TEST_SEED={seed} timelines={count} readings={counts.readings}"
            f" rounds={counts.rounds} lost=0 doubled=0 seconds={stopwatch.monotonic() - begun:.0f}"
        )
    assert counts.rounds > count


# Twins -------------------------------------------------------------------------------------------


def test_the_twin_that_asks_whether_today_is_the_day_loses_rounds(monkeypatch):
    due = dispatching.clock.sittings_due

    def today_alone(**asked):
        return tuple(each for each in due(**asked) if each.meeting_on == asked["on"])

    monkeypatch.setattr(dispatching.clock, "sittings_due", today_alone)

    with pytest.raises(AssertionError, match="timeline"):
        walk_all(TIMELINES, seed=os.environ["TEST_SEED"])


def test_the_twin_without_a_number_as_key_doubles_rounds(monkeypatch):
    """Rounds are numbered as they come, and what is there is not looked at."""
    enter, missing = dispatching._enter, dispatching.clock.sittings_due

    def as_they_come(inspection, sitting, state, *, at):
        number = inspection.rounds.count() + 1
        other = dispatching.clock.Sitting(number, sitting.due_on, sitting.meeting_on)
        return enter(inspection, other, state, at=at)

    def without_looking(**asked):
        return missing(**{**asked, "after": -1_000})

    monkeypatch.setattr(dispatching, "_enter", as_they_come)
    monkeypatch.setattr(dispatching.clock, "sittings_due", without_looking)

    with pytest.raises(AssertionError, match="timeline"):
        walk_all(TIMELINES, seed=os.environ["TEST_SEED"])


def test_the_twin_that_renumbers_from_the_new_anchor_collides(monkeypatch):
    """A changed rhythm begins at 1 again: what is to come is taken for what has been."""
    monkeypatch.setattr(scheduling, "_first_number", lambda *_, **__: 1)

    with pytest.raises(AssertionError, match="timeline"):
        walk_all(TIMELINES, seed=os.environ["TEST_SEED"])
