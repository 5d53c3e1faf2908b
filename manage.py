#!/usr/bin/env python
"""Django's command line. `bin/manage` runs it inside the project's environment."""

import os
import sys

from django.core.management import execute_from_command_line

from config.env import SettingRefused


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        import config.celery  # noqa: F401, PLC0415  # the doorbell of commands; reads the settings

        execute_from_command_line(sys.argv)
    except BrokenPipeError:  # whoever reads has seen enough: `bin/manage figures … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except SettingRefused as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
