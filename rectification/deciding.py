"""The verbs of what a dispatch meeting decides (议定事项): decide, answer, settle, withdraw.

A point comes back in each next round until the office settles or withdraws it. Answers are added
and never overwritten. Each verb changes the row by compare-and-swap on its version and writes the
journal in the same transaction.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Max

from accounts import journal
from accounts.journal import Act
from accounts.models import Unit, User
from rectification import permissions, unit_notices
from rectification.models import DispatchRound, Inspection, Measure, MeetingPoint, PointAnswer
from rectification.moving import MoveRefused, StaleSave
from rectification.states import POINT_PENDING, PointState

_VERBS = {
    PointState.ANSWERED: "answer",
    PointState.SETTLED: "settle",
    PointState.WITHDRAWN: "withdraw",
}


@dataclass(frozen=True)
class Matter:
    """What the meeting puts to a unit; with the measure that it is about, or None."""

    unit: Unit
    measure: Measure | None
    text: str


@transaction.atomic
def decide(round: DispatchRound, matter: Matter, *, by: User, at: datetime) -> MeetingPoint:
    """Put on record what the meeting of this round decided. Raises MoveRefused."""
    _hold(round.inspection, matter.measure)
    round.refresh_from_db(fields=["state"])
    if not permissions.may_run(by, round.inspection):
        raise MoveRefused("议定事项只能由整改办记录。")
    if not takes_points(round):
        raise MoveRefused(f"{round}已经过去，议定事项请记在最近一次调度里。")
    _fits(matter, round.inspection)
    point = MeetingPoint.objects.create(
        inspection=round.inspection,
        number=_next_number(round.inspection),
        round=round,
        unit=matter.unit,
        measure=matter.measure,
        text=matter.text,
        by=by,
        on_behalf_of=by.acting_for,
        at=at,
    )
    after = {
        "round": round.number,
        "unit": matter.unit.name,
        "measure": matter.measure.code if matter.measure else "",
        "text": matter.text,
    }
    journal.append(Act("decide", "point", point.subject_code, after=after), by=by, at=at)
    unit_notices.decided(point, at=at)
    return point


@transaction.atomic
def answer(point: MeetingPoint, *, text: str, by: User, at: datetime, version: int) -> PointAnswer:
    """Answer a point as it stood at `version`. Raises MoveRefused, StaleSave."""
    if not permissions.may_answer_point(by, point):
        _refuse(point, "由承办单位的填报员答复")
    if not text.strip():
        raise MoveRefused("答复不能为空，请写明办理情况。")
    act = _claim(point, PointState.ANSWERED, version=version)
    journal.append(replace(act, after={**act.after, "text": text}), by=by, at=at)
    return PointAnswer.objects.create(
        point=point,
        round=DispatchRound.objects.open().filter(inspection=point.inspection_id).last(),
        text=text,
        by=by,
        on_behalf_of=by.acting_for,
        at=at,
    )


@transaction.atomic
def settle(point: MeetingPoint, *, why: str, by: User, at: datetime, version: int) -> None:
    """Call a point done: it does not come back. Raises MoveRefused, StaleSave."""
    _end(point, PointState.SETTLED, why=why, by=by, at=at, version=version)


@transaction.atomic
def withdraw(point: MeetingPoint, *, why: str, by: User, at: datetime, version: int) -> None:
    """Take a point back that was not to be. Raises MoveRefused, StaleSave."""
    _end(point, PointState.WITHDRAWN, why=why, by=by, at=at, version=version)


def takes_points(round: DispatchRound) -> bool:
    """Whether what was decided is still written down here: an open round, or the latest held."""
    return round.is_open or DispatchRound.objects.current().filter(pk=round.pk).exists()


def _hold(inspection: Inspection, measure: Measure | None) -> None:
    """Of two who number a point at once, one waits. The measure comes first, as everywhere: who
    ends a round holds it while it waits for the inspection."""
    if measure:
        list(Measure.objects.select_for_update(of=("self",), no_key=True).filter(pk=measure.pk))
    Inspection.objects.held(inspection.pk)


def _next_number(inspection: Inspection) -> int:
    last = MeetingPoint.objects.filter(inspection=inspection).aggregate(Max("number"))
    return int(last["number__max"] or 0) + 1


def _fits(matter: Matter, inspection: Inspection) -> None:
    """Raise MoveRefused for a matter of somebody else, for nothing, and for the same again."""
    if not matter.text.strip():
        raise MoveRefused("议定事项不能为空，请写明要办什么。")
    if not matter.unit.path.startswith(inspection.inspected_unit.path):
        raise MoveRefused(f"{matter.unit}不是本次巡察的单位，请重新选择承办单位。")
    if matter.measure and matter.measure.inspection_id != inspection.pk:
        raise MoveRefused(f"{matter.measure.code} 不是本次巡察的措施，请重新选择。")
    same = MeetingPoint.objects.pending().filter(
        inspection=inspection, unit=matter.unit, measure=matter.measure, text=matter.text
    )
    if twin := same.first():
        raise MoveRefused(f"同样的事项已经记为{twin}，不用再记一遍。")


def _end(
    point: MeetingPoint, state: PointState, *, why: str, by: User, at: datetime, version: int
) -> None:
    if not permissions.may_end_point(by, point):
        if point.is_pending and permissions.answered_by(by, point):
            raise MoveRefused(f"{point}是您答复的，要由整改办的另一位同事办结或撤销。")
        _refuse(point, "由整改办办结或撤销")
    if not why.strip():
        word = "办结" if state == PointState.SETTLED else "撤销"
        raise MoveRefused(f"{word}议定事项要写明理由。")
    act = _claim(point, state, version=version, ended_at=at, ended_by=by, ended_why=why)
    journal.append(replace(act, why=why), by=by, at=at)


def _refuse(point: MeetingPoint, whose: str) -> None:
    """Say why not: it is over, or it is somebody else's."""
    if not point.is_pending:
        raise StaleSave(f"{point}现在是“{point.get_state_display()}”，您的内容没有保存。")
    raise MoveRefused(f"{point}只能{whose}。")


def _claim(point: MeetingPoint, state: PointState, *, version: int, **ended: Any) -> Act:
    """Change the state by compare-and-swap, of a row that was checked as it was at `version`; what
    the journal is to say of it."""
    before = {"state": point.state}
    rows = MeetingPoint.objects.filter(pk=point.pk, version=version, state__in=POINT_PENDING)
    if point.version != version or not rows.update(state=state, version=F("version") + 1, **ended):
        raise StaleSave(f"{point}在您打开之后被别人处理过，您的内容没有保存。")
    point.refresh_from_db(fields=["state", "version", *ended])
    return Act(_VERBS[state], "point", point.subject_code, before, {"state": str(state)})
