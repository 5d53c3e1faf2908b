"""督办 as it unfolded: the ladder week by week, and the way of each letter, by their own verbs."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.db.models import QuerySet

from accounts.models import User
from rectification import supervising
from rectification.models import LetterKind, SupervisionAction, Workday
from rectification.states import LetterState
from rectification.supervising import Wording
from reports.demonstration import further
from reports.demonstration.ledger import Ledger, moment

CLIMBED, WRITTEN, ISSUED = time(8, 5), time(9, 10), time(9, 40)
SIGNED, ANSWERED, SETTLED = time(10, 30), time(15, 20), time(16, 10)
TUESDAY = 1
NOT_TOLD = further.Letter(kind="")
GOING_ON = (
    LetterState.PROPOSED,
    LetterState.ISSUED,
    LetterState.ACKNOWLEDGED,
    LetterState.ANSWERED,
)


def unfold(ledger: Ledger, *, until: datetime) -> None:
    """Every letter from the first missed deadline to the day before that moment."""
    for day in _working_days(ledger, before=until.date()):
        if day.weekday() == TUESDAY:
            supervising.climb(at=moment(day, CLIMBED))
        for told in ledger.story.further.letters:
            if told.on == day:
                _write(ledger, told, at=moment(day, WRITTEN))
        for letter in _going_on():
            _go_on(ledger, letter, day=day)


def _going_on() -> QuerySet[SupervisionAction]:
    rows = SupervisionAction.objects.filter(state__in=GOING_ON).order_by("pk")
    return rows.select_related("inspection__inspected_unit", "measure", "unit")


def _working_days(ledger: Ledger, *, before: date) -> Iterator[date]:
    late = [each.deadline for each in ledger.story.measures if each.deadline and not each.done]
    day, work = min(late), Workday.objects.calendar()
    while (day := work.next_working_day(day + timedelta(days=1))) < before:
        yield day


def _write(ledger: Ledger, told: further.Letter, *, at: datetime) -> None:
    said = Wording(told.title, told.matter, told.demand, told.answer_days)
    unit, by = ledger.staff.units[told.unit], ledger.office[0]
    supervising.propose(ledger.inspection, told.kind, said, unit=unit, measure=None, by=by, at=at)


def _go_on(ledger: Ledger, letter: SupervisionAction, *, day: date) -> None:
    """The next step of the letter, where the story has it happen on this day."""
    told = _told(ledger, letter)
    if letter.proposed_on < day and letter.state == LetterState.PROPOSED:
        _decide(ledger, letter, told, at=moment(day, ISSUED))
    elif letter.issued_on is None or letter.issued_on >= day:
        return
    elif letter.state == LetterState.ISSUED:
        by, at = _liaison(ledger, letter), moment(day, SIGNED)
        supervising.acknowledge(letter, by=by, at=at, version=letter.version)
    elif letter.state == LetterState.ACKNOWLEDGED and told.answer:
        if letter.issued_on + timedelta(days=told.after) <= day:
            by, at = _liaison(ledger, letter), moment(day, ANSWERED)
            supervising.answer(letter, text=told.answer, by=by, at=at, version=letter.version)
    elif letter.state == LetterState.ANSWERED and told.settle:
        by, at = ledger.office[0], moment(day, SETTLED)
        supervising.settle(letter, why=told.settle, by=by, at=at, version=letter.version)


def _decide(
    ledger: Ledger, letter: SupervisionAction, told: further.Letter, *, at: datetime
) -> None:
    """The office issues what is told of and every 督办函; other proposals wait."""
    by, version = ledger.office[0], letter.version
    if told.withdrawn:
        supervising.withdraw(letter, why=told.withdrawn, by=by, at=at, version=version)
    elif told.answer or letter.kind == LetterKind.ORDER:
        supervising.issue(letter, by=by, at=at, version=version)


def _told(ledger: Ledger, letter: SupervisionAction) -> further.Letter:
    """What the story says of such a letter to this measure; nothing of one to a whole unit."""
    code = letter.measure.code if letter.measure else None
    found = (
        each
        for each in ledger.story.further.letters
        if (each.measure, each.kind) == (code, letter.kind)
    )
    return next(found, NOT_TOLD)


def _liaison(ledger: Ledger, letter: SupervisionAction) -> User:
    key = next(key for key, row in ledger.staff.units.items() if row == letter.unit)
    return ledger.staff.people[ledger.story.unit(key).liaison]
