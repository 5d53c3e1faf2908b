from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import journal
from accounts.journal import Act
from rectification import access, permissions, uploads
from rectification.forms import LedgerFileForm
from rectification.ledger import applying, exporting, spreadsheet
from rectification.models import Measure, Problem
from rectification.views.refusals import note_refusal

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_GET
def ledger(request, inspection):
    """Where the ledger goes in and out."""
    found = access.inspection(request.user, inspection)
    context = {
        "inspection": found,
        "nav": "ledger",
        "may_import": permissions.may_run(request.user, found),
        "measures_count": _visible(request.user, found).count(),
        "form": LedgerFileForm(),
    }
    return render(request, "rectification/ledger.html", context)


@require_http_methods(["GET", "POST"])
def ledger_import(request, inspection):
    """Choose a workbook; see what it would change before anything is written."""
    found = access.run(request.user, inspection)
    if request.method == "GET":
        return _choose(request, found, LedgerFileForm())
    form = LedgerFileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _choose(request, found, form)
    file = form.cleaned_data["file"]
    content = file.read()
    try:
        plan = applying.plan(
            content, name=file.name, inspection=found, by=request.user, at=timezone.now()
        )
    except (spreadsheet.WorkbookRefused, applying.ImportRefused) as error:
        form.add_error("file", str(error))
        _note_marks(request, found, [str(error)])
        return _choose(request, found, form)
    if mark := _note_marks(request, found, [why for row in plan.refused for why in row.reasons]):
        form.add_error("file", mark)
        return _choose(request, found, form)  # and the file is not kept for a confirmation
    ticket = uploads.keep(content, name=file.name, by=request.user)
    context = {
        "inspection": found,
        "nav": "ledger",
        "crumbs": [
            *_crumbs(found),
            ("导入", reverse("rectification:ledger_import", args=[found.code])),
        ],
        "plan": plan,
        "name": file.name,
        "ticket": ticket,
    }
    return render(request, "rectification/ledger_plan.html", context)


@require_POST
def ledger_confirm(request, inspection):
    """Carry out the plan that was shown."""
    found = access.run(request.user, inspection)
    try:
        upload = uploads.take(request.POST.get("ticket", ""), by=request.user)
        plan = applying.apply(
            upload.content,
            name=upload.name,
            inspection=found,
            digest=request.POST.get("digest", ""),
            by=request.user,
            at=timezone.now(),
        )
    except (
        uploads.UploadRefused,
        spreadsheet.WorkbookRefused,
        applying.ImportRefused,
    ) as error:
        form = LedgerFileForm()
        _note_marks(request, found, [str(error)])
        return _choose(request, found, form, refusal=str(error), status=409)
    new, changed = len(plan.new), len(plan.changed)
    messages.success(request, f"台账已导入：新增{new}条措施，修改{changed}条。")
    return redirect("rectification:measure_list", found.code)


@require_GET
def ledger_export(request, inspection):
    """The ledger as .xlsx: the measures that this person may see."""
    found = access.inspection(request.user, inspection)
    now = timezone.now()
    on = timezone.localdate(now)
    problems = Problem.objects.visible_within(permissions.scope_of(request.user))
    content = exporting.export(
        found,
        measures=(measures := _visible(request.user, found)),
        problems=problems.filter(inspection=found),
        on=on,
    )
    after = {"form": "xlsx", "on": on, "measures": measures.count()}
    journal.append(Act("export", "inspection", found.code, after=after), by=request.user, at=now)
    answer = HttpResponse(content, content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="ledger-{found.code}-{on}.xlsx"'
    return answer


def _note_marks(request, found, reasons):
    """A workbook with a mark of secrecy: the refusal is recorded, once and without the content.

    The first reason that names a mark, or nothing.
    """
    marks = [reason for reason in reasons if "密级标志" in reason]
    if marks:
        at = timezone.now()
        note_refusal(kind="inspection", code=found.code, where="台账文件", by=request.user, at=at)
    return marks[0] if marks else ""


def _choose(request, inspection, form, *, refusal="", status=200):
    context = {
        "inspection": inspection,
        "nav": "ledger",
        "crumbs": _crumbs(inspection),
        "form": form,
        "refusal": refusal,
    }
    return render(request, "rectification/ledger_import.html", context, status=status)


def _crumbs(inspection):
    return [("台账", reverse("rectification:ledger", args=[inspection.code]))]


def _visible(user, inspection):
    visible = Measure.objects.visible_within(permissions.scope_of(user))
    return visible.filter(inspection=inspection)
