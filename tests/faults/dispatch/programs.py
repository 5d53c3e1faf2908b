"""The programs of an installation, as bin/serve starts them."""

import contextlib
import subprocess
from collections.abc import Callable, Iterator

from tests.faults.dispatch import servers
from tests.faults.dispatch.house import House
from tests.faults.dispatch.servers import Kept

PROGRAM = "tests.faults.dispatch.program"
WORKER = ("worker", "--pool", "solo", "--loglevel", "WARNING")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat")
BEAT = ("beat", "--loglevel", "WARNING", "--scheduler", "celery.beat:Scheduler", "--pidfile", "")


def starting(
    house: House, *words: str, without: tuple[str, ...] = ()
) -> "Callable[[], subprocess.Popen[bytes]]":
    return lambda: house.brood.python(PROGRAM, *words, FAULTS_WITHOUT=";".join(without))


@contextlib.contextmanager
def running(
    house: House, *, workers: int = 1, beats: int = 1, without: tuple[str, ...] = ()
) -> Iterator[tuple[Kept, ...]]:
    """Real workers first, then real beats, until the block ends; killed then, by their numbers."""
    celery = ("celery", "-A", "config.celery")
    kept = [Kept(starting(house, *celery, *WORKER, *QUIET, without=without)) for _ in range(workers)]
    kept += [Kept(starting(house, *celery, *BEAT)) for _ in range(beats)]
    try:
        yield tuple(kept)
    finally:
        for each in kept:
            servers.end(each.process)


def cron(house: House) -> "subprocess.Popen[bytes]":
    """One run of `bin/manage tick`."""
    return starting(house, "manage.py", "tick")()


def nothing_waits(house: House) -> bool:
    return house.do("waiting") == 0
