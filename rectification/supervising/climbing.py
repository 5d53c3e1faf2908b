"""The climb: which measures are due for a letter by now and have not had it.

Never a test whether today is the day: a missed night is caught up, and a second run finds nothing.
A measure gets the highest rung that it has come to; lower ones that were missed are named in that
letter as passed over, and never sent in a heap. Every measure is a transaction of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from rectification import clock
from rectification.clock import day_of
from rectification.models import (
    Inspection,
    Measure,
    MeasureQuerySet,
    Rung,
    SupervisionAction,
    SupervisionActionQuerySet,
)
from rectification.moving import MoveRefused, StaleSave
from rectification.states import FINISHED, LetterState, WorkStatus
from rectification.supervising import drafting, telling
from rectification.supervising.corresponding import (
    Deed,
    claim,
    enter,
    ground_gone,
    held,
    issuing,
    lapse,
    numbering,
)

_QUIET = (*FINISHED, WorkStatus.IN_REVIEW)


@dataclass(frozen=True)
class Climbed:
    """What one run did."""

    proposed: int = 0
    issued: int = 0
    lapsed: int = 0


def climb(*, at: datetime) -> Climbed:
    """Give every measure the letter that is due by `at`; end proposals that lost their ground.

    Pure in `at`: running it twice, late, or from two processes at once changes nothing more.
    """
    lapsed = sum(_let_lapse(letter, at=at) for letter in _groundless())
    outcomes: list[str] = []
    for ladder in _ladders():
        outcomes += _climb(ladder, at=at)
    return Climbed(
        proposed=outcomes.count(LetterState.PROPOSED),
        issued=outcomes.count(LetterState.ISSUED),
        lapsed=lapsed,
    )


@dataclass(frozen=True)
class Ladder:
    """The rungs of an inspection that give letters, lowest first."""

    inspection: Inspection
    rungs: tuple[Rung, ...]


@dataclass(frozen=True)
class Step:
    """The rung that a measure is due for, and those below it that were missed."""

    rung: Rung
    passed_over: tuple[Rung, ...]


def step_due(
    rungs: Sequence[Rung], letters: Iterable[SupervisionAction], *, deadline: date, on: date
) -> Step | None:
    """The step of a measure as of the end of `on`, given its letters under this deadline.

    Where the highest letter so far was not answered in time, the next rung is due with it.
    """
    standing = [each for each in letters if each.rung and each.state != LetterState.LAPSED]
    highest = max(standing, key=_days_of, default=None)
    above = [rung for rung in rungs if highest is None or rung.days > _days_of(highest)]
    come = [rung for rung in above if rung.days <= clock.days_overdue(deadline, on=on)]
    if not come and above and highest is not None and highest.is_late(on=on):
        come = above[:1]
    return Step(come[-1], tuple(come[:-1])) if come else None


def _days_of(letter: SupervisionAction) -> int:
    assert letter.rung is not None
    return letter.rung.days


# What there is to do -----------------------------------------------------------------------------


def _ladders() -> list[Ladder]:
    rungs = Rung.objects.standing().lettered().lowest_first()
    by_inspection: dict[int, list[Rung]] = {}
    for rung in rungs.select_related("inspection__inspected_unit"):
        by_inspection.setdefault(rung.inspection_id, []).append(rung)
    return [Ladder(found[0].inspection, tuple(found)) for found in by_inspection.values()]


def _groundless() -> SupervisionActionQuerySet:
    """Proposals of the ladder whose measure is quiet now, or has another deadline."""
    moved = Q(measure__deadline=None) | ~Q(measure__deadline=F("for_deadline"))
    proposals = SupervisionAction.objects.proposed().from_ladder()
    return proposals.filter(moved | Q(measure__status__in=_QUIET)).order_by("measure", "pk")


def _due(ladder: Ladder, *, on: date) -> MeasureQuerySet:
    """The measures that have come to a rung, or were late with an answer, and had no letter of
    that rung or a higher one under their deadline."""
    under_it = SupervisionAction.objects.filter(
        measure=OuterRef("pk"), for_deadline=OuterRef("deadline")
    )
    standing = under_it.exclude(state=LetterState.LAPSED)
    condition = Q(pk__in=[])
    below: list[Rung] = []
    for rung in ladder.rungs:
        come = Q(deadline__lte=on - timedelta(days=rung.days))
        if below:
            come |= Q(Exists(under_it.late(on=on).filter(rung__days__gte=below[-1].days)))
        condition |= come & Q(~Exists(standing.filter(rung__days__gte=rung.days)))
        below.append(rung)
    mine = Measure.objects.filter(inspection=ladder.inspection, deadline__isnull=False)
    return mine.exclude(status__in=_QUIET).filter(condition).order_by("pk")


# Doing it ----------------------------------------------------------------------------------------


def _climb(ladder: Ladder, *, at: datetime) -> list[str]:
    measures = list(_due(ladder, on=day_of(at)).select_related("lead_unit"))
    outcomes: list[str] = []
    if measures:
        roll = telling.roll_of(ladder.inspection, {each.lead_unit for each in measures})
        outcomes = [_raise(each, ladder, roll=roll, at=at) for each in measures]
    telling.proposed(ladder.inspection, at=at)
    return outcomes


@transaction.atomic
def _raise(measure: Measure, ladder: Ladder, *, roll: telling.Roll, at: datetime) -> str:
    """Give one measure its letter; the state that it has then, or nothing where another process
    was first or the ground has gone."""
    now = held(measure)
    if now is None or now.deadline is None or now.status in _QUIET:
        return ""
    on, deadline = day_of(at), now.deadline
    mine = now.letters.from_ladder().filter(for_deadline=deadline)
    letters = list(mine.select_related("rung", "unit", "inspection"))
    step = step_due(ladder.rungs, letters, deadline=deadline, on=on)
    if step is None:
        return ""
    _overtake(letters, step.rung, at=at)
    letter = _drafted(now, step, letters, on=on)
    if letter.pk or not step.rung.is_automatic:
        _enter(letter, Deed("propose"), at=at)
    if not step.rung.is_automatic:
        return LetterState.PROPOSED
    letter.inspection = numbering(now.inspection)
    _enter(letter, issuing(letter, at=at), at=at)
    if not roll.knows(letter.unit):  # handed over a moment ago
        roll = telling.roll_of(ladder.inspection, [letter.unit])
    telling.issued(letter, roll=roll, at=at)
    return LetterState.ISSUED


def _drafted(
    measure: Measure, step: Step, letters: Iterable[SupervisionAction], *, on: date
) -> SupervisionAction:
    """The letter of the step: a new one, or the one that had lapsed, said anew."""
    rung = step.rung
    lapsed = next((each for each in letters if each.rung_id == rung.pk), None)
    letter = lapsed or SupervisionAction(inspection=measure.inspection, rung=rung)
    letter.kind, letter.measure, letter.unit = rung.letter, measure, measure.lead_unit
    letter.for_deadline, letter.proposed_on = measure.deadline, on
    letter.passed_over = "、".join(str(each) for each in step.passed_over)[:300]
    matter = drafting.matter_of(measure, on=on)
    said = drafting.usual_wording(rung.letter, matter=matter, answer_days=rung.answer_days)
    letter.title, letter.matter, letter.demand = said.title, said.matter, said.demand
    letter.answer_days = said.answer_days
    return letter


_SAID_ANEW = (
    "kind",
    "unit",
    "proposed_on",
    "passed_over",
    "title",
    "matter",
    "demand",
    "answer_days",
)


def _enter(letter: SupervisionAction, deed: Deed, *, at: datetime) -> None:
    if letter.pk is None:
        enter(letter, deed, by=None, at=at)
        return
    said = {name: getattr(letter, name) for name in _SAID_ANEW}
    anew = Deed(deed.verb, changes={**said, **deed.changes}, told=deed.told)
    claim(letter, anew, by=None, at=at, version=letter.version)


def _overtake(letters: Iterable[SupervisionAction], rung: Rung, *, at: datetime) -> None:
    """Proposals of lower rungs that nobody has issued have no point any more."""
    for each in letters:
        if each.is_proposed and each.rung_id != rung.pk:
            lapse(each, why=f"已到更高一级：{rung}。", at=at)


def _let_lapse(letter: SupervisionAction, *, at: datetime) -> bool:
    """Whether this run ended it: of it and somebody who issues it, one is first."""
    try:
        return _lapse_groundless(letter.pk, at=at)
    except (MoveRefused, StaleSave):
        return False


@transaction.atomic
def _lapse_groundless(pk: int, *, at: datetime) -> bool:
    found = SupervisionAction.objects.select_related("measure", "inspection")
    letter = found.get(pk=pk)
    measure = held(letter.measure)
    why = ground_gone(letter, measure) if measure else ""
    if why:
        lapse(letter, why=why, at=at)
    return bool(why)
