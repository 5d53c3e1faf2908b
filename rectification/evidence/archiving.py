"""整改档案: a ZIP of all evidence of a problem, in numbered folders, with an index in Word."""

import hashlib
import io
import re
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import IO

import docx
from docx.enum.section import WD_ORIENT
from docx.shared import Pt

from rectification.evidence import storing
from rectification.evidence.naming import FileRefused
from rectification.models import Evidence, EvidenceUse, EvidenceVersion, Measure, Problem
from rectification.official_word import printable

HEADINGS = ("序号", "措施", "材料名称", "类型", "文号", "日期", "版次", "文件名", "SHA-256")
INDEX = "00 目录.docx"
CHUNK = 1024 * 1024
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


@dataclass(frozen=True)
class Archive:
    """The ZIP in a temporary file that goes when it is closed, its name, and its count of files."""

    stream: IO[bytes]
    name: str
    files: int


def build(problem: Problem, measures: Iterable[Measure], *, at: datetime) -> Archive:
    """The archive of these measures of the problem. Raises FileRefused where the disk is full."""
    stream = tempfile.TemporaryFile()  # noqa: SIM115  # whoever sends it closes it
    try:
        rows: list[tuple[str, ...]] = []
        with zipfile.ZipFile(stream, "w") as archive:
            for place, measure in enumerate(measures.order_by("code"), 1):  # type: ignore[attr-defined]
                folder = _safe(f"{place:02} {measure.code}")
                for use in _uses(measure):
                    rows += _put(archive, folder, measure, use, first=len(rows) + 1)
            archive.writestr(INDEX, _index(problem, rows, at=at))
        stream.seek(0)
    except OSError as error:
        stream.close()
        raise FileRefused(storing.FULL) from error
    except BaseException:
        stream.close()
        raise
    name = _safe(f"{problem.code} 整改档案 {at.date()}.zip")
    return Archive(stream, name, sum(bool(row[-1]) for row in rows))


def _uses(measure: Measure) -> list[EvidenceUse]:
    current = measure.evidence_uses.filter(ended_at=None).select_related("evidence")
    return list(current.prefetch_related("evidence__versions").order_by("evidence__number"))


def _put(
    archive: zipfile.ZipFile, folder: str, measure: Measure, use: EvidenceUse, *, first: int
) -> list[tuple[str, ...]]:
    """Every version of a piece, as lines of the index; of a withdrawn one the lines alone."""
    piece, lines = use.evidence, []
    for number, version in enumerate(piece.versions.all(), first):
        name, digest = f"已撤下，未附文件：{piece.withdrawn_why}", ""
        if not piece.is_withdrawn:
            name = _safe(f"{number:03} 第{version.number}版 {version.name}")
            digest = _copy(archive, f"{folder}/{name}", version)
            name = name if digest else f"{version.name}（文件缺失或与校验码不符，未附）"
        lines.append(_line(number, measure, piece, version, (name, digest)))
    return lines


def _line(
    number: int, measure: Measure, piece: Evidence, version: EvidenceVersion, file: tuple[str, str]
) -> tuple[str, ...]:
    about = (piece.title, piece.get_kind_display(), piece.document_number)
    return (str(number), measure.code, *about, f"{piece.dated_on}", f"第{version.number}版", *file)


def _copy(archive: zipfile.ZipFile, name: str, version: EvidenceVersion) -> str:
    """The hash of what was put in; nothing where the file is not the one that was kept."""
    try:
        path = storing.sound(version.key, sha256=version.sha256)
    except storing.FileDamaged:
        return ""
    digest = hashlib.sha256()
    with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()


def _index(problem: Problem, rows: list[tuple[str, ...]], *, at: datetime) -> bytes:
    document = docx.Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = section.page_height, section.page_width
    document.add_heading(f"{problem.code} 整改档案目录", level=1)
    document.add_paragraph(printable(problem.wording))
    count = f"共{len(rows)}行" if rows else "没有佐证材料"
    document.add_paragraph(f"生成时间：{at:%Y-%m-%d %H:%M}　{count}")
    table = document.add_table(rows=1 + len(rows), cols=len(HEADINGS), style="Table Grid")
    for line, texts in zip(table.rows, [HEADINGS, *rows], strict=True):
        for cell, text in zip(line.cells, texts, strict=True):
            run = cell.paragraphs[0].add_run(printable(text))
            run.font.size = Pt(8)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _safe(name: str) -> str:
    return _NOT_IN_NAMES.sub("_", name)
