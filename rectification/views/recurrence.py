"""屡查屡犯: the earlier problems that a problem resembles, and the office's decision on each."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from rectification import access, permissions, recurring, resemblance
from rectification.look_back_forms import DecideForm
from rectification.views.conflicts import again
from rectification.views.refusals import note_secrecy


@require_safe
def problem_recurrence(request, inspection, code):
    access.run(request.user, inspection)
    return _page(request, access.problem(request.user, inspection, code))


@require_POST
def recurrence_decide(request, inspection, code):
    access.run(request.user, inspection)
    problem = access.problem(request.user, inspection, code)
    form = DecideForm(request.POST, auto_id="decided-%s")
    if not form.is_valid():
        note_secrecy(
            form, kind="problem", code=problem.subject_code, by=request.user, at=timezone.now()
        )
        return _page(request, problem, filled=form)
    earlier = access.problem(
        request.user, form.cleaned_data["inspection"], form.cleaned_data["earlier"]
    )
    pair = recurring.Pair(problem, earlier)
    asked = recurring.Decided(form.cleaned_data["decision"], form.cleaned_data["why"])
    version = form.cleaned_data["version"]
    try:
        decided = recurring.decide(pair, asked, by=request.user, at=timezone.now(), version=version)
    except recurring.RecurrenceRefused as refusal:
        standing = pair.problem.forebear_links.filter(earlier=pair.earlier).first()
        filled = again(form, version=standing.version if standing else 0)
        return _page(request, problem, filled=filled, refusal=str(refusal), status=409)
    messages.success(request, f"{earlier.code} 已认定为“{decided.get_decision_display()}”")
    return redirect("rectification:problem_recurrence", inspection, code)


def _page(request, problem, *, filled=None, refusal="", status=200):
    """The proposals and the decisions; `filled` is a form that came back, in its own place."""
    may = permissions.may_run(request.user, problem.inspection)
    proposals = recurring.proposals(problem, to=request.user) if may else ()
    kin = recurring.kin_of(problem, to=request.user)
    decided = (*kin.forebears, *recurring.dismissed(problem, to=request.user))
    pair = (filled.data.get("inspection"), filled.data.get("earlier")) if filled else None
    rows = [(each.problem, each.score, _form(each.problem, pair, filled)) for each in proposals]
    context = {
        "nav": "problems",
        "inspection": problem.inspection,
        "problem": problem,
        "crumbs": [
            ("问题", reverse("rectification:problem_list", args=[problem.inspection.code])),
            (str(problem), _problem_url(problem)),
        ],
        "threshold": resemblance.THRESHOLD,
        "most": resemblance.MOST,
        "proposals": rows,
        "decided": [
            (each, _form(each.earlier, pair, filled, version=each.version)) for each in decided
        ],
        "refusal": refusal or ("没有提交，请按标出的说明改正。" if filled else ""),
    }
    return render(request, "rectification/problem_recurrence.html", context, status=status)


def _form(earlier, pair, filled, *, version=0):
    names = (earlier.inspection.code, earlier.code)
    if pair == names:
        return filled
    initial = {"inspection": names[0], "earlier": names[1], "version": version}
    return DecideForm(initial=initial, auto_id=f"pair-{earlier.pk}-%s")


def _problem_url(problem):
    codes = [problem.inspection.code, problem.code]
    return reverse("rectification:problem_detail", args=codes)
