from typing import Any

from django.core.management.commands import migrate

from accounts import database_roles


class Command(migrate.Command):
    """Django's command, as the owner of MIGRATE_DATABASE_URL where one is given; afterwards the
    application's role has what it needs, and no more."""

    help = "升级数据库结构；设置了 MIGRATE_DATABASE_URL 时以属主角色进行。"

    def handle(self, *args: Any, **options: Any) -> None:
        with database_roles.as_owner():
            super().handle(*args, **options)
        database_roles.grant_to_application()
