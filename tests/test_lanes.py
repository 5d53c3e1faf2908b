"""The verdict of bin/test: a failure anywhere is a failure, and the last line is pytest's own."""

import pytest

from tests import lanes as module
from tests.conftest import REPOSITORY
from tests.lanes import Lane, Outcome, report

GREEN = b"...   [100%]\nTEST_SEED=1\n3 passed, 1 skipped in 0.12s\n"
RED = b"F.\n1 failed, 1 passed in 0.30s\n"


def check(code: int = 0) -> Outcome:
    return Outcome("types", code, b"")


def test_the_last_line_is_pytests_own(capsys):
    code = report([check()], [Outcome("SQLite", 0, GREEN)], selected=False, begun=0)

    assert code == 0
    assert capsys.readouterr().out.endswith("SQLite:\n3 passed, 1 skipped in 0.12s\n")


@pytest.mark.parametrize(
    ("checks", "lane"),
    [
        ([check(1)], Outcome("SQLite", 0, GREEN)),
        ([check()], Outcome("SQLite", 1, RED)),
        ([check()], Outcome("SQLite", -9, b"..")),
        ([check()], Outcome("SQLite", 5, b"no tests ran in 0.01s\n")),
    ],
)
def test_a_failure_anywhere_is_a_failure(checks, lane):
    assert report(checks, [lane], selected=False, begun=0) == 1


def test_arguments_that_select_nothing_in_one_lane_are_no_failure():
    lanes = [Outcome("SQLite", 0, GREEN), Outcome("PostgreSQL", 5, b"no tests ran in 0.01s\n")]

    assert report([check()], lanes, selected=True, begun=0) == 0


def test_arguments_that_select_nothing_anywhere_are_a_failure():
    lanes = [Outcome("SQLite", 5, b""), Outcome("PostgreSQL", 5, b"")]

    assert report([check()], lanes, selected=True, begun=0) == 1


def lanes_of(*, full: bool) -> list[Lane]:
    environment = {"DATA_DIR": "/nowhere/data"}
    return module._lanes(environment, postgres="postgres://x@%2Ftmp/postgres", full=full)


def runs_in(lane: Lane, test: str) -> bool:
    return not any(test == each or test.startswith(f"{each}/") for each in lane.leaves_out)


@pytest.mark.parametrize("full", [False, True])
def test_every_file_of_tests_runs_in_some_lane(full):
    files = [str(each.relative_to(REPOSITORY)) for each in REPOSITORY.glob("tests/**/test_*.py")]
    lanes = lanes_of(full=full)

    assert [each for each in files if not any(runs_in(lane, each) for lane in lanes)] == []
    assert all((REPOSITORY / each).exists() for lane in lanes for each in lane.leaves_out)


def test_in_the_full_run_one_lane_alone_has_only_what_cannot_run_in_both():
    postgres, sqlite, systems = lanes_of(full=True)

    assert postgres.leaves_out == (*module.SYSTEMS, "tests/test_permissions.py")
    assert sqlite.leaves_out == module.SYSTEMS
    assert not any("LEAVES_TO_SQLITE" in each.environment for each in (postgres, sqlite, systems))


def test_what_a_short_run_leaves_to_sqlite_is_not_left_out_there():
    postgres, sqlite, _ = lanes_of(full=False)

    assert set(postgres.leaves_out) & set(sqlite.leaves_out) == set(module.SYSTEMS)
    assert "LEAVES_TO_SQLITE" in postgres.environment
    assert "LEAVES_TO_SQLITE" not in sqlite.environment


def test_each_lane_has_a_database_of_its_own():
    addresses = [each.environment.get("DATABASE_URL") for each in lanes_of(full=False)]

    assert len(set(addresses)) == 3
