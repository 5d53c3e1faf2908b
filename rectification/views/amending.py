"""The office amends what the plan says of a measure or a problem; the status is not content."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from rectification import access, moving, planning
from rectification.amend_forms import AmendMeasureForm, AmendProblemForm
from rectification.views.conflicts import Conflict, again
from rectification.views.listing import part
from rectification.views.refusals import note_secrecy


@require_http_methods(["GET", "HEAD", "POST"])
def measure_amend(request, inspection, code):
    access.run(request.user, inspection)
    measure = access.measure(request.user, inspection, code, on=timezone.localdate())
    before = planning.content_of(measure, planning.MEASURE_CONTENT)

    def amend(form):
        planning.amend_measure(
            _filled(measure, form),
            before=before,
            by=request.user,
            at=timezone.now(),
            why=form.cleaned_data["why"],
            supporting_units=form.cleaned_data["supporting_units"],
        )

    return _amend(request, measure, AmendMeasureForm, amend, kind="measure")


@require_http_methods(["GET", "HEAD", "POST"])
def problem_amend(request, inspection, code):
    access.run(request.user, inspection)
    problem = access.problem(request.user, inspection, code)
    before = planning.content_of(problem, planning.PROBLEM_CONTENT)

    def amend(form):
        planning.amend_problem(
            _filled(problem, form),
            before=before,
            by=request.user,
            at=timezone.now(),
            why=form.cleaned_data["why"],
        )

    return _amend(request, problem, AmendProblemForm, amend, kind="problem")


def _filled(row, form):
    """The row with what was typed, as of the version on which it was typed."""
    for name, value in form.values.items():
        setattr(row, name, value)
    row.version = form.cleaned_data["version"]
    return row


def _amend(request, row, form_class, amend, *, kind):
    if request.method != "POST":
        return _page(request, row, form_class(row=row), kind=kind)
    form = form_class(request.POST, row=row)
    if not form.is_valid() and not _is_stale(form, row):
        note_secrecy(form, kind=kind, code=row.subject_code, by=request.user, at=timezone.now())
        return _page(request, row, form, kind=kind)
    try:
        if _is_stale(form, row):
            raise planning.StalePlan(moving.stale(row.code))
        amend(form)
    except planning.StalePlan as refusal:
        return _conflict(request, type(row).objects.get(pk=row.pk), form, refusal, kind=kind)
    except (planning.PlanRefused, ValidationError) as refusal:
        sentences = getattr(refusal, "messages", [str(refusal)])
        for sentence in dict.fromkeys(sentences):
            form.add_error(None, sentence)
        return _page(request, row, form, kind=kind)
    messages.success(request, f"已修改 {row.code}")
    return redirect(f"rectification:{kind}_detail", row.inspection.code, row.code)


def _is_stale(form, row):
    """Said first: of a text that was typed on an older version no field is wrong or right yet."""
    version = form.cleaned_data.get("version")
    return version is not None and version != row.version


def _conflict(request, row, form, refusal, *, kind):
    note_secrecy(form, kind=kind, code=row.subject_code, by=request.user, at=timezone.now())
    standing = form.standing(row)
    subject = (kind, row.subject_code)
    conflict = Conflict.with_row(form, standing, subject=subject, sentence=str(refusal))
    form.row = row
    return _page(request, row, again(form, version=row.version), kind=kind, conflict=conflict)


def _page(request, row, form, *, kind, conflict=None):
    code = row.inspection.code
    detail = reverse(f"rectification:{kind}_detail", args=[code, row.code])
    context = {
        "nav": f"{kind}s",
        "inspection": row.inspection,
        "crumbs": [(str(row), detail)],
        "title": f"修改{row._meta.verbose_name} {row.code}",
        "form": form,
        "conflict": conflict,
        "back_url": detail,
    }
    template = part(request, "rectification/amend_form.html", "page")
    return render(request, template, context, status=409 if conflict else 200)
