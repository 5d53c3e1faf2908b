"""Who sees what, and who keeps what belongs to no measure."""

from accounts.models import Role, Unit, User
from accounts.rights import rights_of
from rectification.models import (
    Inspection,
    Notice,
    houses_of,
)

BUSINESS = (
    Role.LIAISON,
    Role.UNIT_HEAD,
    Role.OFFICE,
    Role.EXECUTIVE,
    Role.PARTY_GROUP,
    Role.SUPERVISOR,
)
KEEPING_CHANNELS = (Role.UNIT_HEAD, Role.LIAISON, Role.OFFICE)
OVERVIEW = (Role.OFFICE, Role.EXECUTIVE, Role.PARTY_GROUP, Role.SUPERVISOR)


def scope_of(user: User) -> tuple[str, ...]:
    """The subtrees whose business this person may see."""
    return rights_of(user).paths(*BUSINESS)


def may_oversee(user: User, inspection: Inspection) -> bool:
    """See the whole inspection: dashboard, dispatch, reports."""
    return rights_of(user).covers(inspection.inspected_unit, *OVERVIEW)


def may_run(user: User, inspection: Inspection) -> bool:
    """Keep the ledger, run dispatches, draft and publish reports."""
    return rights_of(user).covers(inspection.inspected_unit, Role.OFFICE)


def may_keep_calendar(user: User) -> bool:
    """Keep the working calendar, which all inspections of the house share."""
    return rights_of(user).holds(Role.SYSTEM_ADMIN, Role.OFFICE)


def may_keep_channels(user: User, unit: Unit) -> bool:
    """Enter and end a unit's ways to be reached: its head, its liaison, and the office."""
    return rights_of(user).covers(unit, *KEEPING_CHANNELS)


def may_send_again(user: User, notice: Notice) -> bool:
    """Send a message again that was held or has failed: the office of the inspection, or that of
    the recipient's unit."""
    units = houses_of([notice])[notice.pk]
    return any(rights_of(user).covers(unit, Role.OFFICE) for unit in units)
