"""The same verb on many measures with one note: each under its own permission and version.

What is refused for one measure stops no other; every measure is a transaction of its own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rectification.models import Measure
from rectification.moving import MoveRefused, StaleSave


@dataclass(frozen=True)
class Chosen:
    """A measure that somebody ticked, as it stood in the list they were reading."""

    measure: Measure
    version: int


@dataclass(frozen=True)
class Refusal:
    """A measure that the verb was refused for, and why, in words."""

    measure: Measure
    why: str


@dataclass(frozen=True)
class Outcome:
    """For which measures the verb was carried out, and for which it was refused."""

    done: tuple[Measure, ...]
    refused: tuple[Refusal, ...]


def carry_out(chosen: Iterable[Chosen], verb: Callable[[Measure, int], object]) -> Outcome:
    """Call the verb with each measure and the version that was read."""
    done, refused = [], []
    for each in chosen:
        try:
            verb(each.measure, each.version)
        except (MoveRefused, StaleSave) as refusal:
            refused.append(Refusal(each.measure, str(refusal)))
        else:
            done.append(each.measure)
    return Outcome(tuple(done), tuple(refused))
