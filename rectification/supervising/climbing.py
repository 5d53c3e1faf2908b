"""The climb: which measures are due for a letter by now and have not had it.

Never a test whether today is the day: a missed night is caught up, and a second run finds nothing.
A measure gets the highest rung that it has come to; lower ones that were missed are named in that
letter as passed over, and never sent in a heap: then the office decides, whatever the rung says.
Every measure is a transaction of its own, and what goes wrong with one keeps no other from its
letter. One run gives a bounded number of letters; the next goes on, oldest deadline first.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, Subquery

from rectification import clock
from rectification.clock import day_of
from rectification.models import (
    Inspection,
    Measure,
    MeasureQuerySet,
    Rung,
    SupervisionAction,
    SupervisionActionQuerySet,
    counted,
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

logger = logging.getLogger(__name__)

AT_ONCE = 200  # measures that one run takes up; a whole ledger would hold up the worker's mails
QUIET = (*FINISHED, WorkStatus.IN_REVIEW)


@dataclass(frozen=True)
class Climbed:
    """What one run did."""

    proposed: int = 0
    issued: int = 0
    lapsed: int = 0


def climb(*, at: datetime) -> Climbed:
    """Give every measure the letter that is due by `at`; end proposals that lost their ground.

    Pure in `at`: running it twice, late, or from two processes at once changes nothing more. The
    first error is raised at the end.
    """
    run = _Run()
    for letter in _groundless()[:AT_ONCE]:
        run.attempt(partial(_lapse_groundless, letter.pk, at=at), about=letter.subject_code)
    left = AT_ONCE
    for ladder in _ladders():
        left -= _climb(ladder, run, most=left, at=at)
    run.attempt(partial(telling.proposed, at=at), about="the office")
    if run.first_error:
        raise run.first_error
    return Climbed(
        proposed=run.outcomes.count(LetterState.PROPOSED),
        issued=run.outcomes.count(LetterState.ISSUED),
        lapsed=run.outcomes.count(LetterState.LAPSED),
    )


@dataclass
class _Run:
    """What came of each attempt; one that fails keeps no other from being made."""

    outcomes: list[object] = field(default_factory=list)
    first_error: Exception | None = None

    def attempt(self, act: Callable[[], object], *, about: str) -> None:
        try:
            self.outcomes.append(act())
        except (MoveRefused, StaleSave):
            pass  # somebody else was first
        except Exception as error:
            logger.exception("the ladder failed for %s", about)
            self.first_error = self.first_error or error


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
    rungs: Sequence[Rung], letters: Iterable[SupervisionAction], *, since: date, on: date
) -> Step | None:
    """The step of a measure as of the end of `on`, given its letters since the day that counts.

    Where the highest letter so far was not answered in time, the next rung is due with it.
    """
    standing = [each for each in letters if each.rung and each.state != LetterState.LAPSED]
    highest = max(standing, key=_days_of, default=None)
    above = [rung for rung in rungs if highest is None or rung.days > _days_of(highest)]
    come = [rung for rung in above if rung.days <= clock.days_overdue(since, on=on)]
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
    """Proposals of the ladder whose measure is quiet now, or whose days count from another one."""
    climbing = Measure.objects.exclude(deadline=None).exclude(status__in=QUIET)
    as_it_was = Q(("counted_from", OuterRef("for_deadline")), pk=OuterRef("measure"))
    same = counted(climbing).filter(as_it_was)
    proposals = SupervisionAction.objects.proposed().from_ladder().select_related("inspection")
    return proposals.exclude(Exists(same)).order_by("measure", "pk")


def _due(ladder: Ladder, *, on: date) -> MeasureQuerySet:
    """The measures for which `step_due` finds a step, and no others: one that gets nothing would
    take the place of one that is due, in every run. The oldest deadline first."""
    given = SupervisionAction.objects.from_ladder().filter(
        measure=OuterRef("pk"), for_deadline=OuterRef("counted_from")
    )
    standing = given.exclude(state=LetterState.LAPSED).order_by("-rung__days", "pk")
    late = SupervisionAction.objects.late(on=on).filter(pk=OuterRef("highest"))
    condition = Q(pk__in=[])
    for rung in ladder.rungs:
        come = Q(counted_from__lte=on - timedelta(days=rung.days)) | Q(Exists(late))
        condition |= come & (Q(highest=None) | Q(highest_days__lt=rung.days))
    mine = Measure.objects.filter(inspection=ladder.inspection, deadline__isnull=False)
    mine = counted(mine.exclude(status__in=QUIET)).annotate(
        highest=Subquery(standing.values("pk")[:1]),
        highest_days=Subquery(standing.values("rung__days")[:1]),
    )
    return mine.filter(condition).order_by("deadline", "pk")


# Doing it ----------------------------------------------------------------------------------------


def _climb(ladder: Ladder, run: _Run, *, most: int, at: datetime) -> int:
    """Take up the measures of a ladder that are due, at most so many; how many they were."""
    measures = list(_due(ladder, on=day_of(at)).select_related("lead_unit")[:most])
    if measures:
        roll = telling.roll_of(ladder.inspection, {each.lead_unit for each in measures})
        for measure in measures:
            run.attempt(partial(_raise, measure, roll=roll, at=at), about=measure.code)
    return len(measures)


@transaction.atomic
def _raise(measure: Measure, *, roll: telling.Roll, at: datetime) -> str:
    """Give one measure its letter; the state that it has then, or nothing where another process
    was first or the ground has gone.

    All that it changes is held before the journal is: measure, numbers, the letters so far.
    """
    now = held(measure)
    if now is None or now.deadline is None or now.status in QUIET:
        return ""
    now.inspection = numbering(now.inspection)  # the ladder stands still from here on
    on, since = day_of(at), drafting.counted_from(now)
    mine = now.letters.from_ladder().filter(for_deadline=since).order_by("pk")
    letters = list(mine.select_for_update(of=("self",), no_key=True).select_related("rung", "unit"))
    rungs = list(now.inspection.rungs.standing().lettered().lowest_first())
    step = step_due(rungs, letters, since=since, on=on)
    if step is None:
        return ""
    letter = _drafted(now, step, letters, since=since, on=on)
    is_automatic = step.rung.is_automatic and not step.passed_over
    if letter.pk or not is_automatic:
        _enter(letter, Deed("propose"), at=at)
    if is_automatic:
        _enter(letter, issuing(letter, at=at), at=at)
    _overtake(letters, step.rung, at=at)
    if not is_automatic:
        return LetterState.PROPOSED
    if not roll.knows(letter.unit):  # handed over a moment ago
        roll = telling.roll_of(letter.inspection, [letter.unit])
    telling.issued(letter, roll=roll, at=at)
    return LetterState.ISSUED


def _drafted(
    measure: Measure, step: Step, letters: Iterable[SupervisionAction], *, since: date, on: date
) -> SupervisionAction:
    """The letter of the step: a new one, or the one that had lapsed, said anew."""
    rung = step.rung
    lapsed = next((each for each in letters if each.rung_id == rung.pk), None)
    letter = lapsed or SupervisionAction(rung=rung)
    letter.inspection = measure.inspection
    letter.kind, letter.measure, letter.unit = rung.letter, measure, measure.lead_unit
    letter.for_deadline, letter.proposed_on = since, on
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


@transaction.atomic
def _lapse_groundless(pk: int, *, at: datetime) -> str:
    """Of it and somebody who issues the letter, one is first."""
    found = SupervisionAction.objects.select_related("measure", "inspection")
    letter = found.get(pk=pk)
    measure = held(letter.measure)
    why = ground_gone(letter, measure) if measure else ""
    if why:
        lapse(letter, why=why, at=at)
    return LetterState.LAPSED if why else ""
