"""延期: its verbs, each a POST from the page of a measure, and the list for those who oversee."""

from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from rectification import access, extending, moving, permissions, selection
from rectification.extension_forms import DecideExtensionForm, ExtendForm, WithdrawExtensionForm
from rectification.forms import ExtensionFilters
from rectification.models import Extension
from rectification.states import Verdict
from rectification.views.actions import act, the_measure
from rectification.views.conflicts import Standing
from rectification.views.listing import answer, listing

SITUATION = ("state", "pending")  # the filters that the tabs set


@require_POST
def measure_extend(request, inspection, code):
    measure = the_measure(request, inspection, code)
    form = ExtendForm(request.POST, row=measure, auto_id="extend-%s")

    def extend(*, deadline, reason, version):
        wish = extending.Wish(deadline.deadline, deadline.precision, reason)
        extending.request(measure, wish, by=request.user, at=timezone.now(), version=version)
        return f"{code} 已申请延期"

    return act(request, measure, form, extend, standing=_standing)


@require_POST
def measure_extension_decide(request, inspection, code):
    measure = the_measure(request, inspection, code)
    form = DecideExtensionForm(request.POST, auto_id="extension-decide-%s")

    def decide(*, decision, **asked):
        extension = _pending(measure)
        extending.decide(extension, decision, **asked, by=request.user, at=timezone.now())
        if decision == Verdict.REFUSE:
            return f"{code} 的延期申请未同意"
        return f"{code} 的延期申请{'初审同意' if extension.is_pending else '已同意，时限已改'}"

    return act(request, measure, form, decide, standing=_standing)


@require_POST
def measure_extension_withdraw(request, inspection, code):
    measure = the_measure(request, inspection, code)
    form = WithdrawExtensionForm(request.POST, auto_id="extension-withdraw-%s")

    def withdraw(**asked):
        extending.withdraw(_pending(measure), **asked, by=request.user, at=timezone.now())
        return f"{code} 的延期申请已撤回"

    return act(request, measure, form, withdraw, standing=_standing)


@require_safe
def extension_list(request, inspection):
    found = access.overseen(request.user, inspection)
    visible = Extension.objects.filter(measure__inspection=found)
    form = ExtensionFilters.read(request.GET, choices=selection.extension_choices(visible))
    rows = selection.extensions(visible, form.kept).for_list()
    url = reverse("rectification:extension_list", args=[found.code])
    page = listing(request, rows, url=url, form=form)
    context = {
        "nav": "measures",
        "inspection": found,
        "listing": page,
        "rows": page.rows,
        "tabs": _tabs(page, visible),
        "as_of": timezone.localdate(),
        "crumbs": [("措施", reverse("rectification:measure_list", args=[found.code]))],
    }
    return answer(request, "rectification/extension_list.html", context)


def _tabs(page, visible):
    others = {name: value for name, value in page.form.kept.items() if name not in SITUATION}
    counts = selection.tally_extensions(selection.extensions(visible, others))
    choices = [
        ("全部", counts.total, {}),
        ("在审批", counts.pending, {"pending": "yes"}),
        ("已同意", counts.granted, {"state": "granted"}),
        ("未同意", counts.refused, {"state": "refused"}),
    ]
    return [page.tab(label, count, sets=sets, of=SITUATION) for label, count, sets in choices]


def _pending(measure):
    extension = permissions.pending_extension(measure)
    if extension is None:
        raise moving.StaleSave(f"{measure.code} 没有等待审批的延期申请，请看最新状态。")
    return extension


def _standing(measure, form):
    """What the latest request, and the latest decision on it, says."""
    latest = measure.extensions.for_list().first()
    row = latest if latest and latest.is_pending and not isinstance(form, ExtendForm) else measure
    texts = dict.fromkeys(form.fields, "") | (_told(latest) if latest else {})
    return Standing(row.version, texts, _last_act(latest))


def _told(extension) -> dict[str, str]:
    decision = extension.decisions.last()
    return {
        "deadline": extension.asked_phrase,
        "reason": extension.reason,
        "decision": decision.get_decision_display() if decision else "",
        "opinion": decision.opinion if decision else "",
        "why": extension.settled_why,
    }


def _last_act(extension) -> str:
    if extension is None:
        return ""
    decision = extension.decisions.last()
    moment = decision.at if decision else extension.requested_at
    at = timezone.localtime(extension.settled_at or moment)
    return f"{extension}，{at.month}月{at.day}日 {at:%H:%M}起是“{extension.get_state_display()}”。"
