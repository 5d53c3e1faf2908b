"""Settings from the environment: typed, and loud when wrong.

Every function raises `SettingRefused` with a sentence in Chinese that names the variable and says
what to write. An empty variable counts as absent.
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

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


def env_hosts(name: str, *, default: str) -> list[str]:
    """Names the site answers to. A star would let anybody's name into our links."""
    hosts = env_list(name, default=default)
    if "*" in hosts:
        raise SettingRefused(f"环境变量 {name} 不能写 *，请写明访问所用的域名或地址，用逗号分开。")
    return hosts


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


def _first_line(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingRefused(f"密钥文件 {file} 无法读取：请检查它的属主和权限。") from error
