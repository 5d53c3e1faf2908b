"""The verbs of a deputyship: appoint, end; and the choice to act under one, or for oneself again.

A deputyship is given by the principal, in person: a deputy cannot pass on what was passed to them.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts import journal
from accounts.journal import Act
from accounts.models import ADMINISTRATORS, MOST_DAYS, Deputy, Role, RoleAssignment, User
from accounts.rights import rights_of


class DeputyRefused(Exception):
    """This deputyship cannot be given or ended so. The message is for the user."""


@dataclass(frozen=True)
class Period:
    """From the beginning of the first day to the end of the last."""

    from_on: date
    until_on: date


def eligible(principal: User) -> QuerySet[User]:
    """Who may act for this person: people of the same bureau who can sign in.

    They work in the person's unit or hold a role of the business; administrators never.
    """
    unit = principal.unit
    if unit is None:
        return User.objects.none()
    root = "/" + unit.path.split("/")[1] + "/"
    held = RoleAssignment.objects.filter(user=OuterRef("pk"), ended_on=None)
    return (
        User.objects.filter(is_active=True, unit__path__startswith=root)
        .filter(Q(unit__path__startswith=unit.path) | Exists(held.exclude(role__in=ADMINISTRATORS)))
        .exclude(Exists(held.filter(role__in=ADMINISTRATORS)))
        .exclude(password__startswith="!")
        .exclude(pk=principal.pk)
        .select_related("unit")
        .order_by("unit__order", "unit", "pk")
    )


@transaction.atomic
def appoint(deputy: User, *, period: Period, why: str, by: User, at: datetime) -> Deputy:
    """Let `deputy` act for `by` in that period. Raises DeputyRefused."""
    _may_appoint(deputy, period, by=by, at=at)
    # Of two appointments at once the second waits here, and then sees the first.
    list(User.objects.select_for_update(no_key=True).filter(pk=by.pk).values_list("pk"))
    overlapping = Deputy.objects.of_pair(by, deputy).filter(
        from_on__lte=period.until_on, until_on__gte=period.from_on
    )
    if other := overlapping.first():
        raise DeputyRefused(f"{deputy}已有{other.period}的代理，时间不能重叠。")
    row = Deputy.objects.create(
        principal=by,
        deputy=deputy,
        from_on=period.from_on,
        until_on=period.until_on,
        why=why,
        given_by=by,
        at=at,
    )
    after = {"deputy": str(deputy), "from": period.from_on, "until": period.until_on}
    act = Act("appoint", "deputy", str(row.pk), after=after, why=row.get_why_display())
    journal.append(act, by=by, at=at)
    return row


@transaction.atomic
def end(row: Deputy, *, by: User, at: datetime) -> None:
    """End it before its last day: the principal, or the security administrator.

    Raises DeputyRefused.
    """
    if not may_end(by, row):
        raise DeputyRefused("只有委托人本人或安全管理员可以结束代理。")
    running = Deputy.objects.to_come(on=_day(at)).filter(pk=row.pk)
    if not running.update(ended_at=at, ended_by=by):
        raise DeputyRefused("这项代理已经结束，请刷新页面。")
    row.refresh_from_db(fields=["ended_at", "ended_by"])
    after = {"ended_at": at}
    journal.append(Act("end", "deputy", str(row.pk), {"ended_at": None}, after), by=by, at=at)


def may_end(user: User, row: Deputy) -> bool:
    if user.acting_for is not None:
        return False
    return row.principal_id == user.pk or rights_of(user).holds(Role.SECURITY_ADMIN)


def begin(row: Deputy, *, by: User, at: datetime) -> None:
    """Put on record that from here on `by` acts under this deputyship. Raises DeputyRefused."""
    if standing(by, row.pk, on=_day(at)) is None:
        raise DeputyRefused("这项代理还没有开始，或者已经结束。")
    after = {"on_behalf_of": str(row.principal)}
    journal.append(Act("act", "deputy", str(row.pk), after=after), by=by, at=at)


def rest(row: Deputy, *, by: User, at: datetime) -> None:
    """Put on record that `by` acts for nobody any more."""
    before = {"on_behalf_of": str(row.principal)}
    journal.append(Act("rest", "deputy", str(row.pk), before), by=by, at=at)


def standing(user: User, pk: object, *, on: date) -> Deputy | None:
    """The deputyship of this key under which this person may act on that day, or None.

    An administrator acts for nobody, also where the role came after the deputyship.
    """
    if not isinstance(pk, int):
        return None
    return open_to(user, on=on).filter(pk=pk).first()


def open_to(user: User, *, on: date) -> QuerySet[Deputy]:
    """The deputyships under which this person may act on that day, oldest first."""
    return in_force(on=on).filter(deputy=user).select_related("principal__unit")


def in_force(*, on: date) -> QuerySet[Deputy]:
    """Every deputyship under which somebody may act on that day, oldest first."""
    administers = RoleAssignment.objects.filter(
        user=OuterRef("deputy"), ended_on=None, role__in=ADMINISTRATORS
    )
    return Deputy.objects.valid(on=on).filter(~Exists(administers)).order_by("from_on", "pk")


def _may_appoint(deputy: User, period: Period, *, by: User, at: datetime) -> None:
    if by.acting_for is not None:
        raise DeputyRefused("正在代理他人时不能再委托别人，请先结束代理。")
    if (
        not set(Role)
        .difference(ADMINISTRATORS)
        .intersection(role for role, _ in rights_of(by).holdings)
    ):
        raise DeputyRefused("您没有业务角色，没有可以委托的事项。")
    if not eligible(by).filter(pk=deputy.pk).exists():
        raise DeputyRefused(f"{deputy}不能代理您：代理人要在本机关、能登录，并且不是管理员。")
    if period.from_on < _day(at):
        raise DeputyRefused("代理从今天或以后的日期开始，不能补办以前的。")
    if period.until_on < period.from_on:
        raise DeputyRefused("代理的结束日期不能早于开始日期。")
    if (period.until_on - period.from_on).days >= MOST_DAYS:
        raise DeputyRefused(f"一次代理最多{MOST_DAYS}天，请缩短时间，或者办理责任交接。")


def _day(at: datetime) -> date:
    return timezone.localtime(at).date()
