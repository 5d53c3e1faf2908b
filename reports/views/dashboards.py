"""The leaders' page as of any day, and the rows behind each of its numbers."""

from dataclasses import dataclass
from datetime import date

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_GET

from accounts.models import Unit
from rectification import access, queries
from rectification.models import DispatchRound, Inspection
from rectification.views.listing import import_url
from reports import charts, figures
from reports.views import cards
from reports.views.links import Links

MOST_OVERDUE = 4
ROWS = 200


@dataclass(frozen=True)
class Asked:
    """The day asked about; where it cannot be shown, today, and why in words."""

    on: date
    today: date
    refusal: str = ""

    @property
    def status(self) -> int:
        return 400 if self.refusal else 200


@require_GET
def dashboard(request, inspection):
    found = access.overseen(request.user, inspection)
    asked = _asked(request, found)
    links = Links(found.code, asked.on, asked.today)
    waiting = queries.decisions(request.user, found)
    context = {
        "inspection": found,
        "nav": "dashboard",
        "asked": asked,
        "decisions": cards.decision_lines(waiting, found.code, today=asked.today),
        "import_url": import_url(request.user, found),
        **_figures_of(found, links),
    }
    return render(request, "reports/dashboard.html", context, status=asked.status)


@require_GET
def measure_figure(request, inspection, key):
    found = access.overseen(request.user, inspection)
    figure = figures.measure_figure(key) or _absent()
    asked = _asked(request, found)
    rows = figures.measures_behind(figure, found, on=asked.on)
    unit = _unit(request, found)
    if unit:
        rows = rows.filter(lead_unit=unit)
    head = Head(figure.label, figure.unit, figure.meaning, "rectification:measure_detail", unit)
    return _listed(request, found, asked, head, rows, figures.measure_line)


@require_GET
def problem_figure(request, inspection, key):
    found = access.overseen(request.user, inspection)
    figure = figures.problem_figure(key) or _absent()
    asked = _asked(request, found)
    rows = figures.problems_behind(figure, found, on=asked.on)
    head = Head(figure.label, figure.unit, figure.meaning, "rectification:problem_detail")
    return _listed(request, found, asked, head, rows, figures.problem_line)


@require_GET
def outcome_list(request, inspection):
    found = access.overseen(request.user, inspection)
    asked = _asked(request, found)
    rows = figures.outcomes_behind(found, on=asked.on)
    head = Head("制度成果", "项", figures.OUTCOMES)
    return _listed(request, found, asked, head, rows, figures.outcome_line)


@require_GET
def return_list(request, inspection):
    found = access.overseen(request.user, inspection)
    asked = _asked(request, found)
    rows = figures.returns_behind(found, on=asked.on)
    unit = _unit(request, found)
    if unit:
        rows = rows.filter(measure__lead_unit=unit)
    head = Head("累计退回", "次", figures.REWORK_ROUNDS, "rectification:measure_detail", unit)
    return _listed(request, found, asked, head, rows, figures.return_line)


@require_GET
def extension_list(request, inspection):
    found = access.overseen(request.user, inspection)
    asked = _asked(request, found)
    rows = figures.extensions_behind(found, on=asked.on)
    unit = _unit(request, found)
    if unit:
        rows = rows.filter(measure__lead_unit=unit)
    head = Head("累计延期", "次", figures.EXTENSIONS, "rectification:measure_detail", unit)
    return _listed(request, found, asked, head, rows, figures.extension_line)


@dataclass(frozen=True)
class Head:
    """What stands above a list of rows behind a figure; `view` is the page of one row."""

    label: str
    counted_in: str
    meaning: str
    view: str = ""
    unit: Unit | None = None


def _figures_of(inspection: Inspection, links: Links) -> dict[str, object]:
    """Everything on the page that depends on the day alone, not on the person."""
    on = links.on
    now = figures.overview(inspection, on=on)
    last = figures.last_sitting(inspection, before=on)
    then = _comparison(last) if last else None
    line = figures.series(inspection, on=on)
    return {
        "now": now,
        "headline": cards.headline(inspection, last, on=on),
        "previous_url": links.dashboard(last.meeting_on) if last else "",
        "today_url": links.dashboard(links.today) if on != links.today else "",
        "measure_rate": cards.measure_rate(now, then, links),
        "problem_rate": cards.problem_rate(now.problems, then, links),
        "standing": cards.standing(now, links),
        "results": cards.results(inspection, links),
        "chart": charts.burn_up(line, on=on) if line else None,
        "pace": cards.pace(now.measures),
        "ageing": cards.age_lines(inspection, links),
        "overdue": figures.longest_overdue(inspection, on=on, most=MOST_OVERDUE),
        "overdue_url": links.measures(figures.OVERDUE),
        "overdue_original_url": links.measures(figures.OVERDUE_ORIGINAL),
        "near_url": links.measures(figures.NEAR),
        "last": last,
        "units": cards.unit_lines(figures.unit_rows(inspection, on=on, round=last), links),
        "stated": cards.stated_blocks(figures.statements(inspection)),
        "definitions": figures.DEFINITIONS,
    }


def _comparison(last: DispatchRound) -> cards.Comparison:
    return cards.Comparison(
        last,
        figures.count_measures(last.inspection, on=last.meeting_on),
        figures.count_problems(last.inspection, on=last.meeting_on),
    )


def _listed(request, inspection, asked, head, rows, line):  # noqa: PLR0913  # one page, four lists
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    links = Links(inspection.code, asked.on, asked.today)
    context = {
        "inspection": inspection,
        "nav": "dashboard",
        "asked": asked,
        "head": head,
        "page": page,
        "lines": [line(row) for row in page],
        "summary": f"第{page.start_index()}至{page.end_index()}{head.counted_in}，"
        f"共{page.paginator.count}{head.counted_in}",
        "dashboard_url": links.dashboard(),
        "crumbs": [("整改总览", links.dashboard())],
        "previous_url": _turned(request, page.has_previous() and page.number - 1),
        "next_url": _turned(request, page.has_next() and page.number + 1),
    }
    return render(request, "reports/figure.html", context, status=asked.status)


def _turned(request, number: int) -> str:
    """The address of another page of this list; empty for none."""
    if not number:
        return ""
    query = request.GET.copy()
    query["page"] = str(number)
    return f"?{query.urlencode()}"


def _asked(request, inspection: Inspection) -> Asked:
    """The day of `?on=`, today without one. What cannot be a day of this work is said in words."""
    today = timezone.localdate()
    text = request.GET.get("on", "").strip()
    if not text:
        return Asked(today, today)
    try:
        on = parse_date(text) if text.isascii() else None
    except ValueError:
        on = None
    first = inspection.feedback_date
    if on is None:
        shown = text[:20].replace("\x00", "")
        return Asked(today, today, f"“{shown}”不是日期，请写成 2025-07-31 这样。下面是今天的情况。")
    if on > today:
        return Asked(today, today, "这一天还没有到，下面是今天的情况。")
    if on < first:
        day = f"{first.year}年{first.month}月{first.day}日"
        return Asked(today, today, f"反馈日期是{day}，此前没有数据。下面是今天的情况。")
    return Asked(on, today)


def _unit(request, inspection: Inspection) -> Unit | None:
    """The unit of `?unit=`, one that leads measures here; 404 for any other."""
    asked = request.GET.get("unit", "")
    if not asked:
        return None
    leading = Unit.objects.filter(led_measures__inspection=inspection).distinct()
    if not (asked.isascii() and asked.isdigit() and len(asked) < 16):
        raise Http404
    return get_object_or_404(leading, pk=int(asked))


def _absent():
    raise Http404
