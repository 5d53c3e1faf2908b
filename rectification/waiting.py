"""What waits for each person, over all people at once: the number of queries is the same for three
people as for three hundred.

Who may decide on what is the law of `permissions`; here it is asked of everybody in one sweep, and
a test holds the two against each other, person by person.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)

from accounts.models import Role, User
from rectification.heaps import Heap, Heaps, Person, at, one
from rectification.models import (
    CloseoutRequest,
    DispatchReturn,
    DispatchRound,
    Exemption,
    Extension,
    ExtensionDecision,
    LetterStep,
    Measure,
    MeetingPoint,
    Notice,
    PointAnswer,
    Problem,
    ProgressEntry,
    RequestEvidence,
    Review,
    Rung,
    SupervisionAction,
    counted,
)
from rectification.states import (
    CAME_BACK,
    ExtensionState,
    LetterState,
    NoticeState,
    PointState,
    ReturnState,
    RoundState,
)

UNIT = (Role.LIAISON, Role.UNIT_HEAD)
DECIDING = (Role.EXECUTIVE, Role.PARTY_GROUP)
BUREAU = "inspection__inspected_unit__path"


@dataclass(frozen=True)
class Load:
    """What waits for one person in one inspection (its key), by name: see `reminders.SAYS`.

    `behalf` is somebody whom they may act for today, where it waits for that person.
    """

    person: Person
    inspection: int
    counts: Counter[str]
    behalf: User | None = None


def loads(of: Iterable[Person], *, on: date) -> tuple[Load, ...]:
    """Of each of these people, for each inspection in which something waits for them, or for
    somebody whom they may act for."""
    heaps = Heaps(
        [
            *(*_due(on), *_came_back(), *_returns(), *_points()),
            *(*_letters(on), *_decisions(), *_held()),
        ]
    )
    found: list[Load] = []
    for person in of:
        found += _loads(person, heaps.of(person))
        for principal in person.principals:
            # What either had a hand in, neither decides on.
            theirs = [each for each in heaps.of(principal) if person.user.pk not in each.barred]
            found += _loads(person, theirs, behalf=principal.user)
    return tuple(found)


def _loads(person: Person, heaps: Iterable[Heap], *, behalf: User | None = None) -> list[Load]:
    counts: dict[int, Counter[str]] = {}
    for heap in heaps:
        counts.setdefault(heap.inspection, Counter())[heap.name] += heap.count
    return [Load(person, inspection, count, behalf) for inspection, count in counts.items()]


def _due(on: date) -> Iterator[Heap]:
    """What is due, for whom the rungs without letter name, each from its day to the next one's."""
    rungs = {rung.pk: rung for rung in Rung.objects.standing().unlettered().lowest_first()}
    if not rungs:
        return
    measures = counted(Measure.objects.unfinished().exclude(deadline=None)).order_by()
    place = ("inspection", BUREAU, "lead_unit__path")
    named = ("person_in_charge", "responsible_executive", "problem__lead_executive")
    counts: dict[str, Any] = {
        "overdue": Count("pk", filter=Q(deadline__lt=on)),
        "today": Count("pk", filter=Q(deadline=on)),
        "near": Count("pk", filter=Q(deadline__gt=on)),
    }
    come = measures.annotate(rung=_rung_by(rungs.values(), on=on)).exclude(Q(("rung", None)))
    for row in come.values("rung", *place, *named).annotate(**counts):
        places, told = _told_by(rungs[row["rung"]], row)
        for name in counts:
            if row[name]:
                path = row["lead_unit__path"]
                yield Heap(name, row["inspection"], path, places, row[name], named=told)


def _rung_by(rungs: Iterable[Rung], *, on: date) -> Case:
    """Of a measure: the key of the highest of these rungs that it has come to, or None."""
    return Case(
        *(
            When(
                Q(("counted_from__lte", on - timedelta(days=rung.days))),
                inspection=rung.inspection_id,
                then=Value(rung.pk),
            )
            for rung in sorted(rungs, key=lambda rung: -rung.days)
        ),
        default=None,
        output_field=IntegerField(),
    )


def _told_by(
    rung: Rung, row: Mapping[str, Any]
) -> tuple[tuple[tuple[str, str], ...], frozenset[int]]:
    """For whom a rung is, of measures that are alike: places, and people who are named."""
    unit, bureau, lead = row["lead_unit__path"], row[BUREAU], row["problem__lead_executive"]
    roles = (
        *(at(unit, Role.LIAISON) if rung.to_liaison else ()),
        *(at(unit, Role.UNIT_HEAD) if rung.to_head else ()),
        *(at(bureau, Role.EXECUTIVE) if rung.to_lead_executive and not lead else ()),
        *(at(bureau, Role.OFFICE) if rung.to_office else ()),
    )
    named = (
        row["person_in_charge"] if rung.to_person_in_charge else None,
        row["responsible_executive"] if rung.to_head else None,
        lead if rung.to_lead_executive else None,
    )
    return roles, frozenset(pk for pk in named if pk)


def _came_back() -> Iterator[Heap]:
    rows = Measure.objects.filter(status__in=CAME_BACK).order_by()
    place = ("inspection", "lead_unit__path", "person_in_charge")
    for inspection, path, person, count in rows.values_list(*place).annotate(Count("pk")):
        yield Heap("back", inspection, path, at(path, *UNIT), count, one(person))


def _returns() -> Iterator[Heap]:
    """The lines of open rounds that are still to be reported, that the head has turned back, or
    that wait for the head."""
    lines = DispatchReturn.objects.filter(round__state=RoundState.OPEN).asked().order_by()
    place = ("round__inspection", "unit__path", "measure__person_in_charge", "leads")
    how_many = Count("measure", distinct=True)
    for row in lines.unreported().values_list("state", *place).annotate(how_many):
        state, inspection, path, person, leads, count = row
        name = "turned_back" if state == ReturnState.TURNED_BACK else "unreported"
        in_charge = one(person if leads else None)
        yield Heap(name, inspection, path, at(path, *UNIT), count, in_charge)
    to_confirm = lines.filter(state=ReturnState.TO_CONFIRM)
    told_by = ("entry__by", "entry__on_behalf_of")
    for row in to_confirm.values_list(*place[:2], *told_by).annotate(how_many):
        inspection, path, *told, count = row
        barred = frozenset(pk for pk in told if pk)  # nobody confirms their own
        yield Heap("to_confirm", inspection, path, at(path, Role.UNIT_HEAD), count, barred=barred)


def _points() -> Iterator[Heap]:
    """Decided in a meeting: the unit answers, in each round anew, and the office settles, one's own
    answer excepted."""
    now = DispatchRound.objects.open().filter(inspection=OuterRef("inspection")).latest_first()
    told = PointAnswer.objects.filter(point=OuterRef("pk"), round=OuterRef("open_round"))
    pending = MeetingPoint.objects.pending().order_by()
    asked = pending.annotate(open_round=Subquery(now.values("pk")[:1])).filter(
        Q(state=PointState.OPEN) | (Q(open_round__isnull=False) & ~Exists(told))
    )
    yield from _counted("points", asked, "unit__path", Role.LIAISON)
    answered = pending.filter(state=PointState.ANSWERED)
    yield from _but_for_hands("to_settle", answered, PointAnswer.objects, "point")


def _letters(on: date) -> Iterator[Heap]:
    """Of supervision: the unit signs for and answers them, those that are late told apart; the
    office issues and settles them, one's own answer excepted."""
    letters = SupervisionAction.objects.order_by()
    late = letters.late(on=on)
    yield from _counted("late_letters", late, "unit__path", *UNIT)
    for name, state in (
        ("to_acknowledge", LetterState.ISSUED),
        ("to_answer", LetterState.ACKNOWLEDGED),
    ):
        in_time = letters.filter(state=state).exclude(pk__in=late.values("pk"))
        yield from _counted(name, in_time, "unit__path", *UNIT)
    proposed = letters.filter(state=LetterState.PROPOSED)
    yield from _counted("to_issue", proposed, BUREAU, Role.OFFICE)
    answered = letters.filter(state=LetterState.ANSWERED)
    steps = LetterStep.objects.filter(verb__in=["acknowledge", "answer"])
    yield from _but_for_hands("to_close_letter", answered, steps, "letter")


def _held() -> Iterator[Heap]:
    """Messages of which nobody knows whether they arrived: the office decides."""
    held = Notice.objects.doubtful().exclude(inspection=None).order_by()
    yield from _counted(NoticeState.HELD, held, BUREAU, Role.OFFICE)


def _but_for_hands(name: str, things: Any, answers: Any, of: str) -> Iterator[Heap]:
    """What the office ends, for each of it nobody who stands in its answers."""
    rows = list(things.values("pk", "inspection", path=F(BUREAU)))
    hands = _hands(answers, of, rows)
    for row in rows:
        barred = frozenset(pk for pk in hands.get(row["pk"], ()) if pk)
        path = row["path"]
        yield Heap(name, row["inspection"], path, at(path, Role.OFFICE), barred=barred)


def _counted(name: str, rows: Any, way: str, *roles: str) -> Iterator[Heap]:
    """The rows by inspection and by the unit that lies at the end of the way."""
    for inspection, path, count in rows.values_list("inspection", way).annotate(Count("pk")):
        yield Heap(name, inspection, path, at(path, *roles), count)


def _decisions() -> Iterator[Heap]:
    """As `permissions` has it: nobody decides on what they had a hand in."""
    requests = list(_requests())
    extensions = list(_extensions())
    exemptions = list(_exemptions())
    told = _told([row["measure"] for row in (*requests, *extensions, *exemptions)])
    gave = _hands(
        RequestEvidence.objects, "request", requests, "version__by", "version__on_behalf_of"
    )
    once = Review.objects.filter(request__measure__inspection__reviewers_may_repeat=False)
    reviewed = _hands(once, "request", requests)
    decided = _hands(ExtensionDecision.objects, "extension", extensions)
    for rows, name, hands in (
        (requests, "to_review", (gave, reviewed)),
        (extensions, "to_extend", (decided,)),
        (exemptions, "to_exempt", ()),
    ):
        for row in rows:
            barred = {row["asked"], row["on_behalf_of"], *told.get(row["measure"], ())}
            barred.update(*(hand.get(row["pk"], ()) for hand in hands))
            path = row["path"]
            place = (row["measure__inspection"], path, at(path, *row["roles"]))
            yield Heap(name, *place, barred=frozenset(pk for pk in barred if pk))
    waiting = Problem.objects.awaiting_acceptance().order_by()
    yield from _counted("to_accept", waiting, BUREAU, *DECIDING)


_OF_A_DECISION = ("pk", "measure", "measure__inspection", "on_behalf_of")


def _requests() -> Iterator[dict[str, Any]]:
    rows = CloseoutRequest.objects.pending().values(
        *_OF_A_DECISION, "stage__role", asked=F("applied_by"), path=F("measure__lead_unit__path")
    )
    for row in rows:
        yield {**row, "roles": (row["stage__role"],)}


def _extensions() -> Iterator[dict[str, Any]]:
    first, second = "measure__inspection__extension_first_role", "extension_second_role"
    rows = Extension.objects.pending().values(
        *_OF_A_DECISION,
        "state",
        first=F(first),
        second=F(f"measure__inspection__{second}"),
        asked=F("requested_by"),
        path=F("measure__lead_unit__path"),
    )
    for row in rows:
        step = "first" if row["state"] == ExtensionState.REQUESTED else "second"
        yield {**row, "roles": (row[step],)}


def _exemptions() -> Iterator[dict[str, Any]]:
    bureau = F("measure__inspection__inspected_unit__path")
    for row in Exemption.objects.pending().values(*_OF_A_DECISION, asked=F("by"), path=bureau):
        yield {**row, "roles": DECIDING}


def _told(measures: list[int]) -> dict[int, set[int]]:
    """Of each measure, who has reported on it or had it reported."""
    rows = ProgressEntry.objects.filter(measure__in=set(measures)).order_by()
    found: dict[int, set[int]] = {}
    for measure, *persons in rows.values_list("measure", "by", "on_behalf_of").distinct():
        found.setdefault(measure, set()).update(persons)
    return found


def _hands(
    rows: Any,
    of: str,
    things: Iterable[Mapping[str, Any]],
    who: str = "by",
    behalf: str = "on_behalf_of",
) -> dict[int, set[int]]:
    """Of each of the things, by its key, who stands in these rows of it."""
    ours = rows.filter(**{f"{of}__in": [thing["pk"] for thing in things]})
    found: dict[int, set[int]] = {}
    for thing, *persons in ours.order_by().values_list(of, who, behalf):
        found.setdefault(thing, set()).update(persons)
    return found
