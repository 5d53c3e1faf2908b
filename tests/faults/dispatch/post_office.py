"""The tests' side of the sink: starts it, tells it how to misbehave, reads what it took."""

import json
import secrets
import socket
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.faults.dispatch.servers import Brood


@dataclass(frozen=True)
class PostOffice:
    folder: Path
    port: int
    questions: int  # the port on which it says when it is quiet

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    def misbehave(self, *exactly: str, seed: int = 0, pause: float = 0.0, **chance: float) -> None:
        """First `exactly`, in order ("" is a letter that goes well), then by chance: names with
        their spaces as underscores. Each letter takes `pause` seconds."""
        named = {name.replace("_", " "): share for name, share in chance.items()}
        script = {"exactly": list(exactly), "chance": named, "seed": seed, "pause": pause}
        fresh = self.folder / "script.new"
        fresh.write_text(json.dumps(script))
        fresh.replace(self.folder / "script")

    def misdeeds(self) -> Counter[str]:
        path = self.folder / "misdeeds"
        return Counter(path.read_text().splitlines() if path.exists() else [])

    def accepted(self) -> list[dict[str, object]]:
        path = self.folder / "accepted"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def quiet(self, *, beside: int = 0) -> None:
        """Wait until everybody who hung up was heard out; `beside` conversations may go on."""
        with socket.create_connection(("127.0.0.1", self.questions), timeout=90) as talk:
            talk.sendall(str(beside).encode())
            assert talk.recv(64) == b"quiet"

    def clear(self) -> None:
        """Put what was taken aside; an empty archive, and manners."""
        for name in ("accepted", "misdeeds", "script", "archive"):
            path = self.folder / name
            if path.exists():
                path.rename(self.folder / f"{name}.{secrets.token_hex(4)}")
        for part in ("tmp", "new", "cur"):
            (self.archive / part).mkdir(parents=True)


def opened(folder: Path, brood: Brood) -> PostOffice:
    folder.mkdir()
    token = secrets.token_hex(16)
    (folder / "owner").write_text(token)
    sink = brood.python("tests.faults.dispatch.sink", str(folder), token, listens=True)
    assert sink.stdout
    port, questions = sink.stdout.readline().split()
    office = PostOffice(folder, int(port), int(questions))
    office.clear()
    return office
