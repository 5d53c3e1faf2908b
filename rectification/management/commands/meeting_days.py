import json

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from rectification import clock, meeting_days
from rectification.models import Inspection
from rectification.models.workday import EARLIEST_YEAR, LATEST_YEAR


class Command(BaseCommand):
    help = "列出一次巡察某一年的调度会议日：应调度日、会议日、为什么顺延；推算的逐条标明。"

    def add_arguments(self, parser):
        parser.add_argument("inspection", metavar="INSPECTION", help="巡察的代号，例如 x25")
        parser.add_argument("--year", help="年份，例如 2025（默认：今年）")
        parser.add_argument("--json", action="store_true", help="输出一个 JSON 对象，别的都不输出")

    def handle(self, *, inspection, year, **options):
        found = Inspection.objects.filter(code=inspection).first()
        if found is None:
            known = "、".join(Inspection.objects.values_list("code", flat=True)) or "还没有"
            raise CommandError(
                f"没有代号为 {inspection} 的巡察。现有的代号：{known}。", returncode=2
            )
        asked = _year(year)
        days = meeting_days.of_year(found, asked)
        if options["json"]:
            said = {"inspection": found.code, "year": asked, "days": [_plain(day) for day in days]}
            self.stdout.write(json.dumps(said, ensure_ascii=False, indent=2))
            return
        held = sum(day.is_held for day in days)
        self.stdout.write(f"{found.name}，{asked}年开会{held}次")
        for day in days:
            self.stdout.write(_in_words(day))


def _year(text):
    if text is None:
        return timezone.localdate().year
    if text.isascii() and text.isdecimal() and EARLIEST_YEAR <= int(text[:5]) <= LATEST_YEAR:
        return int(text)
    raise CommandError(
        f"--year {text} 不是年份，请写 {EARLIEST_YEAR} 到 {LATEST_YEAR}，例如 2025。", returncode=2
    )


def _in_words(day):
    """第3次 3月3日 周一; then what is unlike the rule."""
    said = [f"第{day.number}次", _when(day.meeting_on)]
    if day.why_moved:
        said.append(f"应调度日{_when(day.due_on)}休息（{day.why_moved}），顺延")
    if day.merged_into is not None:
        said.append(f"并入第{day.merged_into}次")
    if day.round is not None:
        said.append(day.round.get_state_display())
    if day.caveat:
        said.append(day.caveat)
    return "\t".join(said)


def _when(day):
    return f"{clock.in_full(day)} {clock.weekday(day)}"


def _plain(day):
    return {
        "number": day.number,
        "due_on": day.due_on.isoformat(),
        "meeting_on": day.meeting_on.isoformat(),
        "moved": bool(day.why_moved),
        "why_moved": day.why_moved,
        "merged_into": day.merged_into,
        "state": day.round.state if day.round else "",
        "computed": bool(day.caveat),
        "caveat": day.caveat,
    }
