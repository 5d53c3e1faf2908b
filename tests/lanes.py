"""bin/test: the checks, then every test in three lanes side by side: one for each database, and one
for whole systems (tests/journeys in a browser, tests/running), which wait more than they work.

What a second database could not answer otherwise runs in one lane alone:
- in SQLite, what asks no database at all, and the pages (tests/conftest.py tells both by their
  fixtures): what a page shows comes from verbs and queries that are tested on both databases, and
  each page is opened on PostgreSQL too, by the shapes and the journeys;
- in SQLite, the matrix of rights (tests/test_permissions.py) and the canaries: what a person sees
  is plain SQL that other tests ask on both; and each misdeed of a mail server by itself (the storm
  of kills meets them on both);
- in PostgreSQL, bad input: it is the one that refuses a NUL, a long text, a large number;
- in PostgreSQL, the journeys: their live server and the test write at the same time, as it will be.
Everything else runs in both; with --full, all but the journeys and the matrix of rights does.
Nothing here is skipped in silence: each check prints its verdict, pytest names each test that was
not run and counts what it left to another lane, and any failure makes the exit code 1.
"""

import argparse
import contextlib
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from config.supervisor import follow
from tests.postgres import PostgresFailed, running_server

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("accounts", "rectification", "reports", "config", "tests", "benchmarks", "manage.py")
CHECKS = {
    "types": ("-m", "mypy", *SOURCES),
    "lint": ("-m", "ruff", "check", "."),
    "format": ("-m", "ruff", "format", "--check", "."),
    "import contracts": (
        "-c",
        "import importlinter.cli; importlinter.cli.lint_imports_command()",
    ),
    "templates": ("-m", "djlint", "templates", "--lint", "--quiet"),
    "missing migrations": ("manage.py", "makemigrations", "--check", "--dry-run"),
    "system check": ("manage.py", "check", "--fail-level", "WARNING"),
}
SYSTEMS = ("tests/journeys", "tests/running")
ONLY_SQLITE = ("tests/test_permissions.py",)
ONLY_SQLITE_IN_SHORT = (
    "tests/test_canaries.py",
    "tests/faults/dispatch/test_each_misdeed.py",
)
ONLY_POSTGRES_IN_SHORT = (
    "tests/test_requests.py",
    "tests/rectification/test_bad_fields.py",
    "tests/rectification/test_bad_fields_of_verbs.py",
    "tests/rectification/test_bad_input.py",
)
NO_TESTS = 5  # pytest's exit code where the arguments select nothing
CLOSING_LINE = re.compile(rb"^=*\s*\d+ [a-z]+.* in [\d.]+s.*$", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    name: str
    code: int
    output: bytes

    @property
    def closing_line(self) -> str:
        found = CLOSING_LINE.findall(self.output)
        return found[-1].decode() if found else f"no result (exit code {self.code})"


@dataclass(frozen=True)
class Lane:
    name: str
    leaves_out: tuple[str, ...]
    environment: dict[str, str]


def main() -> int:
    parser = argparse.ArgumentParser(prog="bin/test", allow_abbrev=False)
    parser.add_argument("--full", action="store_true", help="the counts of each “Shown by”")
    wishes, pytest_arguments = parser.parse_known_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="test-") as scratch:
        environment = _environment(Path(scratch), full=wishes.full)
        print(f"TEST_SEED={environment['TEST_SEED']}  (set it to repeat this run)", flush=True)
        checks = run_checks(environment)
        with _postgres_address(given=os.environ.get("DATABASE_URL", "")) as address:
            lanes = run_lanes(
                _lanes(environment, postgres=address, full=wishes.full), pytest_arguments
            )
    return report(checks, lanes, selected=bool(pytest_arguments), begun=begun)


def _environment(scratch: Path, *, full: bool) -> dict[str, str]:
    foreign = {"DATABASE_URL", "REDIS_URL", "DEBUG", "LEAVES_TO_SQLITE"}
    kept = {k: v for k, v in os.environ.items() if k not in foreign}
    seed = os.environ.get("TEST_SEED") or str(secrets.randbelow(1_000_000))
    fresh = {"DATA_DIR": str(scratch / "data"), "TEST_SEED": seed, "PYTHONUNBUFFERED": "1"}
    return {**kept, **fresh, **({"FULL": "1"} if full else {})}


def run_checks(environment: dict[str, str]) -> list[Outcome]:
    def check(name: str) -> Outcome:
        done = subprocess.run(
            (sys.executable, *CHECKS[name]),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        print(f"{name}: {'failed' if done.returncode else 'ok'}", flush=True)
        if done.returncode:
            _write(done.stdout)
        return Outcome(name, done.returncode, done.stdout)

    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(check, CHECKS))


@contextlib.contextmanager
def _postgres_address(*, given: str) -> Iterator[str]:
    if given.startswith(("postgres://", "postgresql://")):
        yield given
        return
    with running_server() as address:
        yield address


def _lanes(environment: dict[str, str], *, postgres: str, full: bool) -> list[Lane]:
    def lane(name: str, *, leaves_out: tuple[str, ...], **more: str) -> Lane:
        folder = Path(environment["DATA_DIR"]).with_name(name)
        return Lane(name, leaves_out, {**environment, "DATA_DIR": str(folder), **more})

    short = {} if full else {"LEAVES_TO_SQLITE": "1"}
    not_here = ONLY_SQLITE if full else ONLY_SQLITE + ONLY_SQLITE_IN_SHORT
    elsewhere = () if full else ONLY_POSTGRES_IN_SHORT
    of_its_own = urlsplit(postgres)._replace(path="/systems").geturl()  # a database, not a server
    return [
        lane("PostgreSQL", leaves_out=SYSTEMS + not_here, DATABASE_URL=postgres, **short),
        lane("SQLite", leaves_out=SYSTEMS + elsewhere),
        lane("whole systems", leaves_out=_all_but(SYSTEMS), DATABASE_URL=of_its_own),
    ]


def _all_but(kept: tuple[str, ...]) -> tuple[str, ...]:
    """Everything else in tests/ that may hold tests."""
    entries = [f"tests/{each.name}" for each in (ROOT / "tests").iterdir() if _may_hold(each)]
    return tuple(sorted(set(entries) - set(kept)))


def _may_hold(entry: Path) -> bool:
    return entry.is_dir() or entry.name.startswith("test_")


def run_lanes(lanes: list[Lane], pytest_arguments: list[str]) -> list[Outcome]:
    """All lanes at once. The first is shown as it goes, the others when they have ended."""
    processes = [_start(lane, pytest_arguments) for lane in lanes]
    with ThreadPoolExecutor(max_workers=len(lanes)) as pool:
        reading = [
            pool.submit(_read, process, aloud=number == 0)
            for number, process in enumerate(processes)
        ]
    outcomes = []
    for number, (lane, process, output) in enumerate(zip(lanes, processes, reading, strict=True)):
        if number:
            _write(f"\n== {lane.name} ==\n".encode() + output.result())
        outcomes.append(Outcome(lane.name, process.wait(), output.result()))
    return outcomes


def _start(lane: Lane, pytest_arguments: list[str]) -> "subprocess.Popen[bytes]":
    parent = os.getpid()
    without = [f"--{'deselect' if '::' in each else 'ignore'}={each}" for each in lane.leaves_out]
    return subprocess.Popen(
        (
            *(sys.executable, "-m", "pytest", *without),
            *("-o", f"cache_dir={lane.environment['DATA_DIR']}/cache", *pytest_arguments),
        ),
        env=lane.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=lambda: follow(parent),
    )


def _read(process: "subprocess.Popen[bytes]", *, aloud: bool) -> bytes:
    pieces = []
    assert process.stdout
    while piece := os.read(process.stdout.fileno(), 65536):
        pieces.append(piece)
        if aloud:
            _write(piece)
    return b"".join(pieces)


def report(checks: list[Outcome], lanes: list[Outcome], *, selected: bool, begun: float) -> int:
    """The verdict of everything; ends in pytest's own closing lines. Returns the exit code."""
    one_ran = any(lane.code != NO_TESTS for lane in lanes)
    fine = {0, NO_TESTS} if selected and one_ran else {0}
    failed = [check.name for check in checks if check.code]
    failed += [lane.name for lane in lanes if lane.code not in fine]
    print(f"\nchecks: {sum(not check.code for check in checks)} of {len(checks)} ok")
    print(f"failed: {', '.join(failed) or 'nothing'}; {time.monotonic() - begun:.0f} s in all")
    for lane in lanes:
        print(f"{lane.name}:\n{lane.closing_line}", flush=True)
    return 1 if failed else 0


def _write(output: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(output)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PostgresFailed as failure:
        sys.exit(f"PostgreSQL did not start, so no test was run.\n{failure}")
