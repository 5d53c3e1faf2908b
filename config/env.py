"""Settings from the environment: typed, and loud when wrong.

Every function raises `SettingRefused` with a sentence in Chinese that names the variable and says
what to write. An empty variable counts as absent.
"""

import os
import re
import secrets
from datetime import time
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dj_database_url

SECRET_LEAST_CHARACTERS = 32
_DATABASE_REFUSED = (
    "环境变量 {name} 无法使用，请写成 postgres://用户名:密码@主机:端口/库名 的形式；"
    "不设置时使用内置数据库。"
)


class SettingRefused(Exception):
    """A variable of the environment cannot be used as it stands."""


def env_str(name: str, *, default: str) -> str:
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, *, default: bool) -> bool:
    text = env_str(name, default="1" if default else "0").lower()
    if text not in {"0", "1", "true", "false", "yes", "no"}:
        raise SettingRefused(f"环境变量 {name}={text} 无法识别，请写 1 或 0。")
    return text in {"1", "true", "yes"}


def env_int(name: str, *, default: int, least: int, most: int) -> int:
    text = env_str(name, default=str(default))
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise SettingRefused(
            f"环境变量 {name}={text} 无法使用，请写 {least} 到 {most} 之间的整数。"
        )
    return int(text)


def env_time(name: str, *, default: str) -> time:
    """A time of day, as 08:30."""
    text = env_str(name, default=default)
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise SettingRefused(
            f"环境变量 {name}={text} 无法使用，请写成 08:30 这样的时间（00:00 到 23:59）。"
        )
    return time.fromisoformat(text)


def env_list(name: str, *, default: str) -> list[str]:
    return [part.strip() for part in env_str(name, default=default).split(",") if part.strip()]


def env_path(name: str, *, default: Path) -> Path:
    return Path(env_str(name, default=str(default))).expanduser().absolute()


def env_secret(name: str, *, file: Path) -> str:
    """The secret from the variable, else from `file` (bin/serve makes it), else one that lasts as
    long as this process: enough for a command, and no session can be forged with it."""
    if secret := env_str(name, default="") or _first_line(file):
        if len(secret) < SECRET_LEAST_CHARACTERS:
            raise SettingRefused(
                f"{name} 太短：至少要有 {SECRET_LEAST_CHARACTERS} 个随机字符；"
                f"不设置 {name} 时由系统生成。"
            )
        return secret
    return secrets.token_urlsafe(50)


def env_site(name: str, *, default: str) -> str:
    """The address by which people reach the site, without a slash at its end."""
    text = env_str(name, default=default).rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise SettingRefused(
            f"环境变量 {name}={text} 不是网址，请写成 https://zhenggai.example.gov.cn 这样。"
        )
    return text


def env_robot_hosts(name: str, *, default: str) -> list[str]:
    """The hosts of robots, each as name or name:port."""
    hosts = env_list(name, default=default)
    for host in hosts:
        if not re.fullmatch(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?", host):
            raise SettingRefused(
                f"环境变量 {name} 里的 {host} 不是主机名，请只写域名（可以带端口），"
                "例如 oapi.dingtalk.com，用逗号分开。"
            )
    return hosts


def env_hosts(name: str, *, default: str) -> list[str]:
    """Names the site answers to. A star would let anybody's name into our links."""
    hosts = env_list(name, default=default)
    if "*" in hosts:
        raise SettingRefused(f"环境变量 {name} 不能写 *，请写明访问所用的域名或地址，用逗号分开。")
    return hosts


def env_zone(name: str, *, default: str) -> str:
    """A name of the time zone database, as Asia/Shanghai."""
    zone = env_str(name, default=default)
    try:
        return ZoneInfo(zone).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingRefused(
            f"环境变量 {name}={zone} 不是时区名，请写成 Asia/Shanghai 这样；不设置时用 {default}。"
        ) from error


def env_database(name: str, *, embedded: dict[str, Any]) -> dict[str, Any]:
    """Django's description of the database at a postgres:// address, or `embedded`.

    Raises SettingRefused."""
    address = env_str(name, default="")
    if not address:
        return embedded
    try:
        parts = urlsplit(address)
        parsed = dict(dj_database_url.parse(address, conn_max_age=60, conn_health_checks=True))
    except ValueError as error:
        raise SettingRefused(_DATABASE_REFUSED.format(name=name)) from error
    if parts.scheme not in {"postgres", "postgresql"} or not parsed["NAME"]:
        raise SettingRefused(_DATABASE_REFUSED.format(name=name))
    return parsed


def env_owner(name: str, *, of: dict[str, Any]) -> dict[str, Any]:
    """The role that owns the tables of the database `of`, or nothing where none is given.

    Raises SettingRefused."""
    owner = env_database(name, embedded={})
    if not owner:
        return {}
    if of.get("NAME") != owner["NAME"]:
        raise SettingRefused(
            f"环境变量 {name} 要与 DATABASE_URL 指向同一个 PostgreSQL 数据库，只是用户不同。"
        )
    if not owner["USER"] or not of.get("USER") or owner["USER"] == of["USER"]:
        raise SettingRefused(
            f"环境变量 {name} 要写属主角色的用户名，DATABASE_URL 写应用角色的，两者不能相同。"
        )
    return owner


def env_redis(name: str) -> str:
    """The address of a broker, or "" where the embedded one is to be used."""
    address = env_str(name, default="")
    if address and urlsplit(address).scheme not in {"redis", "rediss", "redis+socket"}:
        raise SettingRefused(f"环境变量 {name} 无法使用，请写成 redis://主机:端口/库号 的形式。")
    return address


def env_choice(name: str, *, default: str, among: tuple[str, ...]) -> str:
    text = env_str(name, default=default).lower()
    if text not in among:
        raise SettingRefused(f"环境变量 {name}={text} 无法识别，请写 {'、'.join(among)} 之一。")
    return text


def env_mail_host(name: str) -> str:
    """A server's name or address, or "" where there is none."""
    host = env_str(name, default="")
    if host and not re.fullmatch(r"[A-Za-z0-9.:_-]+", host):
        raise SettingRefused(
            f"环境变量 {name}={host} 无法使用，只写邮件服务器的域名或地址，"
            "不带 smtp:// 和端口，例如 smtp.example.gov.cn。"
        )
    return host


def env_sender(name: str, *, default: str) -> str:
    """One mail address, with or without a name: 整改办 <zg@example.gov.cn>."""
    text = env_str(name, default=default)
    address = parseaddr(text)[1]
    one = re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+", address)
    if not one or not text.isprintable() or text.count("@") != 1:
        raise SettingRefused(
            f"环境变量 {name} 无法使用，请写一个邮件地址，前面可以有名称："
            "整改办 <zg@example.gov.cn>。"
        )
    return text


def env_archive(name: str) -> str:
    """The address of the archive mailbox, or "" where there is none. The password is not shown."""
    address = env_str(name, default="")
    if not address or re.fullmatch(r"maildir:/.+", address):
        return address
    try:
        parts = urlsplit(address)
        fits = parts.scheme in {"imap", "imaps"} and parts.hostname and parts.username
        _ = parts.port
    except ValueError:
        fits = False
    if not fits or parts.password is None:
        raise SettingRefused(
            f"环境变量 {name} 无法使用，请写成 imaps://用户名:密码@主机:端口/文件夹 "
            "或 maildir:/文件夹 的形式，用户名和密码里的符号要用百分号编码。"
        )
    return address


def _first_line(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingRefused(f"密钥文件 {file} 无法读取：请检查它的属主和权限。") from error
