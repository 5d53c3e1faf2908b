"""The archive mailbox, which has a copy of every mail that the server took: the witness that is
asked when nobody knows whether a mail went out."""

import base64
import contextlib
import glob
import imaplib
import io
import os
import re
import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from django.conf import settings

from rectification.delivery.answers import cleaned
from rectification.delivery.deadline import TimedReader

MOST_OF_HEADERS = 65_536  # bytes
CLOCKS_MAY_DIFFER = timedelta(days=1)
LONGEST_LINE = 1_000_000  # bytes
NEVER_WRITTEN = (
    "归档邮箱说有一封从未写过的邮件，不能用来核实，"
    "请检查 MAIL_ARCHIVE，换用能按 Message-ID 准确查找的邮箱。"
)
_MESSAGE_ID = re.compile(rb"^message-id:\s*(<[^<>\s]+>)", re.IGNORECASE | re.MULTILINE)


class ArchiveUnreadable(Exception):
    """The archive cannot say anything now. The message is for the office."""


class Archive(Protocol):
    def has(self, message_id: str) -> bool:
        """Whether it holds the mail, once or more often. Raises ArchiveUnreadable."""

    def close(self) -> None: ...


def open_archive(*, left: Callable[[], float], since: datetime) -> Archive:
    """The one of the setting MAIL_ARCHIVE, for mails that were sent after `since`. `left` says how
    many seconds everything that is asked of it may still take. Raises ArchiveUnreadable, also where
    it claims to have a mail that was never written: it would have every doubtful one."""
    address = settings.MAIL_ARCHIVE
    if address.startswith("maildir:"):
        return Maildir(Path(address.removeprefix("maildir:")), left, since)
    archive = Imap(address, left)
    try:
        is_credulous = archive.has(f"<{secrets.token_hex(20)}@{settings.MAIL_DOMAIN}>")
    except ArchiveUnreadable:
        archive.close()
        raise
    if is_credulous:
        archive.close()
        raise ArchiveUnreadable(NEVER_WRITTEN)
    return archive


@dataclass
class Maildir:
    """A folder with a file for each mail. A file is read once and its number remembered; one that
    is older than what is looked for is not read."""

    folder: Path
    left: Callable[[], float]
    since: datetime
    _seen: set[str] = field(default_factory=set)  # names of files, without their flags
    _known: set[str] = field(default_factory=set)  # Message-IDs

    def __post_init__(self) -> None:
        self._oldest = (self.since - CLOCKS_MAY_DIFFER).timestamp()
        self._look()

    def has(self, message_id: str) -> bool:
        self._look()
        return message_id in self._known

    def close(self) -> None:
        """Nothing is open."""

    def _look(self) -> None:
        try:
            # A mail moves from new to cur, never back: it cannot be missed in this order.
            for part in ("new", "cur"):
                with os.scandir(self.folder / part) as entries:
                    for entry in entries:
                        self._take_note_of(Path(entry.path))
        except OSError as error:
            raise ArchiveUnreadable(
                f"归档邮箱 {self.folder} 读不出来（{error.strerror}），请检查 MAIL_ARCHIVE 和权限。"
            ) from error

    def _take_note_of(self, path: Path) -> None:
        name = path.name.partition(":")[0]
        if name not in self._seen:
            self._known.add(self._read(path, name))
            self._seen.add(name)
        if self.left() <= 0:
            said = f"归档邮箱 {self.folder} 里的邮件太多，没有读完，请移走旧邮件。"
            raise ArchiveUnreadable(said)

    def _read(self, path: Path, name: str) -> str:
        try:
            if path.stat().st_mtime < self._oldest:
                return ""
            with path.open("rb") as file:
                return _message_id(file.read(MOST_OF_HEADERS))
        except FileNotFoundError:  # it has just been moved, or got another flag
            for moved in (self.folder / "cur").glob(f"{glob.escape(name)}*"):
                return _message_id(moved.read_bytes()[:MOST_OF_HEADERS])
            raise


def _message_id(content: bytes) -> str:
    headers = re.split(rb"\r?\n\r?\n", content, maxsplit=1)[0]
    found = _MESSAGE_ID.search(headers)
    return found[1].decode("ascii", errors="replace") if found else ""


class Imap:
    """A folder of an IMAP server, opened to read only."""

    def __init__(self, address: str, left: Callable[[], float]) -> None:
        parts = urlsplit(address)
        self._where = f"{parts.hostname}"
        self._left = left
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        folder = _in_utf7(unquote(parts.path.lstrip("/")) or "INBOX")
        try:
            self._server = self._connect(parts.scheme, parts.hostname or "", parts.port)
            self._server.login(user, password)
            answer, said = self._server.select(f'"{folder}"', readonly=True)
        except UnicodeError as error:
            self.close()
            raise self._unreadable("账号和密码只能用英文字母、数字和符号。") from error
        except (OSError, imaplib.IMAP4.error) as error:
            self.close()
            raise self._unreadable(error) from error
        if answer != "OK":
            self.close()
            raise self._unreadable(said)

    def has(self, message_id: str) -> bool:
        try:
            self._server.noop()  # what has come since is seen from here on
            answer, found = self._server.uid("SEARCH", "HEADER", "Message-ID", f'"{message_id}"')
        except (OSError, imaplib.IMAP4.error, ValueError) as error:
            raise self._unreadable(error) from error
        if answer != "OK":
            raise self._unreadable(found)
        return any(part.split() for part in found if part)

    def close(self) -> None:
        server: imaplib.IMAP4 | None = getattr(self, "_server", None)
        if server:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                server.logout()
            with contextlib.suppress(OSError):
                server.shutdown()  # where the farewell was not answered

    def _connect(self, scheme: str, host: str, port: int | None) -> imaplib.IMAP4:
        if scheme == "imaps":
            context = ssl.create_default_context()
            return _Encrypted(host, port or 993, left=self._patience, ssl_context=context)
        return _Plain(host, port or 143, left=self._patience)

    def _patience(self) -> float:
        left = min(float(settings.EMAIL_TIMEOUT), self._left())
        if left <= 0:
            raise TimeoutError("没有按时回应")
        return left

    def _unreadable(self, why: object) -> ArchiveUnreadable:
        return ArchiveUnreadable(f"归档邮箱（{self._where}）读不出来：{cleaned(str(why))}")


class _Punctual:
    """imaplib, with answers that must be whole in time."""

    def __init__(self, *given: Any, left: Callable[[], float], **named: Any) -> None:
        self._time_left = left
        super().__init__(*given, timeout=left(), **named)  # type: ignore[call-arg]  # as below

    def open(self, *given: Any, **named: Any) -> None:
        super().open(*given, **named)  # type: ignore[misc]  # of the class that this is mixed into
        self._said = io.BufferedReader(TimedReader(self.socket(), self._time_left))  # type: ignore[attr-defined]

    def read(self, size: int) -> bytes:
        return self._said.read(size)

    def readline(self) -> bytes:
        return self._said.readline(LONGEST_LINE)


class _Plain(_Punctual, imaplib.IMAP4):
    pass


class _Encrypted(_Punctual, imaplib.IMAP4_SSL):
    pass


def _in_utf7(name: str) -> str:
    """A folder's name as IMAP writes it (RFC 3501, 5.1.3)."""

    def coded(found: "re.Match[str]") -> str:
        code = base64.b64encode(found[0].encode("utf-16-be")).decode().rstrip("=")
        return f"&{code.replace('/', ',')}-"

    quoted = name.replace("&", "&-")
    return re.sub(r"[^\x20-\x7e]+", coded, quoted).replace("\\", "\\\\").replace('"', '\\"')
