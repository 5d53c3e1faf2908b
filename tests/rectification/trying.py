"""What each form of tests/rectification/tried.py says of itself, and the kinds of its fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms

from rectification.forms import Prose
from rectification.models import Measure

TEXT, NUMBER, DATE, DAY, CHOICE, KEY, EXTRA, VERSION = (
    "text",
    "number",
    "date",
    "day",  # as a browser sends it
    "choice",
    "key",
    "extra",
    "version",
)


def under_way(_: Any) -> None:
    Measure.objects.update(status="under_way")


@dataclass(frozen=True)
class Tried:
    """A form: where it is sent, by whom, and what a good answer to it is."""

    name: str
    address: str
    by: str
    form: type[forms.Form]
    good: Callable[[Any], dict[str, Any]]
    more: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shown_at: str = "measures/M-900-1/"
    before: Callable[[Any], object] = under_way
    unlike: tuple[str, ...] = ()  # texts that are no prose: they name something
    done: int = 302  # the answer to a good one

    def prepare(self, cast: Any) -> None:
        self.before(cast)

    def fields(self, kind: str) -> list[str]:
        if kind == TEXT:
            fields = self.form.base_fields.items()
            left_out = {"why"} if self.address.endswith("/new/") else {*self.unlike}
            return [n for n, each in fields if isinstance(each, Prose) and n not in left_out]
        return list(self.more.get(kind, ()))
