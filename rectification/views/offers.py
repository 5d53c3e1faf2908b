"""The forms of handing over and of exempting that a person may use on a measure now."""

from django.utils import timezone

from rectification import permissions
from rectification.closing_forms import (
    AskExemptionForm,
    DecideExemptionForm,
    HandOverForm,
    ReinstateForm,
    WithdrawExemptionForm,
)
from rectification.forms import Versioned


def further_forms(user, measure):
    """By the name of the verb, as `offered_forms` of the measure's page."""
    version = {"version": measure.version}
    forms: dict[str, Versioned] = {}
    exemption = permissions.pending_exemption(measure)
    if exemption and permissions.may_decide_exemption(user, exemption):
        forms["decide_exemption"] = DecideExemptionForm(initial=version, auto_id="decide-%s")
    if exemption and permissions.may_withdraw_exemption(user, exemption):
        forms["withdraw_exemption"] = WithdrawExemptionForm(initial=version, auto_id="take-back-%s")
    if permissions.may_ask_exemption(user, measure):
        forms["ask_exemption"] = AskExemptionForm(initial=version, auto_id="exemption-%s")
    if permissions.may_reinstate(user, measure):
        forms["reinstate"] = ReinstateForm(initial=version, auto_id="reinstate-%s")
    if permissions.may_hand_over(user, measure.inspection):
        initial = {**version, "on": timezone.localdate()}
        forms["hand_over"] = HandOverForm(row=measure, initial=initial, auto_id="hand-over-%s")
    return forms
