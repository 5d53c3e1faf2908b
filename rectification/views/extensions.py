"""延期: its verbs, each a POST from the page of a measure, and the list for those who oversee."""

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from rectification import access, extending, permissions, selection
from rectification.extension_forms import DecideExtensionForm, ExtendForm, WithdrawExtensionForm
from rectification.forms import ExtensionFilters
from rectification.models import Extension
from rectification.states import Verdict
from rectification.views.conflicts import Conflict, Difference
from rectification.views.listing import answer, listing
from rectification.views.measures import measure_page
from rectification.views.refusals import note_secrecy

SITUATION = ("state", "pending")  # the filters that the tabs set


@require_POST
def measure_extend(request, inspection, code):
    measure = _measure(request, inspection, code)
    form = ExtendForm(request.POST, measure=measure, auto_id="extend-%s")

    def extend(*, deadline, reason, version):
        wish = extending.Wish(deadline.deadline, deadline.precision, reason)
        extending.request(measure, wish, by=request.user, at=timezone.now(), version=version)
        return f"{code} 已申请延期"

    return _act(request, measure, form, extend)


@require_POST
def measure_extension_decide(request, inspection, code):
    measure = _measure(request, inspection, code)
    form = DecideExtensionForm(request.POST, auto_id="extension-decide-%s")

    def decide(*, decision, **asked):
        extension = _pending(measure)
        extending.decide(extension, decision, **asked, by=request.user, at=timezone.now())
        if decision == Verdict.REFUSE:
            return f"{code} 的延期申请未同意"
        return f"{code} 的延期申请{'初审同意' if extension.is_pending else '已同意，时限已改'}"

    return _act(request, measure, form, decide)


@require_POST
def measure_extension_withdraw(request, inspection, code):
    measure = _measure(request, inspection, code)
    form = WithdrawExtensionForm(request.POST, auto_id="extension-withdraw-%s")

    def withdraw(**asked):
        extending.withdraw(_pending(measure), **asked, by=request.user, at=timezone.now())
        return f"{code} 的延期申请已撤回"

    return _act(request, measure, form, withdraw)


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


def _measure(request, inspection, code):
    return access.measure(request.user, inspection, code, on=timezone.localdate())


def _pending(measure):
    extension = permissions.pending_extension(measure)
    if extension is None:
        raise extending.ExtensionStale(f"{measure.code} 没有等待审批的延期申请，请看最新状态。")
    return extension


def _act(request, measure, form, verb):
    """Carry the verb out, which says what it did; refused, show why and keep what was typed."""
    name = request.resolver_match.url_name.removeprefix("measure_")
    if not form.is_valid():
        note_secrecy(form, kind="measure", row=measure, by=request.user, at=timezone.now())
        return measure_page(request, measure, filled={name: form})
    try:
        said = verb(**form.cleaned_data)
    except (extending.ExtensionRefused, extending.ExtensionStale) as refusal:
        measure = _measure(request, measure.inspection.code, measure.code)
        conflict = _conflict(measure, form, sentence=str(refusal))
        filled = {name: _again(form, measure)}
        return measure_page(request, measure, filled=filled, conflict=conflict, status=409)
    messages.success(request, said)
    return redirect("rectification:measure_detail", measure.inspection.code, measure.code)


def _again(form, measure):
    """The form with everything that was typed, now on the version that stands."""
    pending = permissions.pending_extension(measure)
    asking = isinstance(form, ExtendForm)
    standing = measure if asking or pending is None else pending
    data = {name: form.data.get(name, "") for name in form.fields}
    data["version"] = standing.version
    more = {"measure": measure} if asking else {}
    return type(form)(data, **more, auto_id=form.auto_id)


def _conflict(measure, form, *, sentence):
    """What was typed beside what the latest request, or the latest decision on it, says."""
    latest = measure.extensions.for_list().first()
    standing = _told(latest) if latest else {}
    texts = [
        Difference(str(field.label), standing.get(field.name, ""), _typed(form, field))
        for field in form.visible_fields()
    ]
    differing = tuple(each for each in texts if each.theirs != each.yours)
    return Conflict(sentence, _last_act(latest), differing)


def _typed(form, field) -> str:
    value = str(form.data.get(field.html_name, ""))
    return Verdict(value).label if field.name == "decision" else value


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
