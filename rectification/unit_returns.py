"""What the units say in a round: each unit's share of it, and one person's own lines as rows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import OuterRef, Prefetch, Subquery

from accounts.models import Role, Unit, User
from accounts.rights import rights_of
from rectification import clock, permissions, queries
from rectification.models import (
    DispatchReturn,
    DispatchReturnQuerySet,
    DispatchRound,
    Light,
    Measure,
    MeasureEvent,
    MeasureQuerySet,
    Progress,
    ProgressEntry,
    Rework,
    progress_of,
)
from rectification.states import CAME_BACK, NOT_ASKED, UNREPORTED, ReturnState


@dataclass(frozen=True)
class UnitReturn:
    """How far one unit is with its reports in one round, and the difficulties that it names.

    Of a closed round as it was said on that day; of what was missing then, `late` came since.
    `to_confirm` waits for the head of the unit.
    """

    unit: Unit
    measures: int
    reported: int
    to_confirm: int
    nil_returns: int
    late: int
    difficulties: tuple[ProgressEntry, ...]

    @property
    def missing(self) -> int:
        return self.measures - self.reported - self.to_confirm


def round_returns(round: DispatchRound) -> tuple[UnitReturn, ...]:
    """Each unit's share of a round, leading or supporting: who has reported, who has not."""
    lines = list(
        DispatchReturn.objects.filter(round=round)
        .asked()
        .select_related("unit", "entry__measure__lead_unit", "entry__by")
        .order_by("unit__order", "unit_id", "measure__code", "pk")
    )
    if not lines and not DispatchReturn.objects.filter(round=round).exists():
        return _from_reports(round)
    units = dict.fromkeys(line.unit for line in lines)
    return tuple(_share(unit, [line for line in lines if line.unit == unit]) for unit in units)


def _share(unit: Unit, lines: list[DispatchReturn]) -> UnitReturn:
    states = [line.closed_state or line.state for line in lines]
    told = [line.entry for line in lines if line.entry and line.state not in UNREPORTED]
    return UnitReturn(
        unit=unit,
        measures=len(lines),
        reported=states.count(ReturnState.FILED),
        to_confirm=states.count(ReturnState.TO_CONFIRM),
        nil_returns=sum(entry.nil_return for entry in told),
        late=sum(line.is_late and line.closed_state in UNREPORTED for line in lines),
        difficulties=tuple(entry for entry in told if entry.difficulty),
    )


# Rounds of before there were lines ---------------------------------------------------------------


def _from_reports(round: DispatchRound) -> tuple[UnitReturn, ...]:
    """Of a round without lines, from its reports and the dated events: each lead unit's share."""
    entries = list(
        ProgressEntry.objects.filter(round=round).select_related("measure__lead_unit", "by")
    )
    reported = {entry.measure_id: entry for entry in entries}
    asked = {row.pk: row.lead_unit for row in _stood(round)}
    asked |= {entry.measure_id: entry.measure.lead_unit for entry in entries}
    units = sorted(set(asked.values()), key=lambda unit: (unit.order, unit.pk))
    return tuple(_reported_share(unit, asked, reported) for unit in units)


def _reported_share(
    unit: Unit, asked: dict[int, Unit], reported: dict[int, ProgressEntry]
) -> UnitReturn:
    measures = [pk for pk, lead in asked.items() if lead == unit]
    entries = [reported[pk] for pk in measures if pk in reported]
    return UnitReturn(
        unit=unit,
        measures=len(measures),
        reported=len(entries),
        to_confirm=0,
        nil_returns=sum(entry.nil_return for entry in entries),
        late=0,
        difficulties=tuple(entry for entry in entries if entry.difficulty),
    )


def _stood(round: DispatchRound) -> MeasureQuerySet:
    """The measures that were to be reported at the end of a round's last day, or are now."""
    measures = Measure.objects.filter(inspection=round.inspection).select_related("lead_unit")
    if round.closed_at is None:
        return measures.exclude(status__in=NOT_ASKED)
    day = clock.day_of(round.closed_at)
    latest = MeasureEvent.objects.filter(measure=OuterRef("pk"), on__lte=day)
    latest = latest.order_by("-on", "-pk")
    then = measures.annotate(status_then=Subquery(latest.values("to_status")[:1]))
    return then.filter(status_then__isnull=False).exclude(status_then__in=NOT_ASKED)


# One person's own lines --------------------------------------------------------------------------


@dataclass(frozen=True)
class ReturnRow:
    """One line on the page of a unit.

    `last` is what the unit reported last, whatever it was; `told` its last report in words, which
    the form begins with. `came_back` says why the line or its measure is back with the unit.
    """

    line: DispatchReturn
    light: Light
    progress: Progress | None
    came_back: str
    last: ProgressEntry | None
    told: ProgressEntry | None
    may_file: bool
    may_confirm: bool

    @property
    def measure(self) -> Measure:
        return self.line.measure


def return_rows(user: User, round: DispatchRound, *, on: date) -> tuple[ReturnRow, ...]:
    """The lines of the units that this person reports for or heads, in a fixed number of queries.

    By unit; of each first what waits for this person, then what is reported; most urgent first.
    """
    paths = rights_of(user).paths(Role.LIAISON, Role.UNIT_HEAD)
    lines = list(_lines(round, on=on).of_units_within(paths))
    entries = ProgressEntry.objects.in_bulk(
        {pk for line in lines for pk in (line.last_pk, line.told_pk) if pk}  # type: ignore[attr-defined]
    )
    is_over = not DispatchRound.objects.current().filter(pk=round.pk).exists()
    rows = [_row(user, line, entries, on=on) for line in lines]
    if is_over:
        rows = [replace(row, may_file=False, may_confirm=False) for row in rows]
    return tuple(sorted(rows, key=_urgency))


def _lines(round: DispatchRound, *, on: date) -> DispatchReturnQuerySet:
    reports = ProgressEntry.objects.filter(measure=OuterRef("measure"), unit=OuterRef("unit"))
    last = reports.latest_first().values("pk")
    rework = Prefetch("reworks", Rework.objects.open(), to_attr="open_reworks")
    measures = queries.with_last_return(Measure.objects.for_list(on=on))
    return (
        DispatchReturn.objects.filter(round=round)
        .asked()
        .select_related("round__inspection", "unit", "entry", "drafted_by", "confirmed_by")
        .prefetch_related(Prefetch("measure", measures.prefetch_related("milestones", rework)))
        .annotate(last_pk=Subquery(last[:1]), told_pk=Subquery(last.filter(nil_return=False)[:1]))
    )


def _row(
    user: User, line: DispatchReturn, entries: dict[int, ProgressEntry], *, on: date
) -> ReturnRow:
    measure = line.measure
    return ReturnRow(
        line=line,
        light=measure.light(on=on),
        progress=progress_of(measure.milestones.all(), on=on),
        came_back=_came_back(line, on=on),
        last=entries.get(line.last_pk),  # type: ignore[attr-defined]
        told=entries.get(line.told_pk),  # type: ignore[attr-defined]
        may_file=_may_still_file(line) and permissions.may_report_as(user, measure, line.unit),
        may_confirm=line.state == ReturnState.TO_CONFIRM
        and permissions.may_confirm_return(user, line),
    )


def _may_still_file(line: DispatchReturn) -> bool:
    """After a round only what is still owed in it is taken."""
    return line.round.is_open or line.state != ReturnState.FILED


def _came_back(line: DispatchReturn, *, on: date) -> str:
    if line.state == ReturnState.TURNED_BACK:
        return f"单位负责人退回修改：{line.turned_back_why}"
    measure = line.measure
    why = queries.last_reason(measure)
    if measure.status not in CAME_BACK or not why:
        return ""
    due = _redone_by(getattr(measure, "open_reworks", ()), on=on)
    ended = why if why.endswith(("。", "！", "？")) else f"{why}。"
    return f"{measure.get_status_display()}：{ended}{due}"


def _redone_by(reworks: Iterable[Rework], *, on: date) -> str:
    return next((f"返工期限{each.due_phrase(on=on)}。" for each in reworks if each.due_on), "")


def _urgency(row: ReturnRow) -> tuple[int, int, int, date, str]:
    line, measure = row.line, row.measure
    waits = 0 if row.may_confirm else 1 if row.came_back else 2
    group = waits if row.may_confirm or line.state in UNREPORTED else 3
    return line.unit.order, line.unit_id, group, measure.deadline or date.max, measure.code
