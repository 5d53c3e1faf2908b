"""Floors and how close the project comes; not part of the tests.

Each module here has `measure() -> Result`: it builds its floor and the project's way in one run.
Only ratios carry over to another machine, and none under 1.3 means much.
"""

from dataclasses import dataclass

SLACK = 1.3  # a goal missed by more than this factor fails the run


class FloorMissing(Exception):
    """What the project is compared with cannot be had on this machine."""


@dataclass(frozen=True)
class Ratio:
    """The project's way, divided by its floor; `goal` is the most it may be, or the least."""

    value: float
    goal: float
    at_least: bool = False

    @property
    def is_missed(self) -> bool:
        if self.at_least:
            return self.value < self.goal / SLACK
        return self.value > self.goal * SLACK


@dataclass(frozen=True)
class Result:
    """`figures` are measured values, each named with its unit."""

    name: str
    ratios: dict[str, Ratio]
    figures: dict[str, float]
