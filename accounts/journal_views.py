"""The audit administrator's page: what was done, whether the chain holds, and a copy to take."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts import journal
from accounts.journal_search import JournalFilters, Line, as_csv, entries
from accounts.listing import answer, listing
from accounts.models import JournalHead, Role, User
from accounts.rights import rights_of

TEMPLATE = "accounts/journal_list.html"


@require_safe
def journal_list(request: HttpRequest) -> HttpResponse:
    _auditor(request)
    form = JournalFilters.read(request.GET, choices={})
    page = listing(request, entries(form.kept), url=reverse("accounts:journal_list"), form=form)
    query = page.address.partition("?")[2]
    context: dict[str, Any] = {
        "nav": "journal",
        "listing": page,
        "rows": [Line(entry) for entry in page.rows],
        "export_url": f"{reverse('accounts:journal_export')}{f'?{query}' if query else ''}",
        "head": JournalHead.objects.filter(pk=1).first(),
    }
    return answer(request, TEMPLATE, context)


@require_POST
def journal_verify(request: HttpRequest) -> HttpResponse:
    """Check the whole chain and say the result; that it was checked is an entry too."""
    auditor = _auditor(request)
    try:
        fault = journal.first_fault(witnessed=journal.witnessed())
        said = f"第{fault.sequence}条：{fault.reason}" if fault else ""
    except journal.WitnessUnreadable as error:
        said = str(error)
    gap = "" if said else journal.witness_gap()
    act = journal.Act("verify", "journal", "", after={"result": said or "全部相符"})
    entry = journal.append(act, by=auditor, at=timezone.now())
    if said:
        messages.error(request, f"日志有问题。{said}")
    else:
        messages.success(request, f"已核对前{entry.sequence - 1}条日志，全部相符。")
    if gap:
        messages.warning(request, gap)
    return redirect("accounts:journal_list")


@require_GET
def journal_export(request: HttpRequest) -> HttpResponseBase:
    """What is filtered, all of it, as CSV."""
    auditor = _auditor(request)
    form = JournalFilters.read(request.GET, choices={})
    if form.ignored:
        raise Http404  # never more than what was asked for
    head = JournalHead.objects.filter(pk=1).first()
    rows = entries(form.kept).filter(sequence__lte=head.sequence if head else 0)
    after = {"form": "csv", "filters": dict(form.kept), "entries": rows.count()}
    now = timezone.now()
    journal.append(journal.Act("export", "journal", "", after=after), by=auditor, at=now)
    file = StreamingHttpResponse(as_csv(rows.iterator(2000)), content_type="text/csv")
    name = f"journal-{timezone.localdate(now)}.csv"
    file["Content-Disposition"] = f'attachment; filename="{name}"'
    return file


def _auditor(request: HttpRequest) -> User:
    """The person, who must be an audit administrator: for everybody else there is no such page."""
    user = request.user
    if not isinstance(user, User) or not rights_of(user).holds(Role.AUDIT_ADMIN):
        raise Http404
    return user
