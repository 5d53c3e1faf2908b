from django.core.management.base import BaseCommand, CommandError

from rectification import looking_back
from rectification.models import LookBack


class Command(BaseCommand):
    help = "按记录的种子和规则重新抽取一次回头看，与名单和审计日志核对；不一致时退出码 1。"

    def add_arguments(self, parser):
        parser.add_argument("inspection", help="巡察的代号，如 x25")
        parser.add_argument("number", type=int, help="第几次回头看，如 1")

    def handle(self, *, inspection, number, **options):
        look_back = LookBack.objects.filter(inspection__code=inspection, number=number).first()
        if look_back is None:
            raise CommandError(f"没有找到 {inspection} 的第{number}次回头看。", returncode=1)
        redrawn = looking_back.redraw(look_back)
        if redrawn.faults:
            recorded = f"记录的名单：{'、'.join(redrawn.drawn)}"
            again = f"重新抽取：{'、'.join(redrawn.again)}"
            raise CommandError("\n".join([*redrawn.faults, recorded, again]), returncode=1)
        self.stdout.write(
            f"{look_back}：从{look_back.population_size}条中抽取{look_back.sample_size}条，"
            f"重新抽取与记录一致。\n种子 {look_back.seed}\n名单 {'、'.join(redrawn.again)}"
        )
