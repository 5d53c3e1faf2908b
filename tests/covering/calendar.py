"""A scenario for each verb, address and command of the working calendar and of a rhythm."""

from datetime import date

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from accounts.models import Role
from rectification import calendar_keeping, dispatching, scheduling
from rectification.calendar_notice import Day
from tests.covering import scenario
from tests.covering.views import done, post
from tests.factories import NOON, bureau, person
from tests.rectification.calendar.test_calendar_page import NOTICE as FILE
from tests.rectification.calendar.test_keeping import NOTICE
from tests.rectification.calendar.test_rhythm_page import rhythm
from tests.rectification.calendar.test_scheduling import settings

DAY = date(2027, 1, 4)


def keeper(year=2027):
    calendar_keeping.prefill((year,), at=NOON)
    return person(Role.SYSTEM_ADMIN, bureau())


@scenario("rectification.calendar_keeping.prefill")
def prefill(stage):
    yield
    calendar_keeping.prefill((2026, 2027), at=NOON)


@scenario("command prefill_calendar")
def prefill_calendar(stage):
    yield
    call_command("prefill_calendar", "2026", verbosity=0)


@scenario("rectification.calendar_keeping.take_in")
def take_in(stage):
    by = keeper()
    versions = calendar_keeping.plan(NOTICE).versions
    yield
    calendar_keeping.take_in(NOTICE, versions=versions, by=by, at=NOON)


@scenario("rectification.calendar_keeping.set_day")
def set_day(stage):
    by = keeper()
    yield
    calendar_keeping.set_day(DAY, Day(False, "补放"), version=1, by=by, at=NOON)


@scenario("rectification.calendar_keeping.remove_day")
def remove_day(stage):
    by = keeper()
    yield
    calendar_keeping.remove_day(date(2027, 1, 1), version=1, by=by, at=NOON)


@scenario("rectification.calendar_keeping.mark_announced")
def mark_announced(stage):
    by = keeper()
    yield
    calendar_keeping.mark_announced(2027, version=1, by=by, at=NOON)


@scenario("rectification.calendar_keeping.touch")
def touch(stage):
    by = keeper()
    yield
    calendar_keeping.touch(2027, by=by, at=NOON)


@scenario("rectification.scheduling.set_rhythm")
def set_rhythm(stage):
    cast = stage.cast
    wished = settings(rhythm="weekly")
    yield
    scheduling.set_rhythm(cast.inspection, wished, version=1, by=cast.office, at=NOON)


@scenario("rectification.dispatching.catch_up")
def catch_up(stage):
    inspection = stage.cast.inspection
    yield
    dispatching.catch_up(inspection, at=NOON)


# Addresses ----------------------------------------------------------------------------------------


@scenario("view rectification:rhythm_change")
def rhythm_change(stage):
    cast = stage.cast
    yield
    typed = rhythm(dispatch_rhythm="weekly")
    done(post(stage, cast.office, f"{cast.base}rhythm/change/", **typed))


@scenario("view rectification:calendar_day")
def calendar_day(stage):
    by = keeper()
    yield
    typed = {"version": 1, "day": "2027-01-04", "is_working": "no", "name": "补放"}
    done(post(stage, by, "/calendar/day/?year=2027", **typed))


@scenario("view rectification:calendar_day_remove")
def calendar_day_remove(stage):
    by = keeper()
    yield
    typed = {"version": 1, "day": "2027-01-01"}
    done(post(stage, by, "/calendar/day/remove/?year=2027", **typed))


@scenario("view rectification:calendar_announce")
def calendar_announce(stage):
    by = keeper()
    yield
    done(post(stage, by, "/calendar/announce/", year=2027, version=1))


def uploaded(stage, by):
    file = SimpleUploadedFile("放假安排.csv", FILE.encode())
    return post(stage, by, "/calendar/import/", year=2026, file=file)


@scenario("view rectification:calendar_import", rows=False, entries=False)
def calendar_import(stage):
    by = keeper(2026)
    yield
    assert uploaded(stage, by).status_code == 200


@scenario("view rectification:calendar_confirm")
def calendar_confirm(stage):
    by = keeper(2026)
    shown = uploaded(stage, by).context
    yield
    typed = {key: shown[key] for key in ("year", "ticket", "versions")}
    done(post(stage, by, "/calendar/import/confirm/", **typed))
