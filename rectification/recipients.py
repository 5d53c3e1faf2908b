"""Who hears from us: the people of a unit by role, and where each of them is reached."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.models import Role, RoleAssignment, Unit, User
from rectification.models import Channel, ContactPoint, Notice

ENDED = "这个通知方式已经停用，没有再发。"


@dataclass(frozen=True)
class Addressee:
    """A person, as one of a unit or for themselves; or, without a person, the group of a unit."""

    user: User | None
    unit: Unit | None


@dataclass(frozen=True)
class Reached:
    """One way to an addressee. `fault` says why the address cannot be used, or is empty."""

    channel: str
    address: str
    contact: ContactPoint | None = None
    fault: str = ""


def holders(units: Iterable[Unit], *roles: Role) -> dict[int, tuple[User, ...]]:
    """For each unit's key: who holds one of the roles there, in order of their keys.

    Where nobody does, those of the nearest unit above that has somebody.
    """
    held = RoleAssignment.objects.filter(role__in=roles, ended_on=None, user__is_active=True)
    people: dict[str, dict[int, User]] = {}
    for each in held.select_related("user__unit", "unit").order_by("user_id"):
        people.setdefault(each.unit.path, {})[each.user_id] = each.user
    return {unit.pk: tuple(_nearest(unit.path, people).values()) for unit in units}


def _nearest(path: str, people: dict[str, dict[int, User]]) -> dict[int, User]:
    steps = path.strip("/").split("/")
    for length in range(len(steps), 0, -1):
        found = people.get(f"/{'/'.join(steps[:length])}/")
        if found:
            return found
    return {}


def ways_to(addressees: Collection[Addressee]) -> dict[Addressee, tuple[Reached, ...]]:
    """How each addressee is reached outside the system.

    A person without a mail address of their own choice is written to at the one of their account;
    one who has ended theirs is not written to at all. Nobody is while there is no mail server.
    """
    users = [each.user.pk for each in addressees if each.user]
    units = [each.unit.pk for each in addressees if each.unit and not each.user]
    of_users = ContactPoint.objects.filter(user__in=users).order_by("pk")
    of_units = ContactPoint.objects.filter(unit__in=units).order_by("pk")
    points: dict[tuple[str, int | None], list[ContactPoint]] = {}
    for point in (*of_users, *of_units):
        owner = ("user", point.user_id) if point.user_id else ("unit", point.unit_id)
        points.setdefault(owner, []).append(point)
    return {each: _ways(each, points.get(_owner(each), [])) for each in addressees}


def mail_of_account(user: User) -> str:
    """The account's address where it is in use: nobody has entered or switched off another."""
    return "" if _chose_mail([user.pk]) else user.email


def stopped(notices: Collection[Notice]) -> dict[int, str]:
    """Of those that nobody wants any more, why, by their keys: the person is not active, or the
    address has been ended since. `recipient` and `contact` should be at hand."""
    of_accounts = [row for row in notices if row.contact is None and row.channel == Channel.MAIL]
    chose = _chose_mail([row.recipient_id for row in of_accounts if row.recipient_id])
    why = {
        row.pk: ENDED
        for row in notices
        if (row.contact and row.contact.ended_at)
        or (row.contact is None and row.channel == Channel.MAIL and row.recipient_id in chose)
    }
    gone = [row for row in notices if row.recipient and not row.recipient.is_active]
    return why | {row.pk: "收件人已停用，没有再发。" for row in gone}


def _chose_mail(users: Collection[int]) -> set[int]:
    """Those of these who have entered or switched off a mail address of their own."""
    chosen = ContactPoint.objects.filter(user__in=users, channel=Channel.MAIL) if users else []
    return {point.user_id for point in chosen if point.user_id}


def _owner(each: Addressee) -> tuple[str, int | None]:
    return ("user", each.user.pk) if each.user else ("unit", each.unit.pk if each.unit else None)


def _ways(addressee: Addressee, points: list[ContactPoint]) -> tuple[Reached, ...]:
    ways = [
        Reached(point.channel, point.address, point, _fault(point.channel, point.address))
        for point in points
        if point.ended_at is None
    ]
    chose_mail = any(point.channel == Channel.MAIL for point in points)
    if addressee.user and addressee.user.email and not chose_mail:
        mail = addressee.user.email
        ways.append(Reached(Channel.MAIL, mail, fault=_fault(Channel.MAIL, mail)))
    return tuple(way for way in ways if is_set_up(way.channel))


def is_set_up(channel: str) -> bool:
    """Whether this place uses the channel. What nobody could take out is not written: set up months
    later, it would be old news."""
    return channel != Channel.MAIL or bool(settings.EMAIL_HOST)


def _fault(channel: str, address: str) -> str:
    if channel != Channel.MAIL:
        return ""
    try:
        validate_email(address)
    except ValidationError:
        return "邮件地址无效，请在通知方式里改正。"
    return ""
