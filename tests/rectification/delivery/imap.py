"""A tiny IMAP server in a thread over a folder of mails: what imaplib needs to look one up."""

import contextlib
import re
import socket
import threading
import time
from pathlib import Path


class Imap:
    def __init__(self, archive: Path, *, folder: str = "INBOX", password: str = "geheim") -> None:
        self.archive, self.folder, self.password = archive, folder, password
        self.is_broken = False
        self.says_yes = False  # finds whatever it is asked for
        self.pause = 0.0  # seconds before each byte
        self.commands: list[str] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            self._say(connection, b"* OK ready\r\n")
            for line in lines:
                tag, _, command = line.decode().strip().partition(" ")
                self.commands.append(command)
                if self.is_broken:
                    return
                said = "".join(f"{each}\r\n" for each in self._answer(command))
                ended = said.split(" ", 1)[0] if said.startswith(("NO", "BAD")) else ""
                verdict = "NO not here" if ended else "OK done"
                self._say(connection, f"{'' if ended else said}{tag} {verdict}\r\n".encode())
                if command.startswith("LOGOUT"):
                    return

    def _say(self, connection: socket.socket, said: bytes) -> None:
        step = 1 if self.pause else len(said)
        with contextlib.suppress(OSError):
            for start in range(0, len(said), step):
                time.sleep(self.pause)
                connection.sendall(said[start : start + step])

    def _answer(self, command: str) -> list[str]:
        if command == "CAPABILITY":
            return ["* CAPABILITY IMAP4rev1"]
        if command.startswith("LOGIN"):
            return [] if self.password in command else ["NO"]
        if command.startswith("EXAMINE"):
            return ["* 1 EXISTS"] if f'"{self.folder}"' in command else ["NO"]
        found = re.fullmatch(r'UID SEARCH HEADER Message-ID "(<.+>)"', command)
        if found:
            mails = sorted((self.archive / "new").iterdir())
            hits = [n for n, each in enumerate(mails, 1) if found[1] in each.read_text()]
            hits = hits or [1] if self.says_yes else hits
            return [" ".join(["* SEARCH", *map(str, hits)])]
        if command.startswith("LOGOUT"):
            return ["* BYE"]
        return []
