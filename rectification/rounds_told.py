"""What a round says: its sheet, drawn up from the rows or read as it was kept.

An open round's sheet is drawn up as things stand. A closed one's is what was kept at its close;
what came of it later, and what was written down afterwards, stands beside it. Rounds of before
there were returns are drawn up from the reports and the dated events. `round_list` counts them all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Length
from django.utils import timezone

from accounts.models import Unit, signature
from rectification import clock
from rectification.models import (
    DispatchReturn,
    DispatchRound,
    Measure,
    MeasureEvent,
    MeasureQuerySet,
    MeetingPoint,
    MeetingPointQuerySet,
    PointAnswer,
    ProgressEntry,
    RoundSheet,
    progress_of,
)
from rectification.sheets import Answer, LateReport, Line, Point, Sheet
from rectification.states import (
    NOT_ASKED,
    UNREPORTED,
    PointState,
    ReturnState,
    RoundState,
    WorkStatus,
)

_IN_ORDER = (Length("measure__problem__code"), "measure__problem__code", "measure_id", "-leads")


def sheet(round: DispatchRound, *, at: datetime) -> Sheet:
    """The sheet of the round: as it was kept at the close, or as it stands at `at`."""
    there = kept(round)
    if there is None:
        return _beside(drawn_up(round, at=round.closed_at or at), round, at=at)
    account = replace(Sheet.read(there.content), is_damaged=not there.is_intact)
    return _beside(account, round, at=at)


def sheet_of_day(round: DispatchRound, *, on: date) -> Sheet:
    """The same at the end of a day."""
    end = datetime.combine(on, time.max, tzinfo=timezone.get_current_timezone())
    return sheet(round, at=end)


def kept(round: DispatchRound) -> RoundSheet | None:
    """The sheet as it was kept at the close; none of an open round and of one of before."""
    found: RoundSheet | None = getattr(round, "sheet", None) if round.closed_at else None
    return found


def drawn_up(round: DispatchRound, *, at: datetime) -> Sheet:
    """The sheet from the rows: what is kept at the close, and what an open round shows."""
    return account_of(round, _lines(round, on=clock.day_of(at)), at=at)


def account_of(round: DispatchRound, lines: Iterable[Line], *, at: datetime) -> Sheet:
    """The sheet of these lines, with the points as they stood at `at`."""
    inspection = round.inspection
    points = tuple(_points(round, at=at))
    return Sheet(
        organisation=inspection.inspected_unit.name,
        inspection=inspection.name,
        round=str(round),
        meeting=clock.in_full(round.meeting_on),
        as_of=moment_in_words(at),
        is_closed=round.closed_at is not None,
        lines=tuple(_numbered(lines, points)),
        points=points,
    )


def moment_in_words(at: datetime) -> str:
    """2025年7月31日12:00"""
    there = timezone.localtime(at)
    return f"{clock.in_full(there)}{there:%H:%M}"


def _numbered(lines: Iterable[Line], points: tuple[Point, ...]) -> Iterable[Line]:
    """With their numbers, and beside each the points about its measure: those of its unit, and
    beside the lead unit's also those of units that were not asked."""
    lines = list(lines)
    asked = {(line.measure, line.unit) for line in lines}
    for number, line in enumerate(lines, start=1):
        about = (
            point
            for point in points
            if point.measure == line.measure
            and (
                point.unit == line.unit or (line.leads and (point.measure, point.unit) not in asked)
            )
        )
        yield replace(line, number=number, points=tuple(_in_cell(point) for point in about))


def _in_cell(point: Point) -> str:
    return f"议定事项{point.number}（{point.says}）：{point.text}"


# Lines --------------------------------------------------------------------------------------------


def _lines(round: DispatchRound, *, on: date) -> Iterable[Line]:
    rows = list(_returns(round, on=on))
    if not rows and not round.returns.exists():
        return _lines_from_reports(round, on=on)
    return [line_of(row, on=on) for row in rows]


def _returns(round: DispatchRound, *, on: date) -> Iterable[DispatchReturn]:
    """The rows that the round asks for."""
    rows = DispatchReturn.objects.filter(round=round).asked().select_related("unit", "entry")
    return rows.order_by(*_IN_ORDER, "unit__order", "pk").with_measures(_measures(on=on))


def _measures(*, on: date) -> MeasureQuerySet:
    """The measures with all that a line says of them."""
    related = ("inspection", "problem", "lead_unit")
    return (
        Measure.objects.select_related(*related).prefetch_related("milestones").with_behind(on=on)
    )


def line_of(row: DispatchReturn, *, on: date) -> Line:
    """A row as it stands, or as it was at the close; its measure with all that `_measures` reads.

    What the unit's own head has turned back is no report.
    """
    state = ReturnState(row.closed_state or row.state)
    line = replace(
        _of_measure(row.measure, on=on),
        pk=row.pk,
        unit=row.unit.name,
        unit_pk=row.unit_id,
        leads=row.leads,
        state=state.value,
    )
    return _with_report(line, None if state in UNREPORTED else row.entry)


def _of_measure(measure: Measure, *, on: date) -> Line:
    light = measure.light(on=on)
    share = progress_of(measure.milestones.all(), on=on)
    return Line(
        problem=measure.problem.code,
        measure=measure.code,
        text=measure.text,
        unit=measure.lead_unit.name,
        unit_pk=measure.lead_unit_id,
        deadline=measure.deadline_phrase,
        status=WorkStatus(measure.status).label,
        scheduled=share.scheduled if share else None,
        reached=share.reached if share else None,
        light=light.colour,
        reason=light.reason,
    )


def _with_report(line: Line, entry: ProgressEntry | None) -> Line:
    if entry is None:
        return line
    return replace(
        line,
        nil=entry.nil_return,
        progress=entry.text,
        difficulty=entry.difficulty,
        next_step=entry.next_step,
    )


def _lines_from_reports(round: DispatchRound, *, on: date) -> Iterable[Line]:
    """Of a round without returns: what was to be reported on that day, and what was reported."""
    if round.state == RoundState.SUPERSEDED:
        return
    told = ProgressEntry.objects.filter(round=round).order_by("pk")
    entries = {entry.measure_id: entry for entry in told}
    latest = MeasureEvent.objects.filter(measure=OuterRef("pk"), on__lte=on)
    latest = latest.order_by("-on", "-pk")
    measures = _measures(on=on).filter(inspection=round.inspection_id)
    measures = measures.annotate(status_then=Subquery(latest.values("to_status")[:1]))
    for measure in measures.order_by(Length("problem__code"), "problem__code", "pk"):
        then, entry = getattr(measure, "status_then", None), entries.get(measure.pk)
        if entry or (then and then not in NOT_ASKED):
            measure.status = then or measure.status
            state = ReturnState.FILED if entry else ReturnState.WAITING
            yield _with_report(replace(_of_measure(measure, on=on), state=state.value), entry)


def short_names(account: Sheet) -> Mapping[int, str]:
    """Of the units of the lines, by their keys, what a list calls them."""
    units = Unit.objects.filter(pk__in={line.unit_pk for line in account.lines})
    return {unit.pk: str(unit) for unit in units}


@dataclass(frozen=True)
class Difficulty:
    """What held a measure up by its lead unit's last word on it; `where`: in which round, or when,
    in words."""

    text: str
    where: str


def last_difficulties(round: DispatchRound, lines: Iterable[Line]) -> Mapping[str, Difficulty]:
    """By the code of its measure, for those of the lines whose lead unit has ever told one: of a
    closed round as it was then."""
    measures = Measure.objects.filter(
        inspection=round.inspection_id, code__in={line.measure for line in lines}
    )
    told = ProgressEntry.objects.filter(measure=OuterRef("pk"), unit=OuterRef("lead_unit"))
    told = told.exclude(difficulty="").exclude(returns__state=ReturnState.TURNED_BACK)
    if round.closed_at:
        told = told.filter(reported_on__lte=clock.day_of(round.closed_at))
    last = measures.values_list(Subquery(told.latest_first().values("pk")[:1]))
    entries = ProgressEntry.objects.filter(pk__in=last).select_related("round", "measure")
    return {entry.measure.code: _difficulty(entry) for entry in entries}


def _difficulty(entry: ProgressEntry) -> Difficulty:
    day = clock.in_full(entry.reported_on)
    return Difficulty(entry.difficulty, f"第{entry.round.number}次" if entry.round else day)


# Points -------------------------------------------------------------------------------------------


def points_of(round: DispatchRound) -> MeetingPointQuerySet:
    """The points that this round asks about, and those decided in it, in the order of numbers."""
    if round.state == RoundState.SUPERSEDED:  # nobody met
        return MeetingPoint.objects.none()
    own = MeetingPoint.objects.filter(round=round)
    asked = MeetingPoint.objects.carried_into(round) | own
    return asked.for_list()


def _points(round: DispatchRound, *, at: datetime) -> Iterable[Point]:
    """The points as they stood at `at`."""
    for point in points_of(round):
        if point.at <= at:
            yield _point(point, round, at=at)


def _point(point: MeetingPoint, round: DispatchRound, *, at: datetime) -> Point:
    answers = [each for each in point.answers.all() if each.at <= at]
    state, ended = _state_at(point, answers, at=at)
    return Point(
        number=point.number,
        text=point.text,
        unit=point.unit.name,
        measure=point.measure.code if point.measure else "",
        decided=str(point.round),
        carried=point.round_id != round.pk,
        state=state.value,
        ended=ended,
        answers=tuple(_answer(each) for each in answers),
    )


def _state_at(
    point: MeetingPoint, answers: list[PointAnswer], *, at: datetime
) -> tuple[PointState, str]:
    if point.ended_at and point.ended_at <= at:
        return PointState(point.state), point.ended_why
    return (PointState.ANSWERED if answers else PointState.OPEN), ""


def _answer(each: PointAnswer) -> Answer:
    return Answer(
        who=signature(each.by, each.on_behalf_of),
        on=clock.in_full(clock.day_of(each.at)),
        round=str(each.round or ""),
        text=each.text,
    )


# Beside what was kept -----------------------------------------------------------------------------


def _beside(account: Sheet, round: DispatchRound, *, at: datetime) -> Sheet:
    """The account, and beside it what came after the close: points as they stand at `at`."""
    if round.closed_at is None:
        return account
    rows = DispatchReturn.objects.filter(round=round).select_related("measure", "unit", "entry")
    late = list(rows.came_late().order_by("filed_at", "pk"))
    waited = rows.filter(closed_state=ReturnState.TO_CONFIRM, is_late=False)
    came = {row.pk: f"{_day(row.filed_at)}补报{_waiting(row)}" for row in late}
    decided = {row.pk: _decided(row) for row in waited}
    own = MeetingPoint.objects.filter(round=round, at__gt=round.closed_at).for_list()
    return replace(
        account,
        lines=tuple(
            replace(line, late=came.get(line.pk, ""), since=decided.get(line.pk, ""))
            for line in account.lines
        ),
        late=tuple(_late(row) for row in late),
        later=tuple(_point(point, round, at=at) for point in own),
    )


def _waiting(row: DispatchReturn) -> str:
    return f"，{row.get_state_display()}" if row.state == ReturnState.TO_CONFIRM else ""


def _decided(row: DispatchReturn) -> str:
    """What the head made, after the close, of a report that waited for it then."""
    if row.state == ReturnState.FILED:
        return f"{_day(row.confirmed_at)}由负责人确认"
    return "结束后由负责人退回" if row.state == ReturnState.TURNED_BACK else ""


def _late(row: DispatchReturn) -> LateReport:
    entry = row.entry
    assert entry is not None  # a constraint of the table
    return LateReport(
        measure=row.measure.code,
        unit=row.unit.name,
        on=f"{_day(row.filed_at)}{_waiting(row)}",
        nil=entry.nil_return,
        progress=entry.text,
        difficulty=entry.difficulty,
        next_step=entry.next_step,
    )


def _day(at: datetime | None) -> str:
    return clock.in_full(clock.day_of(at)) if at else ""
