"""What came of one attempt, as a channel tells it."""

import re
from dataclasses import dataclass
from enum import Enum, auto

MOST_WORDS = 200


class Kind(Enum):
    SENT = auto()
    AGAIN = auto()  # certainly not delivered; a later attempt may be
    REFUSED = auto()  # certainly not delivered, and never will be
    DOUBTFUL = auto()  # nobody knows
    UNTRIED = auto()  # the same, and it is not this message that is at fault
    LOST = auto()  # the connection has ended, or takes no more: try on a new one, at once


@dataclass(frozen=True)
class Answer:
    """`words` say why, to the office, where it was not sent."""

    kind: Kind
    words: str = ""


class Trouble(Exception):
    """Nothing can be sent by this channel now. The message is for the office."""


class NotSetUp(Trouble):
    """This place does not use the channel (yet): what is written for it waits."""


def cleaned(words: bytes | str) -> str:
    """What a server said, fit to be shown: one line without control characters, not too long."""
    text = words.decode("utf-8", errors="replace") if isinstance(words, bytes) else words
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return re.sub(r" +", " ", printable).strip()[:MOST_WORDS]
