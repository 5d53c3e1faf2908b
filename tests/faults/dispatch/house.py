"""An installation of the tests' own: folder, database, broker, mail server, warm nursery.

The database is a copy of the one that the test run has just migrated; filled once, it is copied
again for each scenario. Nothing here touches a folder or a database that it did not make.
"""

import contextlib
import json
import os
import secrets
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg2
import pytest
from django.conf import settings
from django.db import connection, connections

from config.broker import socket_path
from tests.faults.dispatch import servers
from tests.faults.dispatch.post_office import PostOffice, opened
from tests.faults.dispatch.servers import Brood

LEASE, TIMER, SWEEP, PATIENCE = 3, 2, 1, 1  # seconds; an installation has minutes
BATCH = 4  # small, so that many batches are cut off
# Of whoever runs the tests: none of it reaches the house.
FOREIGN = (
    "DATABASE_",
    "MIGRATE_",
    "REDIS_",
    "DATA_",
    "DEBUG",
    "HEAD_",
    "EMAIL_",
    "MAIL_",
    "DELIVERY_",
)


class NotOurs(Exception):
    """A database that holds somebody's rows: nothing is written there."""


class ChildFailed(Exception):
    """A child that was to do its work did not."""


# Databases: a template, and a copy for each scenario ----------------------------------------------


@dataclass(frozen=True)
class SqliteFiles:
    template: Path
    live: Path
    address: str = ""
    kind: str = "sqlite"

    def save(self) -> None:
        """The live one becomes the template. Nobody has it open."""
        assert not self.live.with_name(f"{self.live.name}-wal").exists(), "somebody has it open"
        self.template.write_bytes(self.live.read_bytes())

    def fresh(self) -> None:
        for suffix in ("-wal", "-shm", ""):
            self.live.with_name(f"{self.live.name}{suffix}").unlink(missing_ok=True)
        self.live.write_bytes(self.template.read_bytes())

    def drop(self) -> None:
        """The folder is the test run's and goes with it."""


@dataclass(frozen=True)
class PostgresDatabases:
    server: str  # the address of the database that the run was given
    name: str
    kind: str = "postgresql"

    @property
    def address(self) -> str:
        return urlunsplit(urlsplit(self.server)._replace(path=f"/{self.name}"))

    def save(self) -> None:
        self._do(f'ALTER DATABASE "{self.name}" RENAME TO "{self.name}_filled"')

    def fresh(self) -> None:
        self._do(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')
        self._do(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.name}_filled"')

    def copy_of(self, other: str) -> None:
        self._do(f'CREATE DATABASE "{self.name}" TEMPLATE "{other}"')

    def drop(self) -> None:
        for name in (self.name, f"{self.name}_filled"):
            self._do(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _do(self, statement: str) -> None:
        with contextlib.closing(psycopg2.connect(self.server)) as server:
            server.autocommit = True
            with server.cursor() as cursor:
                cursor.execute(statement)


Databases = SqliteFiles | PostgresDatabases


def copy_of_the_migrated(folder: Path) -> Databases:
    """Of the database that pytest-django has made in this run."""
    if connection.vendor == "sqlite":
        files = SqliteFiles(folder / "filled.sqlite3", folder / "ledger.sqlite3")
        with (
            contextlib.closing(sqlite3.connect(connection.settings_dict["NAME"])) as migrated,
            contextlib.closing(sqlite3.connect(files.live)) as live,
        ):
            migrated.backup(live)
        return files
    connections.close_all()
    made = PostgresDatabases(os.environ["DATABASE_URL"], f"faults_{secrets.token_hex(6)}")
    made.copy_of(connection.settings_dict["NAME"])
    return made


# The house ----------------------------------------------------------------------------------------


@dataclass
class Outcome:
    """What became of a child: its exit code (negative: the signal) or "stopped", where, and what
    it answered."""

    code: int | str
    at: str
    answer: Any = None


@dataclass
class House:
    data_dir: Path
    databases: Databases
    redis_port: int
    post: PostOffice
    brood: Brood
    broker: "subprocess.Popen[bytes]" = field(init=False)
    nursery: "subprocess.Popen[bytes]" = field(init=False)

    @property
    def kind(self) -> str:
        return self.databases.kind

    @property
    def redis_url(self) -> str:
        if self.redis_port:
            return f"redis://127.0.0.1:{self.redis_port}/0"
        return f"redis+socket://{quote(str(socket_path(self.data_dir)))}"

    def start_broker(self) -> None:
        self.broker = (
            servers.redis_server(self.brood, self.redis_port)
            if self.redis_port
            else servers.embedded_broker(self.brood, socket_path(self.data_dir))
        )

    def ask(self, op: str, **given: Any) -> dict[str, Any]:
        assert self.nursery.stdin
        assert self.nursery.stdout
        self.nursery.stdin.write(json.dumps({"op": op, **given}).encode() + b"\n")
        self.nursery.stdin.flush()
        line = self.nursery.stdout.readline()
        assert line, f"the nursery died:\n{self.log()}"
        answer = json.loads(line)
        assert "error" not in answer, f"{answer['error']}\n{self.log()}"
        return answer

    def begin(self, what: str, *, given: dict[str, Any] | None = None, **fate: Any) -> int:
        """A child that does a job of jobs.py; its number. `fate`: die_at, nth, pause, without."""
        return self.ask("start", what=what, given=given or {}, **fate)["pid"]

    def wait(self, pid: int) -> Outcome:
        return Outcome(**self.ask("wait", pid=pid))

    def signal(self, pid: int, number: signal.Signals) -> None:
        self.ask("signal", pid=pid, signal=int(number))

    def is_alive(self, pid: int) -> bool:
        """False once it has ended; nobody needs to wait for it then."""
        return bool(self.ask("is_alive", pid=pid)["alive"])

    def run(self, what: str, *, given: dict[str, Any] | None = None, **fate: Any) -> Outcome:
        return self.wait(self.begin(what, given=given, **fate))

    def do(self, what: str, **given: Any) -> Any:
        """A job that must succeed; its answer."""
        done = self.run(what, given=given)
        if done.code != 0:
            raise ChildFailed(f"{what} ended with {done.code} at {done.at}\n{self.log()}")
        return done.answer

    def log(self) -> str:
        return (self.data_dir / "log").read_text(errors="replace")[-6000:]

    def fresh(self) -> None:
        """As after filling: the same database, an empty mailbox, no message waiting anywhere."""
        self.databases.fresh()
        self.post.clear()
        (self.data_dir / "journal_heads").unlink(missing_ok=True)


@contextlib.contextmanager
def built(folder: Path) -> Iterator[House]:
    """A house with its servers running and a database without rows. Ends all it started."""
    data_dir = folder / "data"
    data_dir.mkdir()
    databases = copy_of_the_migrated(data_dir)
    redis_port = servers.free_port() if databases.kind == "postgresql" else 0
    environment = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
    environment |= {"DATA_DIR": str(data_dir), "SECRET_KEY": secrets.token_hex(32)}
    brood = Brood(data_dir / "log", environment)
    try:
        post = opened(folder / "post", brood)
        brood.settle(_environment(databases, post, redis_port))
        house = House(data_dir, databases, redis_port, post, brood)
        house.start_broker()
        house.nursery = brood.python("tests.faults.dispatch.nursery", listens=True)
        assert house.nursery.stdout
        assert house.nursery.stdout.readline(), house.log()
        if not house.do("is_empty"):
            raise NotOurs("the copied database holds rows")
        yield house
    finally:
        brood.end_all()
        databases.drop()


def _environment(databases: Databases, post: PostOffice, redis_port: int) -> dict[str, str]:
    redis = {"REDIS_URL": f"redis://127.0.0.1:{redis_port}/0"} if redis_port else {}
    database = {"DATABASE_URL": databases.address} if databases.address else {}
    return {
        **redis,
        **database,
        "SITE_URL": settings.SITE_URL,  # whichever port a house is served at
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(post.port),
        "EMAIL_TIMEOUT": str(PATIENCE),
        "MAIL_ARCHIVE": f"maildir:{post.archive}",
        "DELIVERY_LEASE_SECONDS": str(LEASE),
        "DELIVERY_TIMER_SECONDS": str(TIMER),
        "DELIVERY_SWEEP_SECONDS": str(SWEEP),
        "DELIVERY_RETRY_SECONDS": "1",
        "DELIVERY_BATCH": str(BATCH),
    }


def free_of_strangers(house: House) -> None:
    """Fails where a process of the house lives that the house does not know."""
    known = {house.nursery.pid, house.broker.pid}
    left = {
        pid: command
        for pid, command in servers.processes_of(house.data_dir).items()
        if pid not in known and "tests.faults.dispatch.sink" not in command
    }
    if left:
        pytest.fail(f"left behind: {left}")
