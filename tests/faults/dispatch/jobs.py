"""What a child of the nursery does; the answer goes back as JSON."""

import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from celery.__main__ import main as celery
from django.conf import settings
from django.utils import timezone

from accounts.models import Role, Unit, User
from rectification import delivery, tasks
from rectification.models import (
    Channel,
    DispatchRound,
    Inspection,
    Measure,
    MeasureEvent,
    Notice,
    NoticeKind,
)
from rectification.states import WorkStatus
from tests.factories import PLANNED, InspectionFactory, ProblemFactory, bureau, person, unit
from tests.faults.dispatch import invariants

# Rounds every 14 days: the second one is due for days by now, whatever holidays lie between, the
# first was missed, and the third does not come while a test runs.
FIRST_ROUND = timedelta(days=26)


def is_empty() -> bool:
    return not any(model.objects.exists() for model in (User, Inspection, Notice))


def fill(*, inspections: int, units: int) -> None:
    """So many inspections of one bureau in which each unit has an open measure and somebody who
    reports for it, with a mail address."""
    root = bureau()
    divisions = list(Unit.objects.filter(parent=root).in_order()[:units])
    for number in range(len(divisions), units):
        division = unit(f"处室{number + 1}", parent=root)
        known = {"username": f"u{number}", "email": f"u{number}@bureau.test"}
        person(Role.LIAISON, division, name=f"填报员{number + 1}", **known)
        divisions.append(division)
    if not Inspection.objects.exists():
        person(Role.OFFICE, root, username="office", name="整改办", email="office@bureau.test")
    first = Inspection.objects.count()
    for number in range(first, first + inspections):
        _inspection(number, root, divisions)


def _inspection(number: int, root: Unit, divisions: list[Unit]) -> None:
    today = timezone.localdate()
    inspection = InspectionFactory(
        code=f"x{number}", inspected_unit=root, dispatch_anchor=today - FIRST_ROUND
    )
    problem = ProblemFactory(inspection=inspection, code="P-001")
    measures = Measure.objects.bulk_create(
        Measure(
            inspection=inspection,
            problem=problem,
            code=f"M-001-{place}",
            text="修订河湖巡查制度，明确每周巡查频次。",
            lead_unit=division,
            deadline=today + timedelta(days=90),
            original_deadline=today + timedelta(days=90),
        )
        for place, division in enumerate(divisions, 1)
    )
    MeasureEvent.objects.bulk_create(
        MeasureEvent(
            measure=measure,
            verb="plan",
            to_status=WorkStatus.NOT_STARTED,
            on=PLANNED,
            at=timezone.now(),
        )
        for measure in measures
    )


def tick(*, ahead: float = 0.0) -> None:
    """What cron does: all that is due, then deliver what waits, as if `ahead` seconds later."""
    open_rounds()
    deliver(ahead=ahead)


def open_rounds() -> None:
    """And whatever else a tick does, without sending."""
    tasks.do_jobs(at=timezone.now())


def recover(*, ahead: list[float]) -> None:
    """A tick, and a sweep so many seconds later each."""
    open_rounds()
    for seconds in ahead:
        deliver(ahead=seconds)


def deliver(*, ahead: float = 0.0) -> None:
    """One sweep, as if `ahead` seconds had gone by: leases have run out, pauses are over."""
    delivery.deliver_due(now=lambda: timezone.now() + timedelta(seconds=ahead))


def work_without_end(*, opening: bool) -> None:
    """A worker that is always rung for; one that is `opening` does a whole tick each time."""
    while True:
        if opening:
            open_rounds()
        delivery.deliver_due(now=timezone.now)
        time.sleep(0.005)


def run_celery(*, words: list[str]) -> None:
    """A worker or a beat, as from the command line, until it is ended."""
    sys.argv = ["celery", "-A", "config.celery", *words]
    celery()


def rest() -> None:
    """Until it is ended."""
    time.sleep(3600)


def rounds() -> int:
    return DispatchRound.objects.open().count()


def most_attempts() -> int:
    return int(settings.DELIVERY_MOST_ATTEMPTS)


def mails() -> int:
    return Notice.objects.filter(channel=Channel.MAIL).count()


def waiting() -> int:
    """How many mails have no outcome yet."""
    return invariants.waiting().count()


def look(*, sink: str, archived: bool) -> dict[str, Any]:
    return invariants.look(Path(sink), archived=archived)


def held_as_the_office_sees_them() -> int:
    """On the list of what is doubtful; and the office was told of it inside the system."""
    office = User.objects.get(name="整改办")
    told = Notice.objects.in_app().filter(recipient=office, kind=NoticeKind.TROUBLE)
    assert told.exists(), "nobody told the office"
    return Notice.objects.doubtful().count()
