"""Bytes on disk: received in a stream under a name of our own, kept together with their row.

A file that is received lies in `incoming` until it is kept or its request ends. What a crash leaves
there is cleared by the next upload, once it is old.
"""

import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.db import InterfaceError, OperationalError

from rectification.evidence.naming import ALLOWED, FileRefused
from rectification.shelf import FileDamaged, folder, path_of, sound

__all__ = ["FileDamaged", "path_of", "sound"]  # of the shelf, for whoever stores

INCOMING = "incoming"
LIFETIME = timedelta(hours=2)  # of what a crash left behind
FULL = "服务器的存储空间不足，没有保存。请联系系统管理员，稍后再上传。"


class Received(UploadedFile):  # type: ignore[type-arg]
    """A file that arrived: its bytes in `incoming`, its hash, or why it was not taken (`refused`).

    `sent_name` is the name as sent, uncut. Closing it takes it off the disk, unless it was kept.
    """

    def __init__(self, path: Path, *, name: str) -> None:
        super().__init__(name=name, size=0)
        self.path = path
        self.sent_name = name
        self.sha256 = ""
        self.refused = ""

    def close(self) -> None:
        self.path.unlink(missing_ok=True)


class Receiver(FileUploadHandler):
    """Django's way to take uploads, ours to keep to the limit while they stream in."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self.received: list[Received] = []
        self._stream: IO[bytes] | None = None
        incoming = folder() / INCOMING
        incoming.mkdir(parents=True, exist_ok=True)
        _clear_abandoned(incoming)

    @property
    def file(self) -> "Receiver":
        """Django closes this where a request breaks off."""
        return self

    def close(self) -> None:
        self._close_stream()
        for each in self.received:
            each.close()

    def new_file(self, *args: Any, **rest: Any) -> None:
        super().new_file(*args, **rest)
        path = folder() / INCOMING / secrets.token_hex(16)
        self.received.append(Received(path, name=self.file_name or ""))
        self._hash = hashlib.sha256()
        try:
            self._stream = _open(path)
        except OSError:
            self._refuse(FULL)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        now = self.received[-1]
        if now.refused:
            return
        now.size = start + len(raw_data)
        if now.size > settings.UPLOAD_MOST_BYTES:
            self._refuse(f"文件超过{most_size()}，请压缩或拆分后再上传。只收 {ALLOWED}。")
            return
        assert self._stream is not None
        try:
            self._stream.write(raw_data)
        except OSError:
            self._refuse(FULL)
            return
        self._hash.update(raw_data)

    def file_complete(self, file_size: int) -> Received:
        now = self.received[-1]
        if not now.refused:
            try:
                self._close_stream()
            except OSError:
                self._refuse(FULL)
        now.size, now.sha256 = file_size, self._hash.hexdigest()
        return now

    def upload_interrupted(self) -> None:
        self.close()

    def _refuse(self, sentence: str) -> None:
        """The rest of the file is read past; what came of it goes at once."""
        now = self.received[-1]
        now.refused = sentence
        with suppress(OSError):
            self._close_stream()
        now.close()

    def _close_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()


@contextmanager
def kept(file: Received) -> Iterator[str]:
    """The file under its own name, for as long as what is done inside succeeds; else it is gone.

    Gives the key that a row names it by; enter it before the transaction that writes the row.
    Where the connection was lost or the process is stopped, the row may have been written (an error
    at COMMIT says nothing): the file stays, and what no row names is swept later.
    Raises FileRefused where the disk is full.
    """
    key = secrets.token_hex(16)
    target = path_of(key)
    try:
        _settle(file.path, target)
        yield key
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        target.unlink(missing_ok=True)
        raise


def most_size() -> str:
    return f"{settings.UPLOAD_MOST_BYTES // 1024 // 1024}MB"


def _settle(path: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _to_disk(path)
        os.replace(path, target)
        _to_disk(target.parent)
    except OSError as error:
        raise FileRefused(FULL) from error


def _open(path: Path) -> IO[bytes]:
    return path.open("xb", buffering=0)


def _to_disk(path: Path) -> None:
    """Until the disk has it: a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _clear_abandoned(incoming: Path) -> None:
    oldest = time.time() - LIFETIME.total_seconds()
    for path in incoming.iterdir():
        with suppress(FileNotFoundError):  # somebody else clears at the same moment
            if path.stat().st_mtime < oldest:
                path.unlink()
