"""The verb of an inspection's rhythm: how often it meets, from which day, and when a round opens.

A change never opens the past again and never collides with a number that is there: what is due by
the old rhythm opens first, then the first meeting that is still to come takes the next number.
"""

from copy import copy
from dataclasses import asdict, dataclass
from datetime import date, datetime, time

from django.db import transaction

from accounts import journal
from accounts.journal import Act
from accounts.models import User
from rectification import clock, dispatching, permissions
from rectification.models import Inspection, Workday

SERIES = ("dispatch_anchor", "dispatch_rhythm", "dispatch_every_days")
SETTINGS = (*SERIES, "dispatch_at")


class RhythmRefused(Exception):
    """The rhythm cannot be set so, or not by this person. The message is for the user."""


class StaleRhythm(RhythmRefused):
    """Somebody changed the rhythm after this person had opened it. Nothing was written."""


@dataclass(frozen=True)
class Settings:
    """The rhythm of an inspection. Without an anchor no round opens."""

    dispatch_anchor: date | None
    dispatch_rhythm: str
    dispatch_every_days: int
    dispatch_at: time


def settings_of(inspection: Inspection) -> Settings:
    return Settings(**{name: getattr(inspection, name) for name in SETTINGS})


@transaction.atomic
def set_rhythm(
    inspection: Inspection, settings: Settings, *, version: int, by: User, at: datetime
) -> None:
    """Change the rhythm, opened on `version` of it. Raises RhythmRefused, StaleRhythm,
    ValidationError."""
    if not permissions.may_run(by, inspection):
        raise RhythmRefused("调度安排只能由整改办设置。")
    held = Inspection.objects.select_for_update(no_key=True).get(pk=inspection.pk)
    if held.dispatch_version != version:
        raise StaleRhythm("调度安排在您打开之后被别人改过，您的改动没有保存。")
    before = settings_of(held)
    if settings == before:
        raise RhythmRefused("没有改动，不用保存。")
    _check(held, settings)
    apply(held, settings, at=at)
    held.save(update_fields=[*SETTINGS, "dispatch_first_number", "dispatch_version"])
    inspection.refresh_from_db()
    act = Act("amend", "inspection", held.code, asdict(before), asdict(settings))
    journal.append(act, by=by, at=at)


def apply(held: Inspection, settings: Settings, *, at: datetime) -> None:
    """Put the settings on the row, which is held and as it stands, and number what is to come.

    The caller saves it.
    """
    is_another = any(getattr(held, name) != getattr(settings, name) for name in SERIES)
    if is_another:
        dispatching.catch_up(held, at=at)
    for name in SETTINGS:
        setattr(held, name, getattr(settings, name))
    if is_another:
        held.dispatch_first_number = _first_number(held, on=clock.day_of(at))
    held.dispatch_version += 1


def _first_number(inspection: Inspection, *, on: date) -> int:
    """The number of the round at the anchor, so that the first to come follows the last there is.

    Where there is none yet the anchor is the first round, also one that has passed.
    """
    last = inspection.rounds.order_by("-number").first()
    series = inspection.series
    if last is None or series is None:
        return 1
    plain = clock.Series(series.anchor, series.rhythm, series.every_days)
    work = Workday.objects.calendar()
    place = max(plain.last_by(last.due_on), 0)
    while True:
        place += 1
        found = clock.sitting(place, series=plain, work=work)
        is_later = found.due_on > last.due_on and found.meeting_on > last.meeting_on
        if is_later and found.meeting_on >= on:
            return last.number + 2 - place


def _check(inspection: Inspection, settings: Settings) -> None:
    """The same rules as in every form. Raises ValidationError."""
    wished = copy(inspection)
    for name in SETTINGS:
        setattr(wished, name, getattr(settings, name))
    others = {field.name for field in wished._meta.fields} - {*SETTINGS}
    wished.clean_fields(exclude=others)
    wished.validate_constraints(exclude=others)
