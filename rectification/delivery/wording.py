"""The bytes of a mail and the text of a robot's message, from the frozen row: a second attempt says
the same, to the byte, under the same Message-ID.

Two things are settings, taken when it is sent, so that what waits goes out right once they are put
right: the sender (EMAIL_FROM) and the address of this site (SITE_URL) before the link.
"""

import base64
import re
from datetime import UTC
from email.header import Header
from email.utils import format_datetime, formataddr, parseaddr
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from rectification.models import Notice

_PLAIN = re.compile(r"[\x21-\x7e]+@[\x21-\x7e]+")
_NO_PART_OF_AN_ADDRESS = frozenset('"(),:;<>[]\\')


class AddressRefused(Exception):
    """No mail can go to this address. The message is for the office."""


def address_of(notice: Notice) -> str:
    """The one address it goes to, fit for an envelope and a header. Raises AddressRefused."""
    address = notice.address
    if not _PLAIN.fullmatch(address) or _NO_PART_OF_AN_ADDRESS & set(address):
        raise AddressRefused("邮件地址里有空格、换行或不能用的字符，请在通知方式里改正。")
    try:
        validate_email(address)
    except ValidationError as error:
        raise AddressRefused("邮件地址无效，请在通知方式里改正。") from error
    return address


def mail_of(notice: Notice, *, to: str) -> bytes:
    """Headers and body, lines ending in CRLF.

    The body is base64: no line is long, none begins with a dot, whatever was written.
    """
    headers = (
        f"From: {_sender(settings.EMAIL_FROM)}",
        f"To: {to}",
        f"Subject: {_encoded(notice.subject)}",
        f"Date: {format_datetime(notice.created_at.astimezone(UTC))}",
        f"Message-ID: {notice.message_id}",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: base64",
    )
    body = base64.encodebytes(text_of(notice).replace("\n", "\r\n").encode())
    return "\r\n".join(headers).encode("ascii") + b"\r\n\r\n" + body.replace(b"\n", b"\r\n")


def text_of(notice: Notice) -> str:
    """What is said, and the page that it leads to."""
    body = notice.body.replace("\r\n", "\n").replace("\r", "\n")
    return f"{body}\n\n{settings.SITE_URL}{notice.path}\n"


def sender_address() -> str:
    """Where what cannot be delivered comes back to."""
    return _bare(settings.EMAIL_FROM)


@lru_cache(maxsize=4)
def _bare(written: str) -> str:
    return parseaddr(written)[1]


@lru_cache(maxsize=4)
def _sender(written: str) -> str:
    name, address = parseaddr(written)
    return formataddr((name, address), charset="utf-8")


@lru_cache(maxsize=256)  # most mails of a batch say the same
def _encoded(subject: str) -> str:
    """Encoded words, also where it is plain: what looks like one in it stays text."""
    return Header(subject, "utf-8", header_name="Subject").encode(linesep="\r\n")
