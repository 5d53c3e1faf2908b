"""What a person holds: roles, each for a unit and all below it. Read once per request."""

from dataclasses import dataclass

from accounts.models import ADMINISTRATORS, Role, RoleAssignment, Unit, User


@dataclass(frozen=True)
class Rights:
    """The roles somebody holds now, as pairs of role and the path of the unit."""

    holdings: tuple[tuple[str, str], ...]

    def holds(self, *roles: Role) -> bool:
        return any(role in roles for role, _ in self.holdings)

    def paths(self, *roles: Role) -> tuple[str, ...]:
        """The subtrees for which one of the roles is held."""
        return tuple(path for role, path in self.holdings if role in roles)

    def covers(self, unit: Unit, *roles: Role) -> bool:
        """Whether one of the roles is held for this unit."""
        return any(unit.path.startswith(path) for path in self.paths(*roles))


def rights_of(user: User) -> Rights:
    """The person's rights, remembered on the user object, that is, for one request.

    Who acts for somebody has the rights of that person instead of the own ones: roles of the
    business alone, never an administrator's, and never what that person holds as a deputy.
    """
    principal = user.acting_for
    key = f"rights_as_{principal.pk}" if principal else "rights"
    rights: Rights | None = user.__dict__.get(key)
    if rights is None:
        holder = principal or user
        held = RoleAssignment.objects.filter(user=holder, ended_on=None, user__is_active=True)
        if principal:
            held = held.exclude(role__in=ADMINISTRATORS)
        rights = Rights(tuple(held.order_by("pk").values_list("role", "unit__path")))
        user.__dict__[key] = rights
    return rights
