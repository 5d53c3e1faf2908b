"""Robots of WeCom, DingTalk and Feishu, against a server of the tests' own."""

import base64
import hashlib
import hmac
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from rectification.delivery import robots
from rectification.models import Channel, ContactPoint, Notice, digest_of
from rectification.states import NoticeState
from tests.factories import NOON
from tests.rectification.delivery.conftest import deliver, fate, mail

SECRET = "SEC-geheim"
PATHS: dict[str, str] = {
    Channel.WECOM: "/cgi-bin/webhook/send?key=abc",
    Channel.DINGTALK: "/robot/send?access_token=abc",
    Channel.FEISHU: "/open-apis/bot/v2/hook/abc",
}
DUE, SENT, FAILED, HELD = (
    NoticeState.DUE,
    NoticeState.SENT,
    NoticeState.FAILED,
    NoticeState.HELD,
)
channels = pytest.mark.parametrize("channel", list(PATHS))


class Robot:
    """Answers each request with `answers`, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict]] = []
        self.answer: tuple[int, str] | Callable[[BaseHTTPRequestHandler], None]
        self.answer = (200, '{"errcode": 0, "errmsg": "ok"}')
        robot = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["Content-Length"])
                robot.asked.append((self.path, json.loads(self.rfile.read(length))))
                if callable(robot.answer):
                    robot.answer(self)
                    return
                status, said = robot.answer
                self.send_response(status)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.end_headers()
                self.wfile.write(said.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def robot(settings, monkeypatch) -> Iterator[Robot]:
    """Its address is https, as it must be; what is spoken to it here is not encrypted."""
    server = Robot()
    settings.ROBOT_HOSTS = [server.host]
    settings.EMAIL_TIMEOUT = 0.5
    settings.SITE_URL = "https://zg.bureau.test"
    monkeypatch.setattr(
        robots,
        "connect",
        lambda host, port, patience: http.client.HTTPConnection(host, port, timeout=patience),
    )
    yield server
    server.server.shutdown()
    server.server.server_close()


def message(cast, robot: Robot, channel: str, *, secret: str = "", **fields) -> Notice:
    contact = ContactPoint.objects.create(
        unit=cast.division,
        channel=channel,
        address=f"https://{robot.host}{PATHS[channel]}&n={Notice.objects.count()}",
        secret=secret,
        created_at=NOON,
    )
    given = {"recipient": None, "contact": contact, "channel": channel}
    return mail(cast, **{**given, "address": f"https://{robot.host}{PATHS[channel]}", **fields})


@channels
def test_it_says_subject_body_and_link(cast, robot, channel):
    notice = message(cast, robot, channel)

    deliver()

    assert fate(notice) == (SENT, 1, "")
    ((path, body),) = robot.asked
    assert path == PATHS[channel]
    text = body["content"]["text"] if channel == Channel.FEISHU else body["text"]["content"]
    assert body.get("msg_type", body.get("msgtype")) == "text"
    assert text == "开始报送\n请报送\n\nhttps://zg.bureau.test"


def test_dingtalk_is_signed_in_the_address(cast, robot):
    message(cast, robot, Channel.DINGTALK, secret=SECRET)

    deliver()

    asked = parse_qs(urlsplit(robot.asked[0][0]).query)
    (stamp,) = asked["timestamp"]
    digest = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert asked["sign"] == [base64.b64encode(digest).decode()]
    assert int(stamp) == NOON.timestamp() * 1000


def test_feishu_is_signed_in_the_message(cast, robot):
    message(cast, robot, Channel.FEISHU, secret=SECRET)

    deliver()

    body = robot.asked[0][1]
    stamp = body["timestamp"]
    digest = hmac.new(f"{stamp}\n{SECRET}".encode(), b"", hashlib.sha256).digest()
    assert body["sign"] == base64.b64encode(digest).decode()
    assert int(stamp) == NOON.timestamp()


def test_a_text_that_is_too_long_keeps_its_link(cast, robot):
    body = "长" * 2000
    digest = digest_of("开始报送", body, "/x/")
    message(cast, robot, Channel.WECOM, body=body, path="/x/", digest=digest)

    deliver()

    text = robot.asked[0][1]["text"]["content"]
    assert len(text.encode()) <= 2048
    assert text.endswith("…\n\nhttps://zg.bureau.test/x/")


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def be_silent(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1.0)


def trickle(handler: BaseHTTPRequestHandler) -> None:
    for byte in b"HTTP/1.1 200 OK\r\n" * 2:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        time.sleep(0.1)


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        ((200, '{"errcode": 45009, "errmsg": "api freq out of limit"}'), DUE, "45009"),
        ((200, '{"errcode": -1, "errmsg": "system busy"}'), DUE, "-1"),
        ((429, ""), DUE, "太快"),
        ((200, '{"errcode": 93000, "errmsg": "invalid webhook url"}'), FAILED, "invalid webhook"),
        ((404, ""), FAILED, "404"),
        ((302, ""), FAILED, "302"),
        ((500, ""), HELD, "500"),
        ((200, "<html>"), HELD, "看不懂"),
        ((200, "[]"), HELD, "看不懂"),
        (hang_up, HELD, "没有等到回应"),
        (be_silent, HELD, "没有按时回应"),
        (trickle, HELD, "没有按时回应"),
    ],
)
def test_what_becomes_of_it_is_what_the_server_answers(cast, robot, answer, state, reason):
    first = message(cast, robot, Channel.WECOM)
    robot.answer = answer

    deliver()

    assert fate(first)[:2] == (state, 1)
    assert reason in fate(first)[2]
    assert len(robot.asked) == 1


@pytest.mark.parametrize(
    ("channel", "answer"),
    [
        (Channel.DINGTALK, '{"errcode": 130101, "errmsg": "send too fast"}'),
        (Channel.FEISHU, '{"code": 11232, "msg": "frequency limited"}'),
    ],
)
def test_a_robot_that_hears_too_much_is_told_later(cast, robot, channel, answer):
    notice = message(cast, robot, channel)
    robot.answer = (200, answer)

    deliver()

    assert fate(notice)[0] == DUE


def test_a_refused_connection_is_certain(cast, robot):
    notice = message(cast, robot, Channel.WECOM)
    robot.server.shutdown()
    robot.server.server_close()

    deliver()

    assert fate(notice)[:2] == (DUE, 1)


def test_a_host_that_cannot_be_reached_keeps_nobody_waiting_twice(cast, robot, monkeypatch):
    tried = []

    def unreachable(host, port, patience):
        tried.append(host)
        return http.client.HTTPConnection("127.0.0.1", 1, timeout=patience)

    monkeypatch.setattr(robots, "connect", unreachable)
    notices = [message(cast, robot, Channel.WECOM) for _ in range(3)]

    deliver()

    assert len(tried) == 1
    assert [fate(each)[0] for each in notices] == [DUE] * 3


@pytest.mark.parametrize(
    "address",
    [
        "http://{host}/cgi-bin/webhook/send?key=abc",
        "https://evil.example/cgi-bin/webhook/send?key=abc",
        "https://{host}@evil.example/",
        "https://zg:x@{host}/",
        "https://127.0.0.1:1/",
        "https://{host}:0x/",
        "ftp://{host}/",
        "https://{host}/a b",
        "https://{host}/\r\nX: y",
        "//{host}/",
    ],
)
def test_no_other_host_and_no_other_scheme_is_asked(cast, robot, address):
    notice = message(cast, robot, Channel.WECOM, address=address.format(host=robot.host))

    deliver()

    assert fate(notice)[0] == FAILED
    assert "ROBOT_HOSTS" in fate(notice)[2]
    assert robot.asked == []


def test_a_host_without_a_port_is_allowed_on_the_usual_one_alone(settings):
    settings.ROBOT_HOSTS = ["robots.test"]

    allowed = [
        robots._target(f"https://{where}/x")[0] is not None
        for where in ("robots.test", "ROBOTS.test:443", "robots.test:444", "x.robots.test")
    ]

    assert allowed == [True, True, False, False]


def test_proxies_of_the_environment_are_not_used(cast, robot, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    notice = message(cast, robot, Channel.WECOM)

    deliver()

    assert fate(notice)[0] == SENT


def test_neither_webhook_nor_secret_is_logged_or_shown(cast, robot, caplog):
    notice = message(cast, robot, Channel.DINGTALK, secret=SECRET)
    robot.answer = (500, "")

    deliver()

    shown = caplog.text + fate(notice)[2]
    assert "access_token" not in shown
    assert SECRET not in shown
