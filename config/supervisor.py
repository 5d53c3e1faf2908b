"""Starts programs, starts again what dies, and leaves nobody behind.

Linux gives three guarantees that are used here: a child hears when its parent is gone
(PR_SET_PDEATHSIG), a session is one group that can be signalled at once, and a dead leader can be
looked at before its number is given away (WNOWAIT).
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

STOPS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
PR_SET_PDEATHSIG = 1
FIRST_PAUSE = 0.5  # seconds before a dead child is started again; doubled at each early death
LONGEST_PAUSE = 30.0
SETTLED_AFTER = 60.0  # seconds of life after which the pause begins anew
STOP_WITHIN = 15.0  # seconds a child has for ending its work
LOG_MOST_BYTES = 5 * 1024 * 1024
_libc = ctypes.CDLL(None, use_errno=True)


class Stopped(Exception):
    """A signal asked for the end."""


@dataclass(frozen=True)
class Program:
    """One child. `title` is what people read, `log` takes all it says, `stale` is removed first."""

    title: str
    command: tuple[str, ...]
    log: Path
    stale: tuple[Path, ...] = ()
    last_to_stop: bool = False


@dataclass
class Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    deaths: int = 0
    due: float = field(default=0.0)  # monotonic time of its next start, while it has no process


class Supervisor:
    """Blocks the signals it listens to from its making on: nothing that happens is missed."""

    def __init__(self, *, say: Callable[[str], None]) -> None:
        self._say = say
        self._children: list[Child] = []
        # Whoever starts us with nohup, or in the background of a script, has some signals ignored.
        self._stops = {s for s in STOPS if signal.getsignal(s) is not signal.SIG_IGN}
        self._heard = self._stops | {signal.SIGCHLD}
        signal.pthread_sigmask(signal.SIG_BLOCK, self._heard)

    def start(self, program: Program) -> Child:
        child = Child(program)
        self._children.append(child)
        _spawn(child)
        return child

    def run(self, program: Program) -> int:
        """Run a program to its end and return its exit code. Raises Stopped."""
        child = Child(program)
        _spawn(child)
        try:
            while (code := _exit_code(child)) is None:
                self.wait(seconds=1.0)
        finally:
            _end(child)
        return code

    def wait(self, *, seconds: float) -> None:
        """Sleep until something happens, at most `seconds`; tend the children. Raises Stopped."""
        heard = signal.sigtimedwait(self._heard, seconds)
        if heard and heard.si_signo in self._stops:
            raise Stopped
        for child in self._children:
            self._tend(child)

    def watch(self) -> None:
        """Tend the children until a signal asks for the end. Raises Stopped, always."""
        while True:
            waiting = [child.due for child in self._children if child.process is None]
            pause = min(waiting) - time.monotonic() if waiting else 3600.0
            self.wait(seconds=max(pause, 0.0))

    def stop(self) -> None:
        """End all children: politely, then by force. A second signal means: now."""
        for last in (False, True):
            group = [child for child in self._children if child.program.last_to_stop is last]
            self._stop_group([child for child in group if child.process])

    def _stop_group(self, group: list[Child]) -> None:
        for child in group:
            if child.process and _exit_code(child) is None:
                child.process.terminate()
        give_up = time.monotonic() + STOP_WITHIN
        while any(_exit_code(child) is None for child in group) and time.monotonic() < give_up:
            heard = signal.sigtimedwait(self._heard, 0.5)
            if heard and heard.si_signo in self._stops:
                break
        for child in group:
            _end(child)

    def _tend(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.due:
                _spawn(child)
        elif (code := _exit_code(child)) is not None:
            _end(child)
            child.pause = FIRST_PAUSE if now - child.started > SETTLED_AFTER else child.pause
            child.deaths += 1
            child.due = now + child.pause
            self._say(
                f"{child.program.title}意外退出（代码 {code}），{child.pause:g} 秒后重新启动；"
                f"详见 {child.program.log}"
            )
            child.pause = min(child.pause * 2, LONGEST_PAUSE)


def _spawn(child: Child) -> None:
    program = child.program
    for path in program.stale:
        path.unlink(missing_ok=True)
    if program.log.exists() and program.log.stat().st_size > LOG_MOST_BYTES:
        program.log.replace(program.log.with_suffix(".old.log"))
    parent = os.getpid()
    with program.log.open("ab") as log:
        child.process = subprocess.Popen(
            program.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=lambda: follow(parent),
        )
    child.started = time.monotonic()


def follow(parent: int) -> None:
    """In the child, before its program: hear signals again, and end when the supervisor ends."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS | {signal.SIGCHLD})
    if sys.platform == "linux":
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


def _exit_code(child: Child) -> int | None:
    """The code of a child that has ended (negative: the signal), without burying it."""
    if child.process is None:
        return 0
    seen = os.waitid(os.P_PID, child.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if seen is None:
        return None
    return seen.si_status if seen.si_code == os.CLD_EXITED else -seen.si_status


def _end(child: Child) -> None:
    """Kill what is left of the child's group, then bury it. Its number cannot be reused before."""
    if child.process is None:
        return
    os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait()
    child.process = None
