"""Does the story hold together? Counts that the issue names, and what the loader relies on."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from reports.demonstration.story import Measure, Story

# status: how many measures, on the story's day
STATUSES = {
    "closed": 109,
    "not_started": 3,
    "under_way": 37,
    "in_review": 4,
    "sent_back": 7,
    "rebounded": 1,
}
FIGURES = {
    "problems": 48,
    "problems_done": 16,
    "problems_awaiting_acceptance": 5,
    "measures": 161,
    "measures_done": 109,
    "outcomes": 25,
    "overdue": 11,
    "near": 7,
    "long_term_open": 10,
}


def figures(story: Story) -> dict[str, int]:
    """The counts that the demonstration promises, on the story's day."""
    on, window = story.frame.on, timedelta(days=story.frame.near_days)
    unfinished = [measure for measure in story.measures if measure.status != "closed"]
    dated = [measure.deadline for measure in unfinished if measure.deadline]
    open_problems = [problem for problem in story.problems if not problem.accepted]
    return {
        "problems": len(story.problems),
        "problems_done": len(story.problems) - len(open_problems),
        "problems_awaiting_acceptance": sum(
            all(measure.status == "closed" for measure in problem.measures)
            for problem in open_problems
        ),
        "measures": len(story.measures),
        "measures_done": len(story.measures) - len(unfinished),
        "outcomes": len({outcome.title for outcome in story.outcomes}),
        "overdue": sum(deadline < on for deadline in dated),
        "near": sum(on <= deadline <= on + window for deadline in dated),
        "long_term_open": sum(measure.time_kind == "long_term" for measure in unfinished),
    }


def faults(story: Story) -> tuple[str, ...]:
    """What is wrong with the story, a sentence for each; empty for a sound one."""
    found = [*_wrong_counts(story), *_unknown_names(story), *_wrong_outcomes(story)]
    found += _wrong_sequels(story)
    for measure in story.measures:
        found += [f"{measure.code}: {fault}" for fault in _wrong_measure(measure, story)]
    for problem in story.problems:
        unfinished = any(measure.status != "closed" for measure in problem.measures)
        if problem.accepted and unfinished:
            found.append(f"{problem.code}: accepted although a measure is open")
        if not problem.accepted and not problem.next_step:
            found.append(f"{problem.code}: goes on without a next step")
    return tuple(found)


def _wrong_counts(story: Story) -> Iterator[str]:
    counted = figures(story)
    for key, wanted in FIGURES.items():
        if counted[key] != wanted:
            yield f"{key}: {counted[key]} instead of {wanted}"
    statuses = Counter(measure.status for measure in story.measures)
    if statuses != STATUSES:
        yield f"statuses: {dict(statuses)}"


def _unknown_names(story: Story) -> Iterator[str]:
    """Units, people, areas and measures that are named and do not exist."""
    units, people = {u.key for u in story.units}, {p.username for p in story.people}
    codes = {measure.code for measure in story.measures}
    areas = {key for key, _ in story.frame.areas}
    named_units = {person.unit for person in story.people}
    named_people = {name for unit in story.units for name in (unit.head, unit.liaison) if name}
    for problem in story.problems:
        named_units.add(problem.lead_unit)
        named_people.add(problem.lead_executive)
        if problem.area not in areas:
            yield f"{problem.code}: unknown area {problem.area}"
    for measure in story.measures:
        named_units |= {measure.lead_unit, *measure.supporting_units}
        named_people |= {measure.responsible_executive, measure.person_in_charge} - {""}
    named_codes = {code for code, _ in story.dispatch.late | story.dispatch.missing}
    yield from (f"unknown unit {key}" for key in sorted(named_units - units))
    yield from (f"unknown person {name}" for name in sorted(named_people - people))
    yield from (f"dispatch names unknown {code}" for code in sorted(named_codes - codes))


def _wrong_outcomes(story: Story) -> Iterator[str]:
    done = {measure.code: measure.done for measure in story.measures}
    for outcome in story.outcomes:
        for code in outcome.measures:
            closed = done.get(code)
            if closed is None or closed < outcome.issued:
                yield f"《{outcome.title}》: {code} was not closed after it was issued"


def _wrong_sequels(story: Story) -> Iterator[str]:
    """What evidence, extensions and the look-back name, and whether a granted deadline holds."""
    told, codes = story.further, {measure.code for measure in story.measures}
    named = {code for proof in told.proofs for code in proof.measures}
    named |= {each.measure for each in told.extensions}
    named |= {each.measure for each in told.handovers} | {each.measure for each in told.exemptions}
    if unknown := sorted(named - codes):
        yield from (f"unknown measure {code}" for code in unknown)
        return
    problems = {problem.code for problem in story.problems} | {""}
    yield from (
        f"a register names unknown {each.problem}"
        for each in told.entries
        if each.problem not in problems
    )
    for each in told.extensions:
        measure = story.measure(each.measure)
        holds = (measure.deadline, measure.precision)
        if each.granted_on and holds != (each.wish.deadline, each.wish.precision):
            yield f"{measure.code}: the granted deadline is not the one that holds"
        since = each.since.deadline if each.since else measure.deadline
        if since is None or not each.asked <= since < each.wish.deadline:
            yield f"{measure.code}: asked too late, or for no later day"


def _wrong_measure(measure: Measure, story: Story) -> Iterator[str]:
    yield from _wrong_plan(measure)
    yield from _wrong_course(measure, story)
    if measure.status != _derived_status(measure):
        yield f"says {measure.status}, but its course is {_derived_status(measure)}"


def _wrong_plan(measure: Measure) -> Iterator[str]:
    if (measure.time_kind == "long_term") != (measure.deadline is None):
        yield "only long-term measures go without a deadline"
    if measure.time_kind == "long_term" and not measure.review_months:
        yield "long-term without a review rhythm"
    if measure.lead_unit in measure.supporting_units:
        yield "supports itself"
    shares = [milestone.share for milestone in measure.milestones]
    dues = [milestone.due for milestone in measure.milestones]
    if shares != sorted(set(shares)) or dues != sorted(dues):
        yield "milestones out of order"
    last = measure.milestones[-1] if measure.milestones else None
    agreed = (100, measure.deadline, measure.precision)
    if last and (last.share, last.due, last.precision) != agreed:
        yield "the last milestone is not the deadline"


def _wrong_course(measure: Measure, story: Story) -> Iterator[str]:
    rounds = [told.round for told in measure.progress]
    if rounds != sorted(set(rounds)) or not set(rounds) <= set(range(1, story.dispatch.rounds + 1)):
        yield f"reports out of order: {rounds}"
    if measure.done and measure.done <= story.dispatch.opens(rounds[-1]):
        yield "closed before its last report could be reviewed"
    moves = [each.on for each in measure.returns] + _days(measure)
    yield from (f"moved at a weekend: {day}" for day in moves if day.weekday() > 4)
    last_friday = story.frame.on - timedelta(days=story.frame.on.weekday() + 3)
    yield from (f"moved after {last_friday}: {day}" for day in moves if day > last_friday)


def _days(measure: Measure) -> list[date]:
    reopened = measure.reopened.on if measure.reopened else None
    return [day for day in (measure.done, measure.applied, reopened) if day]


def _derived_status(measure: Measure) -> str:
    if measure.reopened:
        return "rebounded"
    if measure.done:
        return "closed"
    if measure.applied:
        return "in_review"
    last = max((told.round for told in measure.progress), default=0)
    if not last:
        return "not_started"
    sent_back = measure.returns and measure.returns[-1].until is not None
    return "sent_back" if sent_back else "under_way"
