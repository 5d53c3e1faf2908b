"""调度表: on a page to print, and as a file. What leaves the house is on record."""

from urllib.parse import quote

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from accounts import journal
from accounts.journal import Act
from rectification import access, rounds_told
from rectification.meeting_sheet import table
from rectification.meeting_sheet.word import word
from rectification.meeting_sheet.workbook import workbook

OFFICE_OPEN = "application/vnd.openxmlformats-officedocument"
TYPES = {
    "docx": f"{OFFICE_OPEN}.wordprocessingml.document",
    "xlsx": f"{OFFICE_OPEN}.spreadsheetml.sheet",
}


@require_safe
def round_sheet(request, inspection, number):
    """The whole sheet, as it comes out of the printer."""
    round = access.held_round(request.user, inspection, number)
    sheet = rounds_told.sheet(round, at=timezone.now())
    rounds = reverse("rectification:round_list", args=[inspection])
    page = reverse("rectification:round_detail", args=[inspection, number])
    context = {
        "nav": "rounds",
        "inspection": round.inspection,
        "round": round,
        "sheet": sheet,
        "crumbs": [("调度", rounds), (str(round), page)],
        "subtitle": table.subtitle(sheet),
        "headings": table.HEADINGS,
        "rows": [list(zip(table.COLUMNS, row, strict=True)) for row in table.rows(sheet)],
        "nothing": table.NOTHING,
        "unit_headings": table.UNIT_HEADINGS,
        "unit_rows": table.unit_rows(sheet),
        "point_headings": table.POINT_HEADINGS,
        "point_rows": table.point_rows(sheet.points),
        "later_rows": table.point_rows(sheet.later),
        "late_headings": table.LATE_HEADINGS,
        "late_rows": table.late_rows(sheet),
    }
    return render(request, "rectification/round_sheet.html", context)


@require_GET
def round_sheet_word(request, inspection, number):
    return _file(request, access.held_round(request.user, inspection, number), "docx", word)


@require_GET
def round_sheet_excel(request, inspection, number):
    return _file(request, access.held_round(request.user, inspection, number), "xlsx", workbook)


def _file(request, round, form, written):
    now = timezone.now()
    sheet = rounds_told.sheet(round, at=now)
    content = written(sheet)
    after = {"form": form, "on": timezone.localdate(now), "entries": len(sheet.lines)}
    act = Act("export", "round", round.subject_code, after=after)
    journal.append(act, by=request.user, at=now)
    answer = HttpResponse(content, content_type=TYPES[form])
    name = f"dispatch-{round.inspection.code}-{round.number}.{form}"
    shown = quote(f"{sheet.title}.{form}")
    answer["Content-Disposition"] = f"attachment; filename=\"{name}\"; filename*=UTF-8''{shown}"
    return answer
