"""The forms of what a person may do with a measure now, by the name of the verb."""

from datetime import timedelta

from django.forms import Form

from rectification import permissions
from rectification.closing_forms import (
    AskExemptionForm,
    DecideExemptionForm,
    HandOverForm,
    ReinstateForm,
    WithdrawExemptionForm,
)
from rectification.evidence_forms import UploadForm
from rectification.extension_forms import DecideExtensionForm, ExtendForm, WithdrawExtensionForm
from rectification.forms import (
    ApproveForm,
    ReopenForm,
    ReportForm,
    ResubmitForm,
    SendBackForm,
    SubmitForm,
    WithdrawForm,
)
from rectification.states import RequestOutcome

REDONE_WITHIN = timedelta(days=14)  # what the form proposes: until the next dispatch, mostly


def offered_forms(user, measure, *, pending, told, on):
    """`pending` is the application that waits, `told` the last report; None where there is none."""
    return {
        **_of_the_work(user, measure, told=told, on=on),
        **_of_an_application(user, measure, pending=pending),
        **_of_an_extension(user, measure, on=on),
        **_of_an_exemption(user, measure),
    }


def _of_the_work(user, measure, *, told, on):
    version = {"version": measure.version}
    forms: dict[str, Form] = {}
    if permissions.may_report(user, measure):
        last = {name: getattr(told, name, "") for name in ("text", "difficulty", "next_step")}
        forms["report"] = ReportForm(initial={**version, **last}, auto_id="report-%s")
    if permissions.may_send_back(user, measure):
        redone = {**version, "due_on": on + REDONE_WITHIN}
        forms["send_back"] = SendBackForm(initial=redone, auto_id="send-back-%s")
    if permissions.may_reopen(user, measure):
        forms["reopen"] = ReopenForm(initial=version, auto_id="reopen-%s")
    if permissions.may_hand_over(user, measure.inspection):
        initial = {**version, "on": on}
        forms["hand_over"] = HandOverForm(row=measure, initial=initial, auto_id="hand-over-%s")
    if permissions.may_add_evidence(user, measure):
        blank = {"dated_on": on, "kind": "document"}
        forms["upload"] = UploadForm(initial=blank, auto_id="evidence-%s")
    return forms


def _of_an_application(user, measure, *, pending):
    version = {"version": measure.version}
    forms: dict[str, Form] = {}
    if permissions.may_submit(user, measure):
        forms["submit"] = SubmitForm(initial=_last_claim(measure, version), auto_id="submit-%s")
    if pending and permissions.may_withdraw(user, pending):
        said = {"statement": pending.statement, "evidence_note": pending.evidence_note}
        forms["resubmit"] = ResubmitForm(initial={**version, **said}, auto_id="resubmit-%s")
        forms["withdraw"] = WithdrawForm(initial=version, auto_id="withdraw-%s")
    if pending and permissions.may_review(user, pending):
        forms["approve"] = ApproveForm(initial=version, auto_id="approve-%s")
    return forms


def _last_claim(measure, version):
    """What a lapsed application said, so that applying again takes one look and one press."""
    last = measure.requests.order_by("number").last()
    if last is None or last.outcome != RequestOutcome.LAPSED:
        return version
    return {**version, "statement": last.statement, "evidence_note": last.evidence_note}


def _of_an_extension(user, measure, *, on):
    """To ask goes by the version of the measure, to decide and to withdraw by the request's."""
    forms: dict[str, Form] = {}
    if permissions.may_request_extension(user, measure, on=on):
        initial = {"version": measure.version}
        forms["extend"] = ExtendForm(row=measure, initial=initial, auto_id="extend-%s")
    extension = permissions.pending_extension(measure)
    if extension is None:
        return forms
    version = {"version": extension.version}
    if permissions.may_decide_extension(user, extension):
        forms["extension_decide"] = DecideExtensionForm(
            initial=version, auto_id="extension-decide-%s"
        )
    if permissions.may_withdraw_extension(user, extension):
        forms["extension_withdraw"] = WithdrawExtensionForm(
            initial=version, auto_id="extension-withdraw-%s"
        )
    return forms


def _of_an_exemption(user, measure):
    version = {"version": measure.version}
    forms: dict[str, Form] = {}
    exemption = permissions.pending_exemption(measure)
    if exemption and permissions.may_decide_exemption(user, exemption):
        forms["decide_exemption"] = DecideExemptionForm(initial=version, auto_id="decide-%s")
    if exemption and permissions.may_withdraw_exemption(user, exemption):
        forms["withdraw_exemption"] = WithdrawExemptionForm(initial=version, auto_id="take-back-%s")
    if permissions.may_ask_exemption(user, measure):
        forms["ask_exemption"] = AskExemptionForm(initial=version, auto_id="exemption-%s")
    if permissions.may_reinstate(user, measure):
        forms["reinstate"] = ReinstateForm(initial=version, auto_id="reinstate-%s")
    return forms
