"""The story into an empty database: all of it or nothing, and one journal entry for the whole."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction

from accounts import journal
from accounts.journal import Act
from accounts.models import JournalEntry, Role, Unit, User
from rectification import calendar_keeping
from rectification.models import Inspection
from reports import editing, publishing
from reports.demonstration import filing, meeting, prose, supervision
from reports.demonstration.ledger import SHANGHAI, moment
from reports.demonstration.shifting import told_on
from reports.demonstration.staffing import Account, Staff, hire
from reports.demonstration.story import Story, read_story

VERB = "load_demo"


class LoadRefused(Exception):
    """The database holds something else. The message is for the user; nothing was written."""


class AlreadyLoaded(Exception):
    """The demonstration ledger is in this database already. Nothing was written."""


@dataclass(frozen=True)
class Loaded:
    """What a load made: counts by kind, and the accounts with their passwords."""

    counts: dict[str, int]
    accounts: tuple[Account, ...]


def load(*, on: date, at: datetime, then: Callable[[Loaded], None] = lambda loaded: None) -> Loaded:
    """Load the story so that `on` is its today; rows and files stay if `then` succeeds too.

    Raises LoadRefused, AlreadyLoaded.
    """
    with ExitStack() as files, transaction.atomic():
        loaded = _load(on=on, at=at, files=files)
        then(loaded)
    return loaded


def _load(*, on: date, at: datetime, files: ExitStack) -> Loaded:
    original = read_story()
    _refuse(original)
    story = told_on(original, on=on)
    staff = hire(story)
    calendar_keeping.prefill(range(story.frame.on_site_from.year, on.year + 2), at=at)
    ledger, counts = filing.file(story, staff, files=files)
    act = Act(VERB, "inspection", ledger.inspection.code, after={"on": on, **counts})
    journal.append(act, by=None, at=at)
    _publish(ledger.inspection, story, staff)
    until = moment(on, at.astimezone(SHANGHAI).time())
    supervision.unfold(ledger, until=until)
    meeting.go_on(ledger, until=until)
    return Loaded(counts, staff.accounts)


def _refuse(story: Story) -> None:
    code = story.frame.code
    if JournalEntry.objects.filter(verb=VERB, subject_code=code).exists():
        raise AlreadyLoaded("演示台账已经在库中，没有改动。")
    if Inspection.objects.exists() or Unit.objects.exists():
        raise LoadRefused("这个数据库里已有别的台账，演示台账只装入空库，请换一个数据库。")
    names = [person.username for person in story.people]
    taken = User.objects.filter(username__in=names).values_list("username", flat=True)
    if taken:
        raise LoadRefused(f"这个数据库里已有用户 {'、'.join(taken)}，与演示账号重名，没有装入。")


def _publish(inspection: Inspection, story: Story, staff: Staff) -> None:
    """The report as of the day after the last round, composed from the ledger and published."""
    day = story.dispatch.closes(story.dispatch.rounds) + timedelta(days=1)
    at = moment(day, time(17, 41))
    office = staff.with_role(Role.OFFICE)[0]
    report = editing.start(
        inspection,
        slug=f"{inspection.code}-progress",
        on=day,
        by=office,
        at=at,
        prose=prose.of_report(story.prose),
    )
    publishing.publish(report, by=office, at=at, version=report.version)
