"""不再适用: a unit or the office asks with a reason, an executive or the party group decides."""

from datetime import datetime

from django.db import transaction

from accounts import journal
from accounts.journal import Act
from accounts.models import User
from rectification import permissions, settling, workflow
from rectification.clock import day_of
from rectification.models import Exemption, Measure
from rectification.moving import MoveRefused, StaleSave
from rectification.states import ExemptionState


@transaction.atomic
def request(measure: Measure, *, reason: str, by: User, at: datetime, version: int) -> Exemption:
    """Ask that the measure, as it stood at `version`, be not applicable any more.

    Raises MoveRefused, StaleSave.
    """
    _standing(measure, version)
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
    workflow.exempt(exemption, by=by, at=at, opinion=opinion, version=version)
    _settle(exemption, ExemptionState.GRANTED, by=by, at=at, opinion=opinion)


@transaction.atomic
def refuse(exemption: Exemption, *, opinion: str, by: User, at: datetime, version: int) -> None:
    """The measure goes on. Raises MoveRefused, StaleSave."""
    _decidable(exemption, by=by)
    _standing(exemption.measure, version)
    _settle(exemption, ExemptionState.REFUSED, by=by, at=at, opinion=opinion)


@transaction.atomic
def withdraw(exemption: Exemption, *, why: str, by: User, at: datetime, version: int) -> None:
    """Take the application back. Raises MoveRefused, StaleSave."""
    if not permissions.may_withdraw_exemption(by, exemption):
        raise MoveRefused(f"{exemption} 现在不能由您撤回，请刷新页面看最新状态。")
    _standing(exemption.measure, version)
    _settle(exemption, ExemptionState.WITHDRAWN, by=by, at=at, opinion=why)


def _settle(
    exemption: Exemption, state: ExemptionState, *, by: User, at: datetime, opinion: str
) -> None:
    try:
        settling.settle(exemption, state, by=by, at=at, opinion=opinion)
    except settling.AlreadySettled as refusal:
        raise MoveRefused(str(refusal)) from refusal


def _decidable(exemption: Exemption, *, by: User) -> None:
    if not permissions.may_decide_exemption(by, exemption):
        raise MoveRefused(
            f"{exemption} 现在不能由您审批：要由分管领导或党组审批，"
            "申请过、报送过这条措施的人不能审批。请刷新页面看最新状态。"
        )


def _standing(measure: Measure, version: int) -> None:
    """Hold the measure where it stands at this version; raise StaleSave where it does not."""
    held = Measure.objects.select_for_update(of=("self",)).values_list("version", flat=True)
    if held.get(pk=measure.pk) != version:
        raise StaleSave(f"{measure.code} 在您打开之后被别人改过，您的内容没有保存。")
