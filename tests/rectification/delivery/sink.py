"""A small mail server in a thread that does as it is told, and keeps what it takes.

`plan` holds, for each connection or letter, what to do at one stage instead of behaving: a reply,
or a function of the conversation. Stages: connect, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, dot.
"""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

Deed = str | Callable[["Talk"], None]
GOOD = {
    "connect": "220 sink",
    "EHLO": "250-sink\r\n250 8BITMIME",
    "HELO": "250 sink",
    "STARTTLS": "220 go ahead",
    "AUTH": "235 welcome",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "dot": "250 stored",
    "RSET": "250 ok",
    "NOOP": "250 ok",
    "QUIT": "221 bye",
}


class Hung(Exception):
    """The conversation is over."""


class Sink:
    """`plan[stage]` is a list: a deed for each time that the stage is reached; "" behaves. What is
    put into `always` is done each time."""

    def __init__(self, archive: Path | None = None) -> None:
        self.plan: dict[str, list[Deed]] = {}
        self.always: dict[str, Deed] = {}
        self.took: list[tuple[str, bytes]] = []
        self.commands: list[str] = []
        self.connections = 0
        self.context: ssl.SSLContext | None = None
        self.wraps_at_once = False
        self.archive = archive
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self._talks: list[socket.socket] = []
        self._ends = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(body, policy=policy.default) for _, body in self.took]

    def deed(self, stage: str) -> Deed:
        waiting = self.plan.get(stage)
        return (waiting.pop(0) if waiting else "") or self.always.get(stage) or GOOD[stage]

    def store(self, recipient: str, content: bytes) -> None:
        self.took.append((recipient, content))
        if self.archive:
            name = f"{time.time_ns()}.{len(self.took)}.sink"
            for part in ("tmp", "new", "cur"):
                (self.archive / part).mkdir(parents=True, exist_ok=True)
            (self.archive / "tmp" / name).write_bytes(content.replace(b"\r\n", b"\n"))
            (self.archive / "tmp" / name).rename(self.archive / "new" / name)

    def close(self) -> None:
        self._ends = True
        for each in (self._server, *self._talks):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _listen(self) -> None:
        while not self._ends:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            self._talks.append(connection)
            threading.Thread(target=Talk(self, connection).hold, daemon=True).start()


class Talk:
    def __init__(self, sink: Sink, connection: socket.socket) -> None:
        self.sink, self.connection = sink, connection
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.recipient = ""
        self.content = b""
        self._lines = self._read()

    def hold(self) -> None:
        try:
            if self.sink.wraps_at_once:
                self.encrypt()
            self.do("connect")
            for line in self._lines:
                self._hear(line.decode(errors="replace").strip())
        except (Hung, OSError, ValueError):
            pass
        finally:
            self.connection.close()

    def say(self, reply: str) -> None:
        self.connection.sendall(f"{reply}\r\n".encode())

    def do(self, stage: str) -> bool:
        """Whether it was done well."""
        deed = self.sink.deed(stage)
        if callable(deed):
            deed(self)
            return False
        self.say(deed)
        if deed.startswith("421"):
            raise Hung
        return deed[:1] in "23"

    def encrypt(self) -> None:
        assert self.sink.context
        self.connection = self.sink.context.wrap_socket(self.connection, server_side=True)
        self._lines = self._read()

    def _hear(self, line: str) -> None:
        self.sink.commands.append(line)
        word = line.partition(" ")[0].upper()
        if word == "STARTTLS":
            if self.do(word):
                self.encrypt()
                for each in self._lines:
                    self._hear(each.decode(errors="replace").strip())
                raise Hung
        elif word == "RCPT":
            self.recipient = line.partition("<")[2].partition(">")[0]
            self.do(word)
        elif word == "DATA":
            if self.do(word):
                self._take()
        elif word in GOOD:
            self.do(word)
            if word == "QUIT":
                raise Hung
        else:
            self.say("502 what?")

    def _take(self) -> None:
        content = []
        for line in self._lines:
            if line == b".\r\n":
                break
            content.append(line[1:] if line.startswith(b"..") else line)
        else:
            raise Hung
        self.content = b"".join(content)
        deed = self.sink.deed("dot")
        if callable(deed):
            deed(self)
            return
        if deed.startswith("2"):
            self.store()
        self.say(deed)

    def store(self) -> None:
        self.sink.store(self.recipient, self.content)

    def _read(self) -> Iterator[bytes]:
        waiting = b""
        while piece := self.connection.recv(65536):
            *lines, waiting = (waiting + piece).split(b"\n")
            yield from (line + b"\n" for line in lines)


# Deeds --------------------------------------------------------------------------------------------


def hang_up(talk: Talk) -> None:
    raise Hung


def be_silent(talk: Talk) -> None:
    while talk.connection.recv(4096):
        pass
    raise Hung


def trickle(talk: Talk) -> None:
    """A byte at a time, each one before a time-out that begins anew with each byte."""
    for byte in b"250 " + b"x" * 300 + b"\r\n":
        talk.connection.sendall(bytes([byte]))
        time.sleep(0.05)


def say_a_megabyte(talk: Talk) -> None:
    talk.say("250 " + "x" * 1024 * 1024)


def babble(talk: Talk) -> None:
    talk.say("hello, who is there?")


def store_and_hang_up(talk: Talk) -> None:
    talk.store()
    raise Hung


def store_and_be_silent(talk: Talk) -> None:
    talk.store()
    be_silent(talk)


def store_and_say_a_megabyte(talk: Talk) -> None:
    talk.store()
    say_a_megabyte(talk)


def store_and_reset(talk: Talk) -> None:
    """250, and then a RST."""
    talk.store()
    talk.say("250 stored")
    linger = struct.pack("ii", 1, 0)
    talk.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    raise Hung
