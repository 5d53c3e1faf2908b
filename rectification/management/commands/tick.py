from datetime import datetime

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from rectification import dispatching


class Command(BaseCommand):
    help = "开始到期的双周调度，并给有未销号措施的单位各写一份站内通知。重复运行不会重复。"

    def add_arguments(self, parser):
        parser.add_argument(
            "--at", help="当作这个时间运行，例如 2025-08-04 或 2025-08-04T09:00（默认：现在）"
        )

    def handle(self, *, at, **options):
        opened = dispatching.open_due(at=_moment(at) if at else timezone.now())
        for each in opened:
            code = each.round.inspection.code
            self.stdout.write(f"{code}：{each.round}开始，通知{each.notices}个单位。")
        if not opened:
            self.stdout.write("没有到期的调度。")


def _moment(text: str) -> datetime:
    """A day (its beginning) or a time, read as Beijing time unless it names its zone."""
    try:
        day = parse_date(text)
        moment = datetime(day.year, day.month, day.day) if day else parse_datetime(text)  # noqa: DTZ001  # made aware below
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(
            f"--at {text} 不是时间，请写成 2025-08-04 或 2025-08-04T09:00。", returncode=2
        )
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
