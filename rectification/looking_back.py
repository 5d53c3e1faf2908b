"""The verbs of a look-back (回头看): draw it, record what was found, end it.

Drawing is fair and can be repeated: `drawing` says how. What was found reaches the measure through
`workflow` alone: 巩固 confirms it, 反弹 reopens it, and its problem with it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import F, Max

from accounts import journal
from accounts.journal import Act
from accounts.models import JournalEntry, Unit, User
from rectification import drawing, permissions, workflow
from rectification.clock import day_of
from rectification.models import (
    Inspection,
    LookBack,
    LookBackItem,
    LookBackResult,
    LookBackScope,
    LookBackState,
    Measure,
    MeasureEvent,
)
from rectification.models.lookback import population
from rectification.moving import MoveRefused, StaleSave
from rectification.states import WorkStatus


@dataclass(frozen=True)
class Asked:
    """What to look back at: all closed measures or `size` of them, of whom, closed until when."""

    name: str
    checklist: tuple[str, ...]
    size: int | None  # None: all of them
    unit: Unit | None = None
    closed_until: date | None = None


@dataclass(frozen=True)
class Answer:
    """One question of the checklist, answered."""

    question: str
    yes: bool
    note: str = ""


@dataclass(frozen=True)
class Found:
    """What the look-back at one measure came to, and what that rests on."""

    result: str
    answers: Sequence[Answer]
    note: str


@transaction.atomic
def draw(inspection: Inspection, asked: Asked, *, seed: str, by: User, at: datetime) -> LookBack:
    """Draw the next look-back of the inspection. `seed` comes from `secrets`, never from a person.

    Raises MoveRefused where there is nothing to draw from, or too little.
    """
    if not permissions.may_run(by, inspection):
        raise MoveRefused("只有整改办可以开展回头看。")
    # Of two draws at once the second sees what the first has drawn.
    inspection = Inspection.objects.select_for_update(of=("self",), no_key=True).get(
        pk=inspection.pk
    )
    pool = population(inspection, unit=asked.unit, closed_until=asked.closed_until)
    measures = {measure.code: measure for measure in pool}
    size = len(measures) if asked.size is None else asked.size
    if not measures:
        raise MoveRefused("没有可供回头看的已销号措施，请放宽条件。正在回头看的措施不重复抽取。")
    if not 1 <= size <= len(measures):
        raise MoveRefused(f"符合条件的已销号措施有{len(measures)}条，请抽取1到{len(measures)}条。")
    drawn = drawing.draw(measures, size=size, seed=seed)
    look_back = LookBack(
        inspection=inspection,
        number=(inspection.look_backs.aggregate(most=Max("number"))["most"] or 0) + 1,
        name=asked.name,
        scope=LookBackScope.ALL if asked.size is None else LookBackScope.SAMPLE,
        unit=asked.unit,
        closed_until=asked.closed_until,
        population=sorted(measures),
        population_size=len(measures),
        population_digest=drawing.digest(measures),
        sample_size=size,
        seed=seed,
        checklist=list(asked.checklist),
    )
    _enter(look_back, [measures[code] for code in drawn], by=by, at=at)
    return look_back


@transaction.atomic
def record(
    item: LookBackItem, found: Found, *, by: User, at: datetime, version: int
) -> LookBackItem:
    """Record the result for one measure as it stood at `version`, once.

    Raises MoveRefused, StaleSave.
    """
    look_back, measure = item.look_back, item.measure
    if not permissions.may_look_back(by, measure):
        raise MoveRefused(f"{measure.code} 的检查结果不能由您填写：报送、申请或审核过的人要回避。")
    if found.result not in LookBackResult.values:
        raise MoveRefused("请选择检查结果：巩固或反弹。")
    if [answer.question for answer in found.answers] != look_back.checklist:
        raise MoveRefused("请逐项回答检查要点。")
    if LookBackItem.objects.filter(pk=item.pk, result="").count() == 0:
        raise MoveRefused(f"{measure.code} 的检查结果刚被别人填过，请刷新页面查看。")
    event = _carry_out(look_back, measure, found, by=by, at=at, version=version)
    signed = {
        "result": found.result,
        "answers": [asdict(answer) for answer in found.answers],
        "note": found.note,
        "event": event,
        "by": by,
        "on_behalf_of": by.acting_for,
        "at": at,
        "on": day_of(at),
    }
    if not LookBackItem.objects.filter(pk=item.pk, result="").update(**signed):
        raise MoveRefused(f"{measure.code} 的检查结果刚被别人填过，请刷新页面查看。")
    item.refresh_from_db()
    after = {"measure": measure.code, "result": item.result, "answers": item.answers}
    act = Act("record", "look_back", look_back.subject_code, {"result": ""}, after, found.note)
    journal.append(act, by=by, at=at)
    return item


@transaction.atomic
def close(look_back: LookBack, *, by: User, at: datetime, version: int) -> None:
    """End a look-back of which every measure has its result. Raises MoveRefused, StaleSave."""
    if not permissions.may_run(by, look_back.inspection):
        raise MoveRefused(f"{look_back}不能由您结束。")
    if left := look_back.items.unchecked().count():
        raise MoveRefused(f"还有{left}条没有检查结果，不能结束。")
    rows = LookBack.objects.open().filter(pk=look_back.pk, version=version)
    changes = {"state": LookBackState.CLOSED, "closed_at": at}
    if not rows.update(version=F("version") + 1, **changes):
        raise StaleSave(f"{look_back}在您打开之后被别人处理过，请看最新状态。")
    before = {"state": LookBackState.OPEN.value, "version": version}
    look_back.refresh_from_db(fields=["state", "closed_at", "version"])
    after = {"state": look_back.state, "version": look_back.version}
    journal.append(Act("close", "look_back", look_back.subject_code, before, after), by=by, at=at)


@dataclass(frozen=True)
class Redrawn:
    """A draw repeated from what was recorded of it: what was drawn then, and what is drawn now."""

    drawn: tuple[str, ...]
    again: tuple[str, ...]
    faults: tuple[str, ...]


def redraw(look_back: LookBack) -> Redrawn:
    """Repeat the draw and compare it with the row, its items and the journal. Writes nothing."""
    drawn = tuple(look_back.items.order_by("order").values_list("measure__code", flat=True))
    again = drawing.draw(look_back.population, size=look_back.sample_size, seed=look_back.seed)
    entry = JournalEntry.objects.filter(
        verb="draw", subject_kind="look_back", subject_code=look_back.subject_code
    ).first()
    now = draw_record(look_back, again)
    digest = drawing.digest(look_back.population)
    checks = (
        (digest == look_back.population_digest, "总体与记录的总体校验码不符。"),
        (drawn == again, "重新抽取的结果与记录的检查项目不符。"),
        (entry is not None, "审计日志里没有这次抽取。"),
        (entry is None or entry.after == now, "重新抽取的结果与审计日志不符。"),
    )
    return Redrawn(drawn, again, tuple(fault for holds, fault in checks if not holds))


def _enter(look_back: LookBack, measures: list[Measure], *, by: User, at: datetime) -> None:
    look_back.by, look_back.on_behalf_of, look_back.at, look_back.on = (
        by,
        by.acting_for,
        at,
        day_of(at),
    )
    look_back.save()
    LookBackItem.objects.bulk_create(
        LookBackItem(look_back=look_back, measure=measure, order=order)
        for order, measure in enumerate(measures, start=1)
    )
    after = draw_record(look_back, [measure.code for measure in measures])
    journal.append(Act("draw", "look_back", look_back.subject_code, after=after), by=by, at=at)


def draw_record(look_back: LookBack, codes: Sequence[str]) -> dict[str, object]:
    """What the journal keeps of a draw: enough to repeat it, and what came of it."""
    return {
        "scope": str(look_back.scope),
        "seed": look_back.seed,
        "population_size": look_back.population_size,
        "population_digest": look_back.population_digest,
        "sample_size": look_back.sample_size,
        "sample": list(codes),
    }


def _carry_out(
    look_back: LookBack, measure: Measure, found: Found, *, by: User, at: datetime, version: int
) -> MeasureEvent:
    """Do to the measure what the result says, and return the event of it."""
    why = f"{look_back}：{found.note}" if found.note else f"{look_back}。"
    if found.result == LookBackResult.CONSOLIDATED:
        workflow.confirm(measure, by=by, at=at, why=why, version=version)
        return measure.events.filter(verb="confirm").latest("pk")
    if not found.note.strip():
        raise MoveRefused("认定反弹要写明理由。")
    measure.refresh_from_db(fields=["status", "version"])
    if measure.status == WorkStatus.CLOSED:
        workflow.reopen(measure, by=by, at=at, why=why, version=version)
        return measure.events.filter(verb="reopen").latest("pk")
    return _reopened_already(look_back, measure)


def _reopened_already(look_back: LookBack, measure: Measure) -> MeasureEvent:
    """The rebound that somebody called on the measure's own page since the draw."""
    since = measure.events.filter(verb="reopen", at__gte=look_back.at, look_back_item=None)
    event = since.order_by("pk").last()
    if event is None:
        raise MoveRefused(f"{measure.code} 现在不是“已销号”，请先看它的最新状态。")
    return event
