"""From a clone without an environment to the first page; the second start; the memory of it all.

The floor of the first start is what nobody can leave out: an environment, pip and the lock, the
migrations and the demonstration. Floor and way take turns, and the better of two counts.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import FloorMissing, Ratio, Result

REPOSITORY = Path(__file__).resolve().parent.parent
ROUNDS = 2
RESTART_SECONDS = 3.0
WEB_MEGABYTES = 90.0
ALL_MEGABYTES = 400.0
PATIENCE = 600.0  # seconds


def measure() -> Result:
    rounds = [_round() for _ in range(ROUNDS)]
    floor, first, restart = (min(seconds) for seconds in zip(*rounds, strict=True))
    memory = _memory_of_a_running_system()
    everything = sum(memory.values())
    return Result(
        name="start",
        ratios={
            "first page / floor": Ratio(first / floor, goal=1.3),
            "restart / 3 s": Ratio(restart / RESTART_SECONDS, goal=1.0),
            "web memory / 90 MB": Ratio(memory["web_mb"] / WEB_MEGABYTES, goal=1.0),
            "all memory / 400 MB": Ratio(everything / ALL_MEGABYTES, goal=1.0),
        },
        figures={"floor_s": floor, "first_page_s": first, "restart_s": restart}
        | memory
        | {"all_mb": everything},
    )


def _round() -> tuple[float, float, float]:
    """Seconds of the floor, of the first start and of the second."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        clone = _clone(Path(folder) / "clone")
        begun = time.monotonic()
        _floor(clone)
        floor = time.monotonic() - begun
        shutil.rmtree(clone / ".venv")
        shutil.rmtree(clone / "var")
        with _serving(clone, clone / "var") as first:
            pass
        with _serving(clone, clone / "var") as second:
            pass
        return floor, first, second


def _memory_of_a_running_system() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, _serving(REPOSITORY, Path(folder)):
        time.sleep(5)  # worker and timer have read their modules by then
        return _memory(Path(folder))


def _clone(folder: Path) -> Path:
    """What a commit of the work tree as it stands would hold."""
    listing = subprocess.run(
        ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        raise FloorMissing("start needs git and a clone")
    for name in filter(None, listing.stdout.split("\0")):
        if (REPOSITORY / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(REPOSITORY / name, folder / name)
    return folder


def _floor(clone: Path) -> None:
    base = getattr(sys, "_base_executable", sys.executable)
    python = str(clone / ".venv/bin/python")
    install = ("-m", "pip", "install", "-q", "--require-hashes", "-r", "requirements.txt")
    (clone / "var").mkdir()
    for command in (
        (base, "-m", "venv", ".venv"),
        (python, *install),
        (python, "manage.py", "migrate", "-v0"),
        (python, "manage.py", "load_demo", "-v0"),
    ):
        done = subprocess.run(
            command, cwd=clone, env=_environment(clone / "var"), capture_output=True, check=False
        )
        if done.returncode:
            raise FloorMissing(done.stderr.decode(errors="replace").strip()[-500:])


def _environment(data_dir: Path, **more: str) -> dict[str, str]:
    given = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG"}
    kept = {name: value for name, value in os.environ.items() if name not in given}
    return {**kept, "DATA_DIR": str(data_dir), **more}


@contextmanager
def _serving(clone: Path, data_dir: Path) -> Iterator[float]:
    """Yields the seconds to its first page, and stops it afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    begun = time.monotonic()
    process = subprocess.Popen(
        (str(clone / "bin/serve"),),
        env=_environment(data_dir, PORT=str(port)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not _answers(port):
            if process.poll() is not None or time.monotonic() - begun > PATIENCE:
                raise FloorMissing("bin/serve did not come up")
            time.sleep(0.02)
        yield time.monotonic() - begun
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30).read()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _memory(data_dir: Path) -> dict[str, float]:
    """Megabytes of each kind of process, shared pages divided among those who share them."""
    kinds = {"web_mb": "granian", "worker_mb": "celery worker", "timer_mb": "celery beat"}
    sums = {**dict.fromkeys(kinds, 0.0), "rest_mb": 0.0}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            ours = f"DATA_DIR={data_dir}" in (entry / "environ").read_text().split("\0")
            line = (entry / "cmdline").read_text().replace("-A\0config.celery\0", "")
            share = re.search(r"^Pss:\s+(\d+)", (entry / "smaps_rollup").read_text(), re.MULTILINE)
        except OSError:
            continue
        if ours and share:
            words = line.replace("\0", " ")
            kind = next((k for k, word in kinds.items() if word in words), "rest_mb")
            sums[kind] += int(share[1]) / 1024
    return sums
