"""A file between its plan and its confirmation: kept on the server, bound to who sent it.

`keep` stores the bytes under a name of our own and gives a signed ticket; `take` gives the bytes
back to the same person, once, within two hours, if they are still the same bytes.
"""

import hashlib
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core import signing

from accounts.models import User

LIFETIME = timedelta(hours=2)
SALT = "rectification.uploads"


class UploadRefused(Exception):
    """The ticket cannot be used: foreign, too old, used, or the bytes changed."""


@dataclass(frozen=True)
class Upload:
    """The bytes that were planned on, with the name the person gave the file and its SHA-256."""

    name: str
    content: bytes
    digest: str


def keep(content: bytes, *, name: str, by: User) -> str:
    """Store the bytes until they are confirmed; the ticket to ask for them with."""
    key = secrets.token_hex(16)
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    _clear_abandoned(folder)
    (folder / key).write_bytes(content)
    claims = [key, hashlib.sha256(content).hexdigest(), name, by.pk]
    return signing.dumps(claims, salt=SALT)


def look(ticket: str, *, by: User) -> Upload:
    """The bytes behind the ticket, left where they are. Raises UploadRefused."""
    try:
        key, digest, name, owner = signing.loads(ticket, salt=SALT, max_age=LIFETIME)
    except signing.SignatureExpired as error:
        raise UploadRefused("这份文件上传已超过两小时，请重新上传。") from error
    except (signing.BadSignature, ValueError) as error:
        raise UploadRefused("确认信息无效，请重新上传文件。") from error
    if owner != by.pk:
        raise UploadRefused("这份文件不是您上传的，请自己上传后再确认。")
    path = _folder() / key
    if not path.is_file():
        raise UploadRefused("这份文件已经确认过或已清理，请重新上传。")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise UploadRefused("服务器上的文件与您看过的不一致，请重新上传。")
    return Upload(name, content, digest)


def take(ticket: str, *, by: User) -> Upload:
    """The same, and nobody can take it again. Raises UploadRefused."""
    upload = look(ticket, by=by)
    key = signing.loads(ticket, salt=SALT)[0]
    try:
        (_folder() / key).unlink()  # of two confirmations at once one finds the file gone
    except FileNotFoundError as error:
        raise UploadRefused("这份文件已经确认过，请不要重复提交。") from error
    return upload


def _clear_abandoned(folder: Path) -> None:
    """Remove what nobody can confirm any more."""
    oldest = time.time() - LIFETIME.total_seconds()
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # somebody else clears at the same moment
            if path.stat().st_mtime < oldest:
                path.unlink()


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "uploads"
