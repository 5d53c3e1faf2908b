"""不再适用: a unit or the office asks with a reason, an executive or the party group decides."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from accounts import journal
from accounts.journal import Act
from accounts.models import User
from rectification import moving, permissions
from rectification.clock import day_of
from rectification.models import Exemption, Measure
from rectification.moving import MoveRefused
from rectification.states import ExemptionState


@transaction.atomic
def request(measure: Measure, *, reason: str, by: User, at: datetime, version: int) -> Exemption:
    """Ask that the measure, as it stood at `version`, be not applicable any more.

    Raises MoveRefused, StaleSave.
    """
    moving.require_seen(measure, version)
    if not permissions.may_ask_exemption(by, measure):
        status = measure.get_status_display()
        raise MoveRefused(f"{measure.code} 现在是“{status}”，您不能申请不再适用，请刷新页面。")
    exemption = Exemption.objects.create(
        measure=measure,
        number=measure.exemptions.count() + 1,
        reason=reason,
        by=by,
        on_behalf_of=by.acting_for,
        at=at,
        on=day_of(at),
    )
    after = {"state": exemption.state, "measure_version": version}
    act = Act("request", "exemption", exemption.subject_code, after=after, why=reason)
    journal.append(act, by=by, at=at)
    return exemption


@transaction.atomic
def grant(exemption: Exemption, *, opinion: str, by: User, at: datetime, version: int) -> None:
    """The measure, as read at `version`, is not applicable any more. Raises MoveRefused, StaleSave.

    The measure is changed first, so that of two deciders one is refused before anything is written.
    """
    _decidable(exemption, by=by)
    why = f"{exemption.reason}（{opinion}）"
    moving.move_measure(exemption.measure, "exempt", by=by, at=at, why=why, version=version)
    _settle(exemption, ExemptionState.GRANTED, by=by, at=at, opinion=opinion)


@transaction.atomic
def refuse(exemption: Exemption, *, opinion: str, by: User, at: datetime, version: int) -> None:
    """The measure goes on. Raises MoveRefused, StaleSave."""
    _decidable(exemption, by=by)
    moving.require_seen(exemption.measure, version)
    _settle(exemption, ExemptionState.REFUSED, by=by, at=at, opinion=opinion)


@transaction.atomic
def withdraw(exemption: Exemption, *, why: str, by: User, at: datetime, version: int) -> None:
    """Take the application back. Raises MoveRefused, StaleSave."""
    if not permissions.may_withdraw_exemption(by, exemption):
        raise MoveRefused(f"{exemption} 现在不能由您撤回，请刷新页面看最新状态。")
    moving.require_seen(exemption.measure, version)
    _settle(exemption, ExemptionState.WITHDRAWN, by=by, at=at, opinion=why)


@transaction.atomic
def lapse(measure: Measure, *, by: User, at: datetime) -> None:
    """Whoever applies for close-out says that the measure applies: what waits is void."""
    exemption = permissions.pending_exemption(measure)
    if exemption:
        _settle(exemption, ExemptionState.LAPSED, by=by, at=at)


def _settle(
    exemption: Exemption, state: ExemptionState, *, by: User, at: datetime, opinion: str = ""
) -> None:
    """Write down how the application ended, by compare-and-swap. Raises MoveRefused."""
    pending = Exemption.objects.pending().filter(pk=exemption.pk, version=exemption.version)
    settled = {
        "state": state,
        "opinion": opinion,
        "settled_by": by,
        "settled_on_behalf_of": by.acting_for,
        "settled_at": at,
        "settled_on": day_of(at),
    }
    if not pending.update(version=F("version") + 1, **settled):
        raise MoveRefused(f"{exemption} 刚被别人处理过，请刷新页面看最新状态。")
    exemption.refresh_from_db(fields=["version", *settled])
    before, after = {"state": ExemptionState.REQUESTED}, {"state": state}
    act = Act(state, "exemption", exemption.subject_code, before, after, opinion)
    journal.append(act, by=by, at=at)


def _decidable(exemption: Exemption, *, by: User) -> None:
    if not permissions.may_decide_exemption(by, exemption):
        raise MoveRefused(
            f"{exemption} 现在不能由您审批：要由分管领导或党组审批，"
            "申请过、报送过这条措施的人不能审批。请刷新页面看最新状态。"
        )
