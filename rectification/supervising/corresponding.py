"""The verbs of a letter: propose, reword, issue, acknowledge, answer, settle, withdraw, lapse.

Each asks who may, claims the letter by its state and the version that was read, writes the step and
the journal, and tells whom it concerns, in one transaction. The measure is held first, then the
bureau (whose numbers are given out one by one), then the letter, then the journal.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max

from accounts import journal
from accounts.journal import Act
from accounts.models import Unit, User
from rectification import letters, permissions
from rectification.clock import day_of, in_full
from rectification.models import (
    Inspection,
    Measure,
    SupervisionAction,
    step_of,
)
from rectification.moving import MoveRefused, StaleSave
from rectification.states import LETTER_MOVES, LetterState, WorkStatus
from rectification.supervising import drafting, telling
from rectification.supervising.drafting import Wording


@dataclass(frozen=True)
class Deed:
    """A step: its verb, what is said with it, and which columns it changes."""

    verb: str
    text: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)  # what the journal adds


@transaction.atomic
def propose(  # noqa: PLR0913  # to whom, about what, and what it says
    inspection: Inspection,
    kind: str,
    wording: Wording,
    *,
    unit: Unit,
    measure: Measure | None,
    by: User,
    at: datetime,
) -> SupervisionAction:
    """Put a letter by hand before the office, about a measure or a whole unit. Raises MoveRefused.

    Of a measure it goes to the lead unit.
    """
    if not permissions.may_run(by, inspection):
        raise MoveRefused("只有整改办可以发督办函件。")
    if measure is not None and measure.lead_unit_id != unit.pk:
        raise MoveRefused(f"{measure.code} 由{measure.lead_unit}牵头，函件要发给牵头单位。")
    held(measure)
    letter = SupervisionAction(
        inspection=inspection, kind=kind, unit=unit, measure=measure, proposed_on=day_of(at)
    )
    for name, value in asdict(wording).items():
        setattr(letter, name, value)
    enter(letter, Deed("propose"), by=by, at=at)
    return letter


@transaction.atomic
def reword(
    letter: SupervisionAction, wording: Wording, *, by: User, at: datetime, version: int
) -> None:
    """Change what a letter says that is not issued yet. Raises MoveRefused, StaleSave."""
    _require(permissions.may_run(by, letter.inspection), letter, "reword")
    said = asdict(wording)
    changes = {name: new for name, new in said.items() if getattr(letter, name) != new}
    claim(letter, Deed("reword", changes=changes, told=changes), by=by, at=at, version=version)


@transaction.atomic
def issue(
    letter: SupervisionAction, *, by: User, at: datetime, version: int, note: str = ""
) -> None:
    """Send the letter out: it gets its reference, and what it says is frozen.

    Raises MoveRefused, also where the ground for it has gone, and StaleSave.
    """
    _require(permissions.may_issue(by, letter), letter, "issue")
    measure = held(letter.measure)
    if letter.rung_id and measure and (why := ground_gone(letter, measure)):
        raise MoveRefused(f"{letter}不用再发：{why}系统会自动把它列为不再需要，也可以现在撤销。")
    letter.inspection = numbering(letter.inspection)
    claim(letter, issuing(letter, at=at, note=note), by=by, at=at, version=version)
    roll = telling.roll_of(letter.inspection, [letter.unit])
    telling.issued(letter, roll=roll, at=at)


@transaction.atomic
def acknowledge(letter: SupervisionAction, *, by: User, at: datetime, version: int) -> None:
    """Sign for it, for the unit. The office reads it in the list and gets no message.

    Raises MoveRefused, StaleSave.
    """
    _require(permissions.may_acknowledge(by, letter), letter, "acknowledge")
    claim(letter, Deed("acknowledge"), by=by, at=at, version=version)


@transaction.atomic
def answer(letter: SupervisionAction, *, text: str, by: User, at: datetime, version: int) -> None:
    """Answer for the unit; what was answered before stays. Raises MoveRefused, StaleSave."""
    _require(permissions.may_answer(by, letter), letter, "answer")
    claim(letter, Deed("answer", text), by=by, at=at, version=version)
    telling.answered(letter, times=letter.steps.filter(verb="answer").count(), at=at)


@transaction.atomic
def settle(letter: SupervisionAction, *, why: str, by: User, at: datetime, version: int) -> None:
    """Say that the matter is done with. Without an answer it needs a reason.

    Raises MoveRefused, StaleSave.
    """
    _require(permissions.may_settle(by, letter), letter, "settle")
    if not why.strip() and letter.state != LetterState.ANSWERED:
        raise MoveRefused(f"{letter}还没有回复，办结要写明办结意见。")
    claim(letter, Deed("settle", why), by=by, at=at, version=version)
    telling.settled(letter, at=at)


@transaction.atomic
def withdraw(letter: SupervisionAction, *, why: str, by: User, at: datetime, version: int) -> None:
    """Take a proposal or a letter back; it stays on record. Raises MoveRefused, StaleSave."""
    _require(permissions.may_withdraw_letter(by, letter), letter, "withdraw")
    was_out = letter.is_issued
    claim(letter, Deed("withdraw", why), by=by, at=at, version=version)
    if was_out:
        telling.withdrawn(letter, at=at)


@transaction.atomic
def lapse(letter: SupervisionAction, *, why: str, at: datetime) -> None:
    """A proposal that has lost its ground. Raises MoveRefused, StaleSave."""
    claim(letter, Deed("lapse", why), by=None, at=at, version=letter.version)


# Parts of verbs, also of the climb ---------------------------------------------------------------


def held(measure: Measure | None) -> Measure | None:
    """The measure as it stands, held to the end; rows that refer to it may still be added."""
    if measure is None:
        return None
    rows = Measure.objects.select_for_update(of=("self",), no_key=True)
    related = ("inspection__inspected_unit", "lead_unit", "problem__lead_executive")
    return rows.select_related(*related, "responsible_executive", "person_in_charge").get(
        pk=measure.pk
    )


def numbering(inspection: Inspection) -> Inspection:
    """The inspection as it stands, its bureau held to the end: one number, one reference and one
    change of a ladder at a time.

    The row of the bureau, not of the inspection, which a round holds before its measures.
    """
    bureau = Unit.objects.select_for_update(no_key=True).filter(pk=inspection.inspected_unit_id)
    bureau.values_list("pk").get()
    return Inspection.objects.select_related("inspected_unit").get(pk=inspection.pk)


def ground_gone(letter: SupervisionAction, measure: Measure) -> str:
    """Why a proposal of the ladder is not needed any more, in a sentence; empty where it is."""
    if measure.is_finished or measure.status == WorkStatus.IN_REVIEW:
        return f"措施现在是“{measure.get_status_display()}”。"
    assert letter.for_deadline is not None
    since = drafting.counted_from(measure) if measure.deadline else None
    if since == letter.for_deadline:
        return ""
    if since is None or since == measure.deadline:
        return f"整改时限已由{in_full(letter.for_deadline)}改为{measure.deadline_phrase}。"
    return f"措施重新开始整改，督办从{in_full(since)}重新算起。"


def enter(letter: SupervisionAction, deed: Deed, *, by: User | None, at: datetime) -> None:
    """Save a new letter under the next number, with its first step and the journal."""
    letter.inspection = numbering(letter.inspection)
    numbers = letter.inspection.letters.aggregate(last=Max("number"))
    letter.number = (numbers["last"] or 0) + 1
    letter.state = LETTER_MOVES[deed.verb].target
    for name, value in deed.changes.items():
        setattr(letter, name, value)
    letter.save(force_insert=True)
    after = {"kind": letter.kind, "unit": str(letter.unit), "state": letter.state}
    if letter.measure:
        after["measure"] = letter.measure.code
    if letter.rung:
        after |= {"rung": letter.rung.when, "for_deadline": str(letter.for_deadline)}
    if letter.passed_over:
        after["passed_over"] = letter.passed_over
    _record(letter, deed, {}, {**after, **deed.told}, by=by, at=at)


def claim(
    letter: SupervisionAction, deed: Deed, *, by: User | None, at: datetime, version: int
) -> None:
    """Change the letter by compare-and-swap, with its step and the journal. What was checked, and
    is frozen, is of the row that was read: it must be of that version too.

    Raises MoveRefused, StaleSave.
    """
    move = LETTER_MOVES[deed.verb]
    if move.needs_reason and not deed.text.strip():
        raise MoveRefused(f"{move.says}要写明内容。")
    before = {"state": letter.state, **{name: getattr(letter, name) for name in deed.told}}
    target = move.leads_to(letter.state)
    rows = SupervisionAction.objects.filter(pk=letter.pk, state__in=move.sources)
    changes = {"state": target, "version": F("version") + 1, **deed.changes}
    if letter.version != version or not rows.filter(version=version).update(**changes):
        _refuse(rows.exists(), letter, deed.verb)
    letter.refresh_from_db(fields=["state", "version", *deed.changes])
    after = {"state": target, "version": letter.version, **deed.told}
    _record(letter, deed, before, after, by=by, at=at)


def issuing(letter: SupervisionAction, *, at: datetime, note: str = "") -> Deed:
    """The issue of a letter with the next reference of the bureau, which is held."""
    changes = _issued_columns(letter, at=at)
    told = {name: changes[name] for name in ("reference", "due_on", "digest")}
    return Deed("issue", note, changes, told)


def _issued_columns(letter: SupervisionAction, *, at: datetime) -> dict[str, Any]:
    on, inspection = day_of(at), letter.inspection
    begins = f"{inspection.letter_word}〔{on.year}〕"
    of_the_bureau = SupervisionAction.objects.filter(
        inspection__inspected_unit=inspection.inspected_unit_id, reference__startswith=begins
    )
    serial = (of_the_bureau.aggregate(last=Max("serial"))["last"] or 0) + 1
    said = letters.Letter(
        sender=inspection.sender,
        reference=f"{begins}{serial}号",
        title=letter.title,
        addressee=letter.unit.name,
        matter=letter.matter,
        demand=letter.demand,
        issued_on=on,
        due_on=drafting.due_of(letter, on=on),
    )
    return {
        "serial": serial,
        "reference": said.reference,
        "sender": said.sender,
        "addressee": said.addressee,
        "issued_on": on,
        "due_on": said.due_on,
        "digest": letters.digest_of(said),
    }


def _record(  # noqa: PLR0913  # the parts of one entry
    letter: SupervisionAction,
    deed: Deed,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    *,
    by: User | None,
    at: datetime,
) -> None:
    step = step_of(letter, deed.verb, by=by)
    step.text, step.at, step.on = deed.text, at, day_of(at)
    step.save()
    act = Act(deed.verb, "letter", letter.subject_code, before, after, deed.text)
    journal.append(act, by=by, at=at)


def _require(allowed: bool, letter: SupervisionAction, verb: str) -> None:
    if not allowed:
        says, status = LETTER_MOVES[verb].says, letter.get_state_display()
        raise MoveRefused(f"{letter}现在是“{status}”，您不能{says}。请刷新页面看最新状态。")


def _refuse(state_allows: bool, letter: SupervisionAction, verb: str) -> None:
    letter.refresh_from_db(fields=["state", "version"])
    if state_allows:
        raise StaleSave(f"{letter}在您打开之后被别人改过，您的内容没有保存。")
    _require(False, letter, verb)
