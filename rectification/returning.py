"""The verbs of a unit in a round: what it is asked, drafts, filing, the confirmation of its head.

A line (`DispatchReturn`) is what a round asks of one unit about one measure. The report itself is
`workflow.report`, which answers the line through whichever page it comes; here are the verbs around
it. Lines come from one door: `expect`, when a round opens and at each tick while it is open.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Max

from accounts import journal
from accounts.journal import Act
from accounts.models import Unit, User
from rectification import clock, moving, permissions, unit_notices, workflow
from rectification.models import (
    DispatchReturn,
    DispatchRound,
    Measure,
    MeasureEvent,
    ProgressEntry,
)
from rectification.moving import MoveRefused, StaleSave
from rectification.states import CAME_BACK, NOT_ASKED, ReturnState, TimeKind
from rectification.workflow import NOTHING_NEW, Told

NO_DRAFT = {
    "draft_text": "",
    "draft_difficulty": "",
    "draft_next_step": "",
    "drafted_at": None,
    "drafted_by": None,
}


@dataclass(frozen=True)
class Seen:
    """What a person was looking at: the version of the line, and that of its measure."""

    line: int
    measure: int


@dataclass(frozen=True)
class Refusal:
    """A line that the verb was refused for, and why, in words."""

    line: DispatchReturn
    why: str


@dataclass(frozen=True)
class Outcome:
    """For which lines the verb was carried out, and for which it was refused."""

    done: tuple[DispatchReturn, ...]
    refused: tuple[Refusal, ...]


# What a round asks -------------------------------------------------------------------------------


@transaction.atomic
def expect(round: DispatchRound, *, at: datetime) -> int:
    """Ask each unit, leading or supporting, for each open measure; how many lines are new.

    What has its line stays as it is, so that a measure which is open again, or entered, while the
    round is open is asked for by the next call. The caller holds the measures.
    """
    rows = _unasked(round)
    if not rows:
        return 0
    DispatchReturn.objects.bulk_create(rows, batch_size=500)
    act = Act("ask", "round", round.subject_code, after={"measures": len(rows)})
    journal.append(act, by=None, at=at)
    return len(rows)


def lacks_lines(round: DispatchRound) -> bool:
    """Whether something is open and not asked for yet."""
    return bool(_unasked(round))


def _unasked(round: DispatchRound) -> list[DispatchReturn]:
    known = set(DispatchReturn.objects.filter(round=round).values_list("measure", "unit"))
    return [
        DispatchReturn(round=round, measure=measure, unit=unit, leads=unit == measure.lead_unit)
        for measure, unit in _open_work(round)
        if (measure.pk, unit.pk) not in known
    ]


def _open_work(round: DispatchRound) -> Iterator[tuple[Measure, Unit]]:
    """Each open measure with each unit that works on it.

    One in review is not asked for. 长期坚持 comes up when its review is due by the meeting, or when
    it came back.
    """
    measures = Measure.objects.filter(inspection=round.inspection_id).exclude(status__in=NOT_ASKED)
    measures = measures.select_related("lead_unit").prefetch_related("supporting_units")
    reviewed = _last_reviews(round)
    for measure in measures.order_by("code", "pk"):
        for unit in dict.fromkeys((measure.lead_unit, *measure.supporting_units.all())):
            last = reviewed.get((measure.pk, unit.pk)) or reviewed.get((measure.pk, None))
            if _is_due(measure, last=last, on=round.meeting_on):
                yield measure, unit


def _is_due(measure: Measure, *, last: date | None, on: date) -> bool:
    if measure.time_kind != TimeKind.LONG_TERM or measure.status in CAME_BACK:
        return True
    months = measure.review_every_months or 1
    return last is None or clock.months_later(last, months) <= on


def _last_reviews(round: DispatchRound) -> dict[tuple[int, int | None], date]:
    """Of 长期坚持: the day of each unit's last report and, with no unit, of the plan."""
    which = {"measure__inspection": round.inspection_id, "measure__time_kind": TimeKind.LONG_TERM}
    planned = MeasureEvent.objects.filter(**which, verb="plan").order_by()
    told = ProgressEntry.objects.filter(**which).order_by()
    days: dict[tuple[int, int | None], date] = {
        (measure, None): day for measure, day in planned.values_list("measure").annotate(Max("on"))
    }
    for measure, unit, day in told.values_list("measure", "unit").annotate(Max("reported_on")):
        days[measure, unit] = day
    return days


def freeze(round: DispatchRound) -> None:
    """Put on each line that is asked for what state it is in: for a round that is being closed,
    whose caller holds the measures."""
    lines = DispatchReturn.objects.filter(round=round).standing()
    lines.update(closed_state=F("state"))


# What the unit says ------------------------------------------------------------------------------


def keep_draft(
    line: DispatchReturn, told: Told, *, by: User, at: datetime, version: int
) -> DispatchReturn:
    """Keep what somebody is typing, as they type; it counts for nothing, and nothing is journalled.

    An empty one takes the draft away. Raises MoveRefused, StaleSave.
    """
    _require_liaison(line, by)
    _require_current(line)
    draft = {
        "draft_text": told.text,
        "draft_difficulty": told.difficulty,
        "draft_next_step": told.next_step,
    }
    signed = {**draft, "drafted_at": at, "drafted_by": by} if any(draft.values()) else NO_DRAFT
    _claim(line, version, **signed)
    return line


@transaction.atomic
def file(line: DispatchReturn, told: Told, *, by: User, at: datetime, seen: Seen) -> ProgressEntry:
    """Report what is told and answer the line; its draft is done with.

    Stale is a line that somebody has changed, and a measure that changed otherwise than by the
    reports of other units. Raises MoveRefused, StaleSave.
    """
    measure = line.measure
    _require_liaison(line, by)
    _hold(measure)
    _require_current(line)
    _require_seen(line, seen.measure)
    _claim(line, seen.line, **NO_DRAFT)
    entry = workflow.report(measure, told, unit=line.unit, by=by, at=at, version=measure.version)
    line.refresh_from_db(fields=["state", "version", "entry", "filed_at", "is_late"])
    return entry


def as_drafted(line: DispatchReturn) -> Told:
    """What filing the line now would tell: its draft, or that nothing changed. A draft without
    progress is 零报告 with the difficulty and the next step that were typed."""
    if not line.has_draft:
        return workflow.nothing_new(line.measure, unit=line.unit)
    typed = line.draft_text
    rest = line.draft_difficulty, line.draft_next_step
    return Told(typed or NOTHING_NEW, *rest, nil_return=not typed)


# What its head says ------------------------------------------------------------------------------


@transaction.atomic
def confirm(line: DispatchReturn, *, by: User, at: datetime, version: int) -> None:
    """Let what the unit filed count. Raises MoveRefused, StaleSave."""
    signed = {"confirmed_at": at, "confirmed_by": by, "on_behalf_of": by.acting_for}
    _decide(line, ReturnState.FILED, by=by, version=version, **signed)
    _tell("confirm_return", line, by=by, at=at)


@transaction.atomic
def turn_back(line: DispatchReturn, *, by: User, at: datetime, why: str, version: int) -> None:
    """Have the unit's liaison write it again, before it counts. Raises MoveRefused, StaleSave."""
    if not why.strip():
        raise MoveRefused("退回修改要写明理由。")
    _decide(line, ReturnState.TURNED_BACK, by=by, version=version, turned_back_why=why)
    _tell("turn_back_return", line, by=by, at=at, why=why)
    unit_notices.turned_back(line, at=at)


def each(lines: Iterable[DispatchReturn], verb: Callable[[DispatchReturn], object]) -> Outcome:
    """The verb for each line, a transaction of its own: what is refused for one stops no other."""
    done, refused = [], []
    for line in lines:
        try:
            verb(line)
        except (MoveRefused, StaleSave) as refusal:
            refused.append(Refusal(line, str(refusal)))
        else:
            done.append(line)
    return Outcome(tuple(done), tuple(refused))


def _decide(
    line: DispatchReturn, state: ReturnState, *, by: User, version: int, **signed: object
) -> None:
    if permissions.told_by(by, line):
        raise MoveRefused(
            f"{line.measure.code} 的这次报送是您办理的，要由{line.unit}的另一位负责人确认或退回。"
            "本单位只有一人的，请联系安全管理员另设填报员或负责人。"
        )
    if not permissions.may_confirm_return(by, line):
        raise MoveRefused(f"{line.measure.code} 的报送只能由{line.unit}的负责人确认或退回。")
    _hold(line.measure)
    _require_current(line)
    waiting = DispatchReturn.objects.filter(pk=line.pk, state=ReturnState.TO_CONFIRM)
    if not waiting.exists():
        raise MoveRefused(f"{line.measure.code} 没有等待确认的报送，请刷新页面看最新状态。")
    _claim(line, version, state=state, **signed)


def _tell(verb: str, line: DispatchReturn, *, by: User, at: datetime, why: str = "") -> None:
    after = {"measure": line.measure.code, "unit": str(line.unit), "state": line.state}
    act = Act(verb, "round", line.round.subject_code, after=after, why=why)
    journal.append(act, by=by, at=at)


def _require_liaison(line: DispatchReturn, by: User) -> None:
    if not permissions.may_report_as(by, line.measure, line.unit):
        status = line.measure.get_status_display()
        raise MoveRefused(
            f"{line.measure.code} 现在是“{status}”，您不能为{line.unit}报送。请刷新页面看最新状态。"
        )


def _require_current(line: DispatchReturn) -> None:
    """The line's round must be open, or closed and the last one, with this line still owed."""
    last = DispatchRound.objects.filter(inspection=line.measure.inspection_id).held()
    if line.round_id != last.latest_first().values_list("pk", flat=True).first():
        raise MoveRefused(f"{line.round}已经过去，请在最近一次调度里报送。")
    line.round.refresh_from_db(fields=["state", "closed_at"])
    owed = DispatchReturn.objects.filter(pk=line.pk).exclude(state=ReturnState.FILED).asked()
    if not line.round.is_open and not owed.exists():
        raise MoveRefused(f"{line.round}已经结束，{line.measure.code} 有新进展请到措施页更新。")


def _hold(measure: Measure) -> None:
    """The measure, held to the end, as it stands."""
    Measure.objects.select_for_update(of=("self",), no_key=True).filter(pk=measure.pk).values(
        "pk"
    ).first()
    measure.refresh_from_db(fields=["status", "version"])


def _require_seen(line: DispatchReturn, version: int) -> None:
    """Whatever changed the measure since was a report of another unit: each makes one version."""
    later = ProgressEntry.objects.filter(measure=line.measure_id, measure_version__gt=version)
    if line.measure.version - version != later.exclude(unit=line.unit_id).count():
        raise StaleSave(moving.stale(line.measure.code))


def _claim(line: DispatchReturn, version: int, **changes: object) -> None:
    """Change the line by compare-and-swap. What was checked, was checked on the row that was read:
    it must be of that version too."""
    claimed = DispatchReturn.objects.filter(pk=line.pk, version=version)
    if line.version != version or not claimed.update(version=F("version") + 1, **changes):
        raise StaleSave(moving.stale(f"{line.measure.code} 的报送"))
    line.refresh_from_db(fields=["version", *changes])
