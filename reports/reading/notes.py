"""What the reader hands over beside the document: what it could not place, and what it must ask."""

from dataclasses import dataclass


class ReportRefused(Exception):
    """The source is no report that can be read. The message is one sentence for the user."""


class SecretReport(ReportRefused):
    """The source carries a mark of secrecy. Recorded without what it says."""


@dataclass(frozen=True)
class Note:
    """A place in the source (`line` from 1), its words, and a sentence on what is the matter."""

    line: int
    text: str
    reason: str


def excerpt(text: str, *, most: int = 60) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= most else flat[:most] + "……"
