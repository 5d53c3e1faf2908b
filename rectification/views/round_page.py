"""The page of a round, as the office has it before it in the meeting."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from rectification import deciding, permissions, rounds_told
from rectification.models import CloseoutRequest, Extension
from rectification.point_forms import PointForm
from rectification.sheets import Line, Sheet, UnitTotal
from rectification.states import ReturnState, RoundState
from rectification.views.point_card import PointCard, point_card

LINE_ROWS = 20
FIRST_ROWS = 5  # of what is behind and of difficulties; further ones are folded
MOST_ROWS = 50  # of each of the two, folded ones too; the list of lines has all of them
ROUND_TONES = {
    RoundState.OPEN: "run",
    RoundState.CLOSED: "done",
    RoundState.SUPERSEDED: "plain",
}
RETURN_TONES = {
    ReturnState.WAITING: "near",
    ReturnState.TURNED_BACK: "near",
    ReturnState.TO_CONFIRM: "run",
    ReturnState.FILED: "done",
}
# What the figures of the page open: the lines that each counts.
SHOWN = {
    "all": ("全部", lambda line: True),
    "reported": ("已报", lambda line: line.is_reported),
    "missing": ("未报", lambda line: line.is_missing),
    "nil": ("零报告", lambda line: line.is_nil),
    "confirm": ("待单位负责人确认", lambda line: line.waits_for_head),
    "late": ("迟报", lambda line: bool(line.late)),
    "difficulty": ("提出困难", lambda line: bool(line.difficulty)),
    "behind": ("未达序时或超期", lambda line: line.is_behind),
}


@dataclass(frozen=True)
class LineRow:
    """A line in words. `unit` is the short name; `decide_url` leads to a new point that begins with
    its difficulty; `why` is the last difficulty of what is behind, where that is known."""

    line: Line
    url: str
    unit: str
    decide_url: str = ""
    why: rounds_told.Difficulty | None = None

    @property
    def tone(self) -> str:
        return RETURN_TONES[ReturnState(self.line.state)]

    @property
    def shares(self) -> str:
        """应达50%，实际30%"""
        if self.line.scheduled is None:
            return "没有时间节点"
        return f"应达{self.line.scheduled}%，实际{self.line.reached}%"


@dataclass(frozen=True)
class UnitRow:
    """A unit (its short name) with its figures, each with the list behind it: (figure, url or
    empty)."""

    total: UnitTotal
    unit: str
    url: str
    asked: tuple[int, str]
    reported: tuple[int, str]
    missing: tuple[int, str]
    nil: tuple[int, str]
    late: tuple[int, str]

    @property
    def says(self) -> tuple[str, str]:
        """In a word, with its tone."""
        total = self.total
        if total.to_confirm and not total.missing:
            return f"待负责人确认{total.to_confirm}条", "run"
        if not total.missing:
            return "已报齐", "done"
        if total.missing < total.asked:
            return f"还差{total.missing}条", "run"
        return "全部未报", "near"

    @property
    def percent(self) -> int:
        return (self.total.asked - self.total.missing) * 100 // self.total.asked

    @property
    def urgency(self) -> tuple[bool, bool, int]:
        """First who has reported nothing, then who lacks most, then who waits for its head."""
        total = self.total
        return (
            total.missing < total.asked,
            not total.to_confirm and not total.missing,
            -total.missing,
        )


def round_page(request, round, *, refusal="", point_form=None, status=200):
    """`point_form` came back with errors; `refusal` says why something was not done."""
    account = rounds_told.sheet(round, at=timezone.now())
    runs = permissions.may_run(request.user, round.inspection)
    decides = runs and deciding.takes_points(round)
    page = _Page(round, account, decides=decides, asked=request.GET)
    lines = Paginator(page.chosen, LINE_ROWS).get_page(request.GET.get("page"))
    context = {
        "nav": "rounds",
        "inspection": round.inspection,
        "round": round,
        "sheet": account,
        "refusal": refusal,
        "crumbs": [("调度", reverse("rectification:round_list", args=[round.inspection.code]))],
        "tone": ROUND_TONES[RoundState(round.state)],
        "figures": page.figures(),
        "units": page.units(),
        "units_say": _units_say(account.units),
        "behind": page.behind(),
        "difficulties": page.rows(account.difficulties[:MOST_ROWS]),
        "first_rows": FIRST_ROWS,
        "most_rows": MOST_ROWS,
        "difficulties_url": page.list_url(show="difficulty"),
        "behind_url": page.list_url(show="behind"),
        "matters": _matters(round),
        "points": _point_cards(request.user, round, account),
        "point_form": point_form or (page.point_form() if decides else None),
        "lines": page.rows(lines),
        "chosen": page.says(),
        "whole_url": f"{page.url}#lines" if page.is_narrowed else "",
        "lines_summary": _summary(lines),
        "earlier_url": page.at(lines.previous_page_number()) if lines.has_previous() else "",
        "later_url": page.at(lines.next_page_number()) if lines.has_next() else "",
        "previous_url": _neighbour(round, round.number - 1),
        "next_url": _neighbour(round, round.number + 1),
        "may_close": round.is_open and runs,
        "closing": _closing(account),
        "all_reported": all(line.is_reported for line in account.lines),
    }
    return render(request, "rectification/round_detail.html", context, status=status)


class _Page:
    """The rows of the page, narrowed to what its address asks for."""

    def __init__(self, round, account: Sheet, *, decides: bool, asked: QueryDict) -> None:
        self.round, self.account, self.decides, self.asked = round, account, decides, asked
        self.url = reverse("rectification:round_detail", args=[round.inspection.code, round.number])
        self.names = rounds_told.short_names(account)
        shown = asked.get("show", "all")
        self.show = shown if shown in SHOWN else "all"
        self.unit = next((u for u in account.units if str(u.unit_pk) == asked.get("unit")), None)
        counts = SHOWN[self.show][1]
        self.chosen = [
            line
            for line in account.lines
            if counts(line) and (self.unit is None or line.unit_pk == self.unit.unit_pk)
        ]

    @property
    def is_narrowed(self) -> bool:
        return self.show != "all" or self.unit is not None

    def says(self) -> str:
        """What the list of lines is narrowed to, in words; empty where it is whole."""
        words = [self.unit.unit] if self.unit else []
        return " · ".join([*words, SHOWN[self.show][0]]) if self.is_narrowed else ""

    def figures(self):
        counts = {name: sum(map(of, self.account.lines)) for name, (_, of) in SHOWN.items()}
        missing, asked = counts["missing"], counts["all"]
        return [
            (
                f"{missing} / {asked}" if asked else 0,
                "未报",
                self.list_url(show="missing") if missing else "",
            ),
            (counts["reported"], "已报", self.list_url(show="reported")),
            (counts["nil"], "零报告", self.list_url(show="nil")),
            (counts["confirm"], "待确认", self.list_url(show="confirm")),
            (counts["late"], "迟报", self.list_url(show="late")),
            (counts["difficulty"], "困难", self.list_url(show="difficulty")),
            (len(self.account.behind), "未达序时或超期", f"{self.url}#behind"),
        ]

    def units(self):
        rows = [self._unit(total) for total in self.account.units]
        return sorted(rows, key=lambda row: row.urgency)

    def rows(self, lines):
        return [self._row(line) for line in lines]

    def behind(self):
        lines = self.account.behind[:MOST_ROWS]
        why = rounds_told.last_difficulties(self.round, lines)
        rows = self.rows(lines)
        return [replace(row, why=why.get(row.line.measure)) for row in rows]

    def at(self, number) -> str:
        asked = {"show": self.show, "unit": self.unit.unit_pk if self.unit else "", "page": number}
        return f"{self.url}?{urlencode({k: v for k, v in asked.items() if v})}#lines"

    def point_form(self) -> PointForm:
        """A new point; one tap from a difficulty fills it in."""
        from_line = next(
            (line for line in self.account.difficulties if line.key == self.asked.get("from")), None
        )
        if from_line is None:
            return PointForm(inspection=self.round.inspection)
        measure = self.round.inspection.measures.filter(code=from_line.measure).first()
        initial = {
            "unit": from_line.unit_pk,
            "measure": measure.pk if measure else None,
            "text": f"请研究解决：{from_line.difficulty}"[:2000],
        }
        form = PointForm(inspection=self.round.inspection, initial=initial)
        form.is_prefilled = True
        return form

    def _unit(self, total: UnitTotal) -> UnitRow:
        def behind(figure, **narrowed):
            return figure, self.list_url(unit=total.unit_pk, **narrowed) if figure else ""

        return UnitRow(
            total=total,
            unit=self.names.get(total.unit_pk, total.unit),
            url=self.list_url(unit=total.unit_pk),
            asked=behind(total.asked),
            reported=behind(total.reported, show="reported"),
            missing=behind(total.missing, show="missing"),
            nil=behind(total.nil, show="nil"),
            late=behind(total.late, show="late"),
        )

    def _row(self, line: Line) -> LineRow:
        code = self.round.inspection.code
        decide = f"{self.url}?{urlencode({'from': line.key})}#decide"
        return LineRow(
            line=line,
            url=reverse("rectification:measure_detail", args=[code, line.measure]),
            unit=self.names.get(line.unit_pk, line.unit),
            decide_url=decide if self.decides and line.difficulty else "",
        )

    def list_url(self, **narrowed) -> str:
        query = f"?{urlencode(narrowed)}" if narrowed else ""
        return f"{self.url}{query}#lines"


def _point_cards(user, round, account: Sheet) -> list[PointCard]:
    """The points of the round as they stand now; with their state on that day, where it differs."""
    then = {point.number: point for point in account.points}
    cards = []
    for point in rounds_told.points_of(round):
        kept = then.get(point.number)
        differs = round.closed_at and kept and kept.state != point.state
        said = kept.says if kept and differs else ""
        cards.append(point_card(user, point, round=round, then=said))
    return sorted(cards, key=lambda card: not card.carried)


def _matters(round):
    """What else waits for the meeting: (words, url). Only while the round is open."""
    if not round.is_open:
        return []
    code = round.inspection.code
    extensions = Extension.objects.pending().filter(measure__inspection=round.inspection).count()
    requests = CloseoutRequest.objects.pending().filter(measure__inspection=round.inspection)
    matters = [
        (
            f"待审批的延期申请{extensions}件",
            f"{reverse('rectification:extension_list', args=[code])}?pending=yes",
            extensions,
        ),
        (
            f"待审核的销号申请{(waiting := requests.count())}件",
            f"{reverse('rectification:measure_list', args=[code])}?status=in_review",
            waiting,
        ),
    ]
    return [(words, url) for words, url, figure in matters if figure]


def _units_say(totals: Iterable[UnitTotal]) -> str:
    """How many units are how far, in a sentence; empty where none was asked."""
    totals = list(totals)
    silent = sum(unit.missing == unit.asked for unit in totals)
    whole = sum(not unit.missing for unit in totals)
    partly = len(totals) - silent - whole
    says = f"{len(totals)}家单位：{whole}家报齐，{partly}家部分报，{silent}家全部未报"
    return says if totals else ""


def _closing(account: Sheet) -> str:
    """What closing will freeze, in a sentence or two."""
    lines = account.lines
    missing = sum(line.is_missing for line in lines)
    waiting = sum(line.waits_for_head for line in lines)
    silent = sum(unit.missing == unit.asked for unit in account.units)
    told = [f"应报{len(lines)}条，已报{sum(line.is_reported for line in lines)}条，未报{missing}条"]
    if waiting:
        told.append(f"待单位负责人确认{waiting}条")
    if silent:
        told.append(f"{silent}个单位全部未报")
    return (
        f"{'，'.join(told)}。结束后，报送情况、状态、进度、灯和议定事项按此刻存档，不再改变；"
        "之后补报的一律记为迟报，没有办结的议定事项转入下一次调度。"
    )


def _summary(page):
    return f"第 {page.start_index()}–{page.end_index()} 条，共 {page.paginator.count} 条"


def _neighbour(round, number):
    if not round.inspection.rounds.filter(number=number).exists():
        return ""
    return reverse("rectification:round_detail", args=[round.inspection.code, number])
