from typing import Any

from django.core.management.commands import check
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection


class Command(check.Command):
    """Django's command, which looks into the database only when that is named: here it does where
    there is one, since the journal's protection is there."""

    help = "检查设置和审计日志的保护是否完好。"

    def handle(self, *app_labels: Any, **options: Any) -> None:
        options["databases"] = options["databases"] or _reachable()
        super().handle(*app_labels, **options)


def _reachable() -> list[str]:
    try:
        connection.ensure_connection()
    except DatabaseError:
        return []  # that it cannot be reached is said by whoever needs it
    return [DEFAULT_DB_ALIAS]
