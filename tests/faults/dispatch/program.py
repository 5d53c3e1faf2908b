"""Runs a real program of the installation with points and sabotage: production code reads nothing
of this.

python -m tests.faults.dispatch.program manage.py tick
python -m tests.faults.dispatch.program celery -A config.celery worker …

FAULTS_DIE_AT names a point, FAULTS_WITHOUT (separated by semicolons) the protections that are off.
"""

import os
import sys

import django
from celery.__main__ import main as celery
from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

import config.celery  # noqa: E402, F401  # after the set-up; whose doorbell it is
from tests.faults.dispatch import points  # noqa: E402


def main() -> None:
    points.install(
        die_at=os.environ.get("FAULTS_DIE_AT", ""),
        without=[each for each in os.environ.get("FAULTS_WITHOUT", "").split(";") if each],
        spot=points.Spot(),
    )
    sys.argv = sys.argv[1:]
    if sys.argv[0] == "celery":
        celery()
    else:
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
