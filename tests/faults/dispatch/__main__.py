"""F2 as often as one likes: python -m tests.faults.dispatch --kills 10000

On the database that DATABASE_URL names, else on SQLite; for PostgreSQL:
python -m tests.postgres .venv/bin/python -m tests.faults.dispatch --kills 10000
"""

import argparse
import sys

import pytest

TEST = "tests/faults/dispatch/test_random_kills.py"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.dispatch")
    parser.add_argument("--kills", type=int, default=1000)
    wishes = parser.parse_args()
    return int(pytest.main([TEST, "-k", "whatever_dies", "--kills", str(wishes.kills)]))


if __name__ == "__main__":
    sys.exit(main())
