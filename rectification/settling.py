"""How an application for 不再适用 ends: written here for `exempting` and `workflow` alike."""

from datetime import datetime

from django.db.models import F

from accounts import journal
from accounts.journal import Act
from accounts.models import User
from rectification.clock import day_of
from rectification.models import Exemption, Measure
from rectification.states import ExemptionState


class AlreadySettled(Exception):
    """Somebody else was first. The message is for the user."""


def settle(
    exemption: Exemption, state: ExemptionState, *, by: User, at: datetime, opinion: str = ""
) -> None:
    """Write down how the application ended, by compare-and-swap. Raises AlreadySettled."""
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
        raise AlreadySettled(f"{exemption} 刚被别人处理过，请刷新页面看最新状态。")
    exemption.refresh_from_db(fields=["version", *settled])
    before, after = {"state": ExemptionState.REQUESTED}, {"state": state}
    act = Act(state, "exemption", exemption.subject_code, before, after, opinion)
    journal.append(act, by=by, at=at)


def lapse(measure: Measure, *, by: User, at: datetime) -> None:
    """Whoever applies for close-out says that the measure applies: what waits is void."""
    for exemption in Exemption.objects.pending().filter(measure=measure):
        settle(exemption, ExemptionState.LAPSED, by=by, at=at)
