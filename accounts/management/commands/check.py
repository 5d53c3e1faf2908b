from typing import Any

from django.core import checks
from django.core.management.commands import check
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection

from accounts.checks import THOROUGH


class Command(check.Command):
    """Django's command, which looks into the database only when that is named: here it does where
    there is one, since the journal's protection is there."""

    help = "检查设置、审计日志的保护和归档邮箱是否完好。"

    def handle(self, *app_labels: Any, **options: Any) -> None:
        options["databases"] = options["databases"] or _reachable()
        super().handle(*app_labels, **options)
        if not app_labels and not options["tags"] and not options["list_tags"]:
            self.check(
                tags=[THOROUGH],
                include_deployment_checks=True,
                databases=options["databases"],
                fail_level=getattr(checks, options["fail_level"]),
            )


def _reachable() -> list[str]:
    try:
        connection.ensure_connection()
    except DatabaseError:
        return []  # that it cannot be reached is said by whoever needs it
    return [DEFAULT_DB_ALIAS]
