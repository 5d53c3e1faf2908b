"""The card of extensions on a measure's page: where it stands, what may be done, the history."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.forms import Form

from rectification import permissions
from rectification.extension_forms import DecideExtensionForm, ExtendForm, WithdrawExtensionForm
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

    @property
    def refused(self) -> bool:
        """A form came back with errors."""
        forms = (self.extend, self.decide, self.withdraw)
        return any(form.is_bound and form.errors for form in forms if form)


def extension_card(user, measure, *, on, filled: Mapping[str, Form]) -> ExtensionCard:
    """`filled` holds forms that came back, by name; only those still offered are shown."""
    history = tuple(measure.extensions.for_list())
    pending = next((each for each in history if each.is_pending), None)
    forms: dict[str, Form] = {}
    if permissions.may_request_extension(user, measure, on=on):
        forms["extend"] = ExtendForm(
            measure=measure, initial={"version": measure.version}, auto_id="extend-%s"
        )
    version = {"version": pending.version if pending else 0}
    if pending and permissions.may_decide_extension(user, pending):
        forms["extension_decide"] = DecideExtensionForm(
            initial=version, auto_id="extension-decide-%s"
        )
    if pending and permissions.may_withdraw_extension(user, pending):
        forms["extension_withdraw"] = WithdrawExtensionForm(
            initial=version, auto_id="extension-withdraw-%s"
        )
    shown = {name: filled.get(name, form) for name, form in forms.items()}
    return ExtensionCard(
        pending=pending,
        history=history,
        extend=shown.get("extend"),
        decide=shown.get("extension_decide"),
        withdraw=shown.get("extension_withdraw"),
    )
