"""bin/serve: checks, prepares, starts everything and stays until it is asked to stop.

Knows no Django beyond the settings module, so that it starts at once and stays small. Whatever
stands in the way is one sentence on stderr and exit code 2; what breaks on its own is exit code 1.
"""

import argparse
import contextlib
import fcntl
import importlib
import os
import secrets
import socket
import sys
import tempfile
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO

from config.broker import BrokerMissing, server_command, socket_path
from config.env import SettingRefused, env_int, env_str
from config.supervisor import Child, Program, Stopped, Supervisor

EXIT_FAILED = 1
EXIT_REFUSED = 2
EARLY_DEATHS = 3  # a web server that dies this often before its first answer will not come up
FIRST_ANSWER_WITHIN = 60.0  # seconds


class StartRefused(Exception):
    """Something about this machine or this call stands in the way."""


@dataclass(frozen=True)
class House:
    """What the supervisor needs to know of the settings."""

    data_dir: Path
    host: str
    port: int
    embedded_database: bool
    embedded_broker: bool
    web_threads: int
    web_processes: int

    @property
    def address(self) -> str:
        """For people on this machine: a server on every interface is also on the loopback."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host.strip('[]') else host}:{self.port}/"


def main() -> int:
    wishes = _parser().parse_args()
    os.umask(0o077)
    try:
        house = read_house()
        lock = take_folder(house.data_dir)
        with lock:
            check_port(house)
            make_secret(house.data_dir / "secret_key")
            return serve(house, demo=wishes.demo)
    except (SettingRefused, StartRefused, BrokerMissing) as refusal:
        print(refusal, file=sys.stderr, flush=True)
        return EXIT_REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bin/serve", description="启动整套系统，按 Ctrl-C 停止。")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--empty", dest="demo", action="store_const", const="never", help="不装入演示台账"
    )
    choice.add_argument(
        "--demo",
        dest="demo",
        action="store_const",
        const="always",
        help="向 DATABASE_URL 指定的空数据库也装入演示台账",
    )
    parser.set_defaults(demo="embedded")
    return parser


def read_house() -> House:
    """The settings, once. Raises SettingRefused."""
    settings = importlib.import_module("config.settings")
    return House(
        data_dir=settings.DATA_DIR,
        host=env_str("HOST", default="127.0.0.1"),
        port=env_int("PORT", default=8000, least=1, most=65535),
        embedded_database=settings.DATABASES["default"] is settings.EMBEDDED_DATABASE,
        embedded_broker=not settings.REDIS_URL,
        web_threads=env_int("WEB_THREADS", default=4, least=1, most=64),
        web_processes=env_int("WEB_PROCESSES", default=1, least=1, most=32),
    )


def take_folder(data_dir: Path) -> IO[bytes]:
    """Make the folder, try to write in it, and lock it for this process. Raises StartRefused."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        (data_dir / "logs").mkdir(exist_ok=True)
        with tempfile.TemporaryFile(dir=data_dir):
            pass
        lock = (data_dir / "serve.lock").open("ab")
    except OSError as error:
        raise StartRefused(
            f"数据文件夹 {data_dir} 无法写入（{error.strerror}）："
            "请检查权限，或用 DATA_DIR 指定另一个文件夹。"
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise StartRefused(
            f"数据文件夹 {data_dir} 已有一个系统在运行："
            "请先停止它，或用 DATA_DIR 指定另一个文件夹。"
        ) from error
    return lock


def check_port(house: House) -> None:
    """Raises StartRefused where the address cannot be listened on."""
    try:
        family, kind, _, _, where = socket.getaddrinfo(
            house.host.strip("[]"), house.port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            probe.listen(1)
    except socket.gaierror as error:
        raise StartRefused(f"环境变量 HOST={house.host} 不是本机的地址，请改正。") from error
    except PermissionError as error:
        raise StartRefused(
            f"没有权限使用端口 {house.port}：请用 PORT 指定 1024 以上的端口。"
        ) from error
    except OSError as error:
        raise StartRefused(
            f"{house.host} 的端口 {house.port} 无法使用（可能已被占用）：请用 PORT 指定另一个端口。"
        ) from error


def make_secret(file: Path) -> None:
    """Written in one step, so that nobody ever reads half a secret."""
    if file.exists():
        return
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(secrets.token_urlsafe(50))
    fresh.replace(file)


def serve(house: House, *, demo: str) -> int:
    """Prepare, start, watch; 0 when asked to stop. Raises StartRefused."""
    supervisor = Supervisor(say=_say)
    try:
        if house.embedded_broker:
            supervisor.start(_broker(house))
        if code := supervisor.run(_preparation(house, demo=demo)):
            return _show_failure(house, code=code)
        web = supervisor.start(_web(house))
        if not _answers(house, supervisor=supervisor, web=web):
            return _fail(f"网页服务没有启动成功：原因写在 {web.program.log} 的末尾。")
        for program in (_worker(house), _beat(house)):
            supervisor.start(program)
        _greet(house, demo=demo)
        supervisor.watch()
    except Stopped:
        _say("正在停止……")
    finally:
        supervisor.stop()
    _say("已停止。")
    return 0


def _say(sentence: str) -> None:
    # A closed terminal must not keep the system from running or from stopping.
    with contextlib.suppress(OSError):
        print(sentence, flush=True)


def _log(house: House, name: str) -> Path:
    return house.data_dir / "logs" / f"{name}.log"


def _python(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *words)


def _preparation(house: House, *, demo: str) -> Program:
    log = _log(house, "prepare")
    return Program("准备工作", _python("config.prepare", "--demo", demo), log, stale=(log,))


def _broker(house: House) -> Program:
    socket_file = socket_path(house.data_dir)
    folder = socket_file.parent
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise StartRefused(
            f"文件夹 {folder} 属于别的用户：请用 DATA_DIR 指定一个路径较短的文件夹。"
        )
    command = server_command(socket_file)
    return Program(
        "消息服务", command, _log(house, "broker"), stale=(socket_file,), last_to_stop=True
    )


def _web(house: House) -> Program:
    command = _python(
        *("granian", "--interface", "wsgi", "--http", "1", "--no-ws", "--log-level", "warning"),
        *("--host", house.host.strip("[]"), "--port", str(house.port)),
        *("--workers", str(house.web_processes), "--blocking-threads", str(house.web_threads)),
        *("--respawn-failed-workers", "--workers-kill-timeout", "10"),
        "config.wsgi:application",
    )
    return Program("网页服务", command, _log(house, "web"))


def _worker(house: House) -> Program:
    # One process and one task at a time: the tasks are short, and a timer of the kernel that
    # guards a delivery works in a main thread only.
    command = _python(
        *("celery", "-A", "config.celery", "worker", "--pool", "solo", "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    )
    return Program("后台任务", command, _log(house, "worker"))


def _beat(house: House) -> Program:
    # Without its file of past runs: a broken one would keep it from starting, and our own
    # arithmetic decides what is due. So every line of the timetable must be short against a day.
    command = _python(
        *("celery", "-A", "config.celery", "beat", "--loglevel", "WARNING"),
        *("--scheduler", "celery.beat:Scheduler", "--pidfile", ""),
    )
    return Program("定时器", command, _log(house, "beat"))


def _show_failure(house: House, *, code: int) -> int:
    """What the preparation said, or where it is written. Raises StartRefused."""
    log = _log(house, "prepare")
    if code == EXIT_REFUSED:
        raise StartRefused(log.read_text(encoding="utf-8").strip())
    return _fail(f"启动前的准备没有成功：原因写在 {log} 的末尾。")


def _fail(sentence: str) -> int:
    print(sentence, file=sys.stderr, flush=True)
    return EXIT_FAILED


def _answers(house: House, *, supervisor: Supervisor, web: Child) -> bool:
    """Wait for the first answered page; it also warms the server up. Raises Stopped."""
    give_up = time.monotonic() + FIRST_ANSWER_WITHIN
    host = house.address.removeprefix("http://").rpartition(":")[0].strip("[]")
    while web.deaths < EARLY_DEATHS and time.monotonic() < give_up:
        connection = HTTPConnection(host, house.port, timeout=FIRST_ANSWER_WITHIN)
        with contextlib.suppress(OSError, HTTPException):
            connection.request("GET", "/")
            connection.getresponse().read()
            return True
        connection.close()
        supervisor.wait(seconds=0.05)
    return False


def _greet(house: House, *, demo: str) -> None:
    _say(f"系统已启动：{house.address}　（数据在 {house.data_dir}，按 Ctrl-C 停止）")
    accounts = house.data_dir / "demo_accounts.txt"
    if not accounts.is_file() or not (house.embedded_database or demo == "always"):
        return
    _say("演示账号（初始密码，只在这台机器上有效）：")
    for line in accounts.read_text(encoding="utf-8").splitlines():
        username, password, who = (line.split("\t") + ["", ""])[:3]
        _say(f"  {username:<16}{password:<22}{who}")


if __name__ == "__main__":
    sys.exit(main())
