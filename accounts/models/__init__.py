from accounts.models.journal import JournalEntry, JournalHead
from accounts.models.role import Role, RoleAssignment
from accounts.models.unit import Unit, UnitKind, under
from accounts.models.user import User

__all__ = [
    "JournalEntry",
    "JournalHead",
    "Role",
    "RoleAssignment",
    "Unit",
    "UnitKind",
    "User",
    "under",
]
