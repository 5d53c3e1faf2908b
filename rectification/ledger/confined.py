"""A workbook is read in a process of its own, with little memory and time: a file made to exhaust
a machine ends that process, and the site goes on. What comes back is the table, or why not."""

import json
import resource
import subprocess
import sys
from pathlib import Path

from rectification.ledger import spreadsheet
from rectification.ledger.spreadsheet import Sheet, WorkbookRefused

ROOT = Path(__file__).resolve().parents[2]
MOST_MEMORY = 600 * 1024 * 1024  # bytes of address space
MOST_CPU = 10  # seconds
MOST_WAIT = 15  # seconds, with a machine that has other work


def read(content: bytes, *, name: str) -> Sheet:
    """As `spreadsheet.read`, confined. Raises WorkbookRefused."""
    command = (sys.executable, "-m", __name__, name)
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, cwd=ROOT, timeout=MOST_WAIT, check=True
        )
        answer = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        raise WorkbookRefused(
            f"{name} 过于庞大或已损坏，没有读取。请只保留台账一张表，另存为新的 .xlsx 后再上传。"
        ) from error
    if "refused" in answer:
        raise WorkbookRefused(answer["refused"])
    return Sheet(
        name=answer["name"],
        headings=tuple(answer["headings"]),
        unknown=tuple(answer["unknown"]),
        rows=tuple((line, tuple(cells)) for line, cells in answer["rows"]),
        titles=tuple(answer["titles"]),
    )


def main() -> None:
    """The process: the file on standard input, the table as JSON on standard output."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU, MOST_CPU))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = vars(spreadsheet.read(sys.stdin.buffer.read(), name=sys.argv[1]))
    except WorkbookRefused as refusal:
        answer = {"refused": str(refusal)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
