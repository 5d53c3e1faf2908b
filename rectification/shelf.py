"""Where the bytes of evidence lie, and whether they are still those that were kept."""

import hashlib
from pathlib import Path

from django.conf import settings


class FileDamaged(Exception):
    """The bytes on disk are not those that were kept: missing, or another hash."""


def folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "evidence"


def path_of(key: str) -> Path:
    return folder() / key[:2] / key


def sound(key: str, *, sha256: str) -> Path:
    """Where the bytes lie, after a look at every one of them. Raises FileDamaged."""
    path = path_of(key)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileDamaged("服务器上找不到这份文件，请联系系统管理员。") from error
    if digest != sha256:
        raise FileDamaged("服务器上的文件与上传时的校验码不符，可能被改动过，请联系系统管理员。")
    return path
