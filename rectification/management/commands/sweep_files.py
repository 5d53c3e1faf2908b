from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from rectification.evidence import sweeping


class Command(BaseCommand):
    help = (
        "核对佐证材料的文件与台账：列出一天以前留下、台账没有记录的文件（--move 移到一边），"
        "以及有记录而找不到文件的材料；缺文件时退出码 1。"
    )

    def add_arguments(self, parser):
        parser.add_argument("--move", action="store_true", help="把没有记录的文件移到一边，不删除")

    def handle(self, *, move, **options):
        swept = sweeping.look(older_than=timezone.now() - sweeping.AGE)
        self.stdout.write(f"台账没有记录的文件：{len(swept.orphans)}个。")
        for path in swept.orphans:
            self.stdout.write(f"  {path}")
        if move and swept.orphans:
            self.stdout.write(f"已移到 {sweeping.move_aside(swept.orphans)}。")
        if swept.missing:
            names = "、".join(swept.missing)
            raise CommandError(f"{len(swept.missing)}份材料找不到文件：{names}。", returncode=1)
        self.stdout.write("有记录的材料，文件都在。")
