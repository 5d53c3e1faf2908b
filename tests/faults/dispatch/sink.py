"""A mail server that misbehaves by script, and keeps what it accepts.

python -m tests.faults.dispatch.sink FOLDER TOKEN

Listens on a free port of the loopback and prints it, and beside it a second one, on which a number
is answered as soon as no more than so many conversations are open. Every message it accepts goes
into the Maildir FOLDER/archive and, in the order of acceptance, as a line of JSON into
FOLDER/accepted, which says of each the how manieth copy of its Message-ID it is; nothing is thrown
away. FOLDER/script says how it misbehaves (see `Script`) and is read anew when it changes.
FOLDER/owner must hold TOKEN before anything is written: nobody else's folder.

Of the standard library alone, so that it starts at once.
"""

import email
import hashlib
import json
import os
import random
import socket
import struct
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

AT_THE_GREETING = {
    "421 at the greeting",
    "silence at the greeting",
    "EHLO 500",
    "a line of 1 MB",
    "a byte at a time",
    "STARTTLS broken",
}
WITH_A_LETTER = {
    "421 at MAIL",
    "452 at MAIL",
    "451 at RCPT",
    "550 at RCPT",
    "drop at RCPT",
    "silence at DATA",
    "drop before the dot",
    "451 after the dot",
    "552 after the dot",
    "silence before storing",
    "drop before storing",
    "silence after storing",
    "drop after storing",
    "reset after 250",
}
BEHAVES = ""
LONGEST_SILENCE = 60.0  # seconds
PACE = 0.6  # seconds a byte: below any time-out of a client, which begins anew with each byte
REPLIES = {
    "421": "421 4.3.2 closing",
    "451": "451 4.3.0 try again later",
    "452": "452 4.3.1 out of room",
    "550": "550 5.1.1 no such mailbox",
    "552": "552 5.3.4 too big",
}


class Ended(Exception):
    """The conversation is over."""


@dataclass
class Script:
    """`exactly` is done first, in order, an entry for each letter or greeting; then by `chance`.
    Each letter takes `pause` seconds."""

    exactly: list[str] = field(default_factory=list)
    chance: dict[str, float] = field(default_factory=dict)
    seed: int = 0
    pause: float = 0.0

    def __post_init__(self) -> None:
        unknown = {*self.exactly, *self.chance} - AT_THE_GREETING - WITH_A_LETTER - {BEHAVES}
        if unknown:
            raise ValueError(f"no such misbehaviour: {', '.join(sorted(unknown))}")
        self._random = random.Random(self.seed)

    def draw(self, among: set[str]) -> str:
        if self.exactly:
            fits = self.exactly[0] in among or (
                self.exactly[0] == BEHAVES and among is WITH_A_LETTER
            )
            return self.exactly.pop(0) if fits else BEHAVES
        roll = self._random.random()
        for name in sorted(among & self.chance.keys()):
            roll -= self.chance[name]
            if roll < 0:
                return name
        return BEHAVES


class Sink:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._script, self._read_at = Script(), 0
        self._stored: Counter[str] = Counter()  # by Message-ID
        self._talks = 0
        self._talk_ended = threading.Condition()

    def talks(self, change: int) -> None:
        with self._talk_ended:
            self._talks += change
            self._talk_ended.notify_all()

    def wait_for_quiet(self, *, most: int) -> None:
        """Until no more than so many conversations are open: whoever hung up has been heard out."""
        with self._talk_ended:
            self._talk_ended.wait_for(lambda: self._talks <= most, timeout=LONGEST_SILENCE)

    def draw(self, among: set[str]) -> str:
        with self._lock:
            path = self.folder / "script"
            changed = path.stat().st_mtime_ns if path.exists() else 0
            if changed != self._read_at:
                given = json.loads(path.read_text()) if changed else {}
                self._script, self._read_at = Script(**given), changed
            drawn = self._script.draw(among)
            if drawn:
                with (self.folder / "misdeeds").open("a") as file:
                    file.write(f"{drawn}\n")
            return drawn

    @property
    def pause(self) -> float:
        return self._script.pause

    def keep(self, recipients: list[str], content: bytes) -> None:
        headers, _, body = content.partition(b"\r\n\r\n")
        parsed = email.message_from_bytes(headers + b"\r\n\r\n")
        message_id = str(parsed["Message-ID"])
        with self._lock:
            self._stored[message_id] += 1
            name = f"{time.time_ns()}.{self._stored.total()}.sink"
            archive = self.folder / "archive"
            for part in ("tmp", "new", "cur"):
                (archive / part).mkdir(parents=True, exist_ok=True)
            (archive / "tmp" / name).write_bytes(content.replace(b"\r\n", b"\n"))
            os.rename(archive / "tmp" / name, archive / "new" / name)
            line = {
                "message_id": message_id,
                "copy": self._stored[message_id],
                "to": recipients,
                "sha256": hashlib.sha256(body).hexdigest(),
                "file": name,
            }
            with (self.folder / "accepted").open("a") as file:
                file.write(json.dumps(line) + "\n")


class Conversation:
    def __init__(self, connection: socket.socket, sink: Sink) -> None:
        self._connection, self._sink = connection, sink
        self._lines = self._read()
        self._slowly = False

    def hold(self) -> None:
        try:
            with self._connection:
                manner = self._greet()
                while True:
                    self._answer(next(self._lines, b""), manner)
        except (Ended, OSError):
            return
        finally:
            self._sink.talks(-1)

    def _greet(self) -> str:
        manner = self._sink.draw(AT_THE_GREETING)
        self._slowly = manner == "a byte at a time"
        if manner.startswith("421"):
            self._say(REPLIES["421"])
            raise Ended
        if manner.startswith("silence"):
            self._be_silent()
        self._say("220 sink ESMTP")
        return manner

    def _answer(self, line: bytes, manner: str) -> None:
        word = line[:4].upper()
        if not line or word == b"QUIT":
            if line:
                self._say("221 bye")
            raise Ended
        if word == b"EHLO":
            self._extend(manner)
        elif word == b"STAR":
            self._say("220 go ahead")
            self._connection.sendall(b"this is no handshake\r\n" * 3)
            raise Ended
        elif word == b"MAIL":
            self._take(self._sink.draw(WITH_A_LETTER))
        elif word in {b"HELO", b"RSET", b"NOOP"}:
            self._say("250 ok")
        else:
            self._say("502 not here")

    def _extend(self, manner: str) -> None:
        if manner == "EHLO 500":
            self._say("500 what is EHLO")
        elif manner == "a line of 1 MB":
            self._say("250 " + "x" * 1024 * 1024)
        elif manner == "STARTTLS broken":
            self._say("250-sink\r\n250 STARTTLS")
        else:
            self._say("250-sink\r\n250-PIPELINING\r\n250 8BITMIME")

    def _take(self, manner: str) -> None:
        """One letter, from its MAIL on."""
        if self._refused(manner, "at MAIL"):
            return None
        self._say("250 ok")
        recipients = []
        for line in self._lines:
            word = line[:4].upper()
            if word == b"RCPT":
                if manner == "drop at RCPT":
                    raise Ended
                if self._refused(manner, "at RCPT"):
                    continue
                recipients.append(line.split(b"<", 1)[1].split(b">")[0].decode())
                self._say("250 ok")
            elif word == b"DATA" and recipients:
                return self._store(recipients, manner)
            elif word == b"RSET":
                return self._say("250 ok")
            else:
                return self._answer(line, BEHAVES)
        raise Ended

    def _store(self, recipients: list[str], manner: str) -> None:
        if manner == "silence at DATA":
            self._be_silent()
        self._say("354 go on")
        content = self._content(manner)
        if manner == "silence before storing":
            self._be_silent()
        if manner == "drop before storing":
            raise Ended
        if self._refused(manner, "after the dot"):
            return
        time.sleep(self._sink.pause)
        self._sink.keep(recipients, content)
        if manner == "silence after storing":
            self._be_silent()
        if manner == "drop after storing":
            raise Ended
        self._say("250 stored")
        if manner == "reset after 250":
            self._reset()

    def _content(self, manner: str) -> bytes:
        content: list[bytes] = []
        for line in self._lines:
            if line == b".\r\n":
                return b"".join(content)
            content.append(line[1:] if line.startswith(b".") else line)
            if manner == "drop before the dot" and len(content) > 3:
                raise Ended
        raise Ended  # whoever sent it is gone, in the middle of it

    def _refused(self, manner: str, moment: str) -> bool:
        if not (manner.endswith(moment) and manner[:3] in REPLIES):
            return False
        self._say(REPLIES[manner[:3]])
        if manner.startswith("421"):
            raise Ended
        return True

    def _reset(self) -> None:
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Ended

    def _be_silent(self) -> None:
        """Until the other side gives up."""
        self._connection.settimeout(LONGEST_SILENCE)
        while self._connection.recv(4096):
            pass
        raise Ended

    def _say(self, text: str) -> None:
        if not self._slowly:
            self._connection.sendall(f"{text}\r\n".encode())
            return
        for byte in f"{text}\r\n".encode():
            self._connection.sendall(bytes([byte]))
            time.sleep(PACE)

    def _read(self) -> Iterator[bytes]:
        waiting = b""
        while piece := self._connection.recv(65536):
            *lines, waiting = (waiting + piece).split(b"\n")
            yield from (line + b"\n" for line in lines)


def answer(questions: socket.socket, sink: Sink) -> None:
    while True:
        asker, _ = questions.accept()
        with asker:
            sink.wait_for_quiet(most=int(asker.recv(64)))
            asker.sendall(b"quiet")


def main() -> None:
    folder, token = Path(sys.argv[1]), sys.argv[2]
    if (folder / "owner").read_text() != token:
        sys.exit(f"{folder} is not ours")
    sink = Sink(folder)
    with (
        socket.create_server(("127.0.0.1", 0), backlog=512) as server,
        socket.create_server(("127.0.0.1", 0)) as questions,
    ):
        print(server.getsockname()[1], questions.getsockname()[1], flush=True)
        threading.Thread(target=answer, args=(questions, sink), daemon=True).start()
        while True:
            connection, _ = server.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sink.talks(+1)
            talk = Conversation(connection, sink)
            threading.Thread(target=talk.hold, daemon=True).start()


if __name__ == "__main__":
    main()
