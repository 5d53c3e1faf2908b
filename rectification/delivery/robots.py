"""Messages to the robots of WeCom, DingTalk and Feishu: one HTTPS request each, to a host of the
setting ROBOT_HOSTS and no other, without proxies, redirects or a second try.

Signed as each vendor documents: DingTalk in the address (key: the secret; time in milliseconds),
Feishu in the message (key: time and secret; time in seconds), WeCom not at all.
"""

import base64
import hashlib
import hmac
import http.client
import io
import json
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from django.conf import settings

from rectification.delivery import wording
from rectification.delivery.answers import Answer, Kind, cleaned
from rectification.delivery.deadline import TimedReader
from rectification.models import Channel, Notice

MOST_OF_AN_ANSWER = 65_536  # bytes
MOST_OF_A_TEXT = 2000  # bytes: WeCom takes 2048
# What each vendor answers where it was too much or where it is busy: nothing was delivered.
LATER = {
    Channel.WECOM: {-1, 45009, 45033},
    Channel.DINGTALK: {-1, 130101, 410100},
    Channel.FEISHU: {11232, 99991400},
}
Connect = Callable[[str, int, float], http.client.HTTPConnection]


def tell(
    notice: Notice, *, left: Callable[[], float], away: set[str], signed_at: datetime
) -> Answer:
    """Send it. Until the request begins to go out, errors are certain; then only an answer is.

    A host that cannot be reached is put into `away`, and not tried again while it is there.
    """
    parts, fault = _target(notice.address)
    if parts is None:
        return Answer(Kind.REFUSED, fault)
    host = parts.hostname or ""
    if host in away:
        return Answer(Kind.AGAIN, "连不上机器人的服务器，过一会儿再试。")
    secret = notice.contact.secret if notice.contact else ""
    target, body = _signed(notice, parts, secret=secret, at=signed_at.timestamp())
    patience = min(float(settings.EMAIL_TIMEOUT), left())
    connection = connect(host, parts.port or 443, patience)
    try:
        try:
            connection.connect()
        except (OSError, http.client.HTTPException) as error:
            away.add(host)
            return Answer(Kind.AGAIN, f"连不上机器人的服务器：{_in_words(error)}。")
        with connection.sock as plain:
            connection.sock = _Timed(plain, time.monotonic() + patience)
            return _told(connection, target, body, channel=notice.channel)
    finally:
        connection.close()


def connect(host: str, port: int, patience: float) -> http.client.HTTPConnection:
    context = ssl.create_default_context()
    return http.client.HTTPSConnection(host, port, timeout=patience, context=context)


def _target(address: str) -> tuple[SplitResult | None, str]:
    """Where it goes; or why it may not go there."""
    refused = "机器人地址不在允许的范围内，请在通知方式里重新登记，或由系统管理员核对 ROBOT_HOSTS。"
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None, refused
    allowed = {host.lower() for host in settings.ROBOT_HOSTS}
    host = (parts.hostname or "").lower()
    names = {f"{host}:{port or 443}"} | ({host} if port in {None, 443} else set())
    plain = address.isascii() and address.isprintable() and " " not in address
    if not plain or parts.scheme != "https" or "@" in parts.netloc or not names & allowed:
        return None, refused
    return parts, ""


def _signed(
    notice: Notice, parts: SplitResult, *, secret: str, at: float
) -> tuple[str, Mapping[str, Any]]:
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    text = _text(notice)
    if notice.channel == Channel.FEISHU:
        signature: dict[str, str] = {}
        if secret:
            stamp = str(int(at))
            signature = {"timestamp": stamp, "sign": _mac(f"{stamp}\n{secret}", "")}
        return target, {**signature, "msg_type": "text", "content": {"text": text}}
    if notice.channel == Channel.DINGTALK and secret:
        stamp = str(int(at * 1000))
        signed = urlencode({"timestamp": stamp, "sign": _mac(secret, f"{stamp}\n{secret}")})
        target += ("&" if parts.query else "?") + signed
    return target, {"msgtype": "text", "text": {"content": text}}


def _text(notice: Notice) -> str:
    """Subject, body and link; where it is too long, the body gives way."""
    whole = f"{notice.subject}\n{wording.text_of(notice)}".rstrip()
    if len(whole.encode()) <= MOST_OF_A_TEXT:
        return whole
    link = f"…\n\n{settings.SITE_URL}{notice.path}"
    room = MOST_OF_A_TEXT - len(link.encode())
    return whole.encode()[:room].decode("utf-8", errors="ignore") + link


def _mac(key: str, message: str) -> str:
    digest = hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _told(
    connection: http.client.HTTPConnection, target: str, body: Mapping[str, Any], *, channel: str
) -> Answer:
    content = json.dumps(body, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "Connection": "close"}
    try:
        connection.request("POST", target, content, headers)
        answer = connection.getresponse()
        said = answer.read(MOST_OF_AN_ANSWER)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Answer(Kind.DOUBTFUL, f"消息已交出，没有等到回应（{_in_words(error)}）。")
    if answer.status == 429:
        return Answer(Kind.AGAIN, "机器人的服务器说发得太快，稍后再发。")
    if answer.status // 100 in {3, 4}:
        return Answer(Kind.REFUSED, f"机器人的服务器不接受：HTTP {answer.status}。")
    if answer.status != 200:
        return Answer(
            Kind.DOUBTFUL, f"机器人的服务器出错（HTTP {answer.status}），不能确定是否收到。"
        )
    return _judged(said, channel=channel)


def _judged(said: bytes, *, channel: str) -> Answer:
    """By the number in the answer: `errcode`, with Feishu `code`."""
    try:
        answer = json.loads(said)
        number = answer.get("errcode", answer.get("code", answer.get("StatusCode")))
        words = cleaned(str(answer.get("errmsg", answer.get("msg", ""))))
    except (ValueError, AttributeError):
        number, words = None, ""
    if not isinstance(number, int):
        return Answer(Kind.DOUBTFUL, "机器人的服务器的回应看不懂，不能确定是否收到。")
    if number == 0:
        return Answer(Kind.SENT)
    kind = Kind.AGAIN if number in LATER[Channel(channel)] else Kind.REFUSED
    return Answer(kind, f"机器人的服务器回答：{number} {words}")


def _in_words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "没有按时回应"
    if isinstance(error, socket.gaierror):
        return "找不到服务器"
    if isinstance(error, ssl.SSLError):
        return "加密连接没有建立"
    return "连接断开"


class _Timed:
    """A socket whose whole answer must be there before a deadline, however it trickles in."""

    def __init__(self, plain: socket.socket, give_up: float) -> None:
        self._plain, self._give_up = plain, give_up

    def sendall(self, data: bytes) -> None:
        self._plain.settimeout(self.left())
        self._plain.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(TimedReader(self._plain, self.left))

    def close(self) -> None:
        """It is closed when the answer is read, not when it has begun."""

    def left(self) -> float:
        left = self._give_up - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left
