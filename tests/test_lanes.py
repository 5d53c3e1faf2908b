"""The verdict of bin/test: a failure anywhere is a failure, and the last line is pytest's own."""

import pytest

from tests import lanes as module
from tests.conftest import REPOSITORY
from tests.lanes import Outcome, report

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


def test_what_one_lane_leaves_out_is_there_and_runs_in_the_other():
    environment = {"DATA_DIR": "/nowhere/data"}
    for full in (False, True):
        one, other = module._lanes(environment, postgres="postgres://", full=full)
        assert set(one.leaves_out) & set(other.leaves_out) == set()
        assert "ONLY_WITH_DATABASE" not in other.environment
        for path, _, name in (
            each.partition("::") for each in (*one.leaves_out, *other.leaves_out)
        ):
            assert (REPOSITORY / path).exists()
            assert not name or f"def {name}(" in (REPOSITORY / path).read_text(encoding="utf-8")


def test_the_full_run_leaves_to_one_lane_only_what_cannot_run_in_both():
    one, other = module._lanes({"DATA_DIR": "/nowhere/data"}, postgres="postgres://", full=True)

    assert one.leaves_out == ("tests/running", "tests/test_permissions.py")
    assert other.leaves_out == ("tests/journeys",)
    assert "ONLY_WITH_DATABASE" not in one.environment
