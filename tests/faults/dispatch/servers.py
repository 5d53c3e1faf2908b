"""Processes of the tests: each is started here, known by its number, and ended by it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from config.broker import server_binary, server_command
from config.supervisor import follow
from tests.conftest import REPOSITORY

PYTHON = sys.executable
PATIENCE = 60.0  # seconds for anything that must come true; machines that test are busy


class Brood:
    """All the processes of one house."""

    def __init__(self, log: Path, environment: Mapping[str, str]) -> None:
        self._log, self._environment = log, dict(environment)
        self._all: list[subprocess.Popen[bytes]] = []

    def settle(self, environment: Mapping[str, str]) -> None:
        """What all later ones know, too: addresses are known once the first servers run."""
        self._environment |= environment

    def start(self, *command: str, listens: bool = False, **more: str) -> "subprocess.Popen[bytes]":
        """`listens`: somebody writes to it and reads what it prints; else all goes to the log."""
        parent = os.getpid()
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env={**self._environment, **more},
                stdin=subprocess.PIPE if listens else subprocess.DEVNULL,
                stdout=subprocess.PIPE if listens else log,
                stderr=log,
                start_new_session=True,
                preexec_fn=lambda: follow(parent),
            )
        self._all.append(process)
        return process

    def python(self, *words: str, listens: bool = False, **more: str) -> "subprocess.Popen[bytes]":
        return self.start(PYTHON, "-m", *words, listens=listens, **more)

    def end_all(self) -> None:
        for process in self._all:
            end(process)
        self._all.clear()


def end(process: "subprocess.Popen[bytes]", *, by: signal.Signals = signal.SIGKILL) -> None:
    """It and what it started, in its own session; waits for it."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, by)
            os.killpg(process.pid, signal.SIGCONT)
    process.wait(timeout=PATIENCE)
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()


def until(true: Callable[[], object], *, what: str, every: float = 0.05) -> None:
    give_up = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < give_up, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(every)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def embedded_broker(brood: Brood, path: Path) -> "subprocess.Popen[bytes]":
    path.unlink(missing_ok=True)
    server = brood.start(*server_command(path))
    until(path.exists, what="the broker's socket")
    return server


def redis_server(brood: Brood, port: int) -> "subprocess.Popen[bytes]":
    """On a port, as an installation with several machines has it."""
    words = ("--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no")
    server = brood.start(str(server_binary()), *words)
    until(lambda: _answers(port) or server.poll() is not None, what="the Redis server")
    assert server.poll() is None, "the Redis server ended at once"
    return server


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def processes_of(folder: Path) -> dict[int, str]:
    """Number and command of every process that works on this data folder."""
    return {
        int(entry.name): _read(entry / "cmdline").replace("\0", " ").strip()
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and f"DATA_DIR={folder}" in _read(entry / "environ").split("\0")
    }


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:  # it has just ended, or is not ours
        return ""
