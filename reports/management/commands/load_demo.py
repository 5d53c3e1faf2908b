import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from reports.demonstration.loading import AlreadyLoaded, Loaded, LoadRefused, load
from reports.demonstration.staffing import Account

FILE = "demo_accounts.txt"


class Command(BaseCommand):
    help = (
        "把演示台账装入空数据库：一个虚构的水务局，48个问题、161条措施。"
        f"账号和随机密码写入 DATA_DIR/{FILE}。"
    )

    def add_arguments(self, parser):
        parser.add_argument("--on", help="故事里的“今天”，例如 2025-07-31（默认：装入当天）")

    def handle(self, *, on, verbosity, **options):
        file = Path(settings.DATA_DIR) / FILE
        try:
            loaded = load(
                on=_day(on),
                at=timezone.now(),
                then=lambda loaded: write_accounts(file, loaded.accounts),
            )
        except AlreadyLoaded as told:
            self.stdout.write(str(told))
            return
        except LoadRefused as refused:
            raise CommandError(str(refused), returncode=2) from refused
        except OSError as error:
            raise CommandError(
                f"账号文件 {file} 写不进去，没有装入任何内容。", returncode=2
            ) from error
        if verbosity:
            self.stdout.write(_summary(loaded, file))


def write_accounts(file: Path, accounts: Iterable[Account]) -> None:
    """One line for each account, readable by the owner alone; an older file is replaced."""
    lines = (f"{each.username}\t{each.password}\t{each.who}\n" for each in accounts)
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.writelines(lines)
    fresh.replace(file)


def _day(text: str | None) -> date:
    if not text:
        return timezone.localdate()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--on {text} 不是日期，请写成 2025-07-31。", returncode=2) from None


def _summary(loaded: Loaded, file: Path) -> str:
    counts = loaded.counts
    return (
        f"已装入演示台账：{counts['problem']}个问题、{counts['measure']}条措施、"
        f"{counts['progressentry']}条进展、{counts['outcome']}项制度成果。"
        f"{len(loaded.accounts)}个账号的初始密码在 {file}。"
    )
