"""A file is looked into in a process of its own, with little memory and time and without the right
to write: what is made to harm ends that process, and the site goes on."""

import json
import resource
import subprocess
import sys
from pathlib import Path

from rectification.evidence import inspecting
from rectification.evidence.inspecting import Found
from rectification.evidence.naming import ALLOWED, FileRefused, SecretRefused

ROOT = Path(__file__).resolve().parents[2]
MOST_MEMORY = 1024 * 1024 * 1024  # bytes of address space
MOST_CPU = 20  # seconds
MOST_WAIT = 40  # seconds, with a machine that has other work


class PreviewFailed(Exception):
    """The page cannot be drawn."""


def inspect(path: Path, *, name: str) -> Found:
    """As `inspecting.inspect`, confined. Raises FileRefused, SecretRefused."""
    try:
        answer = json.loads(_child("inspect", path, name, "0"))
    except (subprocess.SubprocessError, ValueError) as error:
        raise FileRefused(
            f"文件过于庞大或已损坏，没有保存。请重新另存后再上传，只收 {ALLOWED}。"
        ) from error
    if "refused" in answer:
        raise (SecretRefused if answer["secret"] else FileRefused)(answer["refused"])
    return Found(**answer)


def preview(path: Path, *, name: str, page: int) -> bytes:
    """As `inspecting.preview`, confined. Raises PreviewFailed."""
    try:
        return _child("preview", path, name, str(page))
    except subprocess.SubprocessError as error:
        raise PreviewFailed("这一页不能预览，请下载后查看。") from error


def _child(act: str, path: Path, name: str, page: str) -> bytes:
    command = (sys.executable, "-m", __name__, act, str(path), name, page)
    done = subprocess.run(command, capture_output=True, cwd=ROOT, timeout=MOST_WAIT, check=True)
    return done.stdout


def main() -> None:
    """The process: the answer as JSON, or the page as PNG, on standard output."""
    act, path, name, page = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU, MOST_CPU))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if act == "preview":
        sys.stdout.buffer.write(inspecting.preview(Path(path), name=name, page=int(page)))
        return
    try:
        answer = vars(inspecting.inspect(Path(path), name=name))
    except FileRefused as refusal:
        answer = {"refused": str(refusal), "secret": isinstance(refusal, SecretRefused)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
