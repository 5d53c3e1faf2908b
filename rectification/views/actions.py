"""The verbs of a measure, each a POST: read the form, call the verb, say what happened."""

from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from rectification import access, closing, moving, permissions, workflow
from rectification.forms import (
    ApproveForm,
    ReopenForm,
    ReportForm,
    ResubmitForm,
    SendBackForm,
    SubmitForm,
    WithdrawForm,
)
from rectification.views.conflicts import Conflict, again, reported
from rectification.views.measures import measure_page
from rectification.views.refusals import note_secrecy


@require_POST
def measure_report(request, inspection, code):
    measure = the_measure(request, inspection, code)
    last = measure.progress.filter(nil_return=False).latest_first().first()
    form = ReportForm(request.POST, told=last.text if last else "", auto_id="report-%s")
    unit = permissions.reporting_unit(request.user, measure) or measure.lead_unit

    def report(*, version, **told):
        news = workflow.Told(**told, nil_return=form.is_nil_return)
        workflow.report(
            measure, news, unit=unit, by=request.user, at=timezone.now(), version=version
        )
        return f"已报 {code} 的零报告" if form.is_nil_return else f"已报送 {code} 的进展"

    return act(request, measure, form, report)


@require_POST
def measure_submit(request, inspection, code):
    measure = the_measure(request, inspection, code)

    def submit(**asked):
        closing.submit(measure, **asked, by=request.user, at=timezone.now())
        return f"{code} 已申请销号"

    form = SubmitForm(request.POST, auto_id="submit-%s")
    return act(request, measure, form, submit)


@require_POST
def measure_resubmit(request, inspection, code):
    measure = the_measure(request, inspection, code)

    def resubmit(**asked):
        closing.resubmit(_pending(measure), **asked, by=request.user, at=timezone.now())
        return f"{code} 的销号申请已修改，从第一个环节重新审核"

    form = ResubmitForm(request.POST, auto_id="resubmit-%s")
    return act(request, measure, form, resubmit)


@require_POST
def measure_withdraw(request, inspection, code):
    measure = the_measure(request, inspection, code)

    def withdraw(**asked):
        closing.withdraw(_pending(measure), **asked, by=request.user, at=timezone.now())
        return f"{code} 的销号申请已撤回"

    form = WithdrawForm(request.POST, auto_id="withdraw-%s")
    return act(request, measure, form, withdraw)


@require_POST
def measure_approve(request, inspection, code):
    measure = the_measure(request, inspection, code)

    def approve(**asked):
        closing.approve(_pending(measure), **asked, by=request.user, at=timezone.now())
        measure.refresh_from_db(fields=["status"])
        return f"{code} 审核通过{'，已销号' if measure.is_finished else ''}"

    form = ApproveForm(request.POST, auto_id="approve-%s")
    return act(request, measure, form, approve)


@require_POST
def measure_send_back(request, inspection, code):
    measure = the_measure(request, inspection, code)

    def send_back(*, version, **why):
        returned = workflow.Return(**why)
        workflow.send_back(measure, returned, by=request.user, at=timezone.now(), version=version)
        return f"{code} 已退回重报"

    form = SendBackForm(request.POST, auto_id="send-back-%s")
    return act(request, measure, form, send_back)


@require_POST
def measure_reopen(request, inspection, code):
    measure = the_measure(request, inspection, code)

    def reopen(**asked):
        workflow.reopen(measure, **asked, by=request.user, at=timezone.now())
        return f"{code} 已认定反弹"

    form = ReopenForm(request.POST, auto_id="reopen-%s")
    return act(request, measure, form, reopen)


def the_measure(request, inspection, code):
    return access.measure(request.user, inspection, code, on=timezone.localdate())


def _pending(measure):
    request = permissions.pending_request(measure)
    if request is None:
        raise moving.MoveRefused(f"{measure.code} 没有等待审核的销号申请，请看最新状态。")
    return request


def act(request, measure, form, verb, *, standing=reported):
    """Carry the verb out, which says what it did; refused, show why and keep what was typed beside
    what stands now, which `standing` says of a measure and a form."""
    name = request.resolver_match.url_name.removeprefix("measure_")
    if not form.is_valid():
        note_secrecy(
            form, kind="measure", code=measure.subject_code, by=request.user, at=timezone.now()
        )
        return measure_page(request, measure, filled={name: form})
    try:
        said = verb(**form.cleaned_data)
    except (moving.MoveRefused, moving.StaleSave) as refusal:
        measure = the_measure(request, measure.inspection.code, measure.code)
        form.row = measure  # a form that looks at its row goes on with the one that stands
        now = standing(measure, form)
        conflict = Conflict.beside(now, form, sentence=str(refusal))
        filled = {name: again(form, version=now.version)}
        return measure_page(request, measure, filled=filled, conflict=conflict, status=409)
    messages.success(request, said)
    return redirect("rectification:measure_detail", measure.inspection.code, measure.code)
