"""The verbs of an extension (延期): request, decide in two steps, withdraw, lapse.

A granted one moves the agreed deadline of its measure; the original one stays. Each verb holds the
measure first and the request second, changes rows by compare-and-swap, and writes the journal in
the same transaction.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts import journal
from accounts.journal import Act
from accounts.models import User
from rectification import permissions
from rectification.clock import day_of
from rectification.models import DeadlineChange, Extension, ExtensionDecision, Measure
from rectification.moving import MoveRefused, StaleSave, stale
from rectification.states import ExtensionState, Verdict

_VERBS = {
    ExtensionState.ENDORSED: "endorse_extension",
    ExtensionState.GRANTED: "grant_extension",
    ExtensionState.REFUSED: "refuse_extension",
    ExtensionState.WITHDRAWN: "withdraw_extension",
    ExtensionState.LAPSED: "lapse_extension",
}


@dataclass(frozen=True)
class Wish:
    """The deadline asked for, in the precision in which it was written, and why."""

    deadline: date
    precision: str
    reason: str


@transaction.atomic
def request(measure: Measure, wish: Wish, *, by: User, at: datetime, version: int) -> Extension:
    """Ask for a later deadline for a measure as it stood at `version`.

    Raises MoveRefused, StaleSave.
    """
    held = _held(measure)
    if permissions.pending_extension(held):
        raise StaleSave(f"{held.code} 已有一份延期申请在审批，您的申请没有保存。")
    if held.version != version:
        raise StaleSave(stale(held.code))
    if held.deadline is None or not permissions.may_request_extension(by, held, on=day_of(at)):
        raise MoveRefused(_why_not(held, on=day_of(at)))
    if wish.deadline <= held.deadline:
        raise MoveRefused(f"延期后的时限要晚于现在的整改时限（{held.deadline_phrase}）。")
    extension = Extension.objects.create(
        measure=measure,
        number=held.extensions.count() + 1,
        reason=wish.reason,
        deadline=wish.deadline,
        precision=wish.precision,
        from_deadline=held.deadline,
        from_precision=held.precision,
        requested_by=by,
        on_behalf_of=by.acting_for,
        requested_at=at,
        requested_on=day_of(at),
    )
    after = {"number": extension.number, "from": held.deadline, "to": wish.deadline}
    act = Act("request_extension", "measure", held.subject_code, after=after, why=wish.reason)
    journal.append(act, by=by, at=at)
    return extension


@transaction.atomic
def decide(
    extension: Extension, verdict: str, *, opinion: str, by: User, at: datetime, version: int
) -> None:
    """Agree to or refuse what was read at `version`, at the step where it waits.

    The second agreement grants it. Raises MoveRefused, StaleSave.
    """
    measure = _held(extension.measure)
    _seen(extension, version)
    if not permissions.may_decide_extension(by, extension):
        raise MoveRefused(f"{measure.code} 的延期申请现在不能由您审批，请看最新状态。")
    if verdict == Verdict.REFUSE and not opinion.strip():
        raise MoveRefused("不同意延期要写明理由。")
    step = extension.step
    state = _outcome(step, verdict)
    if state == ExtensionState.GRANTED:
        _still_possible(extension, measure)
    settled = {} if state == ExtensionState.ENDORSED else _settled(by, at)
    _claim(extension, state, by=by, at=at, why=opinion, **settled)
    ExtensionDecision.objects.create(
        extension=extension,
        step=step,
        decision=verdict,
        opinion=opinion,
        by=by,
        on_behalf_of=by.acting_for,
        at=at,
        on=day_of(at),
    )
    if state == ExtensionState.GRANTED:
        _move_deadline(measure, extension, by=by, at=at)
        extension.measure.refresh_from_db(
            fields=["deadline", "precision", "times_postponed", "version"]
        )


@transaction.atomic
def withdraw(extension: Extension, *, why: str, by: User, at: datetime, version: int) -> None:
    """Take the request back. Raises MoveRefused, StaleSave."""
    measure = _held(extension.measure)
    _seen(extension, version)
    if not permissions.may_withdraw_extension(by, extension):
        raise MoveRefused(f"{measure.code} 的延期申请只能由申请人撤回。")
    if not why.strip():
        raise MoveRefused("撤回延期申请要写明理由。")
    _claim(extension, ExtensionState.WITHDRAWN, by=by, at=at, why=why, **_settled(by, at, why))


@transaction.atomic
def lapse(measure: Measure, *, by: User, at: datetime, why: str) -> None:
    """End a pending request that has lost its point, if there is one.

    Called by what closes a measure or changes its deadline otherwise, in its transaction.
    """
    extension = permissions.pending_extension(measure)
    if extension:
        _claim(extension, ExtensionState.LAPSED, by=by, at=at, why=why, **_settled(by, at, why))


def _held(measure: Measure) -> Measure:
    """The measure as it stands, held to the end."""
    return (
        Measure.objects.select_for_update(of=("self",), no_key=True)
        .select_related("inspection", "lead_unit")
        .get(pk=measure.pk)
    )


def _seen(extension: Extension, version: int) -> None:
    """Raise StaleSave where the person read another version than the one that stands."""
    extension.refresh_from_db(fields=["state", "version"])
    if extension.version != version or not extension.is_pending:
        says = extension.get_state_display()
        raise StaleSave(
            f"{extension.measure.code} 的延期申请在您打开之后被处理过，现在是“{says}”。"
        )


def _why_not(measure: Measure, *, on: date) -> str:
    if measure.is_finished:
        return f"{measure.code} 已是“{measure.get_status_display()}”，不用延期。"
    if measure.deadline is None:
        return f"{measure.code} 没有约定的整改时限，不用延期。"
    if on > measure.deadline:
        agreed = measure.deadline_phrase
        return f"{measure.code} 的整改时限是{agreed}，已经过了。延期要在时限到期前申请。"
    return f"{measure.code} 的延期要由牵头单位的填报员申请。"


def _outcome(step: int, verdict: str) -> ExtensionState:
    if verdict == Verdict.REFUSE:
        return ExtensionState.REFUSED
    return ExtensionState.ENDORSED if step == 1 else ExtensionState.GRANTED


def _still_possible(extension: Extension, measure: Measure) -> None:
    """Raise MoveRefused where the measure has moved on since the request."""
    if measure.is_finished:
        raise MoveRefused(f"{measure.code} 已是“{measure.get_status_display()}”，不用延期。")
    started_from = (extension.from_deadline, extension.from_precision)
    if (measure.deadline, measure.precision) != started_from:
        raise MoveRefused(
            f"{measure.code} 的整改时限在申请之后改成了{measure.deadline_phrase}，"
            "请先不同意这份申请，需要延期的重新申请。"
        )


def _settled(by: User, at: datetime, why: str = "") -> dict[str, Any]:
    return {"settled_by": by, "settled_at": at, "settled_on": day_of(at), "settled_why": why}


def _claim(
    extension: Extension, state: ExtensionState, *, by: User, at: datetime, why: str, **ended: Any
) -> None:
    """Change the state by compare-and-swap, and write the journal."""
    before = {"number": extension.number, "state": extension.state}
    rows = Extension.objects.filter(
        pk=extension.pk, state=extension.state, version=extension.version
    )
    if not rows.update(state=state, version=F("version") + 1, **ended):
        raise StaleSave(f"{extension.measure.code} 的延期申请刚被别人处理过，请看最新状态。")
    extension.refresh_from_db(fields=["state", "version", *ended])
    after = {"number": extension.number, "state": str(state)}
    act = Act(_VERBS[state], "measure", extension.measure.subject_code, before, after, why)
    journal.append(act, by=by, at=at)


def _move_deadline(measure: Measure, extension: Extension, *, by: User, at: datetime) -> None:
    """Agree on the later deadline: by compare-and-swap, with its dated row and the journal."""
    rows = Measure.objects.filter(pk=measure.pk, version=measure.version)
    if not rows.update(
        deadline=extension.deadline,
        precision=extension.precision,
        times_postponed=F("times_postponed") + 1,
        version=F("version") + 1,
    ):
        raise StaleSave(f"{measure.code} 刚被别人改过，延期没有办成，请重新打开再审批。")
    DeadlineChange.objects.create(
        measure=measure,
        from_deadline=extension.from_deadline,
        from_precision=extension.from_precision,
        to_deadline=extension.deadline,
        to_precision=extension.precision,
        extension=extension,
        by=by,
        on_behalf_of=by.acting_for,
        at=at,
        on=day_of(at),
        why=extension.reason,
    )
    before = {"deadline": measure.deadline, "precision": measure.precision}
    after = {"deadline": extension.deadline, "precision": extension.precision}
    act = Act("extend", "measure", measure.subject_code, before, after, extension.reason)
    journal.append(act, by=by, at=at)
