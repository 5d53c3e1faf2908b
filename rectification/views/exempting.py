"""不再适用 on the page of a measure: ask, decide, withdraw, take up again."""

from django.utils import timezone
from django.views.decorators.http import require_POST

from rectification import exempting, moving, permissions, workflow
from rectification.closing_forms import (
    AskExemptionForm,
    DecideExemptionForm,
    ReinstateForm,
    WithdrawExemptionForm,
)
from rectification.views.actions import act, the_measure


@require_POST
def measure_ask_exemption(request, inspection, code):
    measure = the_measure(request, inspection, code)

    def ask(**asked):
        exempting.request(measure, **asked, by=request.user, at=timezone.now())
        return f"{code} 已申请不再适用，等待审批"

    return act(request, measure, AskExemptionForm(request.POST, auto_id="exemption-%s"), ask)


@require_POST
def measure_decide_exemption(request, inspection, code):
    measure = the_measure(request, inspection, code)

    def decide(*, decision, **asked):
        verb = exempting.grant if decision == "grant" else exempting.refuse
        verb(_pending(measure), **asked, by=request.user, at=timezone.now())
        return f"{code} 已批准不再适用" if decision == "grant" else f"{code} 未批准，继续整改"

    return act(request, measure, DecideExemptionForm(request.POST, auto_id="decide-%s"), decide)


@require_POST
def measure_withdraw_exemption(request, inspection, code):
    measure = the_measure(request, inspection, code)

    def withdraw(**asked):
        exempting.withdraw(_pending(measure), **asked, by=request.user, at=timezone.now())
        return f"{code} 的不再适用申请已撤回"

    form = WithdrawExemptionForm(request.POST, auto_id="take-back-%s")
    return act(request, measure, form, withdraw)


@require_POST
def measure_reinstate(request, inspection, code):
    measure = the_measure(request, inspection, code)

    def reinstate(**asked):
        workflow.reinstate(measure, **asked, by=request.user, at=timezone.now())
        return f"{code} 已恢复整改"

    return act(request, measure, ReinstateForm(request.POST, auto_id="reinstate-%s"), reinstate)


def _pending(measure):
    exemption = permissions.pending_exemption(measure)
    if exemption is None:
        raise moving.MoveRefused(f"{measure.code} 没有等待审批的不再适用申请，请看最新状态。")
    return exemption
