"""Settings from the environment: typed, and loud when wrong.

Every function raises `SettingRefused` with a sentence in Chinese that names the variable and says
what to write. An empty variable counts as absent.
"""

import os
import secrets
from pathlib import Path


class SettingRefused(Exception):
    """A variable of the environment cannot be used as it stands."""


def env_str(name: str, *, default: str) -> str:
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, *, default: bool) -> bool:
    text = env_str(name, default="1" if default else "0").lower()
    if text not in {"0", "1", "true", "false", "yes", "no"}:
        raise SettingRefused(f"环境变量 {name}={text} 无法识别,请写 1 或 0。")
    return text in {"1", "true", "yes"}


def env_int(name: str, *, default: int, least: int, most: int) -> int:
    text = env_str(name, default=str(default))
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise SettingRefused(f"环境变量 {name}={text} 无法使用,请写 {least} 到 {most} 之间的整数。")
    return int(text)


def env_list(name: str, *, default: str) -> list[str]:
    return [part.strip() for part in env_str(name, default=default).split(",") if part.strip()]


def env_path(name: str, *, default: Path) -> Path:
    return Path(env_str(name, default=str(default))).expanduser().absolute()


def env_secret(name: str, *, file: Path) -> str:
    """The secret from the variable, else from `file` (bin/serve makes it), else one that lasts as
    long as this process: enough for a command, and no session can be forged with it."""
    if secret := env_str(name, default=""):
        return secret
    if file.is_file():
        return file.read_text(encoding="ascii").strip()
    return secrets.token_urlsafe(50)
