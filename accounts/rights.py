"""What a person holds: roles, each for a unit and all below it. Read once per request."""

from dataclasses import dataclass

from accounts.models import Role, RoleAssignment, Unit, User


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
    """The person's rights, remembered on the user object, that is, for one request."""
    rights: Rights | None = user.__dict__.get("rights")
    if rights is None:
        held = RoleAssignment.objects.filter(user=user, ended_on=None, user__is_active=True)
        rights = Rights(tuple(held.order_by("pk").values_list("role", "unit__path")))
        user.__dict__["rights"] = rights
    return rights
