"""Whatever stands in the way of a start is one sentence in Chinese and exit code 2."""

import re
import socket
import subprocess

import pytest

from tests.conftest import REPOSITORY
from tests.running.conftest import free_port, surroundings


def refusal(tmp_path, **environment: str) -> str:
    """What bin/serve says when it refuses; exactly one sentence on one line, nothing else."""
    port = str(free_port())
    done = subprocess.run(
        (str(REPOSITORY / "bin/serve"), "--empty"),
        env=surroundings(**{"DATA_DIR": str(tmp_path / "data"), "PORT": port, **environment}),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert re.search(r"[\u4e00-\u9fff].*。$", done.stderr.strip())
    return done.stderr


def test_a_port_in_use(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])

        assert port in refusal(tmp_path, PORT=port)


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "data").write_text("")

    assert str(tmp_path / "data") in refusal(tmp_path)


def test_a_folder_that_another_system_uses(system, tmp_path):
    assert str(system.data_dir) in refusal(tmp_path, DATA_DIR=str(system.data_dir))


def test_a_database_file_that_is_none(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/ledger.sqlite3").write_text("not a database at all, though long enough" * 50)

    assert "ledger.sqlite3" in refusal(tmp_path)


def test_a_database_that_does_not_answer_is_refused_without_its_password(tmp_path):
    address = f"postgres://somebody:s3cret@127.0.0.1:{free_port()}/ledger"

    said = refusal(tmp_path, DATABASE_URL=address)

    assert "DATABASE_URL" in said
    assert "s3cret" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("HOST", "no.such.host.invalid"),
        ("DEBUG", "maybe"),
        ("SECRET_KEY", "secret"),
        ("ALLOWED_HOSTS", "*"),
        ("DATABASE_URL", "mysql://root@localhost/ledger"),
        ("DATABASE_URL", "postgres://localhost:port/ledger"),
        ("REDIS_URL", "localhost:6379"),
        ("UPLOAD_MOST_MB", "-1"),
        ("WEB_THREADS", "0"),
        ("TIME_ZONE", "Mars/Base"),
    ],
)
def test_a_broken_setting_is_named(tmp_path, name, value):
    assert name in refusal(tmp_path, **{name: value})
