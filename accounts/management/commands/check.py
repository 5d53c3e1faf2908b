from typing import Any

from django.core.management.commands import check
from django.db import DEFAULT_DB_ALIAS


class Command(check.Command):
    """Django's command, which looks into the database only when that is named: here it always does,
    since the journal's protection is there."""

    help = "检查设置和审计日志的保护是否完好。"

    def handle(self, *app_labels: Any, **options: Any) -> None:
        options["databases"] = options["databases"] or [DEFAULT_DB_ALIAS]
        super().handle(*app_labels, **options)
