"""The demonstration as bin/serve brings it: where it may go, and what it says of its accounts."""

import stat
from pathlib import Path

import pytest

from tests.running.conftest import rows, start


def accounts(data_dir: Path) -> dict[str, str]:
    """Names and passwords."""
    lines = (data_dir / "demo_accounts.txt").read_text().splitlines()
    return {name: password for name, password, _ in (line.split("\t") for line in lines)}


@pytest.fixture(scope="module")
def demonstrated(tmp_path_factory) -> tuple[Path, str]:
    """The folder of a first start with the demonstration, and what it printed."""
    data_dir = tmp_path_factory.mktemp("demonstration") / "data"
    return data_dir, start(data_dir).stop()


def test_every_account_is_shown_at_the_first_start_and_at_the_second(demonstrated, starting):
    data_dir, first = demonstrated
    second = starting(data_dir).stop()

    assert stat.S_IMODE((data_dir / "demo_accounts.txt").stat().st_mode) == 0o600
    assert len(accounts(data_dir)) > 1
    for name, password in accounts(data_dir).items():
        assert len(password) >= 10
        for said in (first, second):
            assert any(name in line and password in line for line in said.splitlines())


def test_a_given_database_stays_empty_until_the_demonstration_is_asked_for(
    starting, tmp_path, database, broker, demonstrated
):
    given = {"DATABASE_URL": database, "REDIS_URL": broker}
    unasked = starting(tmp_path / "unasked", **given)

    assert unasked.pid_of("valkey-server") is None
    assert not (tmp_path / "unasked/ledger.sqlite3").exists()
    assert "密码" not in unasked.stop()
    assert rows(database, "accounts_user") == 0

    asked = starting(tmp_path / "asked", "--demo", **given)

    assert "密码" in asked.stop()
    assert rows(database, "rectification_measure") == 161
    here, there = accounts(tmp_path / "asked"), accounts(demonstrated[0])
    assert set(here.values()) & set(there.values()) == set()
