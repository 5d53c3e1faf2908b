"""bin/serve as people start it: its own folder, its own port, and a look at every process of it."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import pytest

from tests.conftest import REPOSITORY
from tests.postgres import running_server

PATIENCE = 90.0  # seconds for anything that must come true; machines that test are busy
OURS = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG", "DJANGO_SETTINGS_MODULE"}


@dataclass(frozen=True)
class System:
    """A started bin/serve."""

    process: "subprocess.Popen[str]"
    data_dir: Path
    port: int

    def status(self) -> int | None:
        """Of the first page; None where nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def processes(self) -> dict[int, str]:
        """Number and command of every process that works on this folder, the supervisor too."""
        return {
            int(entry.name): _read(entry / "cmdline").replace("\0", " ")
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit()
            and f"DATA_DIR={self.data_dir}" in _read(entry / "environ").split("\0")
        }

    def pid_of(self, words: str) -> int | None:
        """The youngest process whose command holds these words."""
        return max((pid for pid, line in self.processes().items() if words in line), default=None)

    def stop(self, *, by: signal.Signals = signal.SIGTERM) -> str:
        """Everything it printed."""
        self.process.send_signal(by)  # does nothing where it has already ended
        said, _ = self.process.communicate(timeout=PATIENCE)
        return said

    def leave_nothing(self) -> None:
        assert self.process.stdout
        if not self.process.stdout.closed:
            self.stop()


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:  # it has just ended, or is not ours
        return ""


def until(true: Callable[[], object], *, what: str) -> None:
    give_up = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < give_up, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def surroundings(**more: str) -> dict[str, str]:
    return {**{k: v for k, v in os.environ.items() if k not in OURS}, **more}


def start(data_dir: Path, *words: str, before: tuple[str, ...] = (), **environment: str) -> System:
    port = free_port()
    process = subprocess.Popen(
        (*before, str(REPOSITORY / "bin/serve"), *words),
        cwd="/",
        env=surroundings(DATA_DIR=str(data_dir), PORT=str(port), **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # also where nohup runs us
    )
    system = System(process=process, data_dir=data_dir, port=port)
    try:
        until(lambda: system.status() or process.poll() is not None, what="the first page")
    except AssertionError:
        system.stop()
        raise
    return system


def rows(database: str, table: str) -> int:
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


@pytest.fixture
def database() -> Iterator[str]:
    """The address of a PostgreSQL that nobody has used yet."""
    with running_server() as address:
        yield address


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """One that runs for all these tests, on an empty database."""
    running = start(tmp_path_factory.mktemp("有 空格") / "data", "--empty")
    until(lambda: running.pid_of("config.celery beat"), what="the timer")
    yield running
    running.leave_nothing()


@pytest.fixture
def starting() -> Iterator[Callable[..., System]]:
    """Starts systems of a test's own and leaves none behind."""
    started: list[System] = []

    def begin(data_dir: Path, *words: str, **more) -> System:
        started.append(start(data_dir, *words, **more))
        return started[-1]

    yield begin
    for running in started:
        running.leave_nothing()
