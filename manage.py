#!/usr/bin/env python
"""Django's command line. `bin/manage` runs it inside the project's environment."""

import os
import sys

from django.core.management import execute_from_command_line

import config.celery  # noqa: F401  # commands ring the doorbell, and this is whose doorbell it is
from config.env import SettingRefused


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except SettingRefused as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
