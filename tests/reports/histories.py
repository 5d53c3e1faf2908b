"""Random histories of a small inspection, and a naive recount of them in plain Python."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from hypothesis import strategies as st

from accounts.models import User
from rectification.models import (
    DeadlineChange,
    Inspection,
    Measure,
    MeasureEvent,
    Milestone,
    Problem,
    ProblemEvent,
)
from rectification.states import MEASURE_MOVES, PROBLEM_MOVES, Precision, TimeKind
from tests import factories

BEGIN = date(2025, 2, 3)
SPAN = 120
OPEN = {"not_started", "under_way", "in_review", "sent_back", "rebounded"}
DAYS = st.integers(0, SPAN).map(lambda days: BEGIN + timedelta(days=days))
AT = datetime(2025, 2, 3, 9, tzinfo=factories.SHANGHAI)


@dataclass(frozen=True)
class Step:
    on: date
    verb: str
    was: str
    now: str


@dataclass(frozen=True)
class Story:
    """One measure or problem: its steps in order; a measure also has what time asks of it."""

    steps: tuple[Step, ...]
    problem: int = 0
    unit: int = 0
    deadline: date | None = None
    milestones: tuple[tuple[date, date | None], ...] = ()
    postponed: tuple[tuple[date, int], ...] = ()  # the day of each change, by how many days
    recorded_late: bool = False

    @property
    def as_written(self) -> tuple[Step, ...]:
        """The steps in the order of their rows: those of one day in order, the days as recorded."""
        if not self.recorded_late:
            return self.steps
        days = groupby(self.steps, key=lambda step: step.on)
        return tuple(step for day in reversed([tuple(day) for _, day in days]) for step in day)

    def agreed(self, on: date) -> date | None:
        """The deadline as it was agreed at the end of a day."""
        if self.deadline is None:
            return None
        moved = sum(days for day, days in self.postponed if day <= on)
        return self.deadline + timedelta(days=moved)

    def status(self, on: date) -> str | None:
        told = [step.now for step in self.steps if step.on <= on]
        return told[-1] if told else None

    def decision(self, on: date) -> str | None:
        """What the first decided application came to by then."""
        for step in self.steps:
            if step.on <= on and step.was == "in_review" and step.now in {"closed", "sent_back"}:
                return step.now
        return None

    def returns(self, on: date) -> int:
        return sum(step.verb == "send_back" and step.on <= on for step in self.steps)

    def is_open(self, on: date) -> bool:
        return self.status(on) in OPEN

    def is_behind(self, on: date) -> bool:
        """Each milestone asks for more than the one before it."""
        due = [place for place, each in enumerate(self.milestones) if each[0] < on]
        reached = [
            place for place, (_, day) in enumerate(self.milestones) if day is not None and day <= on
        ]
        return max(due, default=-1) > max(reached, default=-1)


@dataclass(frozen=True)
class History:
    measures: tuple[Story, ...]
    problems: tuple[Story, ...]
    near_days: int = field(default=10)


@st.composite
def steps(draw, moves):
    """Allowed moves one after the other, several on one day now and then."""
    on, status = draw(DAYS), ""
    told = []
    for _ in range(draw(st.integers(1, 9))):
        allowed = sorted(verb for verb in moves if status in moves[verb].sources)
        verb = draw(st.sampled_from(allowed))
        told.append(Step(on, verb, status, str(moves[verb].leads_to(status))))
        status = told[-1].now
        on += timedelta(days=draw(st.sampled_from([0, 0, 1, 7, 20])))
    return tuple(told)


@st.composite
def histories(draw):
    milestone = st.tuples(DAYS, st.none() | DAYS)
    measure = st.builds(
        Story,
        steps=steps(MEASURE_MOVES),
        problem=st.integers(0, 1),
        unit=st.integers(0, 1),
        deadline=st.none() | DAYS,
        milestones=st.lists(milestone, max_size=2).map(tuple),
        postponed=st.lists(st.tuples(DAYS, st.integers(1, 40)), max_size=3).map(sorted).map(tuple),
        recorded_late=st.booleans(),
    )
    return History(
        measures=tuple(draw(st.lists(measure, max_size=5))),
        problems=tuple(
            draw(st.lists(st.builds(Story, steps=steps(PROBLEM_MOVES)), min_size=2, max_size=2))
        ),
        near_days=draw(st.sampled_from([0, 3, 10])),
    )


def write(history: History) -> Inspection:
    """The history as rows."""
    inspection = factories.InspectionFactory(near_days=history.near_days)
    units = [factories.unit(parent=inspection.inspected_unit) for _ in range(2)]
    problems = [
        _problem(inspection, number, story) for number, story in enumerate(history.problems)
    ]
    for number, story in enumerate(history.measures):
        _measure(problems[story.problem], units[story.unit], number, story)
    return inspection


def _problem(inspection, number, story):
    last = story.steps[-1]
    row = Problem.objects.create(
        inspection=inspection,
        code=f"P-{number}",
        wording="问题",
        status=last.now,
        closed_on=last.on if last.now == "closed" else None,
    )
    ProblemEvent.objects.bulk_create(
        _event(ProblemEvent, step, problem=row) for step in story.as_written
    )
    return row


def _measure(problem, unit, number, story):
    last = story.steps[-1]
    row = Measure.objects.create(
        inspection=problem.inspection,
        problem=problem,
        code=f"M-{number}",
        text="措施",
        lead_unit=unit,
        time_kind=TimeKind.DATED if story.deadline else TimeKind.IMMEDIATE,
        deadline=story.agreed(date.max),
        original_deadline=story.deadline,
        precision=Precision.DAY if story.deadline else Precision.NONE,
        original_precision=Precision.DAY if story.deadline else Precision.NONE,
        status=last.now,
        closed_on=last.on if last.now == "closed" else None,
    )
    MeasureEvent.objects.bulk_create(
        _event(MeasureEvent, step, measure=row) for step in story.as_written
    )
    _postpone(row, story)
    Milestone.objects.bulk_create(
        Milestone(measure=row, text="节点", due_on=due, share=50 + place, reached_on=reached)
        for place, (due, reached) in enumerate(story.milestones)
    )


def _postpone(row, story):
    """The changes of the deadline, each from what was agreed before it."""
    by = User.objects.first() or factories.UserFactory()
    was = story.deadline
    for day, days in story.postponed if was else ():
        now = was + timedelta(days=days)
        DeadlineChange.objects.create(
            measure=row,
            from_deadline=was,
            from_precision=Precision.DAY,
            to_deadline=now,
            to_precision=Precision.DAY,
            by=by,
            at=AT,
            on=day,
        )
        was = now


def _event(model, step, **subject):
    ground = {"ground": "late"} if step.verb == "send_back" and model is MeasureEvent else {}
    return model(
        verb=step.verb,
        from_status=step.was,
        to_status=step.now,
        on=step.on,
        at=AT,
        **ground,
        **subject,
    )


def recount_measures(history: History, on: date, *, unit: int | None = None) -> dict[str, int]:
    """Every figure about measures, counted one measure at a time."""
    held = [
        each
        for each in history.measures
        if each.status(on) is not None and unit in {None, each.unit}
    ]
    unfinished = [each for each in held if each.is_open(on)]
    timed = [(each.deadline, each.agreed(on)) for each in unfinished if each.deadline]
    left = [(now - on).days for _, now in timed if now]
    statuses = [each.status(on) for each in held]
    return {
        "total": len(held),
        "done": statuses.count("closed"),
        "unfinished": len(unfinished),
        "overdue": sum(days < 0 for days in left),
        "overdue_original": sum(first < on for first, _ in timed),
        "near": sum(0 <= days <= history.near_days for days in left),
        "behind": sum(each.is_behind(on) for each in unfinished),
        "scheduled": sum(each.deadline is not None and each.deadline <= on for each in held),
        "returned": sum(each.returns(on) > 0 for each in held),
        "decided": sum(each.decision(on) is not None for each in held),
        "passed_first": sum(each.decision(on) == "closed" for each in held),
        "not_applicable": statuses.count("not_applicable"),
        **{status: statuses.count(status) for status in sorted(OPEN)},
    }


def recount_problems(history: History, on: date) -> dict[str, int]:
    held = [
        (number, each)
        for number, each in enumerate(history.problems)
        if each.status(on) is not None
    ]
    statuses = [each.status(on) for _, each in held]
    return {
        "total": len(held),
        "done": statuses.count("closed"),
        "rebounded": statuses.count("rebounded"),
        "awaiting": sum(
            each.status(on) != "closed" and _all_finished(history, number, on)
            for number, each in held
        ),
    }


def _all_finished(history: History, problem: int, on: date) -> bool:
    its_own = [
        each for each in history.measures if each.problem == problem and each.status(on) is not None
    ]
    return bool(its_own) and not any(each.is_open(on) for each in its_own)


def recount_ages(history: History, on: date, *, original: bool = False) -> list[int]:
    """How many measures are overdue for 1–10, 11–30, 31–60 and more days."""
    days = [
        each.deadline if original else each.agreed(on)
        for each in history.measures
        if each.is_open(on)
    ]
    ages = [(on - day).days for day in days if day]
    bands = [(1, 10), (11, 30), (31, 60), (61, 10**6)]
    return [sum(least <= age <= most for age in ages) for least, most in bands]
