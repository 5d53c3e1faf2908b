"""What the leaders' page shows, card by card: figures with their words and their links."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from django.urls import reverse

from rectification import clock
from rectification.models import (
    CloseoutRequest,
    DispatchRound,
    Exemption,
    Extension,
    Inspection,
    Problem,
)
from rectification.queries import Decisions
from rectification.states import Basis, WorkStatus
from reports import figures
from reports.figures import (
    Discipline,
    Figure,
    MeasureCounts,
    Overview,
    ProblemCounts,
    Rate,
    Statement,
    UnitRow,
)
from reports.views.links import Links

MOST_DECISIONS = 3

Note = tuple[str, str, str, str]  # direction, figure, text, address: see components/figure_notes


@dataclass(frozen=True, kw_only=True)
class RateCard:
    value: str
    of: str
    url: str
    of_url: str
    percent: Decimal
    second: Decimal | None = None
    mark: Decimal | None = None
    label: str
    legend: tuple[tuple[str, str], ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class Comparison:
    """The last dispatch before the day, and the counts of its day."""

    round: DispatchRound
    measures: MeasureCounts
    problems: ProblemCounts


@dataclass(frozen=True)
class DecisionLine:
    title: str
    note: str
    url: str
    label: str


@dataclass(frozen=True, kw_only=True)
class UnitLine:
    row: UnitRow
    percent: Decimal
    total_url: str
    done_url: str
    overdue_url: str
    overdue_original_url: str
    returned_url: str
    rounds_url: str
    extensions_url: str
    passed_url: str
    tone: str


@dataclass(frozen=True)
class AgeLine:
    label: str
    count: int
    percent: Decimal
    url: str
    original: int
    original_url: str


@dataclass(frozen=True)
class StatedBlock:
    """What one report states about itself; `source` says which, and as of when."""

    source: str
    figures: tuple[tuple[str, str, str], ...]


def measure_rate(overall: Overview, then: Comparison | None, links: Links) -> RateCard:
    now = overall.measures
    of = {figure.key: links.measures(figure) for figure in figures.MEASURE_FIGURES}
    notes: list[Note] = []
    if then:
        notes.append(_change(now.done - then.measures.done, "条", then.round, links))
    notes.append(("", "", f"序时应完成{now.scheduled}条", of["scheduled"]))
    notes.append(("", "", f"未达序时{now.behind}条", of["behind"]))
    notes.append(("", "", f"累计延期{overall.extensions}次", links.extensions()))
    return RateCard(
        value=now.rate.says,
        of=f"{now.done} / {now.total} 条",
        url=of["done"],
        of_url=of["total"],
        percent=_share(now.rate),
        mark=now.scheduled_rate.percent,
        label=f"已销号{now.rate.says}，序时应完成{now.scheduled_rate.says}",
        legend=(("value", "已销号"), ("mark", "序时应完成")),
        notes=tuple(notes),
    )


def problem_rate(now: ProblemCounts, then: Comparison | None, links: Links) -> RateCard:
    of = {figure.key: links.problems(figure) for figure in figures.PROBLEM_FIGURES}
    notes: list[Note] = []
    if then:
        notes.append(_change(now.done - then.problems.done, "个", then.round, links))
    notes.append(("", "", f"待验收{now.awaiting}个", of["awaiting"]))
    if now.rebounded:
        notes.append(("down", "", f"已反弹{now.rebounded}个", of["rebounded"]))
    return RateCard(
        value=now.rate.says,
        of=f"{now.done} / {now.total} 个",
        url=of["done"],
        of_url=of["total"],
        percent=_share(now.rate),
        second=_share(now.awaiting_rate) if now.awaiting else None,
        label=f"已完成{now.rate.says}，加上待验收的共{now.awaiting_rate.says}",
        legend=(("value", "已完成"), ("second", "措施已全部销号，待验收")),
        notes=tuple(notes),
    )


def standing(now: Overview, links: Links) -> tuple[tuple[str, str, str], ...]:
    """The strip: how the unfinished stand, what has come of it, how well it was done."""
    statuses = [
        WorkStatus.NOT_STARTED,
        WorkStatus.UNDER_WAY,
        WorkStatus.IN_REVIEW,
        WorkStatus.SENT_BACK,
        WorkStatus.REBOUNDED,
    ]
    if now.measures.not_applicable:
        statuses.append(WorkStatus.NOT_APPLICABLE)
    shown = [_measure_figure(status.value) for status in statuses]
    passed = _measure_figure("passed_first")
    return (
        *(
            (str(getattr(now.measures, each.key)), each.label, links.measures(each))
            for each in shown
        ),
        (now.measures.first_pass.says, "一次通过率", links.measures(passed)),
        (str(now.rework_rounds), "累计退回（次）", links.returns()),
        (str(now.outcomes), "制度成果（项）", links.outcomes()),
    )


def results(inspection: Inspection, links: Links) -> tuple[tuple[str, str, str], ...]:
    """The strip of what the work came to: people held to account, then money.

    All of them, and each kind of which something was entered, be it zero.
    """
    people, money = links.register("accountability"), links.register("money")
    held = figures.accountability(inspection, on=links.on)
    sums = figures.money(inspection, on=links.on)
    return (
        *((each.says, each.label, people) for each in held if not each.is_absent_kind),
        *((each.says, each.label, money) for each in sums if not each.is_absent_kind),
    )


def decision_lines(waiting: Decisions, code: str, *, today: date) -> tuple[DecisionLine, ...]:
    """The oldest first; what does not fit is named in one line that leads to the desk."""
    lines = [_review_line(each, code, today=today) for each in waiting.to_review]
    lines += [_acceptance_line(each, code) for each in waiting.to_accept]
    lines += [_extension_line(each, code) for each in waiting.to_extend]
    lines += [_exemption_line(each, code, today=today) for each in waiting.to_exempt]
    if len(lines) <= MOST_DECISIONS:
        return tuple(lines)
    kept = lines[: MOST_DECISIONS - 1]
    rest = f"还有{len(lines) - len(kept)}件"
    return (*kept, DecisionLine(rest, "在您的待办里", reverse("rectification:desk"), "查看"))


def _review_line(request: CloseoutRequest, code: str, *, today: date) -> DecisionLine:
    measure = request.measure
    days = clock.days_overdue(request.applied_on, on=today)
    return DecisionLine(
        f"销号申请：{measure.title}",
        f"{measure.lead_unit}，{request.stage.name}，已等待{days}天",
        reverse("rectification:measure_detail", args=[code, measure.code]),
        "审核",
    )


def _extension_line(extension: Extension, code: str) -> DecisionLine:
    measure = extension.measure
    page = reverse("rectification:measure_detail", args=[code, measure.code])
    return DecisionLine(
        f"{extension.step_name}：{measure.title}",
        f"{measure.lead_unit}，由{extension.from_phrase}延至{extension.asked_phrase}",
        f"{page}#extension",
        "审批",
    )


def _exemption_line(exemption: Exemption, code: str, *, today: date) -> DecisionLine:
    measure = exemption.measure
    page = reverse("rectification:measure_detail", args=[code, measure.code])
    return DecisionLine(
        f"不再适用申请：{measure.title}",
        f"{measure.lead_unit}，已等待{clock.days_overdue(exemption.on, on=today)}天",
        f"{page}#exemption",
        "审批",
    )


def _acceptance_line(problem: Problem, code: str) -> DecisionLine:
    return DecisionLine(
        f"成效验收：{problem.title}",
        f"{problem.code}，措施已全部销号",
        reverse("rectification:problem_detail", args=[code, problem.code]),
        "验收",
    )


def age_lines(inspection: Inspection, links: Links) -> tuple[AgeLine, ...]:
    bands = figures.overdue_by_age(inspection, on=links.on)
    originals = figures.overdue_by_age(inspection, on=links.on, basis=Basis.ORIGINAL)
    every = sum(band.count for band in bands)
    return tuple(
        AgeLine(
            band.figure.label,
            band.count,
            _share(Rate(band.count, every)),
            links.measures(band.figure),
            original.count,
            links.measures(original.figure),
        )
        for band, original in zip(bands, originals, strict=True)
    )


def unit_lines(rows: tuple[UnitRow, ...], links: Links) -> tuple[UnitLine, ...]:
    def url(key: str, row: UnitRow) -> str:
        return links.measures(_measure_figure(key), row.unit)

    return tuple(
        UnitLine(
            row=row,
            percent=_share(row.rate),
            total_url=url("total", row),
            done_url=url("done", row),
            overdue_url=url("overdue", row),
            overdue_original_url=url("overdue_original", row),
            rounds_url=links.returns(row.unit),
            extensions_url=links.extensions(row.unit),
            returned_url=url("returned", row),
            passed_url=url("passed_first", row),
            tone=_tone(row.discipline),
        )
        for row in rows
    )


def stated_blocks(statements: tuple[Statement, ...]) -> tuple[StatedBlock, ...]:
    reports = groupby(statements, key=lambda each: each.report)
    return tuple(_stated_block(report, tuple(said)) for report, said in reports)


def headline(inspection: Inspection, last: DispatchRound | None, *, on: date) -> str:
    """第12次调度后 · 集中整改期已于7月20日结束"""
    until = inspection.concentrated_until
    left = clock.days_left(until, on=on)
    day = clock.short_day(until, on=on)
    period = f"集中整改期到{day}，还有{left}天" if left >= 0 else f"集中整改期已于{day}结束"
    return f"{last}后 · {period}" if last else period


def pace(now: MeasureCounts) -> str:
    """Where the line stands against the schedule, in words."""
    difference = now.done - now.scheduled
    if difference < 0:
        return f"实际完成比序时应完成少{-difference}条。"
    return "实际完成不少于序时应完成。"


def _change(difference: int, unit: str, since: DispatchRound, links: Links) -> Note:
    url = links.dashboard(since.meeting_on)
    if difference == 0:
        return ("", "", "与上次调度相同", url)
    return ("up" if difference > 0 else "down", f"{abs(difference)}{unit}", "较上次调度", url)


def _stated_block(report: str, said: tuple[Statement, ...]) -> StatedBlock:
    """The day stands once where it is the same for all, else with each."""
    days = {each.as_of for each in said}
    common = days.pop() if len(days) == 1 else None
    source = f"“{report}”中的说法{_as_of(common)}，未经台账核算"
    return StatedBlock(source, tuple(_stated(each, common) for each in said))


def _stated(each: Statement, common: date | None) -> tuple[str, str, str]:
    value = f"{each.value.normalize():f}"
    text = f"{value}%" if each.unit == "%" else value
    unit = "" if each.unit in {"", "%"} else f"（{each.unit}）"
    day = "" if common else _as_of(each.as_of)
    return (text, f"{each.label}{unit}{day}", "")


def _as_of(day: date | None) -> str:
    return f"，截至{day.year}年{day.month}月{day.day}日" if day else ""


def _tone(discipline: Discipline | None) -> str:
    if discipline is None:
        return ""
    return "near" if discipline.missing or discipline.days_late else "done"


def _share(rate: Rate) -> Decimal:
    return rate.percent or Decimal(0)


def _measure_figure(key: str) -> Figure:
    figure = figures.measure_figure(key)
    assert figure is not None
    return figure
