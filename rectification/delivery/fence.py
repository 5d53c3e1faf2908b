"""A process that was paused past its lease dies before it runs another instruction.

The kernel's timer (ITIMER_REAL) runs on while a process is stopped. Its signal has its default
action, which is to end the process: no handler of ours would have to be reached in time.
"""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class FenceRefused(Exception):
    """The timer cannot guard this. The message says what to do."""


@dataclass(frozen=True)
class Fence:
    ends: float  # of the monotonic clock: never later than the timer

    def remaining(self) -> float:
        """Seconds until the process ends, unless the fence is taken down before."""
        return self.ends - time.monotonic()


@contextmanager
def armed(seconds: float) -> Iterator[Fence]:
    """Within this block the process ends after so many seconds. Raises FenceRefused."""
    require()
    before = signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGALRM})
    fence = Fence(time.monotonic() + seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield fence
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before if before is not None else signal.SIG_DFL)


def require() -> None:
    """Raises FenceRefused where a timer would not guard the caller, or guards somebody else."""
    if threading.current_thread() is not threading.main_thread():
        raise FenceRefused("发送只能在主线程运行：后台任务请用 --pool solo 或 prefork 启动。")
    if any(signal.getitimer(signal.ITIMER_REAL)):
        raise FenceRefused("这个进程的内核定时器已被占用，不能用来发送。")
