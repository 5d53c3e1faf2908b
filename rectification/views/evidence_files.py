"""The files of evidence, each behind its door: download, preview, and the archive of a problem."""

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts import journal
from accounts.journal import Act
from rectification import access, permissions
from rectification.evidence import archiving, confined, storing
from rectification.evidence.naming import FileRefused
from rectification.models import Measure
from rectification.views.conflicts import Conflict
from rectification.views.evidence import evidence_page
from rectification.views.problems import problem_page

SANDBOX = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store, private",
}


@require_safe
def evidence_file(request, inspection, number, version):
    """The file as it was sent, after a check of its hash."""
    evidence = access.evidence(request.user, inspection, number)
    row = get_object_or_404(evidence.versions, number=version)
    try:
        path = storing.sound(row.key, sha256=row.sha256)
    except storing.FileDamaged as error:
        conflict = Conflict(str(error), "", ())
        return evidence_page(request, evidence, conflict=conflict, status=409)
    if request.method == "HEAD":
        named = content_disposition_header(True, row.name)
        about = {**SANDBOX, "Content-Length": row.size, "Content-Disposition": named}
        return HttpResponse(content_type=row.media_type, headers=about)
    after = {"version": row.number, "sha256": row.sha256}
    act = Act("download", "evidence", evidence.subject_code, after=after)
    journal.append(act, by=request.user, at=timezone.now())
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=row.name,
        content_type=row.media_type,
        headers=SANDBOX,
    )


@require_safe
def evidence_preview(request, inspection, number, version, page):
    """A page of the file as a picture. The page that shows it may not have been asked for: each
    picture is recorded."""
    evidence = access.evidence(request.user, inspection, number)
    row = get_object_or_404(evidence.versions, number=version)
    if not 1 <= page <= row.pages:
        raise Http404
    try:
        path = storing.sound(row.key, sha256=row.sha256)
        picture = confined.preview(path, name=row.name, page=page)
    except (storing.FileDamaged, confined.PreviewFailed) as error:
        raise Http404 from error
    if request.method == "GET":
        after = {"version": row.number, "page": page}
        act = Act("preview", "evidence", evidence.subject_code, after=after)
        journal.append(act, by=request.user, at=timezone.now())
    return HttpResponse(picture, content_type="image/png", headers=SANDBOX)


@require_safe
def problem_archive(request, inspection, code):
    """整改档案: everything that proves this problem's measures, as a ZIP."""
    problem = access.problem(request.user, inspection, code)
    visible = Measure.objects.visible_within(permissions.scope_of(request.user))
    measures = visible.filter(problem=problem).select_related("lead_unit")
    now = timezone.now()
    try:
        archive = archiving.build(problem, measures, at=timezone.localtime(now))
    except FileRefused as error:
        conflict = Conflict(str(error), "", ())
        return problem_page(request, problem, conflict=conflict, status=409)
    if request.method == "GET":
        act = Act("export", "problem", problem.subject_code, after={"files": archive.files})
        journal.append(act, by=request.user, at=now)
    return FileResponse(
        archive.stream,
        as_attachment=True,
        filename=archive.name,
        content_type="application/zip",
        headers=SANDBOX,
    )
