from accounts.models.journal import JournalEntry, JournalHead
from accounts.models.role import ADMINISTRATORS, Role, RoleAssignment
from accounts.models.unit import Unit, UnitKind, under
from accounts.models.user import User

__all__ = [
    "ADMINISTRATORS",
    "JournalEntry",
    "JournalHead",
    "Role",
    "RoleAssignment",
    "Unit",
    "UnitKind",
    "User",
    "under",
]
