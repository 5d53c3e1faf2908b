"""批量办理: what was ticked in the list of measures, and one note for all of it."""

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from rectification import access, bulk, closing, moving, permissions, workflow
from rectification.forms import BULK_VERBS, BulkForm
from rectification.models import Measure
from rectification.views.refusals import note_secrecy


@require_POST
def measure_bulk(request, inspection):
    """Carry the verb out for each ticked measure; the answer lists what was refused and why."""
    found = access.inspection(request.user, inspection)
    form = BulkForm(request.POST, verbs=permissions.bulk_verbs(request.user, found))
    chosen = _chosen(request, found)
    note_secrecy(form, kind="inspection", code=found.code, by=request.user, at=timezone.now())
    context = {"nav": "measures", "inspection": found, "form": form, "chosen": chosen}
    context["back"] = reverse("rectification:measure_list", args=[found.code])
    if form.is_valid() and chosen:
        verb = VERBS[form.cleaned_data["verb"]]
        asked, by, at = form.cleaned_data, request.user, timezone.now()
        context["outcome"] = bulk.carry_out(
            chosen, lambda measure, version: verb(measure, version, asked=asked, by=by, at=at)
        )
    context["says"] = BULK_VERBS.get(form.data.get("verb", ""), "")
    return render(request, "rectification/measure_bulk.html", context)


def _chosen(request, inspection):
    """The ticked measures that this person may see, in the order of the list; others are none."""
    versions = {}
    for tick in request.POST.getlist("chosen"):
        version, _, code = tick.partition(":")
        if version.isascii() and version.isdigit() and len(version) < 10:
            versions[code] = int(version)
    visible = Measure.objects.visible_within(permissions.scope_of(request.user))
    rows = visible.filter(inspection=inspection, code__in=versions).for_list(
        on=timezone.localdate()
    )
    return [bulk.Chosen(measure, versions[measure.code]) for measure in rows]


def _nil_return(measure, version, *, asked, by, at):
    unit = permissions.reporting_unit(by, measure) or measure.lead_unit
    told = workflow.nothing_new(measure, unit=unit, note=asked["note"])
    workflow.report(measure, told, unit=unit, by=by, at=at, version=version)


def _approve(measure, version, *, asked, by, at):
    request = permissions.pending_request(measure)
    if request is None:
        raise moving.MoveRefused(f"{measure.code} 没有等待审核的销号申请。")
    closing.approve(request, by=by, at=at, opinion=asked["note"], version=version)


def _send_back(measure, version, *, asked, by, at):
    returned = workflow.Return(asked["ground"], asked["note"], asked["due_on"])
    workflow.send_back(measure, returned, by=by, at=at, version=version)


VERBS = {"nil_return": _nil_return, "approve": _approve, "send_back": _send_back}
