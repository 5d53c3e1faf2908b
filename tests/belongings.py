"""What else a place of tests/two_bureaus.py has: evidence with its file, an extension, an
exemption, a look-back, a deputyship, rows of the registers, and measures that the verbs may act on.

Everything is one of a kind in its place, so that an address of it has an own and a foreign object.
"""

import hashlib
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Deputy, Role, RoleAssignment, Unit, User
from rectification import letters
from rectification.evidence import storing
from rectification.models import (
    AccountabilityAction,
    Evidence,
    EvidenceUse,
    EvidenceVersion,
    Exemption,
    Extension,
    InstitutionalOutcome,
    LetterStep,
    LookBack,
    LookBackItem,
    Measure,
    MeetingPoint,
    Problem,
    RecoveredMoney,
    Recurrence,
    Rung,
    SupervisionAction,
)
from rectification.states import LetterState, Precision, WorkStatus
from rectification.supervising.drafting import letter_of
from tests.factories import NOON, MeasureFactory
from tests.rectification.evidence.files import pdf

DAY = NOON.date()
LATER = timezone.localdate() + timedelta(days=200)
FURTHER = LATER + timedelta(days=30)  # what an extension asks for
FURTHEST = 50  # more than any number that a place counts to
# A letter in each state of its way, and the one on which a verb is possible.
LETTERS = ("letter_proposed", "letter_issued", "letter_acknowledged", "letter_answered")
LETTER_OF = {
    **dict.fromkeys(("reword", "issue"), "letter_proposed"),
    **dict.fromkeys(("detail", "word", "acknowledge", "withdraw"), "letter_issued"),
    "answer": "letter_acknowledged",
    "settle": "letter_answered",
}
# What a row needs that tests/test_canaries.py sows, where the database refuses the first of every
# choice. A class among the values stands for a row of the place.
WITHDRAWN = {"withdrawn_at": NOON, "withdrawn_why": "重复", "withdrawn_by": User}
SOWN: dict[str, dict[str, Any]] = {
    "evidence": WITHDRAWN,
    "evidenceuse": {"ended_at": NOON, "ended_why": "误传", "ended_by": User},
    "closeoutrequest": {"outcome": "lapsed", "lapsed_why": "材料已换"},
    "review": {
        "decision": "approve",
        "ground": "",
        "opinion": "同意",
        "lapsed_at": NOON,
        "lapsed_why": "材料已换",
    },
    "contactpoint": {"user": User, "channel": "mail"},
    "notice": {"state": "sent", "outcome_at": NOON},
    "meetingpoint": {
        "state": "withdrawn",
        "ended_at": NOON,
        "ended_why": "重复",
        "ended_by": User,
    },
    "milestone": {"share": 50},
    "institutionaloutcome": WITHDRAWN,
    "accountabilityaction": WITHDRAWN,
    "recoveredmoney": WITHDRAWN,
    "deadlinechange": {"from_precision": "none", "to_precision": "none"},
    "handover": {"field": "person_in_charge", "measure": Measure, "new_person": User},
}


def furnish_more(
    problem: Problem, codes: dict[str, str], division: Unit, *, liaison: User
) -> dict[str, Any]:
    """The objects, and their keys as arguments of the addresses."""
    rows = {each.code: each for each in Measure.objects.filter(inspection=problem.inspection)}
    finished = Problem.objects.get(inspection=problem.inspection, code=codes["finished"])
    _measures(problem, codes, division, liaison=liaison)
    piece = evidence(rows[codes["open"]], division, by=liaison)
    drawn = look_back(rows[codes["closed"]], by=liaison)
    Recurrence.objects.create(
        problem=finished,
        earlier=problem,
        decision="linked",
        score=60,
        why="同一事项",
        at=NOON,
        by=liaison,
    )
    return {
        "evidence": piece.number,
        "look_back": drawn.number,
        "point": point(rows[codes["open"]], division, by=liaison).number,
        "version": 1,
        "page": 1,
        "pk": deputyship(division, principal=liaison).pk,
        **registers(problem, codes),
        **supervised(rows[codes["open"]]),
    }


def _measures(problem: Problem, codes: dict[str, str], division: Unit, *, liaison: User) -> None:
    """One without anything on it and with time left; one to extend, one to exempt, one exempted."""
    common = {"problem": problem, "lead_unit": division, "deadline": LATER, "precision": "day"}
    MeasureFactory(code=codes["free"], person_in_charge=liaison, **common)
    extending = MeasureFactory(code=codes["extending"], **common)
    exempting = MeasureFactory(code=codes["exempting"], **common)
    MeasureFactory(code=codes["exempted"], status=WorkStatus.NOT_APPLICABLE, **common)
    Extension.objects.create(
        measure=extending,
        number=1,
        reason="汛期无法施工。",
        deadline=FURTHER,
        precision=Precision.DAY,
        from_deadline=LATER,
        from_precision=Precision.DAY,
        requested_by=liaison,
        requested_at=NOON,
        requested_on=DAY,
    )
    Exemption.objects.create(
        measure=exempting, number=1, reason="机构已撤并。", by=liaison, at=NOON, on=DAY
    )


def evidence(measure: Measure, division: Unit, *, by: User) -> Evidence:
    """A piece of one version that lies on the disk and serves the measure."""
    piece = Evidence.objects.create(
        inspection=measure.inspection,
        number=FURTHEST + division.pk,
        title="巡查制度",
        kind="document",
        dated_on=DAY,
        unit=division,
    )
    content, key = pdf(), f"{division.pk:032x}"
    path = storing.path_of(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    EvidenceVersion.objects.create(
        evidence=piece,
        number=1,
        name="巡查制度.pdf",
        media_type="application/pdf",
        size=len(content),
        pages=1,
        sha256=hashlib.sha256(content).hexdigest(),
        key=key,
        by=by,
        at=NOON,
    )
    EvidenceUse.objects.create(evidence=piece, measure=measure, by=by, at=NOON)
    return piece


def point(measure: Measure, division: Unit, *, by: User) -> MeetingPoint:
    """What a meeting has put to the division."""
    return MeetingPoint.objects.create(
        inspection=measure.inspection,
        number=FURTHEST + division.pk,
        round=measure.inspection.rounds.get(number=1),
        unit=division,
        measure=measure,
        text="请落实巡查经费。",
        by=by,
        at=NOON,
    )


def look_back(measure: Measure, *, by: User) -> LookBack:
    """The one look-back of the inspection, with this measure among what was drawn."""
    drawn, _ = LookBack.objects.get_or_create(
        inspection=measure.inspection,
        number=FURTHEST,
        defaults={
            "name": "回头看",
            "scope": "all",
            "population": [measure.code],
            "population_size": 1,
            "population_digest": "digest",
            "sample_size": 1,
            "seed": "seed",
            "checklist": ["成效是否保持？"],
            "by": by,
            "at": NOON,
            "on": DAY,
        },
    )
    LookBackItem.objects.create(look_back=drawn, measure=measure, order=drawn.items.count() + 1)
    return drawn


def deputyship(division: Unit, *, principal: User) -> Deputy:
    """The head of the division acts for its liaison; elsewhere a colleague who holds no role."""
    heads = RoleAssignment.objects.filter(role=Role.UNIT_HEAD, unit=division)
    deputy = User.objects.filter(pk__in=heads.values("user")).first() or User.objects.create(
        username=f"deputy{division.pk}", name="代理人乙", unit=division
    )
    today = timezone.localdate()
    return Deputy.objects.create(
        principal=principal,
        deputy=deputy,
        from_on=today - timedelta(days=1),
        until_on=today + timedelta(days=30),
        why="leave",
        given_by=principal,
        at=NOON,
    )


def registers(problem: Problem, codes: dict[str, str]) -> dict[str, int]:
    """A row of each register, of the problem; the outcome is there already."""
    inspection, common = problem.inspection, {"day": DAY, "problem": problem, "note": "说明"}
    outcome = InstitutionalOutcome.objects.get(inspection=inspection, measures__code=codes["open"])
    people = AccountabilityAction.objects.create(
        inspection=inspection, kind="talk", people=1, **common
    )
    money = RecoveredMoney.objects.create(
        inspection=inspection,
        kind="recovered",
        amount=10_000,
        **common,
    )
    return {"outcome": outcome.pk, "accountability": people.pk, "money": money.pk}


def supervised(measure: Measure) -> dict[str, int]:
    """A letter about the measure in each state of its way; and a rung of the ladder."""
    inspection, unit = measure.inspection, measure.lead_unit
    Rung.objects.set_up(inspection)
    numbers = {}
    for place, name in enumerate(LETTERS):
        state = name.removeprefix("letter_")
        row = SupervisionAction(
            inspection=inspection,
            number=10 * unit.pk + place,
            kind="order",
            unit=unit,
            measure=measure,
            title="督办函",
            matter="已超期。",
            demand="请整改。",
            state=state,
            proposed_on=DAY,
        )
        if state != LetterState.PROPOSED:
            row.serial, row.reference = row.number, f"整督〔2025〕{row.number}号"
            row.sender, row.addressee, row.issued_on = inspection.sender, unit.name, DAY
            row.digest = letters.digest_of(letter_of(row))
        row.save()
        numbers[name] = row.number
        if state == LetterState.ISSUED:
            LetterStep.objects.create(letter=row, verb="answer", text="在办", at=NOON, on=DAY)
    rung = Rung.objects.filter(inspection=inspection).lowest_first().last()
    return {**numbers, "rung": rung.pk if rung else 0}
