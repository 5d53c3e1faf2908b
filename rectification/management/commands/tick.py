from datetime import datetime

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from rectification import delivery, tasks
from rectification.delivery import Tally


class Command(BaseCommand):
    help = (
        "做定时器和后台任务做的全部事情：开始到期的调度，到点写好每日提醒，并把待发送的发出去。"
        "重复运行不会重复。"
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--at", help="当作这个时间运行，例如 2025-08-04 或 2025-08-04T09:00（默认：现在）"
        )

        parser.add_argument(
            "--restored",
            action="store_true",
            help="数据库恢复成旧备份后先这样运行一次：待发送的可能已经发过，先核实，不能核实的列为待核实",
        )
        parser.add_argument(
            "--no-delivery", action="store_true", help="只写好通知，不发送邮件和机器人消息"
        )

    def handle(self, *, at, restored, no_delivery, **options):
        moment = _moment(at) if at else timezone.now()
        try:
            self._say(tasks.do_jobs(at=moment))
        except Exception as error:
            said = f"有一项工作出错，没有做完（{error!r}），详情见日志；下次运行会再做。"
            raise CommandError(said) from error
        finally:  # a job that fails keeps no message waiting
            if restored:
                doubtful = delivery.doubt_all(at=timezone.now())
                self.stdout.write(f"待发送的{doubtful}条，先核实再发。")
            if not no_delivery:
                self._tell(delivery.deliver_due(now=timezone.now))

    def _say(self, answers):
        opened = answers["open_due"]
        for each in opened:
            code = each.round.inspection.code
            self.stdout.write(f"{code}：{each.round}开始，通知{each.notices}个单位。")
        if not opened:
            self.stdout.write("没有到期的调度。")
        done = answers["climb"]
        if done.proposed or done.issued or done.lapsed:
            self.stdout.write(
                f"督办：拟好{done.proposed}份函件，直接发出{done.issued}份，"
                f"{done.lapsed}份不再需要。"
            )
        if people := answers["remind"].people:
            self.stdout.write(f"已给{people}人发每日提醒。")

    def _tell(self, tally: Tally) -> None:
        if tally.sent or tally.held or tally.failed or tally.retried:
            self.stdout.write(
                f"通知发出{tally.sent}条，待核实{tally.held}条，失败{tally.failed}条，"
                f"稍后再试{tally.retried}条。"
            )
        if tally.trouble:
            self.stdout.write(f"有通知在等待：{tally.trouble}")


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
