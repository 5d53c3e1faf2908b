from accounts.models.deputy import MOST_DAYS, AbsenceKind, Deputy, signature
from accounts.models.journal import JournalEntry, JournalHead
from accounts.models.role import ADMINISTRATORS, Role, RoleAssignment
from accounts.models.unit import Unit, UnitKind, UnitQuerySet, under
from accounts.models.user import User

__all__ = [
    "ADMINISTRATORS",
    "MOST_DAYS",
    "AbsenceKind",
    "Deputy",
    "JournalEntry",
    "JournalHead",
    "Role",
    "RoleAssignment",
    "Unit",
    "UnitKind",
    "UnitQuerySet",
    "User",
    "signature",
    "under",
]
