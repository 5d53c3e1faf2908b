"""What the units say in a round: one person's own lines as rows. All lines are in rounds_told."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import OuterRef, Prefetch, Subquery

from accounts.models import Role, User
from accounts.rights import rights_of
from rectification import permissions, queries
from rectification.models import (
    DispatchReturn,
    DispatchRound,
    Light,
    Measure,
    Progress,
    ProgressEntry,
    Rework,
    progress_of,
)
from rectification.states import CAME_BACK, UNREPORTED, ReturnState


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

    @property
    def is_back(self) -> bool:
        """Returned or rebounded, or turned back by the unit's head: 无变化 is no answer to that."""
        turned_back = self.line.state == ReturnState.TURNED_BACK
        return turned_back or self.measure.status in CAME_BACK


def return_rows(user: User, round: DispatchRound, *, on: date) -> tuple[ReturnRow, ...]:
    """The lines of the units that this person reports for or heads, in a fixed number of queries.

    By unit; of each first what waits for this person, then what is reported; most urgent first.
    """
    paths = rights_of(user).paths(Role.LIAISON, Role.UNIT_HEAD)
    lines = _lines(round, paths, on=on)
    entries = ProgressEntry.objects.in_bulk(
        {pk for line in lines for pk in (line.last_pk, line.told_pk) if pk}  # type: ignore[attr-defined]
    )
    is_over = not DispatchRound.objects.current().filter(pk=round.pk).exists()
    rows = [_row(user, line, entries, on=on) for line in lines]
    if is_over:
        rows = [replace(row, may_file=False, may_confirm=False) for row in rows]
    return tuple(sorted(rows, key=_urgency))


def _lines(round: DispatchRound, paths: Iterable[str], *, on: date) -> list[DispatchReturn]:
    reports = ProgressEntry.objects.filter(measure=OuterRef("measure"), unit=OuterRef("unit"))
    last = reports.latest_first().values("pk")
    rework = Prefetch("reworks", Rework.objects.open(), to_attr="open_reworks")
    measures = queries.with_last_return(Measure.objects.for_list(on=on))
    return (
        DispatchReturn.objects.filter(round=round)
        .asked()
        .of_units_within(paths)
        .select_related("round__inspection", "unit", "entry", "drafted_by", "confirmed_by")
        .annotate(last_pk=Subquery(last[:1]), told_pk=Subquery(last.filter(nil_return=False)[:1]))
        .with_measures(measures.prefetch_related("milestones", rework))
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
