"""The words that tests/test_canaries.py plants, and the look for them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

PREFIX = {"own": "zqa", "sibling": "zqb", "other": "zqc"}
WORD = re.compile(r"zq[abc]\d{4}")


@dataclass
class Aviary:
    """The planted words: by group (own, sibling, other), each with the model and field it is in."""

    words: dict[str, dict[str, str]] = field(
        default_factory=lambda: {group: {} for group in PREFIX}
    )
    numbers: Iterator[int] = field(default_factory=count)

    def word(self, group: str, where: str) -> str:
        made = f"{PREFIX[group]}{next(self.numbers):04}"
        assert WORD.fullmatch(made), "more words than four digits count"
        self.words[group][made] = where
        return made

    def found_in(self, text: str, *groups: str) -> dict[str, str]:
        """One look for all the words of ours, and one for each identifier, which is as it is."""
        there = set(WORD.findall(text))
        return {
            word: where
            for group in groups
            for word, where in self.words[group].items()
            if (word in there if WORD.fullmatch(word) else word in text)
        }
