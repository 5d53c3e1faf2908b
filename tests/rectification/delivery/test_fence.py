"""A worker that was paused past its lease is dead before it sends anything more."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rectification.delivery import fence
from tests.conftest import REPOSITORY

PAUSED = """
import os
import django
django.setup()
from rectification.delivery import fence
with fence.armed(0.5):
    print("armed", flush=True)
    os.kill(os.getpid(), 19)  # SIGSTOP
    print("sent too late", flush=True)
"""
TWIN = PAUSED.replace("fence.armed(0.5)", "fence.armed(60)")


def paused(script: str, data_dir: Path) -> tuple[int, str]:
    """Exit code and what was said at last by a process that stopped for longer than its timer."""
    given = {"DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": str(data_dir)}
    with subprocess.Popen(
        (sys.executable, "-c", script),
        cwd=REPOSITORY,
        env={**os.environ, **given},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "armed\n"
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        time.sleep(0.7)  # past the timer
        process.send_signal(signal.SIGCONT)
        said = process.stdout.read()
    return process.returncode, said


def test_a_process_that_was_paused_past_its_timer_says_nothing_more(tmp_path):
    assert paused(PAUSED, tmp_path) == (-signal.SIGALRM, "")


def test_the_twin_with_a_timer_beyond_the_pause_sends_too_late(tmp_path):
    assert paused(TWIN, tmp_path) == (0, "sent too late\n")


def test_the_timer_is_taken_down_and_what_was_there_before_is_put_back():
    before = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        with fence.armed(60) as guard:
            assert 59 < guard.remaining() <= 60
            assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
        assert signal.getsignal(signal.SIGALRM) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGALRM, before)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_outside_the_main_thread_it_is_refused():
    refused = []

    def try_it():
        with pytest.raises(fence.FenceRefused, match="主线程"):
            fence.require()
        refused.append(True)

    thread = threading.Thread(target=try_it)
    thread.start()
    thread.join()

    assert refused == [True]


def test_a_timer_of_somebody_else_is_left_alone():
    signal.setitimer(signal.ITIMER_REAL, 600)
    try:
        with pytest.raises(fence.FenceRefused, match="定时器"):
            fence.require()
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 500
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
