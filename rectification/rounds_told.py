"""What a round says: its sheet, drawn up from the rows or read as it was kept; and the list.

An open round's sheet is drawn up as things stand. A closed one's is what was kept at its close;
late reports and what was written down afterwards stand beside it. Rounds of before there were
returns are drawn up from the reports and the dated events.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Length
from django.utils import timezone

from accounts.models import signature
from rectification import clock
from rectification.models import (
    DispatchReturn,
    DispatchRound,
    Inspection,
    Measure,
    MeasureEvent,
    MeasureQuerySet,
    MeetingPoint,
    PointAnswer,
    ProgressEntry,
    RoundSheet,
    progress_of,
)
from rectification.sheets import Answer, LateReport, Line, Point, Sheet, UnitTotal
from rectification.states import NOT_ASKED, PointState, ReturnState, RoundState, WorkStatus

_IN_ORDER = (Length("measure__problem__code"), "measure__problem__code", "measure_id", "-leads")


def sheet(round: DispatchRound, *, at: datetime) -> Sheet:
    """The sheet of the round: as it was kept at the close, or as it stands at `at`."""
    there = kept(round)
    if there is None:
        return _beside(drawn_up(round, at=round.closed_at or at), round)
    return _beside(Sheet.read(there.content), round)


def unit_totals(round: DispatchRound, *, on: date) -> tuple[UnitTotal, ...]:
    """How far each unit is, as the sheet counts it: at the close, or at the end of `on`."""
    end = datetime.combine(on, time.max, tzinfo=timezone.get_current_timezone())
    return sheet(round, at=end).units


def kept(round: DispatchRound) -> RoundSheet | None:
    """The sheet as it was kept at the close; none of an open round and of one of before."""
    found: RoundSheet | None = getattr(round, "sheet", None) if round.closed_at else None
    return found


def drawn_up(round: DispatchRound, *, at: datetime) -> Sheet:
    """The sheet from the rows: what is kept at the close, and what an open round shows."""
    inspection = round.inspection
    points = tuple(_points(round, at=at))
    return Sheet(
        organisation=inspection.inspected_unit.name,
        inspection=inspection.name,
        round=str(round),
        meeting=clock.in_full(round.meeting_on),
        as_of=moment_in_words(at),
        is_closed=round.closed_at is not None,
        lines=tuple(_numbered(_lines(round, at=at), points)),
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


def _lines(round: DispatchRound, *, at: datetime) -> Iterable[Line]:
    on = clock.day_of(at)
    rows = list(_returns(round, on=on))
    if not rows and not round.returns.exists():
        return _lines_from_reports(round, on=on)
    entries = _told_by(round, at=at) if round.closed_at else {}
    return [_line(row, entries, on=on) for row in rows]


def _returns(round: DispatchRound, *, on: date) -> Iterable[DispatchReturn]:
    """The rows of the round that count: of a closed one those that were frozen, where they were;
    else those that are asked for now."""
    rows = DispatchReturn.objects.filter(round=round).select_related("unit", "entry")
    rows = rows.prefetch_related(Prefetch("measure", _measures(on=on)))
    rows = rows.order_by(*_IN_ORDER, "unit__order", "pk")
    frozen = list(rows.exclude(closed_state="")) if round.closed_at else []
    return frozen or rows.standing()


def _measures(*, on: date) -> MeasureQuerySet:
    """The measures with all that a line says of them."""
    related = ("inspection", "problem", "lead_unit")
    return (
        Measure.objects.select_related(*related).prefetch_related("milestones").with_behind(on=on)
    )


def _told_by(round: DispatchRound, *, at: datetime) -> dict[tuple[int, int], ProgressEntry]:
    """Of a round that is over: the last report of each measure and unit until then."""
    told = ProgressEntry.objects.filter(round=round, at__lte=at).order_by("pk")
    return {(entry.measure_id, entry.unit_id): entry for entry in told}


def _line(row: DispatchReturn, told: dict[tuple[int, int], ProgressEntry], *, on: date) -> Line:
    """A row of an open round as it stands; of a closed one, as its columns were frozen."""
    entry = row.entry
    state = ReturnState(row.closed_state or row.state)
    if row.closed_state:
        entry = told.get((row.measure_id, row.unit_id))
    plain = _of_measure(row.measure, on=on)
    if row.closed_status:
        plain = replace(
            plain,
            status=WorkStatus(row.closed_status).label,
            scheduled=row.closed_scheduled,
            reached=row.closed_reached,
            light=row.closed_light,
            reason=row.closed_reason,
        )
    shown = entry if state in (ReturnState.FILED, ReturnState.TO_CONFIRM) else None
    return _with_report(
        replace(
            plain,
            pk=row.pk,
            unit=row.unit.name,
            unit_pk=row.unit_id,
            leads=row.leads,
            state=state.value,
        ),
        shown,
    )


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


# Points -------------------------------------------------------------------------------------------


def points_of(round: DispatchRound):  # type: ignore[no-untyped-def]
    """The points that this round asks about, and those decided in it, in the order of numbers."""
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


def _beside(account: Sheet, round: DispatchRound) -> Sheet:
    """The account, and beside it what came after the close."""
    if round.closed_at is None:
        return account
    late = DispatchReturn.objects.filter(round=round, is_late=True).order_by("filed_at", "pk")
    rows = list(late.select_related("measure", "unit", "entry"))
    came = {row.pk: f"{_day(row.filed_at)}补报" for row in rows}
    own = MeetingPoint.objects.filter(round=round, at__gt=round.closed_at).for_list()
    return replace(
        account,
        lines=tuple(replace(line, late=came.get(line.pk, "")) for line in account.lines),
        late=tuple(_late(row) for row in rows),
        later=tuple(_written_down(point) for point in own),
    )


def _late(row: DispatchReturn) -> LateReport:
    entry = row.entry
    return LateReport(
        measure=row.measure.code,
        unit=row.unit.name,
        on=_day(row.filed_at),
        nil=bool(entry and entry.nil_return),
        progress=entry.text if entry else "",
        difficulty=entry.difficulty if entry else "",
    )


def _written_down(point: MeetingPoint) -> Point:
    """A point of after the close, as it was decided: what came of it the next round says."""
    return Point(
        number=point.number,
        text=point.text,
        unit=point.unit.name,
        measure=point.measure.code if point.measure else "",
        decided=str(point.round),
    )


def _day(at: datetime | None) -> str:
    return clock.in_full(clock.day_of(at)) if at else ""


# The list -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RoundRow:
    """One round in the list: how many lines it asked for, and what came."""

    round: DispatchRound
    expected: int
    reported: int
    nil_returns: int
    late: int
    sent_back: int


def round_rows(inspection: Inspection) -> tuple[RoundRow, ...]:
    """Every round, latest first, in a fixed number of queries; missed ones asked for nothing."""
    lines: dict[int, list[tuple[str, bool, bool]]] = {}
    asked = DispatchReturn.objects.asked().filter(round__inspection=inspection)
    for round_id, state, closed_state, nil, late in asked.values_list(
        "round", "state", "closed_state", "entry__nil_return", "is_late"
    ):
        lines.setdefault(round_id, []).append((closed_state or state, bool(nil), late))
    reports: dict[int, dict[int, bool]] = {}
    told = ProgressEntry.objects.filter(round__inspection=inspection).order_by("pk")
    for told_in, measure_id, nil in told.values_list("round", "measure", "nil_return"):
        reports.setdefault(told_in or 0, {})[measure_id] = nil
    rounds = inspection.rounds.annotate(
        sent_back=Count("events", filter=Q(events__verb="send_back")),
        has_returns=Exists(DispatchReturn.objects.filter(round=OuterRef("pk"))),
    ).latest_first()
    changes = _changes(inspection)
    return tuple(
        _row_of_lines(each, lines.get(each.pk, []))
        if getattr(each, "has_returns", False)
        else _row_of_reports(each, reports.get(each.pk, {}), changes)
        for each in rounds
    )


def _row_of_lines(round: DispatchRound, lines: list[tuple[str, bool, bool]]) -> RoundRow:
    filed = [nil for state, nil, _ in lines if state == ReturnState.FILED]
    return RoundRow(
        round=round,
        expected=len(lines),
        reported=len(filed),
        nil_returns=sum(filed),
        late=sum(late for _, _, late in lines),
        sent_back=getattr(round, "sent_back", 0),
    )


@dataclass(frozen=True)
class _Change:
    measure: int
    to_status: str
    on: date


def _changes(inspection: Inspection) -> tuple[_Change, ...]:
    events = MeasureEvent.objects.filter(measure__inspection=inspection).order_by("on", "pk")
    return tuple(_Change(*row) for row in events.values_list("measure", "to_status", "on"))


def _row_of_reports(
    round: DispatchRound, reports: dict[int, bool], changes: tuple[_Change, ...]
) -> RoundRow:
    day = clock.day_of(round.closed_at) if round.closed_at else None
    standing = {
        change.measure: change.to_status for change in changes if day is None or change.on <= day
    }
    asked = {measure for measure, status in standing.items() if status not in NOT_ASKED}
    held = round.state != RoundState.SUPERSEDED
    return RoundRow(
        round=round,
        expected=len(asked | set(reports)) if held else 0,
        reported=len(reports),
        nil_returns=sum(reports.values()),
        late=0,
        sent_back=getattr(round, "sent_back", 0),
    )
