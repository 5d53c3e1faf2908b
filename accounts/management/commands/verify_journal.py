from django.core.management.base import BaseCommand, CommandError

from accounts import journal
from accounts.models import JournalHead


class Command(BaseCommand):
    help = "逐条核对审计日志的校验链；有问题时指出第一条，退出码 1。"

    def add_arguments(self, parser):
        parser.add_argument(
            "--head", default="", help="曾经印在月报或公开报告上的校验码，核对它仍在链上"
        )

    def handle(self, *, head, **options):
        try:
            fault = journal.first_fault(head=head, witnessed=journal.witnessed())
        except journal.WitnessUnreadable as error:
            raise CommandError(str(error), returncode=1) from error
        if fault:
            raise CommandError(f"审计日志第{fault.sequence}条：{fault.reason}", returncode=1)
        last = JournalHead.objects.filter(pk=1).first() or JournalHead()
        self.stdout.write(f"审计日志共{last.sequence}条，全部相符。链头 {last.hash}")
        if gap := journal.witness_gap():
            self.stderr.write(self.style.WARNING(f"注意：{gap}"))
