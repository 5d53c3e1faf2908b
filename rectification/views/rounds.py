from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from rectification import access, clock, dispatching, permissions, queries
from rectification.models import ProgressEntry
from rectification.states import RoundState

ENTRY_ROWS = 20
TONES = {RoundState.OPEN: "run", RoundState.CLOSED: "done", RoundState.SUPERSEDED: "plain"}


@dataclass(frozen=True)
class RoundLine:
    """A round in the list, in words."""

    row: queries.RoundRow

    @property
    def tone(self) -> str:
        return TONES[RoundState(self.row.round.state)]

    @property
    def percent(self) -> int:
        expected = self.row.expected
        return self.row.reported * 100 // expected if expected else 0


@require_safe
def round_list(request, inspection):
    found = access.overseen(request.user, inspection)
    on = timezone.localdate()
    following = queries.next_sitting(found, on=on)
    context = {
        "nav": "rounds",
        "inspection": found,
        "rows": [RoundLine(row) for row in queries.round_rows(found)],
        "next_meeting": clock.short_day(following.meeting_on, on=on) if following else "",
    }
    return render(request, "rectification/round_list.html", context)


@require_safe
def round_detail(request, inspection, number):
    return _round_page(request, access.round(request.user, inspection, number))


@require_POST
def round_close(request, inspection, number):
    access.run(request.user, inspection)
    round = access.round(request.user, inspection, number)
    try:
        dispatching.close(round, by=request.user, at=timezone.now())
    except dispatching.DispatchRefused as refusal:
        round.refresh_from_db()
        return _round_page(request, round, refusal=str(refusal), status=409)
    messages.success(request, f"{round}已结束")
    return redirect("rectification:round_detail", inspection, number)


def _round_page(request, round, *, refusal="", status=200):
    returns = queries.round_returns(round)
    entries = ProgressEntry.objects.filter(round=round).order_by("measure__code", "pk")
    entries = entries.select_related("measure", "unit", "by")
    code = round.inspection.code
    page = Paginator(entries, ENTRY_ROWS).get_page(request.GET.get("page"))
    context = {
        "nav": "rounds",
        "inspection": round.inspection,
        "round": round,
        "refusal": refusal,
        "crumbs": [("调度", reverse("rectification:round_list", args=[code]))],
        "tone": TONES[RoundState(round.state)],
        "figures": _figures(returns),
        "units": returns,
        "difficulties": [entry for each in returns for entry in each.difficulties],
        "entries": page,
        "entries_summary": _summary(page),
        "earlier_url": f"?page={page.previous_page_number()}" if page.has_previous() else "",
        "later_url": f"?page={page.next_page_number()}" if page.has_next() else "",
        "previous_url": _neighbour(round, round.number - 1),
        "next_url": _neighbour(round, round.number + 1),
        "all_reported": not any(each.missing for each in returns),
        "may_close": round.is_open and permissions.may_run(request.user, round.inspection),
    }
    return render(request, "rectification/round_detail.html", context, status=status)


def _figures(returns):
    measures = sum(each.measures for each in returns)
    reported = sum(each.reported for each in returns)
    silent = sum(not each.reported for each in returns)
    return [
        (measures, "应报措施", ""),
        (reported, "已报", ""),
        (measures - reported, "未报", ""),
        (sum(each.nil_returns for each in returns), "零报告", ""),
        (sum(len(each.difficulties) for each in returns), "提出困难", ""),
        (silent, "全部未报的单位", ""),
    ]


def _neighbour(round, number):
    if not round.inspection.rounds.filter(number=number).exists():
        return ""
    return reverse("rectification:round_detail", args=[round.inspection.code, number])


def _summary(page):
    return f"第 {page.start_index()}–{page.end_index()} 条，共 {page.paginator.count} 条"
