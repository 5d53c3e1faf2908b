from typing import Any

from django.core.management.commands import migrate

from accounts import database_roles


class Command(migrate.Command):
    """Django's command, as the owner of MIGRATE_DATABASE_URL where one is given; afterwards the
    application's role has what it needs, and no more."""

    def handle(self, *args: Any, **options: Any) -> None:
        with database_roles.as_owner():
            super().handle(*args, **options)
        database_roles.grant_to_application()
