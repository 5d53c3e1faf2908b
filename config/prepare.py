"""What must be true before the first page: the database is reachable and migrated, the static files
are collected, the working calendar holds this year and the next, and an empty database of a
demonstration holds its ledger.

One process for all of it, because most of its time is Django's own start. A refusal is one sentence
on stdout and exit code 2.
"""

import argparse
import hashlib
import os
import sys
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from accounts import database_roles
from config.env import SettingRefused

EXIT_REFUSED = 2


class PreparationRefused(Exception):
    """The database or a setting is not fit to start with."""


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    parser = argparse.ArgumentParser()
    parser.add_argument("--demo", choices=["never", "embedded", "always"], default="embedded")
    wishes = parser.parse_args()
    try:
        django.setup()
        connect()
        migrate()
        collect_static()
        call_command("prefill_calendar", verbosity=0)
        load_demo(wish=wishes.demo)
    except (SettingRefused, PreparationRefused, CommandError, ImproperlyConfigured) as refusal:
        print(refusal)
        return EXIT_REFUSED
    return 0


def connect() -> None:
    """Raises PreparationRefused, without the password that an address may hold."""
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        name = connection.settings_dict["NAME"]
        if connection.vendor == "sqlite":
            raise PreparationRefused(
                f"内置数据库 {name} 无法打开（{error}）："
                "请检查这个文件，或用 DATA_DIR 指定另一个文件夹。"
            ) from error
        raise PreparationRefused(
            f"连接不上 DATABASE_URL 指定的数据库 {name}：请检查主机、端口、用户名和密码。"
        ) from error


def migrate() -> None:
    """Nothing where nothing is new: a second start stays short."""
    with database_roles.as_owner():
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        call_command("migrate", interactive=False, verbosity=0)
    else:
        database_roles.grant_to_application()


def collect_static() -> None:
    """Nothing where no source changed since the last time."""
    stamp = settings.DATA_DIR / "static.stamp"
    wanted = static_fingerprint()
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if manifest.exists() and stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(wanted, encoding="ascii")


def static_fingerprint() -> str:
    """Of every static file's name, size and time of change, and of how they are kept."""
    digest = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            state = Path(storage.path(name)).stat()
            digest.update(f"{name}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def load_demo(*, wish: str) -> None:
    """Into an empty embedded database; into a given one only when asked. Raises CommandError."""
    embedded = settings.DATABASES["default"]["NAME"] == settings.EMBEDDED_DATABASE["NAME"]
    if wish == "never" or (wish == "embedded" and not embedded) or not _is_empty():
        return
    call_command("load_demo", verbosity=0)


def _is_empty() -> bool:
    models = (apps.get_model("accounts", "User"), apps.get_model("rectification", "Inspection"))
    return not any(model._default_manager.exists() for model in models)


if __name__ == "__main__":
    sys.exit(main())
