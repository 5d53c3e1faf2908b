"""On PostgreSQL with two roles, the application's own role cannot change the journal."""

import os
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import quote

import psycopg2
import pytest
from django.db import connection

from config.env import SettingRefused, env_owner
from tests.conftest import REPOSITORY

OWNER, APPLICATION, DATABASE = "journal_owner", "journal_app", "journal_roles"
TABLE = "accounts_journalentry"

REFUSED = [
    f"UPDATE {TABLE} SET why = 'x'",
    f"DELETE FROM {TABLE}",
    f"TRUNCATE {TABLE}",
    f"TRUNCATE {TABLE} CASCADE",
    f"DROP TRIGGER journal_no_change ON {TABLE}",
    f"ALTER TABLE {TABLE} DISABLE TRIGGER ALL",
    f"ALTER TABLE {TABLE} DISABLE TRIGGER USER",
    f"ALTER TABLE {TABLE} RENAME TO another",
    f"ALTER TABLE {TABLE} OWNER TO {APPLICATION}",
    f"CREATE TRIGGER mine BEFORE INSERT ON {TABLE} FOR EACH ROW EXECUTE FUNCTION"
    " journal_is_append_only()",
    f"CREATE RULE mine AS ON INSERT TO {TABLE} DO INSTEAD NOTHING",
    f"DROP TABLE {TABLE} CASCADE",
    "DROP FUNCTION journal_is_append_only() CASCADE",
    "CREATE OR REPLACE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RETURN NEW; END $$",
    "SET session_replication_role = replica",
    f"SET ROLE {OWNER}",
    "TRUNCATE rectification_measure CASCADE",
    "DROP TABLE rectification_measure CASCADE",
]


@pytest.fixture(scope="module")
def addresses(django_db_setup, django_db_blocker) -> Iterator[dict[str, str]]:
    """A migrated and filled database with two roles; the variables that name them."""
    if connection.vendor != "postgresql":
        pytest.skip("roles are PostgreSQL's")
    with django_db_blocker.unblock():
        _as_superuser(
            f"CREATE ROLE {OWNER} LOGIN PASSWORD 'o'",
            f"CREATE ROLE {APPLICATION} LOGIN PASSWORD 'a'",
            f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
        )
    yield {"DATABASE_URL": _url(APPLICATION, "a"), "MIGRATE_DATABASE_URL": _url(OWNER, "o")}
    with django_db_blocker.unblock():
        _as_superuser(
            f"DROP DATABASE {DATABASE} WITH (FORCE)",
            f"DROP ROLE {OWNER}",
            f"DROP ROLE {APPLICATION}",
        )


@pytest.fixture(scope="module")
def house(addresses, tmp_path_factory) -> dict[str, str]:
    """The environment of an installation with both roles, prepared as bin/serve does."""
    folder = tmp_path_factory.mktemp("roles")
    environment = {**os.environ, **addresses, "DATA_DIR": str(folder)}
    done = _run(environment, "-m", "config.prepare", "--demo", "always")
    assert done.returncode == 0, done.stdout + done.stderr
    return environment


def test_the_application_role_is_refused_everything_that_would_change_the_journal(house):
    codes = {statement: _refusal(statement) for statement in REFUSED}

    assert codes == dict.fromkeys(REFUSED, "42501")  # insufficient privilege


def test_the_application_role_grants_itself_nothing(house):
    assert _refusal(f"GRANT UPDATE ON {TABLE} TO {APPLICATION}") == ""  # a warning, and no right

    assert _refusal(f"UPDATE {TABLE} SET why = 'x'") == "42501"


def test_the_verbs_work_with_what_is_granted(house):
    told = _manage(house, "create_administrator", "--kind", "audit", "--username", "audit")
    assert told.returncode == 2, "its options are missing"
    made = ("--kind", "audit", "--username", "audit", "--name", "审计", "--unit", "云州市水务局")
    for command in (("create_administrator", *made), ("tick",), ("verify_journal",)):
        done = _manage(house, *command)
        assert done.returncode == 0, done.stdout + done.stderr


def test_migrating_again_changes_nothing_and_check_is_content(house):
    for _ in range(2):
        done = _manage(house, "migrate")
        assert done.returncode == 0, done.stdout + done.stderr

    checked = _manage(house, "check")

    assert checked.returncode == 0
    assert "accounts.W001" not in checked.stderr
    assert _refusal(f"DELETE FROM {TABLE}") == "42501"


def test_check_warns_where_the_application_owns_the_journal(house, addresses):
    alone = {name: value for name, value in house.items() if name != "MIGRATE_DATABASE_URL"}

    checked = _manage({**alone, "DATABASE_URL": addresses["MIGRATE_DATABASE_URL"]}, "check")

    assert "accounts.W001" in checked.stderr


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("mysql://a:b@h/ledger", "postgres://"),
        ("postgres://owner:b@h/another", "同一个"),
        ("postgres://app:b@h/ledger", "不能相同"),
        ("postgres://h/ledger", "不能相同"),
    ],
)
def test_an_owner_that_makes_no_sense_is_refused(monkeypatch, address, says):
    monkeypatch.setenv("MIGRATE_DATABASE_URL", address)

    with pytest.raises(SettingRefused, match=says):
        env_owner("MIGRATE_DATABASE_URL", of={"NAME": "ledger", "USER": "app"})


def test_an_owner_for_the_embedded_database_is_refused(monkeypatch):
    monkeypatch.setenv("MIGRATE_DATABASE_URL", "postgres://owner:b@h/ledger")

    with pytest.raises(SettingRefused, match="同一个"):
        env_owner("MIGRATE_DATABASE_URL", of={"NAME": "/var/ledger.sqlite3"})


def _url(role: str, password: str) -> str:
    given = connection.settings_dict
    port = f":{given['PORT']}" if given["PORT"] else ""
    host = quote(given["HOST"] or "localhost", safe="")
    return f"postgres://{role}:{password}@{host}{port}/{DATABASE}"


def _as_superuser(*statements: str) -> None:
    given = connection.settings_dict
    server = psycopg2.connect(
        dbname="postgres",
        user=given["USER"],
        password=given["PASSWORD"] or None,
        host=given["HOST"],
        port=given["PORT"] or None,
    )
    server.autocommit = True
    with server.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    server.close()


def _refusal(statement: str) -> str:
    """The code of the error with which the application's role is refused; empty where it is not."""
    given = connection.settings_dict
    server = psycopg2.connect(
        dbname=DATABASE,
        user=APPLICATION,
        password="a",
        host=given["HOST"],
        port=given["PORT"] or None,
    )
    try:
        with server, server.cursor() as cursor:
            cursor.execute(statement)
    except psycopg2.Error as error:
        return error.pgcode or "none"
    finally:
        server.close()
    return ""


def _manage(environment: dict[str, str], *command: str) -> "subprocess.CompletedProcess[str]":
    return _run(environment, "manage.py", *command)


def _run(environment: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        (sys.executable, *words),
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
