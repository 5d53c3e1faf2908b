"""A published report comes in by browser: choose, look at the plan, confirm."""

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_http_methods, require_POST

from rectification import uploads
from rectification.context import menu
from rectification.views.refusals import note_secrecy
from reports.document import Group, Section, StatedFigure
from reports.figures.stated import LABELS
from reports.forms import ReportPlaceForm, ReportSourceForm
from reports.reading import Note, Reading, ReportRefused, read_file, summary
from reports.recording import RecordingRefused, may_record, record

GROUPS = {
    Group.FINISHED: ("已完成", "done"),
    Group.CONTINUING: ("持续推进", "run"),
    Group.UNKNOWN: ("未写明", "near"),
}


UNTITLED = "文中没有标题。导入以后，在“报告”里这份通报的草稿页填写。"


@dataclass(frozen=True)
class PlannedProblem:
    code: str
    section: Section
    state: str
    tone: str


@dataclass(frozen=True)
class Question:
    """One thing to check, and every line where it is to be checked."""

    reason: str
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Plan:
    """What a reading would become, as the page shows it."""

    counts: tuple[tuple[int, str, str], ...]
    facts: tuple[tuple[str, str, str, str], ...]
    stated: tuple[tuple[str, str, str, str], ...]
    problems: tuple[PlannedProblem, ...]
    leftovers: tuple[Note, ...]
    questions: tuple[Question, ...]
    documents: tuple[str, ...]


@require_http_methods(["GET", "POST"])
def report_import(request):
    """Choose a published report; see what it would become before anything is written."""
    _door(request.user)
    if request.method == "GET":
        return _choose(request, ReportSourceForm())
    form = ReportSourceForm(request.POST, request.FILES)
    if not form.is_valid():
        note_secrecy(form, kind="report", code="import", by=request.user, at=timezone.now())
        return _choose(request, form)
    reading, name = form.cleaned_data["reading"], form.cleaned_data["name"]
    ticket = uploads.keep(form.cleaned_data["content"], name=name, by=request.user)
    document = reading.document
    initial = {"slug": f"x{document.feedback_date:%y%m}"} if document.feedback_date else {}
    place = ReportPlaceForm(document=document, user=request.user, initial=initial)
    return _show(request, reading, place=place, name=name, ticket=ticket)


@require_POST
def report_confirm(request):
    """Record the report that was shown, from the same bytes."""
    _door(request.user)
    ticket = request.POST.get("ticket", "")
    try:
        upload = uploads.look(ticket, by=request.user)
        reading = read_file(upload.content, name=upload.name)
    except (uploads.UploadRefused, ReportRefused) as refusal:
        return _choose(request, ReportSourceForm(), refusal=str(refusal), status=409)
    place = ReportPlaceForm(request.POST, document=reading.document, user=request.user)
    if not place.is_valid():
        return _show(request, reading, place=place, name=upload.name, ticket=ticket)
    try:
        report = record(
            reading.document,
            slug=place.cleaned_data["slug"],
            source_name=upload.name,
            place=place.place,
            by=request.user,
            at=timezone.now(),
        )
    except RecordingRefused as refusal:
        place.add_error(None, str(refusal))
        return _show(request, reading, place=place, name=upload.name, ticket=ticket, status=409)
    with suppress(uploads.UploadRefused):  # two hours may have passed just now
        uploads.take(ticket, by=request.user)
    messages.success(request, _done(reading))
    return redirect("rectification:problem_list", report.inspection.code)


def _door(user):
    """Only a rectification office imports; for the rest there is no such page."""
    if not may_record(user):
        raise Http404


def _choose(request, form, *, refusal="", status=200):
    context = {
        "nav": "reports",
        "crumbs": [_way_here(request)],
        "form": form,
        "refusal": refusal,
    }
    return render(request, "reports/report_import.html", context, status=status)


def _show(request, reading, *, place, name, ticket, status=200):  # noqa: PLR0913  # one page
    context = {
        "nav": "reports",
        "crumbs": [_way_here(request), ("导入通报", reverse("reports:report_import"))],
        "plan": _plan(reading),
        "form": place,
        "name": name,
        "ticket": ticket,
    }
    return render(request, "reports/report_import_plan.html", context, status=status)


def _way_here(request) -> tuple[str, str]:
    """The reports that the menu leads to; before there is an inspection, the desk."""
    entries = {name: (label, url) for name, label, url in menu(request)["nav_entries"]}
    reports = entries.get("reports", entries["desk"])
    return entries["desk"] if reports[1] == reverse("reports:report_import") else reports


def _done(reading: Reading) -> str:
    figures = summary(reading)
    return (
        f"已导入通报：{figures['problems']}个问题，其中{figures['finished']}个已完成；"
        f"公开事项{figures['items']}条。整改措施要等台账导入后才有。"
    )


def _plan(reading: Reading) -> Plan:
    document, figures = reading.document, summary(reading)
    on_site = (document.on_site_from, document.on_site_to)
    return Plan(
        counts=(
            (figures["problems"], "反馈问题", ""),
            (figures["finished"], "已完成", ""),
            (figures["continuing"], "持续推进", ""),
            (figures["items"], "公开事项", ""),
            (figures["next_steps"], "下一步打算", ""),
            (len(figures["documents"]), "提到的文件", ""),
        ),
        facts=(
            ("标题", document.title, "" if document.title else UNTITLED, ""),
            ("被巡察单位", document.inspected_unit, "", ""),
            ("巡察组", document.inspecting_body, "", ""),
            ("巡察时间", "至".join(_words(day) for day in on_site if day), "", ""),
            ("反馈日期", _words(document.feedback_date), "", ""),
            ("数据截至", _words(document.as_of), "", ""),
        ),
        stated=tuple(_stated(figure) for figure in document.stated),
        problems=tuple(
            PlannedProblem(f"P-{number:03}", section, *GROUPS[section.group])
            for number, section in enumerate(document.problems, start=1)
        ),
        leftovers=reading.leftovers,
        questions=_grouped(reading.questions),
        documents=document.cited_titles,
    )


def _words(day: date | None) -> str:
    return date_format(day, "Y年n月j日") if day else ""


def _stated(figure: StatedFigure) -> tuple[str, str, str, str]:
    label, unit = LABELS.get(figure.key, (figure.key, ""))
    as_of = f"截至{figure.as_of_phrase}" if figure.as_of_phrase else "未写明截至何时"
    return label, f"{figure.value}{unit}", as_of, ""


def _grouped(notes: tuple[Note, ...]) -> tuple[Question, ...]:
    """Notes of one reason together, in the order in which the reasons first come up."""
    groups = defaultdict(list)
    for note in notes:
        groups[note.reason].append(note)
    return tuple(Question(reason, tuple(found)) for reason, found in groups.items())
