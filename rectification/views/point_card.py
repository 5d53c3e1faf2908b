"""The card of 议定事项: what was decided, what was answered, and what this person may do."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, signature, under
from accounts.rights import rights_of
from rectification import clock, permissions
from rectification.forms import Versioned
from rectification.models import MeetingPoint
from rectification.point_forms import AnswerPointForm, SettlePointForm, WithdrawPointForm
from rectification.states import PointState

TONES = {
    PointState.OPEN: "near",
    PointState.ANSWERED: "run",
    PointState.SETTLED: "done",
    PointState.WITHDRAWN: "plain",
}


@dataclass(frozen=True)
class AnswerLine:
    """`note`: who, when and in which round, in words."""

    text: str
    note: str


@dataclass(frozen=True)
class PointCard:
    """A point in words. `answer`, `settle` and `withdraw` are the forms that this person may use,
    or None; `then` is the state on a past day where it differs from the present one;
    `asked_again`: answered before, and not yet in the open round."""

    point: MeetingPoint
    url: str
    note: str
    answers: tuple[AnswerLine, ...]
    answer: AnswerPointForm | None = None
    settle: SettlePointForm | None = None
    withdraw: WithdrawPointForm | None = None
    carried: bool = False
    then: str = ""
    asked_again: bool = False

    @property
    def says(self) -> str:
        return "上次已答复，本次待答复" if self.asked_again else self.point.get_state_display()

    @property
    def tone(self) -> str:
        return "near" if self.asked_again else TONES[PointState(self.point.state)]


def point_card(user, point, *, round=None, then="", filled=None) -> PointCard:
    """The card on the page of `round`, or on the point's own, of the round that is open (or None).
    `filled` holds forms that came back, by name."""
    forms: dict[str, Any] = _forms(user, point)
    forms |= {name: form for name, form in (filled or {}).items() if name in forms}
    return PointCard(
        point=point,
        url=reverse("rectification:point_detail", args=[point.inspection.code, point.number]),
        note=_note(point),
        answers=tuple(_answer_line(each) for each in point.answers.all()),
        carried=round is not None and point.round_id != round.pk,
        then=then,
        asked_again=_asked_again(point, round),
        **forms,
    )


def _asked_again(point, round):
    """Whether the round, if it is open, still waits for an answer to what was answered before."""
    if round is None or not round.is_open or point.state != PointState.ANSWERED:
        return False
    return all(answer.round_id != round.pk for answer in point.answers.all())


def _forms(user, point):
    """The forms that this person may use now, by the name of the verb."""
    kinds: dict[str, type[Versioned]] = {}
    if permissions.may_answer_point(user, point):
        kinds["answer"] = AnswerPointForm
    if permissions.may_end_point(user, point):
        kinds |= {"settle": SettlePointForm, "withdraw": WithdrawPointForm}
    return {
        name: kind(initial={"version": point.version}, auto_id=f"{name}-{point.number}-%s")
        for name, kind in kinds.items()
    }


def unit_points(user, round) -> tuple[PointCard, ...]:
    """What a meeting has put to the units that this person reports for or heads, and is not
    settled: for the page on which the unit reports."""
    paths = rights_of(user).paths(Role.LIAISON, Role.UNIT_HEAD)
    mine = MeetingPoint.objects.pending().filter(under(paths, "unit__path"))
    points = mine.filter(inspection=round.inspection_id).for_list()
    return tuple(point_card(user, point, round=round) for point in points)


def _note(point):
    """Where and when it was decided, and by whom it is kept."""
    who = signature(point.by, point.on_behalf_of)
    day = clock.in_full(clock.day_of(point.at))
    return f"{point.round} · {day}{who}记录"


def _answer_line(answer):
    at = timezone.localtime(answer.at)
    where = f" · {answer.round}" if answer.round else ""
    who = signature(answer.by, answer.on_behalf_of)
    return AnswerLine(answer.text, f"{who} · {clock.in_full(at)} {at:%H:%M}{where}")
