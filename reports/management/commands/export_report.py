"""bin/manage export_report SLUG: a report out of its rows, as text, page or data; and compared."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from accounts import journal
from reports.comparing import DifferenceKind, differences
from reports.document import Document
from reports.models import Report
from reports.reading import ReportRefused
from reports.reading.source import source_text
from reports.rendering import to_html, to_json, to_text
from reports.storing import document_of

DIFFERENT = 1  # exit codes
REFUSED = 2


def _page(document: Document) -> str:
    context = {"document": document, "article": to_html(document)}
    return render_to_string("reports/export.html", context).lstrip()


FORMATS = {"txt": to_text, "html": _page, "json": to_json}


class Command(BaseCommand):
    help = (
        "输出系统中的一份报告。用 --compare 与原文逐字比较："
        "只有系统重排的序号和编号旁的空格不同时，退出码为 0；有文字不同时为 1；出错时为 2。"
    )

    def add_arguments(self, parser):
        parser.add_argument("slug", help="报告的网址名")
        parser.add_argument("--format", choices=list(FORMATS), default="txt", help="默认 txt")
        parser.add_argument("-o", "--output", type=Path, help="写入这个文件，默认输出到屏幕")
        parser.add_argument("--compare", type=Path, help="与这个文件比较，列出每一处不同")

    def handle(self, *, slug, output, compare, **options):
        report = _report(slug)
        document = document_of(report)
        if output or not compare:
            self._export(report, document, output=output, form=options["format"])
        if compare:
            self._compare(_source(compare), to_text(document))

    @transaction.atomic
    def _export(self, report: Report, document: Document, *, output: Path | None, form: str):
        """The text, and the entry that it left the house; neither without the other."""
        act = journal.Act("export", "report", report.subject_code, after={"form": form})
        journal.append(act, by=None, at=timezone.now())
        text = FORMATS[form](document)
        if output:
            _write(output, text)
        else:
            self.stdout.write(text, ending="")

    def _compare(self, source: str, printed: str) -> None:
        found = differences(source, printed)
        for difference in found:
            self.stdout.write(str(difference))
        lost = sum(difference.kind == DifferenceKind.TEXT for difference in found)
        self.stdout.write(f"共 {len(found)} 处不同，其中文字不同 {lost} 处。")
        if lost:
            raise CommandError("有文字不同。", returncode=DIFFERENT)


def _report(slug: str) -> Report:
    try:
        report = Report.objects.filter(slug=slug).select_related("inspection").first()
    except DatabaseError as error:
        raise CommandError(
            "数据库连接不上，或者还没有建立（先运行一次 bin/manage migrate）。", returncode=REFUSED
        ) from error
    if report is None:
        raise CommandError(f"没有网址名为“{slug}”的报告。", returncode=REFUSED)
    return report


def _source(file: Path) -> str:
    try:
        return source_text(file.read_bytes(), name=file.name)
    except OSError as error:
        raise CommandError(
            f"无法打开文件：{file}（{error.strerror}）", returncode=REFUSED
        ) from error
    except ReportRefused as refusal:
        raise CommandError(f"{file.name}：{refusal}", returncode=REFUSED) from refusal


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise CommandError(
            f"无法写入文件：{file}（{error.strerror}）", returncode=REFUSED
        ) from error
