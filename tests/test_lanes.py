"""The verdict of bin/test: a failure anywhere is a failure, and the last line is pytest's own."""

import pytest

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
