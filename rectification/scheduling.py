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
from rectification.models import DispatchRound, Inspection, Workday

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
    held = dispatching.hold(inspection)
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

    Where there is none yet the anchor is the first round, also one that has passed. Rounds that lie
    far ahead were opened by a clock gone wrong: their numbers are taken, their days are not.
    """
    series, last = inspection.series, inspection.rounds.last_number()
    if series is None or not last:
        return 1
    near = inspection.rounds.filter(meeting_on__lte=on + clock.LONGEST_REST)
    latest = near.order_by("-number").first()
    plain = clock.Series(series.anchor, series.rhythm, series.every_days)
    work = Workday.objects.calendar()
    place = max(plain.last_by(latest.due_on), 0) if latest else 0
    while True:
        place += 1
        found = clock.sitting(place, series=plain, work=work)
        if found.meeting_on >= on and (latest is None or _is_later(found, latest)):
            return last + 2 - place


def _is_later(found: clock.Sitting, latest: DispatchRound) -> bool:
    return found.due_on > latest.due_on and found.meeting_on > latest.meeting_on


def _check(inspection: Inspection, settings: Settings) -> None:
    """The same rules as in every form. Raises ValidationError."""
    wished = copy(inspection)
    for name in SETTINGS:
        setattr(wished, name, getattr(settings, name))
    others = {field.name for field in wished._meta.fields} - {*SETTINGS}
    wished.clean_fields(exclude=others)
    wished.validate_constraints(exclude=others - {"feedback_date"})
