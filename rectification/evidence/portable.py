"""PDF: no scripts, programs, attachments or password; its words, and its pages as pictures."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject

from rectification.evidence.naming import FileRefused, refuse_secret
from rectification.evidence.pictures import WIDEST, as_png

MOST_OBJECTS = 200_000
MOST_PAGES = 3_000
PREVIEWED = 3  # pages
_ACTIVE_NAMES = frozenset(
    (
        "/JS",
        "/JavaScript",
        "/EmbeddedFile",
        "/EmbeddedFiles",
        "/EF",
        "/XFA",
        "/RichMedia",
        "/RichMediaContent",
    )
)
_ACTIVE_VALUES = frozenset(
    (
        "/Launch",
        "/JavaScript",
        "/ImportData",
        "/GoToE",
        "/Rendition",
        "/EmbeddedFile",
        "/RichMedia",
        "/FileAttachment",
    )
)
_RAW = re.compile(rb"/(Launch|JavaScript|EmbeddedFiles?)\b")
_BROKEN = "PDF 打不开或者不完整，请重新导出后再上传。"
_ACTIVE = "PDF 里带有脚本、附件或启动程序的动作，请另存为普通 PDF（可用“打印到 PDF”）后再上传。"


def inspect(path: Path) -> int:
    """How many of its pages can be previewed. Raises FileRefused, SecretRefused."""
    try:
        with path.open("rb") as file:
            reader = PdfReader(file)
            if reader.is_encrypted:
                raise FileRefused("PDF 有密码或权限限制，请解除后再上传。")
            if _RAW.search(path.read_bytes()) or any(map(_is_active, _dictionaries(reader))):
                raise FileRefused(_ACTIVE)
            about = "\n".join(str(value) for value in (reader.metadata or {}).values())
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FileRefused(_BROKEN) from error
    refuse_secret(about, where="PDF 的属性")
    return _read(path)


def _read(path: Path) -> int:
    try:
        with pypdfium2.PdfDocument(path) as document:
            count = len(document)
            if not 1 <= count <= MOST_PAGES:
                raise FileRefused(f"PDF 有{count}页，要有1到{MOST_PAGES}页，请拆分后再上传。")
            for number in range(count):
                refuse_secret(_words(document[number]), where=f"PDF 第{number + 1}页")
    except pypdfium2.PdfiumError as error:
        raise FileRefused(_BROKEN) from error
    return min(count, PREVIEWED)


def _words(page: pypdfium2.PdfPage) -> str:
    text = page.get_textpage()
    words: str = text.get_text_bounded()
    text.close()
    page.close()
    return words


def preview(path: Path, page: int) -> bytes:
    """The page (from 1) as PNG."""
    with pypdfium2.PdfDocument(path) as document:
        shown = document[page - 1]
        scale = min(WIDEST / max(shown.get_width(), 1), WIDEST * 3 / max(shown.get_height(), 1))
        return as_png(shown.render(scale=scale).to_pil())


def _dictionaries(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Every dictionary of the file, also those that no page leads to."""
    numbers = {(n, g) for g, found in reader.xref.items() for n in found}
    numbers |= {(n, 0) for n in reader.xref_objStm}
    if len(numbers) > MOST_OBJECTS:
        raise FileRefused("PDF 的内部对象太多，请拆分或重新导出后再上传。")
    waiting: list[Any] = [reader.trailer]
    waiting += [IndirectObject(n, g, reader).get_object() for n, g in numbers if n]
    while waiting:
        each = waiting.pop()
        if isinstance(each, DictionaryObject):
            yield each
            waiting += each.values()
        elif isinstance(each, ArrayObject):
            waiting += each


def _is_active(found: DictionaryObject) -> bool:
    if _ACTIVE_NAMES & found.keys():
        return True
    kinds = (found.raw_get(key) for key in ("/S", "/Subtype", "/Type") if key in found)
    return any(isinstance(kind, str) and kind in _ACTIVE_VALUES for kind in kinds)
