"""The card of extensions on a measure's page: where it stands, what may be done, the history."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.forms import Form

from rectification.models import Extension


@dataclass(frozen=True)
class ExtensionCard:
    """`pending` waits for a decision; the forms are those that this person may use now, or None."""

    pending: Extension | None
    history: tuple[Extension, ...]
    extend: Form | None
    decide: Form | None
    withdraw: Form | None

    @property
    def is_empty(self) -> bool:
        return not (self.history or self.extend)


def extension_card(measure, forms: Mapping[str, Form]) -> ExtensionCard:
    """`forms` are those of the page, by the name of the verb."""
    history = tuple(measure.extensions.for_list())
    return ExtensionCard(
        pending=next((each for each in history if each.is_pending), None),
        history=history,
        extend=forms.get("extend"),
        decide=forms.get("extension_decide"),
        withdraw=forms.get("extension_withdraw"),
    )
