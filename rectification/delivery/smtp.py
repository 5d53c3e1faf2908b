"""One dialogue a message on one kept connection, so that it is known on which side of the final
dot an error fell. smtplib connects, encrypts and signs in; reading replies and sending are ours.

Each reply has a deadline as a whole: a time-out for each byte does nothing against a byte a second.
"""

import contextlib
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from rectification.delivery.answers import Answer, Kind, Trouble, cleaned

LONGEST_LINE = 4096  # bytes; RFC 5321 says 512
MOST_LINES = 100
SHORTEST_WAIT = 0.05  # seconds
_DOT_AT_THE_BEGINNING = re.compile(rb"^\.", re.MULTILINE)


class Silent(smtplib.SMTPServerDisconnected):
    """No whole reply came in time."""


class Garbled(smtplib.SMTPServerDisconnected):
    """What came is no reply."""


@dataclass(frozen=True)
class Letter:
    sender: str
    recipient: str
    content: bytes


class Connection(smtplib.SMTP):
    """smtplib's, with replies that must be whole before a deadline."""

    def __init__(self) -> None:
        self._rest = b""
        self.patience = float(settings.EMAIL_TIMEOUT)  # seconds for the next reply
        super().__init__(local_hostname=settings.MAIL_DOMAIN, timeout=self.patience)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)  # type: ignore[misc]  # typeshed omits it
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if settings.EMAIL_SECURITY != "tls":
            return plain  # type: ignore[no-any-return]
        # Made where it is used: it reads the machine's certificates, which takes 50 ms.
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)

    def docmd(self, cmd: str, args: str = "") -> tuple[int, bytes]:
        reply = super().docmd(cmd, args)
        if cmd == "STARTTLS" and self._rest:
            raise Garbled("something came before the encryption")  # it could be anybody's
        return reply

    def getreply(self) -> tuple[int, bytes]:
        """Code and words. Raises Silent, Garbled or SMTPServerDisconnected, and is then closed."""
        give_up = time.monotonic() + max(self.patience, SHORTEST_WAIT)
        try:
            lines = [self._line(give_up)]
            while lines[-1][3:4] == b"-":
                if len(lines) == MOST_LINES:
                    raise Garbled("a reply without end")
                lines.append(self._line(give_up))
        except OSError as error:
            self.close()
            if isinstance(error, smtplib.SMTPException):
                raise
            raise smtplib.SMTPServerDisconnected(str(error)) from error
        return int(lines[-1][:3]), b"\n".join(line[4:] for line in lines)

    def _line(self, give_up: float) -> bytes:
        while (end := self._rest.find(b"\n")) < 0:
            if len(self._rest) > LONGEST_LINE:
                raise Garbled("a line that is too long")
            left = give_up - time.monotonic()
            if left <= 0 or self.sock is None:
                raise Silent("no reply in time")
            self.sock.settimeout(left)
            try:
                piece = self.sock.recv(LONGEST_LINE)
            except TimeoutError as error:
                raise Silent("no reply in time") from error
            if not piece:
                raise smtplib.SMTPServerDisconnected("closed by the server")
            self._rest += piece
        line, self._rest = self._rest[:end].rstrip(b"\r"), self._rest[end + 1 :]
        if not re.match(rb"[2-5][0-9][0-9](?:[ -]|$)", line):
            raise Garbled("no reply code")
        return line


class Session:
    """One signed-in connection that takes letter after letter, until it is lost."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def is_open(self) -> bool:
        return self._connection.sock is not None

    def close(self) -> None:
        """Without a farewell: whoever would answer it may be what is wrong."""
        if self._connection.sock:
            with contextlib.suppress(OSError):
                self._connection.sock.settimeout(1)
                self._connection.sock.sendall(b"QUIT\r\n")
        self._connection.close()

    def send(self, letter: Letter, *, left: Callable[[], float]) -> Answer:
        """Send it; `left` says how many seconds this process may still take for it.

        Up to the dot, errors are certain; behind it, only a whole reply of the server is.
        """
        patience = float(settings.EMAIL_TIMEOUT)
        try:
            for command, wanted in (
                (f"MAIL FROM:<{letter.sender}>", 250),
                (f"RCPT TO:<{letter.recipient}>", 250),
                ("DATA", 354),
            ):
                self._connection.patience = min(patience, left() - patience)
                code, words = self._connection.docmd(command)
                if code // 10 != wanted // 10:
                    return self._refused(code, words, at=command[:4])
            self._connection.patience = min(patience, left() - SHORTEST_WAIT)
            if self._connection.patience < min(1.0, patience / 2):
                self._connection.close()
                return Answer(Kind.UNTRIED, "邮件服务器回应太慢。")
            self._push(letter.content)
        except (OSError, ValueError) as error:
            self._connection.close()
            return Answer(Kind.AGAIN, f"发送中断：{_in_words(error)}。")
        return self._after_the_dot()

    def _push(self, content: bytes) -> None:
        """The whole letter and its dot in one call: where that fails, the dot has not gone out."""
        assert self._connection.sock
        self._connection.sock.settimeout(max(self._connection.patience, SHORTEST_WAIT))
        stuffed = _DOT_AT_THE_BEGINNING.sub(b"..", content)
        end = b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"
        self._connection.sock.sendall(stuffed + end)

    def _after_the_dot(self) -> Answer:
        try:
            code, words = self._connection.getreply()
        except OSError as error:
            return Answer(
                Kind.DOUBTFUL, f"邮件已交出，没有等到邮件服务器的确认（{_in_words(error)}）。"
            )
        if code // 100 == 2:
            return Answer(Kind.SENT)
        if code // 100 == 3:
            self._connection.close()
            return Answer(Kind.DOUBTFUL, f"邮件已交出，邮件服务器的回应看不懂（{code}）。")
        return self._refused(code, words, at="dot")

    def _refused(self, code: int, words: bytes, *, at: str) -> Answer:
        """The server said no, and stays with us for the next letter, unless it closes (421)."""
        said = f"邮件服务器回答：{code} {cleaned(words)}"
        if code == 421 or code // 100 not in {4, 5}:
            self._connection.close()
            return Answer(Kind.AGAIN, said)
        with contextlib.suppress(OSError):
            if self._connection.docmd("RSET")[0] // 100 != 2:
                self._connection.close()
        if code // 100 == 4:
            return Answer(Kind.AGAIN, said)
        if at == "MAIL":  # it does not like the sender, so it would refuse each letter
            return Answer(Kind.UNTRIED, f"不接受发件人（请检查 EMAIL_FROM）。{said}")
        return Answer(Kind.REFUSED, said)


def open_session() -> Session:
    """Connect, encrypt as the settings say, sign in. Raises Trouble."""
    connection = Connection()
    try:
        _connect(connection)
    except Trouble:
        connection.close()
        raise
    except (OSError, smtplib.SMTPException, ValueError) as error:
        connection.close()
        raise Trouble(_trouble(error)) from error
    return Session(connection)


def _connect(connection: Connection) -> None:
    code, words = connection.connect(settings.EMAIL_HOST, settings.EMAIL_PORT)
    if code // 100 != 2:
        raise Trouble(f"邮件服务器不接受连接：{code} {cleaned(words)}")
    connection.ehlo_or_helo_if_needed()
    if settings.EMAIL_SECURITY == "starttls":
        if not connection.has_extn("starttls"):
            raise Trouble("邮件服务器不支持 STARTTLS，请检查 EMAIL_SECURITY 和 EMAIL_PORT。")
        connection._host = settings.EMAIL_HOST  # type: ignore[attr-defined]  # whose certificate
        connection.starttls(context=ssl.create_default_context())
        connection.ehlo_or_helo_if_needed()
    if settings.EMAIL_USER:
        connection.login(settings.EMAIL_USER, settings.EMAIL_PASSWORD)


def _trouble(error: Exception) -> str:
    where = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        said = cleaned(error.smtp_error)
        return f"邮件服务器不接受 EMAIL_USER 和 EMAIL_PASSWORD：{error.smtp_code} {said}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "邮件服务器不支持登录，请检查 EMAIL_USER、EMAIL_SECURITY 和 EMAIL_PORT。"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"邮件服务器回答：{error.smtp_code} {cleaned(error.smtp_error)}"
    if isinstance(error, socket.gaierror):
        return f"找不到邮件服务器 {settings.EMAIL_HOST}，请检查 EMAIL_HOST 和域名解析。"
    if isinstance(error, ssl.SSLError):
        return f"和邮件服务器 {where} 没有建立加密连接：{cleaned(error.reason or str(error))}"
    return f"连不上邮件服务器 {where}：{_in_words(error)}。"


def _in_words(error: Exception) -> str:
    if isinstance(error, Silent | TimeoutError):
        return "没有按时回应"
    if isinstance(error, Garbled):
        return "回应看不懂"
    if isinstance(error, ConnectionRefusedError):
        return "连接被拒绝"
    return "连接断开"
