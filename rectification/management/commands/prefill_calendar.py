from django.core.management.base import BaseCommand
from django.utils import timezone

from rectification import calendar_keeping


class Command(BaseCommand):
    help = (
        "按软件自带的放假数据补上工作日历里缺的年份；没有公布的年份按法定节日推算，"
        "有人改过的年份不动。重复运行不会重复。"
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "years", nargs="*", type=int, help="年份，如 2026（默认：最早的调度起始日到明年）"
        )

    def handle(self, *, years, verbosity, **options):
        now = timezone.now()
        wanted = years or calendar_keeping.needed_years(on=timezone.localdate(now))
        written = calendar_keeping.prefill(wanted, at=now)
        if verbosity:
            said = "、".join(f"{year}年" for year in written)
            self.stdout.write(f"已补上：{said}。" if written else "没有要补的年份。")
