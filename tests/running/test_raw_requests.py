"""What no client library sends: bytes on a socket, to the web server as people start it.

Never a server error, never a redirect off the host, and it still answers afterwards.
"""

import re
import socket
from contextlib import suppress

import pytest

STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
HOST = b"Host: localhost\r\n"
BODY = b"username=a&password=b"
CHUNKED = b"15\r\n" + BODY + b"\r\n0\r\n\r\n"


def post(*lines: bytes, body: bytes) -> bytes:
    head = b"POST /accounts/sign-in/ HTTP/1.1\r\n" + HOST + b"".join(lines)
    return head + b"Connection: close\r\n\r\n" + body


def get(path: bytes = b"/accounts/sign-in/", *lines: bytes, host: bytes = HOST) -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\n" + host + b"".join(lines) + b"Connection: close\r\n\r\n"


FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
REQUESTS = {
    "length and chunks": post(
        FORM, b"Content-Length: 4\r\n", b"Transfer-Encoding: chunked\r\n", body=CHUNKED
    ),
    "two lengths": post(FORM, b"Content-Length: 4\r\nContent-Length: 21\r\n", body=BODY),
    "chunks of an unknown kind": post(FORM, b"Transfer-Encoding: xchunked\r\n", body=CHUNKED),
    "500 headers of one name": get(b"/accounts/sign-in/", b"X-Same: 1\r\n" * 500),
    "1,000 cookies": get(
        b"/accounts/sign-in/", b"Cookie: " + b"; ".join(b"a%d=1" % n for n in range(1000)) + b"\r\n"
    ),
    "languages of 10 kB": get(
        b"/accounts/sign-in/", b"Accept-Language: " + b"zh-" * 3400 + b"\r\n"
    ),
    "no host": get(host=b""),
    "two hosts": get(host=HOST + b"Host: evil.example\r\n"),
    "another host": get(host=b"Host: evil.example\r\n"),
    "a port that is none": get(host=b"Host: 127.0.0.1:99999\r\n"),
    "a forwarded host": get(b"/desk/", b"X-Forwarded-Host: evil.example\r\n"),
    "an address of 64 kB": get(b"/i/" + b"a" * 65_536 + b"/"),
    "a query of 64 kB": get(b"/accounts/sign-in/?q=" + b"a" * 65_536),
    "an address with a host": get(b"http://evil.example/desk/"),
    "two slashes": get(b"//evil.example/desk"),
    "overlong UTF-8": get(b"/i/%c0%af/measures/"),
    "a NUL": get(b"/i/x%00/measures/"),
    "out of the folder": get(b"/static/../../config/settings.py"),
    "out of the folder, encoded": get(b"/static/%2e%2e/%2e%2e/config/settings.py"),
    "a method that is none": b"BREW /desk/ HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n",
    "trace": b"TRACE /desk/ HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n",
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "a folded header": get(b"/accounts/sign-in/", b"X-A: 1\r\n 2\r\n"),
    "a header with a NUL": get(b"/accounts/sign-in/", b"X-A: \x00\r\n"),
}
# Where the server may also end the connection without a word.
FINE = {200, 302, 400, 403, 404, 405, 408, 411, 413, 414, 431, 501}


def answer_to(system, request: bytes) -> bytes:
    """Everything the server says until it ends the connection."""
    said = b""
    address, read_enough = ("127.0.0.1", system.port), (ConnectionResetError, BrokenPipeError)
    with suppress(*read_enough), socket.create_connection(address, timeout=30) as connection:
        connection.sendall(request)
        while piece := connection.recv(65_536):
            said += piece
    return said


@pytest.mark.parametrize("name", REQUESTS)
def test_a_strange_request_is_answered_or_cut_off_and_never_an_error(system, name):
    said = answer_to(system, REQUESTS[name])

    statuses = [int(found) for found in STATUS.findall(said)]
    print(f"{name}: {statuses or 'cut off'}")
    assert len(statuses) <= 1, "one request, one answer"
    assert set(statuses) <= FINE
    assert b"Traceback" not in said
    assert b"SECRET_KEY" not in said
    for location in re.findall(rb"(?i)\r\nlocation: *([^\r]*)", said):
        assert location.startswith(b"/")
        assert not location.startswith(b"//")
    assert system.status() is not None


def test_a_request_in_the_body_of_another_is_not_carried_out(system):
    """Length and chunks at once: what one of the two takes for the body is no second request."""
    hidden = b"GET /accounts/sign-in/?hidden HTTP/1.1\r\n" + HOST + b"\r\n"
    length = b"Content-Length: %d\r\n" % (len(hidden) + 5)
    request = (
        b"POST /accounts/sign-in/ HTTP/1.1\r\n"
        + HOST
        + FORM
        + length
        + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        + hidden
    )
    with socket.create_connection(("127.0.0.1", system.port), timeout=5) as connection:
        connection.sendall(request)
        said = b""
        with suppress(TimeoutError):  # it waits for a further request, and hears none
            while piece := connection.recv(65_536):
                said += piece

    assert len(STATUS.findall(said)) <= 1
