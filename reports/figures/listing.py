"""The rows behind a figure on any day: counted and listed by one condition, so they agree."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Length

from rectification import clock
from rectification.models import (
    DeadlineChange,
    Inspection,
    InstitutionalOutcome,
    Measure,
    MeasureEvent,
    Problem,
)
from rectification.states import ProblemStatus, TimeKind, WorkStatus
from reports.figures.counting import outcomes_issued
from reports.figures.definitions import Figure
from reports.figures.standing import measures_as_of, problems_as_of


@dataclass(frozen=True)
class Line:
    """One row behind a figure; `note` says how it stood on the day."""

    code: str
    text: str
    unit: str
    note: str


def measures_behind(figure: Figure, inspection: Inspection, *, on: date) -> QuerySet[Measure]:
    """The measures that the figure counts, the oldest deadline first, with what `lines` needs."""
    rows = measures_as_of(inspection, on=on).filter(figure.condition(inspection, on))
    returns = MeasureEvent.objects.filter(
        measure=OuterRef("pk"), verb="send_back", on__lte=on
    ).order_by("-on", "-pk")
    counted = returns.order_by().values("measure").annotate(n=Count("pk")).values("n")
    return (
        rows.annotate(
            times_returned=Subquery(counted), last_return=Subquery(returns.values("why")[:1])
        )
        .select_related("lead_unit")
        .order_by(F("deadline_then").asc(nulls_last=True), "code")
    )


def problems_behind(figure: Figure, inspection: Inspection, *, on: date) -> QuerySet[Problem]:
    rows = problems_as_of(inspection, on=on).filter(figure.condition(inspection, on))
    return rows.select_related("lead_unit").order_by(Length("code"), "code")


def outcomes_behind(inspection: Inspection, *, on: date) -> QuerySet[InstitutionalOutcome]:
    """Those that `count_outcomes` counts, with their measures fetched."""
    issued = outcomes_issued(inspection, on=on)
    measures = Prefetch("measures", Measure.objects.select_related("lead_unit"))
    return issued.prefetch_related(measures).order_by("issued_on", "pk")


def returns_behind(inspection: Inspection, *, on: date) -> QuerySet[MeasureEvent]:
    """Those that `count_rework_rounds` counts, latest first."""
    returns = MeasureEvent.objects.filter(
        measure__inspection=inspection, verb="send_back", on__lte=on
    )
    return returns.select_related("measure__lead_unit").order_by("-on", "-pk")


def extensions_behind(inspection: Inspection, *, on: date) -> QuerySet[DeadlineChange]:
    """Those that `count_extensions` counts, latest first."""
    granted = DeadlineChange.objects.granted(inspection, on=on)
    return granted.select_related("measure__lead_unit", "extension").order_by("-on", "-pk")


def measure_line(measure: Measure) -> Line:
    return Line(measure.code, measure.text, str(measure.lead_unit), standing_of(measure))


def problem_line(problem: Problem) -> Line:
    status = ProblemStatus(getattr(problem, "status_then", problem.status))
    waiting = getattr(problem, "all_measures_finished", False) and status != ProblemStatus.CLOSED
    note = f"{status.label}，措施已全部销号，待验收" if waiting else status.label
    unit = str(problem.lead_unit) if problem.lead_unit else ""
    return Line(problem.code, problem.public_wording or problem.wording, unit, note)


def outcome_line(outcome: InstitutionalOutcome) -> Line:
    measures = sorted(measure.code for measure in outcome.measures.all())
    units = {str(measure.lead_unit): None for measure in outcome.measures.all()}
    day = f"{outcome.issued_on.year}年{outcome.issued_on.month}月{outcome.issued_on.day}日印发"
    claimed = [f"对应{'、'.join(measures)}"] if measures else []  # else a problem claims it
    note = "，".join([day, outcome.get_kind_display(), *claimed])
    return Line(outcome.number or "—", str(outcome), "、".join(units), note)


def return_line(event: MeasureEvent) -> Line:
    measure = event.measure
    ground = f"，{event.get_ground_display()}" if event.ground else ""
    note = f"{event.on.year}年{event.on.month}月{event.on.day}日退回{ground}：{event.why}"
    return Line(measure.code, measure.text, str(measure.lead_unit), note)


def extension_line(change: DeadlineChange) -> Line:
    measure = change.measure
    day = f"{change.on.year}年{change.on.month}月{change.on.day}日批准"
    moved = f"由{change.from_phrase}延至{change.to_phrase}"
    number = f"第{change.extension.number}次申请，" if change.extension else ""
    note = f"{number}{day}，{moved}：{change.why}"
    return Line(measure.code, measure.text, str(measure.lead_unit), note)


def standing_of(measure: Measure) -> str:
    """原定2025年6月底前，推进中；第2次退回：… — as of the day that the row was annotated for."""
    agreed = measure.original_phrase
    status = WorkStatus(getattr(measure, "status_then", measure.status))
    told = [f"原定{agreed}" if agreed else TimeKind(measure.time_kind).label]
    then = getattr(measure, "deadline_then", measure.deadline)
    if then != measure.original_deadline:
        precision = getattr(measure, "precision_then", measure.precision)
        told.append(f"延至{clock.deadline_phrase(then, precision)}" if then else "时限已取消")
    says = "，".join([*told, status.label])
    if returns := getattr(measure, "times_returned", None):
        says += f"；第{returns}次退回：{getattr(measure, 'last_return', '')}"
    return says
