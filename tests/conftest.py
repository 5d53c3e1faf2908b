"""What all tests stand on: a house of their own, its database, its broker; then the cast."""

import importlib
import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import factory.random
import pytest
from django.db import connection, connections
from django.test import TransactionTestCase, override_settings
from hypothesis import settings as hypothesis_settings

from config.broker import server_command
from config.celery import app as celery_app
from config.supervisor import follow
from tests.factories import ProblemFactory

FULL = os.environ.get("FULL") == "1"
REPOSITORY = Path(__file__).resolve().parent.parent
SEEN_SKIPS = pytest.StashKey[list[str]]()


# Chance: the same seed, the same run ------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    seed = os.environ.setdefault("TEST_SEED", str(random.SystemRandom().randrange(1_000_000)))
    config.option.hypothesis_seed = seed
    hypothesis_settings.register_profile("short", max_examples=50, deadline=None)
    hypothesis_settings.register_profile("full", max_examples=1000, deadline=None)
    hypothesis_settings.load_profile("full" if FULL else "short")


@pytest.fixture(autouse=True)
def _seed() -> None:
    random.seed(os.environ["TEST_SEED"])
    ProblemFactory.reset_sequence(0)  # the 900th problem of a run would be the cast's P-900
    factory.random.reseed_random(os.environ["TEST_SEED"])


@pytest.fixture
def mail_is_set_up(settings) -> None:
    """A place that uses mail; nobody talks to the server."""
    settings.EMAIL_HOST = "mail.invalid"


# What a second database could not answer otherwise: see tests/lanes.py ---------------------------

OF_A_DATABASE = {"db", "transactional_db", "django_db_setup", "live_server"}


def asks_a_database(item: pytest.Item) -> bool:
    names = getattr(item, "fixturenames", ())
    return item.get_closest_marker("django_db") is not None or bool(OF_A_DATABASE & set(names))


def is_of_a_page(item: pytest.Item) -> bool:
    return "client" in getattr(item, "fixturenames", ())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get("LEAVES_TO_SQLITE") == "1":
        kept = [each for each in items if asks_a_database(each) and not is_of_a_page(each)]
        config.hook.pytest_deselected(items=[each for each in items if each not in set(kept)])
        items[:] = kept


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.getreports("skipped"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        why = str(reason).removeprefix("Skipped: ")
        terminalreporter.write_line(f"not run: {report.nodeid} ({why})")
    terminalreporter.write_line(f"TEST_SEED={os.environ['TEST_SEED']}")


# What a machine may lack: named where it is missing, never missing in CI -------------------------


def _not_run(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must run this: {reason}")
    pytest.skip(reason)


def _program(*names: str) -> Path:
    for name in names:
        if found := shutil.which(name):
            return Path(found)
    _not_run(f"{names[0]} is not installed")
    raise AssertionError


@pytest.fixture(scope="session")
def chromium() -> Path:
    return _program("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def office() -> Path:
    """LibreOffice's command."""
    return _program("soffice", "libreoffice")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of the real report, which is not part of this repository."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip("../shared is not on this machine")
    return folder


# The house: no test touches the data of the person who runs it -----------------------------------


@pytest.fixture(scope="session", autouse=True)
def _house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("house")
    (folder / "static").mkdir()
    nobody_home = f"redis+socket://{folder}/broker.sock"
    celery_app.conf.broker_url = nobody_home
    with override_settings(
        DATA_DIR=folder,
        MEDIA_ROOT=folder / "files",
        HEAD_FILE=folder / "journal_heads",
        STATIC_ROOT=folder / "static",
        CELERY_BROKER_URL=nobody_home,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    ):
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file: in memory there is one connection, and a race could not happen."""
    database = connections.databases["default"]
    if database["ENGINE"].endswith("sqlite3"):
        folder = tmp_path_factory.mktemp("database")
        database["TEST"]["NAME"] = str(folder / "test.sqlite3")


# The journal's triggers: emptying the tables after a test with real transactions would be refused.


@contextmanager
def triggers_lifted() -> Iterator[None]:
    guard = importlib.import_module("accounts.migrations.0002_journal_is_append_only")
    with connection.cursor() as cursor:
        for statement in guard.LIFT[connection.vendor]:
            cursor.execute(statement)
    yield
    with connection.cursor() as cursor:
        for statement in guard.GUARD[connection.vendor]:
            cursor.execute(statement)


@pytest.fixture(scope="session", autouse=True)
def _tables_can_be_emptied() -> Iterator[None]:
    empty = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def empty_without_triggers(case: TransactionTestCase) -> None:
        with triggers_lifted():
            empty(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_without_triggers)
        yield


@pytest.fixture
def unguarded(db: None) -> Iterator[None]:
    """The journal without its triggers, for tests that tamper with it."""
    with triggers_lifted():
        yield


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real broker of our own; Celery's app rings there while it lives."""
    socket = Path(tmp_path_factory.mktemp("broker")) / "broker.sock"
    parent = os.getpid()
    server = subprocess.Popen(
        server_command(socket), stdout=subprocess.DEVNULL, preexec_fn=lambda: follow(parent)
    )
    give_up = time.monotonic() + 10
    while not socket.exists():
        assert server.poll() is None, "the broker ended at once"
        assert time.monotonic() < give_up, "the broker opened no socket"
        time.sleep(0.02)
    before, celery_app.conf.broker_url = celery_app.conf.broker_url, f"redis+socket://{socket}"
    yield celery_app.conf.broker_url
    celery_app.conf.broker_url = before
    server.terminate()
    server.wait(timeout=10)


# The cast ----------------------------------------------------------------------------------------
