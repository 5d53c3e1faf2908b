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
GO_ON, CLOSING = 354, 421
ENDED = "连接断开"
_DOT_AT_THE_BEGINNING = re.compile(rb"^\.", re.MULTILINE)


class Silent(smtplib.SMTPServerDisconnected):
    """No whole reply came in time."""


class Garbled(smtplib.SMTPServerDisconnected):
    """What came is no reply."""


@dataclass(frozen=True)
class Mail:
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

    def has_more(self) -> bool:
        """Whether something came after the last reply, by now."""
        if not self._rest and self.sock:
            patience = self.sock.gettimeout()
            self.sock.settimeout(0)
            with contextlib.suppress(OSError):  # nothing came
                self._rest = self.sock.recv(LONGEST_LINE)
            self.sock.settimeout(patience)
        return bool(self._rest)

    def docmd(self, cmd: str, args: str = "") -> tuple[int, bytes]:
        reply = super().docmd(cmd, args)
        if cmd == "STARTTLS" and self.has_more():
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
    """One signed-in connection that takes mail after mail, until it is lost."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._mails = 0
        self._patience = float(settings.EMAIL_TIMEOUT)

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

    def send(self, mail: Mail, *, left: Callable[[], float]) -> Answer:
        """Send it; `left` says how many seconds this process may still take for it.

        Up to the dot, errors are certain; behind it, only a whole reply of the server is.
        """
        try:
            refusal = self._announced(mail, left=left)
            if refusal:
                return refusal
            self._be_patient(left() - SHORTEST_WAIT)
            if self._connection.patience < self._patience / 2:
                self._connection.close()
                return Answer(Kind.UNTRIED, "邮件服务器回应太慢。")
            self._push(mail.content)
        except (OSError, ValueError) as error:
            self._connection.close()
            return Answer(Kind.AGAIN, f"发送中断：{_in_words(error)}。")
        self._mails += 1
        return self._after_the_dot()

    def _announced(self, mail: Mail, *, left: Callable[[], float]) -> Answer | None:
        """MAIL, RCPT and DATA: at one go where the server allows that (RFC 2920). None where it
        waits for the mail. Raises OSError."""
        if self._connection.has_more():  # it would pass for the reply to MAIL
            self._connection.close()
            return self._interrupted(Garbled("a reply that nobody asked for"), at="MAIL")
        commands = (
            f"MAIL FROM:<{mail.sender}>",
            f"RCPT TO:<{mail.recipient}>",
            "DATA",
        )
        at_one_go = self._connection.has_extn("pipelining")
        refusal = None
        for command in commands:
            # What is left behind them is the whole wait behind the dot.
            self._be_patient(left() - self._patience)
            try:
                if at_one_go and command is commands[0]:
                    self._connection.send("\r\n".join((*commands, "")))
                reply = (
                    self._connection.getreply() if at_one_go else self._connection.docmd(command)
                )
            except smtplib.SMTPServerDisconnected as error:
                return refusal or self._interrupted(error, at=command[:4])
            refusal = refusal or self._refusal(*reply, at=command[:4])
            if refusal and (not at_one_go or reply[0] == CLOSING):
                break
        return self._ready_again(refusal, reply[0]) if refusal else None

    def _ready_again(self, refusal: Answer, last: int) -> Answer:
        """The refusal, with the server ready for the next mail, or the connection closed."""
        if refusal.kind == Kind.LOST or last in {CLOSING, GO_ON}:
            self._connection.close()  # enough of this one; or it waits for what nobody is to have
        with contextlib.suppress(OSError):
            if self.is_open and self._connection.docmd("RSET")[0] // 100 != 2:
                self._connection.close()
        return refusal

    def _interrupted(self, error: OSError, *, at: str) -> Answer:
        """A connection that took a mail before and is found spoilt: this mail is not at fault."""
        is_spoilt = _in_words(error) == ENDED or isinstance(error, Garbled)
        kind = Kind.LOST if at == "MAIL" and self._mails and is_spoilt else Kind.AGAIN
        return Answer(kind, f"发送中断：{_in_words(error)}。")

    def _be_patient(self, seconds: float) -> None:
        self._connection.patience = max(min(self._patience, seconds), SHORTEST_WAIT)

    def _push(self, content: bytes) -> None:
        """The whole mail and its dot in one call: where that fails, the dot has not gone out."""
        assert self._connection.sock
        if self._connection.has_more():
            raise Garbled("a reply that nobody asked for")  # it would pass for the one that counts
        self._connection.sock.settimeout(self._connection.patience)
        stuffed = _DOT_AT_THE_BEGINNING.sub(b"..", content)
        end = b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"
        self._connection.sock.sendall(stuffed + end)

    def _after_the_dot(self) -> Answer:
        try:
            code, words = self._connection.getreply()
        except OSError as error:
            said = _in_words(error)
            return Answer(Kind.DOUBTFUL, f"邮件已交出，没有等到邮件服务器的确认（{said}）。")
        if code // 100 == 2:
            return Answer(Kind.SENT)
        refusal = self._refusal(code, words, at="dot")
        if refusal:
            return self._ready_again(refusal, code)
        self._connection.close()
        return Answer(Kind.DOUBTFUL, f"邮件已交出，邮件服务器的回应看不懂（{code}）。")

    def _refusal(self, code: int, words: bytes, *, at: str) -> Answer | None:
        """What a reply says against the mail, or nothing. A whole reply is certain, also behind
        the dot: the server has not taken the mail."""
        if code // 100 == (3 if at == "DATA" else 2):
            return None
        said = f"邮件服务器回答：{code} {cleaned(words)}"
        if code // 100 == 4 and at == "MAIL":  # it has not heard yet whose the mail is
            return Answer(Kind.LOST if self._mails else Kind.UNTRIED, said)
        if code // 100 == 4:
            return Answer(Kind.AGAIN, said)
        if code // 100 != 5:
            return None if at == "dot" else Answer(Kind.AGAIN, said)
        if at == "MAIL":  # it does not like the sender, so it would refuse each mail
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
    return ENDED
