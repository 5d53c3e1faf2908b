"""Two roles on PostgreSQL: the owner migrates, the application's role only works.

With MIGRATE_DATABASE_URL (`settings.MIGRATE_DATABASE`, empty where it is not given) the tables
belong to a role that the running system never uses. What the application's role may do is granted
after each migration: in the journal to read and append, elsewhere to read, add and change rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction

JOURNAL = "accounts_journalentry"
SAME = ("USER", "PASSWORD", "HOST", "PORT", "OPTIONS")  # what the owner's address may change
RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")
JOURNAL_RIGHTS = ("SELECT", "INSERT")


@contextmanager
def as_owner() -> Iterator[None]:
    """The connection as the owner's, where one is given; nothing changes where none is."""
    owner = settings.MIGRATE_DATABASE
    if not owner or connection.settings_dict["USER"] == owner["USER"]:
        yield
        return
    kept = {name: connection.settings_dict[name] for name in SAME}
    connection.close()
    connection.settings_dict.update({name: owner[name] for name in SAME if name in owner})
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(kept)


def grant_to_application() -> None:
    """Give the application's role its rights, and take every other. As the owner; repeatable."""
    if not settings.MIGRATE_DATABASE:
        return
    role = settings.DATABASES["default"]["USER"]
    with as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
            " AND tableowner = current_user ORDER BY 1"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(_sentence(table, role))
        name = connection.ops.quote_name(role)
        cursor.execute(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {name}")
        cursor.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}")


def application_may_change_journal() -> bool:
    """Whether this connection's role could lift the journal's triggers or change it past them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR pg_has_role(current_user, relowner, 'MEMBER')"
            " OR has_table_privilege(current_user, pg_class.oid,"
            " 'UPDATE, DELETE, TRUNCATE, TRIGGER')"
            " FROM pg_class, pg_roles"
            " WHERE pg_class.oid = to_regclass(%s) AND rolname = current_user",
            [JOURNAL],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def _sentence(table: str, role: str) -> str:
    rights = ", ".join(JOURNAL_RIGHTS if table == JOURNAL else RIGHTS)
    table, role = connection.ops.quote_name(table), connection.ops.quote_name(role)
    return f"REVOKE ALL ON {table} FROM PUBLIC, {role}; GRANT {rights} ON {table} TO {role}"
