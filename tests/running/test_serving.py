import os
import signal
import stat
import time

import pytest

from tests.running.conftest import System, until

CHILDREN = ["valkey-server", "granian", "config.celery worker", "config.celery beat"]


def test_an_empty_folder_becomes_a_system_that_answers(system):
    assert system.status() is not None
    assert [child for child in CHILDREN if not system.pid_of(child)] == []
    assert (system.data_dir / "ledger.sqlite3").is_file()


def test_the_secret_is_for_its_owner_alone(system):
    mode = stat.S_IMODE((system.data_dir / "secret_key").stat().st_mode)

    assert mode == 0o600


@pytest.mark.parametrize("child", CHILDREN)
def test_a_killed_child_is_started_again(system: System, child: str):
    before = system.pid_of(child)
    assert before

    os.kill(before, signal.SIGKILL)

    until(lambda: system.pid_of(child) not in {None, before}, what=f"another {child}")
    until(system.status, what="an answer")


def test_sigterm_and_a_closed_terminal_leave_nothing_and_nohup_outlives_the_terminal(
    starting, tmp_path
):
    first = starting(tmp_path / "data", "--empty", before=("nohup",))
    until(lambda: first.pid_of("config.celery beat"), what="the timer")

    first.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert first.process.poll() is None

    said = first.stop()
    assert first.process.returncode == 0
    assert f"http://127.0.0.1:{first.port}/" in said
    assert first.processes() == {}

    begun = time.monotonic()
    second = starting(tmp_path / "data", "--empty")
    print(f"second start to the first page: {time.monotonic() - begun:.1f} s")
    second.stop(by=signal.SIGHUP)
    assert second.process.returncode == 0
    assert second.processes() == {}


def test_nothing_is_left_after_the_supervisor_was_killed(starting, tmp_path):
    orphaned = starting(tmp_path / "data", "--empty")
    until(lambda: orphaned.pid_of("config.celery beat"), what="the timer")

    orphaned.stop(by=signal.SIGKILL)

    until(lambda: not orphaned.processes(), what="an empty house")
    assert orphaned.processes() == {}
