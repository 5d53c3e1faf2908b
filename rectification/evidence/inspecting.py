"""Whether a file may be kept: its name, and whether its content is what the name says.

Content is hostile until shown otherwise: everything but `confined` calls `confined.inspect`.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path

from rectification.evidence import naming, packages, pictures, portable
from rectification.evidence.naming import ALLOWED, MEDIA_TYPES, FileRefused

SIGNATURES = {
    "pdf": b"%PDF-",
    "jpg": b"\xff\xd8\xff",
    "jpeg": b"\xff\xd8\xff",
    "png": b"\x89PNG\r\n\x1a\n",
    "docx": b"PK\x03\x04",
    "xlsx": b"PK\x03\x04",
    "pptx": b"PK\x03\x04",
    "ofd": b"PK\x03\x04",
}
OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # also a modern file with a password
PICTURES = frozenset(pictures.FORMATS)


@dataclass(frozen=True)
class Found:
    """What a sound file is: its type by content, how many pages can be previewed, and the reason
    why it may not be marked as public (empty where it may)."""

    media_type: str
    pages: int = 0
    not_public: str = ""


def inspect(path: Path, *, name: str) -> Found:
    """Raises FileRefused, SecretRefused."""
    extension = naming.check(name)
    _refuse_disguise(path, extension)
    media_type = MEDIA_TYPES[extension]
    if extension == "pdf":
        return Found(media_type, portable.inspect(path))
    if extension in PICTURES:
        return Found(media_type, 1, pictures.inspect(path, extension))
    with path.open("rb") as file:
        return Found(media_type, not_public=packages.inspect(file, extension))


def preview(path: Path, *, name: str, page: int) -> bytes:
    """A page of a kept file as PNG."""
    extension = naming.extension_of(name)
    if extension == "pdf":
        return portable.preview(path, page)
    return pictures.preview(path, extension)


def _refuse_disguise(path: Path, extension: str) -> None:
    """Two kinds in one file, or another kind than the name says."""
    with path.open("rb") as file:
        start = file.read(1024)
    if not start:
        raise FileRefused("这个文件是空的，请重新选择。")
    if start.startswith(OLD_OFFICE):
        raise FileRefused(
            f"文件有密码或是旧版格式，请去掉密码、另存为新格式后再上传。只收 {ALLOWED}。"
        )
    packed = SIGNATURES[extension] == SIGNATURES["docx"]
    two_in_one = b"%PDF-" in start if packed else zipfile.is_zipfile(path)
    if not start.startswith(SIGNATURES[extension]) or two_in_one:
        raise FileRefused(
            f"文件内容与扩展名 {extension.upper()} 不符，请用原来的软件另存。只收 {ALLOWED}。"
        )
