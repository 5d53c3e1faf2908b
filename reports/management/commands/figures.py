import json
from dataclasses import asdict

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone
from django.utils.dateparse import parse_date

from rectification.models import Inspection
from reports import figures


class Command(BaseCommand):
    help = "列出一次巡察截至某一天的全部数字；同一天任何时候问，答案都一样。"

    def add_arguments(self, parser):
        parser.add_argument("inspection", metavar="INSPECTION", help="巡察的代号，例如 x25")
        parser.add_argument("--on", metavar="DATE", help="截至日期，例如 2025-07-31（默认：今天）")
        parser.add_argument("--json", action="store_true", help="输出一个 JSON 对象，别的都不输出")

    def handle(self, *, inspection, on, **options):
        found = _inspection(inspection)
        now = figures.overview(found, on=_day(on))
        if options["json"]:
            said = _as_object(found, now) | _results_as_object(found, on=now.on)
            self.stdout.write(json.dumps(said, ensure_ascii=False, indent=2))
            return
        self.stdout.write(f"{found.name}，截至{now.on.year}年{now.on.month}月{now.on.day}日")
        for label, says in (*_as_lines(now), *_results_as_lines(found, on=now.on)):
            self.stdout.write(f"{label}\t{says}")


def _inspection(code):
    try:
        found = Inspection.objects.filter(code=code).first()
        known = "、".join(Inspection.objects.values_list("code", flat=True)) or "还没有"
    except DatabaseError as error:
        raise CommandError(
            "数据库连接不上，或者还没有建立（先运行一次 bin/manage migrate）。", returncode=2
        ) from error
    if found is None:
        raise CommandError(f"没有代号为 {code} 的巡察。现有的代号：{known}。", returncode=2)
    return found


def _day(text):
    if not text:
        return timezone.localdate()
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise CommandError(f"--on {text} 不是日期，请写成 2025-07-31。", returncode=2)
    return day


def _as_object(inspection, now):
    """Every figure under its key; rates with their parts, and in per cent as text or null."""
    return {
        "inspection": inspection.code,
        "on": now.on.isoformat(),
        "measures": asdict(now.measures),
        "problems": asdict(now.problems),
        "outcomes": now.outcomes,
        "rework_rounds": now.rework_rounds,
        "measure_rate": _rate(now.measures.rate),
        "problem_rate": _rate(now.problems.rate),
        "first_pass_rate": _rate(now.measures.first_pass),
    }


def _results_as_object(inspection, *, on):
    """By kind, `total` first: people as numbers, money in 元 as text; null where none stands."""
    people = figures.accountability(inspection, on=on)
    sums = figures.money(inspection, on=on)
    return {
        "accountability": {each.key: each.number for each in people},
        "money": {each.key: None if each.amount is None else str(each.amount) for each in sums},
    }


def _results_as_lines(inspection, *, on):
    for each in figures.accountability(inspection, on=on):
        yield ("问责" if each.key == "total" else f"问责·{each.label}"), each.says
    for money in figures.money(inspection, on=on):
        yield ("追缴挽回资金" if money.key == "total" else f"资金·{money.label}"), money.says


def _rate(rate):
    percent = None if rate.percent is None else str(rate.percent)
    return {"numerator": rate.numerator, "denominator": rate.denominator, "percent": percent}


def _as_lines(now):
    yield "措施完成率", f"{now.measures.rate.says}（{now.measures.done}/{now.measures.total}条）"
    yield "问题销号率", f"{now.problems.rate.says}（{now.problems.done}/{now.problems.total}个）"
    yield "一次通过率", now.measures.first_pass.says
    for figure in figures.MEASURE_FIGURES:
        yield f"措施·{figure.label}", f"{getattr(now.measures, figure.key)}{figure.unit}"
    for figure in figures.PROBLEM_FIGURES:
        yield f"问题·{figure.label}", f"{getattr(now.problems, figure.key)}{figure.unit}"
    yield "制度成果", f"{now.outcomes}项"
    yield "累计退回", f"{now.rework_rounds}次"
