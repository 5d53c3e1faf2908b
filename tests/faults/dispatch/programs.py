"""The programs of an installation, as bin/serve starts them."""

import contextlib
import signal
import subprocess
from collections.abc import Callable, Iterator

from tests.faults.dispatch import servers
from tests.faults.dispatch.house import House

WORKER = ["worker", "--pool", "solo", "--loglevel", "WARNING"]
QUIET = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
BEAT = ["beat", "--loglevel", "WARNING", "--scheduler", "celery.beat:Scheduler", "--pidfile", ""]


class Kept:
    """A program that is started again when it dies, as bin/serve does it."""

    def __init__(self, house: House, words: list[str], *, without: tuple[str, ...] = ()) -> None:
        self._house, self._words, self._without = house, words, list(without)
        self.deaths = 0
        self._start()

    def _start(self) -> None:
        words = {"words": self._words}
        self._pid = self._house.begin("run_celery", given=words, without=self._without)

    def tend(self) -> None:
        if not self._house.is_alive(self._pid):
            self.deaths += 1
            self._start()

    def signal(self, number: signal.Signals) -> None:
        self._house.signal(self._pid, number)

    def end(self) -> None:
        self.signal(signal.SIGKILL)
        servers.until(lambda: not self._house.is_alive(self._pid), what="its end")


@contextlib.contextmanager
def running(
    house: House, *, workers: int = 1, beats: int = 1, without: tuple[str, ...] = ()
) -> Iterator[tuple[Kept, ...]]:
    """Celery's own worker and beat, until the block ends; killed then, by their numbers."""
    kept = [Kept(house, WORKER + QUIET, without=without) for _ in range(workers)]
    kept += [Kept(house, BEAT) for _ in range(beats)]
    try:
        yield tuple(kept)
    finally:
        for each in kept:
            each.end()


def cron(house: House) -> "subprocess.Popen[bytes]":
    """One run of `bin/manage tick`."""
    return house.brood.start(servers.PYTHON, "manage.py", "tick")


def until(true: Callable[[], object], *, what: str, kept: tuple[Kept, ...]) -> None:
    """Wait for it; what dies meanwhile is started again."""

    def tended() -> object:
        for each in kept:
            each.tend()
        return true()

    servers.until(tended, what=what, every=0.3)  # a question to the house costs a fork


def all_sent(house: House, *, kept: tuple[Kept, ...]) -> None:
    until(lambda: house.do("waiting") == 0, what="an outcome of every mail", kept=kept)
