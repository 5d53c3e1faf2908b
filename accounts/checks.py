"""What `bin/manage check` says of the journal's protection. Each reads the database."""

from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError, connection

from accounts import database_roles, journal

# Checks of this tag are registered with deploy=True and run for `bin/manage check` alone: they take
# time, or ask another server, and no other command waits for them.
THOROUGH = "thorough"


@register(Tags.database)
def the_application_cannot_change_the_journal(
    app_configs: Any, databases: Any = None, **_: Any
) -> list[CheckMessage]:
    """On PostgreSQL: not the owner of the journal's table, and no superuser."""
    if not databases:
        return []  # the caller asks nothing of the database
    try:
        if connection.vendor != "postgresql":
            return []
        exposed = database_roles.application_may_change_journal()
    except DatabaseError:
        return []  # that it cannot be reached is said by whoever needs it
    if not exposed:
        return []
    return [
        Warning(
            "DATABASE_URL 的数据库角色是审计日志表的属主或超级用户，可以绕开触发器改动日志。",
            hint="另设属主角色，写入 MIGRATE_DATABASE_URL，见 docs/operations.md。",
            id="accounts.W001",
        )
    ]


@register(Tags.database)
def the_witness_is_complete(
    app_configs: Any, databases: Any = None, **_: Any
) -> list[CheckMessage]:
    """HEAD_FILE holds the last head of the journal."""
    if not databases:
        return []
    try:
        gap = journal.witness_gap()
    except DatabaseError:
        return []
    return [Warning(gap, id="accounts.W002")] if gap else []
