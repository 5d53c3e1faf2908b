"""责任交接: one field of a measure or a problem, or everything of a person after a preview."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rectification import access, handing_over, moving
from rectification.closing_forms import FormerForm, HandOverEverythingForm, HandOverForm
from rectification.models import HandoverField, Measure
from rectification.views.actions import act, the_measure
from rectification.views.conflicts import again
from rectification.views.refusals import note_secrecy


@require_POST
def measure_hand_over(request, inspection, code):
    measure = the_measure(request, inspection, code)
    access.run(request.user, inspection)
    form = HandOverForm(request.POST, row=measure, auto_id="hand-over-%s")

    def hand_over(**asked):
        return f"{code} 的{_passed_on(request, form)}"

    return act(request, measure, form, hand_over)


@require_http_methods(["GET", "HEAD", "POST"])
def problem_hand_over(request, inspection, code):
    found = access.run(request.user, inspection)
    problem = access.problem(request.user, inspection, code)
    if request.method != "POST":
        initial = {"version": problem.version, "on": timezone.localdate()}
        form = HandOverForm(row=problem, initial=initial, auto_id="hand-over-%s")
        return _problem_page(request, found, problem, form)
    form = HandOverForm(request.POST, row=problem, auto_id="hand-over-%s")
    if not form.is_valid():
        note_secrecy(
            form, kind="problem", code=problem.subject_code, by=request.user, at=timezone.now()
        )
        return _problem_page(request, found, problem, form)
    try:
        said = _passed_on(request, form)
    except (moving.MoveRefused, moving.StaleSave) as refusal:
        problem = access.problem(request.user, inspection, code)
        form.row = problem
        form = again(form, version=problem.version)
        return _problem_page(request, found, problem, form, refusal=str(refusal))
    messages.success(request, f"{code} 的{said}")
    return redirect("rectification:problem_detail", inspection, code)


@require_safe
def handover(request, inspection):
    """Whose, and then the list of everything that would pass on."""
    found = access.run(request.user, inspection)
    if "former" not in request.GET:
        return _page(request, found, FormerForm(inspection=found))
    asked = FormerForm(request.GET, inspection=found)
    if not asked.is_valid():
        return _page(request, found, asked)
    return _page(request, found, asked, former=asked.cleaned_data["former"])


@require_POST
def handover_confirm(request, inspection):
    found = access.run(request.user, inspection)
    asked = FormerForm(request.POST, inspection=found)
    if not asked.is_valid():
        raise Http404
    former = asked.cleaned_data["former"]
    form = HandOverEverythingForm(request.POST, inspection=found, former=former)
    if not form.is_valid():
        note_secrecy(form, kind="inspection", code=found.code, by=request.user, at=timezone.now())
        return _page(request, found, asked, former=former, form=form)
    told = form.cleaned_data
    try:
        passed = handing_over.hand_over_everything(
            handing_over.Succession(former, told["to"], found),
            terms=handing_over.Terms(told["on"], told["why"]),
            seen=told["seen"],
            by=request.user,
            at=timezone.now(),
        )
    except (moving.MoveRefused, moving.StaleSave) as refusal:
        return _page(request, found, asked, former=former, form=form, refusal=str(refusal))
    messages.success(request, f"{former}名下{len(passed)}项已交接给{told['to']}")
    return redirect("rectification:handover", found.code)


def _passed_on(request, form):
    """Hand over as the form says; what was done, in words."""
    asked = form.cleaned_data
    passed = handing_over.hand_over(
        handing_over.Holding(form.row, HandoverField(asked["field"])),
        form.to,
        terms=handing_over.Terms(asked["on"], asked["why"]),
        by=request.user,
        at=timezone.now(),
        version=asked["version"],
    )
    return f"{passed.get_field_display()}已交接给{form.to}"


def _problem_page(request, inspection, problem, form, *, refusal=""):
    url = reverse("rectification:problem_detail", args=[inspection.code, problem.code])
    context = {
        "nav": "problems",
        "inspection": inspection,
        "problem": problem,
        "crumbs": [(str(problem), url)],
        "form": form,
        "refusal": refusal,
    }
    status = 409 if refusal else 200
    return render(request, "rectification/problem_hand_over.html", context, status=status)


def _page(request, inspection, asked, *, former=None, form=None, refusal=""):
    holdings = handing_over.everything_of(former, inspection) if former else ()
    seal = handing_over.seal(holdings)
    if form is None and former:
        initial = {"on": timezone.localdate(), "seen": seal}
        form = HandOverEverythingForm(inspection=inspection, former=former, initial=initial)
    elif form is not None:  # what was typed, now on the list that is shown
        data = {**form.data.dict(), "seen": seal}
        form = HandOverEverythingForm(data, inspection=inspection, former=former)
    context = {
        "nav": "measures",
        "inspection": inspection,
        "asked": asked,
        "former": former,
        "holdings": [(each, each.field.label, _url(inspection, each.row)) for each in holdings],
        "form": form,
        "refusal": refusal,
    }
    status = 409 if refusal else 200
    return render(request, "rectification/handover.html", context, status=status)


def _url(inspection, row):
    kind = "measure" if isinstance(row, Measure) else "problem"
    return reverse(f"rectification:{kind}_detail", args=[inspection.code, row.code])
