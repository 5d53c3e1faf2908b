"""督办阶梯: the rungs of an inspection, read by whoever oversees it, kept by the office."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rectification import access, permissions
from rectification.models import Colour, Rung
from rectification.moving import MoveRefused, StaleSave
from rectification.supervising import ladder
from rectification.supervision_forms import EndRungForm, RungForm
from rectification.views.conflicts import Conflict, again
from rectification.views.listing import part


@require_safe
def rung_list(request, inspection):
    found = access.overseen(request.user, inspection)
    rungs = found.rungs.lowest_first()
    runs = permissions.may_run(request.user, found)
    context = {
        "nav": "supervision",
        "inspection": found,
        "crumbs": _crumbs(found),
        "rows": [(each, _light(each)) for each in rungs if each.ended_on is None],
        "ended": [each for each in rungs if each.ended_on is not None],
        "new_url": reverse("rectification:rung_new", args=[found.code]) if runs else "",
    }
    return render(request, "rectification/rung_list.html", context)


def _light(rung):
    """The colour of components/light.html, and its word."""
    if rung.colour == Colour.NONE:
        return "none", "不标颜色"
    return rung.colour, f"{rung.get_colour_display()}灯"


@require_http_methods(["GET", "HEAD", "POST"])
def rung_new(request, inspection):
    found = access.run(request.user, inspection)
    form = RungForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        rung = Rung(inspection=found, **form.values())
        try:
            ladder.add(rung, by=request.user, at=timezone.now())
        except (MoveRefused, ValidationError) as refusal:
            _refuse(form, refusal)
        else:
            messages.success(request, f"已增加一级：{rung}")
            return redirect("rectification:rung_list", found.code)
    return _form_page(request, found, form)


@require_http_methods(["GET", "HEAD", "POST"])
def rung_amend(request, inspection, number):
    rung = access.rung(request.user, inspection, number)
    if request.method != "POST":
        return _form_page(request, rung.inspection, RungForm(row=rung), row=rung)
    form = RungForm(request.POST, row=rung)
    if not form.is_valid():
        return _form_page(request, rung.inspection, form, row=rung)
    for name, value in form.values().items():
        setattr(rung, name, value)
    try:
        version = form.cleaned_data["version"]
        ladder.amend(rung, by=request.user, at=timezone.now(), version=version)
    except StaleSave as refusal:
        return _conflict(request, access.rung(request.user, inspection, number), form, refusal)
    except (MoveRefused, ValidationError) as refusal:
        _refuse(form, refusal)
        return _form_page(request, rung.inspection, form, row=rung)
    messages.success(request, f"已修改：{rung}")
    return redirect("rectification:rung_list", rung.inspection.code)


@require_POST
def rung_end(request, inspection, number):
    rung = access.rung(request.user, inspection, number)
    form = EndRungForm(request.POST)
    if not form.is_valid():
        return _form_page(request, rung.inspection, RungForm(row=rung), row=rung)
    try:
        version = form.cleaned_data["version"]
        ladder.end(rung, by=request.user, at=timezone.now(), version=version)
    except (MoveRefused, StaleSave) as refusal:
        rung = access.rung(request.user, inspection, number)
        conflict = Conflict(str(refusal), "", ())
        page = RungForm(row=rung)
        return _form_page(request, rung.inspection, page, row=rung, conflict=conflict)
    messages.success(request, f"已停用：{rung}")
    return redirect("rectification:rung_list", rung.inspection.code)


def _conflict(request, rung, form, refusal):
    standing = ladder.content_of(rung)
    subject = ("rung", rung.subject_code)
    conflict = Conflict.with_row(form, standing, subject=subject, sentence=str(refusal))
    form = again(form, version=rung.version)
    return _form_page(request, rung.inspection, form, row=rung, conflict=conflict)


def _form_page(request, found, form, *, row=None, conflict=None):
    standing = row is not None and row.ended_on is None
    context = {
        "nav": "supervision",
        "inspection": found,
        "crumbs": [
            *_crumbs(found),
            ("督办阶梯", reverse("rectification:rung_list", args=[found.code])),
        ],
        "title": "修改一级" if row else "增加一级",
        "row": row,
        "form": form if row is None or standing else None,
        "end_form": EndRungForm(initial={"version": row.version}, auto_id="end-%s")
        if standing
        else None,
        "conflict": conflict,
    }
    template = part(request, "rectification/rung_form.html", "page")
    return render(request, template, context, status=409 if conflict else 200)


def _crumbs(found):
    return [("督办", reverse("rectification:letter_list", args=[found.code]))]


def _refuse(form, refusal):
    for sentence in ladder.refused_words(refusal):
        form.add_error(None, sentence)
