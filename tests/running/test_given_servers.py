"""bin/serve on a database and a broker that somebody gives it."""

import re
from contextlib import closing

import psycopg2
import pytest

from tests.postgres import running_server
from tests.running.conftest import until


@pytest.fixture(scope="module")
def database():
    with running_server() as address:
        yield address


def rows(database: str, table: str) -> int:
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def test_they_are_used_instead_of_the_embedded_ones_and_stay_empty(
    starting, tmp_path, database, broker
):
    given = starting(tmp_path / "data", DATABASE_URL=database, REDIS_URL=broker)
    until(lambda: given.pid_of("config.celery worker"), what="the worker")

    assert given.status() is not None
    assert given.pid_of("valkey-server") is None
    assert not (tmp_path / "data/ledger.sqlite3").exists()
    assert rows(database, "accounts_user") == 0
    assert not re.search("password|密码", given.stop())


def test_the_demonstration_comes_when_asked_for(starting, tmp_path, database, broker):
    given = starting(tmp_path / "data", "--demo", DATABASE_URL=database, REDIS_URL=broker)

    assert rows(database, "rectification_measure") == 161
    assert "密码" in given.stop()
