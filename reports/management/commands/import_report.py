"""bin/manage import_report FILE: shows what a published report would become, or takes it in."""

import json
from argparse import ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, models
from django.utils import timezone

from accounts.models import Role, RoleAssignment, Unit, User
from rectification.models import Inspection
from reports.models import Report
from reports.reading import Note, Reading, ReportRefused, read_file, summary
from reports.recording import Place, RecordingRefused, record

REFUSED = 2  # exit code


class Command(BaseCommand):
    help = "读入一份已公布的整改情况通报（.txt 或 .docx）。默认只显示计划，不写入任何数据。"
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="通报文件")
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument("--plan", action="store_true", help="只显示将要登记的内容（默认）")
        mode.add_argument("--apply", action="store_true", help="登记到系统")
        parser.add_argument("--slug", help="登记时的网址名，也作这次巡察的代号")
        parser.add_argument("--inspection", metavar="CODE", help="登记到这次尚无问题的巡察")
        parser.add_argument("--inspection-unit", metavar="NAME", help="被巡察单位在系统中的名称")
        parser.add_argument("--feedback-date", type=_day, metavar="DATE", help="文中没有写明时用")
        parser.add_argument("--by", metavar="USERNAME", help="以谁的名义登记，须是整改办人员")
        parser.add_argument("--json", action="store_true", help="只输出一个 JSON 对象")

    def handle(self, *, file, apply, **options):
        reading = _reading(file)
        report = _apply(reading, file=file, options=options) if apply else None
        if options["json"]:
            self.stdout.write(json.dumps(summary(reading), ensure_ascii=False, indent=2))
        else:
            self.stdout.write(_plan(reading))
            self.stdout.write(_applied(report) if report else "以上是计划，没有写入任何数据。")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"“{text}”不是日期，请按 2025-01-20 的样子写。") from error


def _reading(file: Path) -> Reading:
    most = settings.UPLOAD_MOST_BYTES
    try:
        with file.open("rb") as source:
            data = source.read(most + 1)
    except FileNotFoundError as error:
        raise CommandError(f"找不到文件：{file}", returncode=REFUSED) from error
    except OSError as error:
        raise CommandError(
            f"无法打开文件：{file}（{error.strerror}）", returncode=REFUSED
        ) from error
    try:
        return read_file(data, name=file.name, most_bytes=most)
    except ReportRefused as refusal:
        raise CommandError(f"{file.name}：{refusal}", returncode=REFUSED) from refusal


def _apply(reading: Reading, *, file: Path, options: dict[str, Any]) -> Report:
    if not options["slug"]:
        raise CommandError("登记要用 --slug 给出网址名，例如 --slug x2025。", returncode=REFUSED)
    try:
        return record(
            reading.document,
            slug=options["slug"],
            source_name=file.name,
            place=_place(options),
            by=_named(User, "username", options["by"], what="人员"),
            at=timezone.now(),
        )
    except RecordingRefused as refusal:
        raise CommandError(f"{file.name}：{refusal}", returncode=REFUSED) from refusal
    except DatabaseError as error:
        raise CommandError(
            "数据库连接不上，或者还没有建立（先运行一次 bin/manage migrate）。", returncode=REFUSED
        ) from error


def _place(options: dict[str, Any]) -> Place:
    return Place(
        unit=_named(Unit, "name", options["inspection_unit"], what="单位"),
        inspection=_named(Inspection, "code", options["inspection"], what="巡察"),
        feedback_date=options["feedback_date"],
    )


def _named(model: type[models.Model], column: str, value: str | None, *, what: str) -> Any:
    """The one row that an option names; None where the option was not given."""
    if value is None:
        return None
    found = model._default_manager.filter(**{column: value}).first()
    if found is None:
        raise CommandError(f"系统中没有{what}“{value}”。", returncode=REFUSED)
    return found


def _applied(report: Report) -> str:
    unit = report.inspection.inspected_unit
    lines = [f"已登记为 {report.slug}：/i/{report.inspection.code}/problems/"]
    if not RoleAssignment.objects.filter(unit=unit, role=Role.OFFICE, ended_on=None).exists():
        lines.append(f"“{unit.name}”还没有整改办人员，请由管理员授权后再登录查看。")
    return "\n".join(lines)


def _plan(reading: Reading) -> str:
    figures, document = summary(reading), reading.document
    on_site = " 至 ".join(figures["on_site"]) or "未写明"
    stated = "，".join(f"{NAMES[key]} {number}" for key, number in figures["stated"].items())
    lines = [
        f"标题：{document.title or '未写明'}",
        f"被巡察单位：{document.inspected_unit or '未写明'}",
        f"巡察组：{document.inspecting_body or '未写明'}",
        f"巡察时间：{on_site}；反馈日期：{figures['feedback_date'] or '未写明'}",
        f"反馈问题 {figures['problems']} 个：已完成 {figures['finished']} 个，"
        f"持续推进 {figures['continuing']} 个",
        f"公开事项 {figures['items']} 条，下一步打算 {figures['next_steps']} 条",
        f"文中所称：{stated or '无'}",
        f"提到的文件 {len(figures['documents'])} 份",
        *_listed("没有归类的内容", reading.leftovers),
        *_listed("需要核对或补填", reading.questions),
    ]
    return "\n".join(lines)


NAMES = {
    "problems": "问题（个）",
    "problems_done": "已完成问题（个）",
    "measures": "措施（条）",
    "measures_done": "已完成措施（条）",
    "rate": "完成率（%）",
    "outcomes": "制度成果（项）",
}


def _listed(name: str, notes: tuple[Note, ...]) -> list[str]:
    lines = [f"{name} {len(notes)} 处{'：' if notes else ''}"]
    lines += [
        f"  第 {note.line} 行：{note.reason}{f'（{note.text}）' if note.text else ''}"
        for note in notes
    ]
    return lines
