"""Who hears of a letter. Messages name its kind and reference and lead to it; never its text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max

from accounts.models import Role, Unit, User
from rectification import clock, notifications, permissions, recipients
from rectification.models import (
    Inspection,
    LetterStep,
    Notice,
    NoticeKind,
    SupervisionAction,
    rung_for,
)
from rectification.notifications import Message
from rectification.recipients import Addressee

_ROLES = (Role.LIAISON, Role.UNIT_HEAD, Role.EXECUTIVE, Role.OFFICE)


@dataclass(frozen=True)
class Roll:
    """Who holds which role, for each unit's key: read once for many letters."""

    holders: Mapping[str, Mapping[int, tuple[User, ...]]]

    def knows(self, unit: Unit) -> bool:
        return all(unit.pk in found for found in self.holders.values())

    def of(self, role: Role, unit: Unit) -> tuple[User, ...]:
        return self.holders[role].get(unit.pk, ())


def roll_of(inspection: Inspection, units: Iterable[Unit]) -> Roll:
    """The holders of every role that a letter may go to, in these units and in the bureau."""
    asked = {each.pk: each for each in (*units, inspection.inspected_unit)}.values()
    return Roll({role: recipients.holders(asked, role) for role in _ROLES})


def issued(letter: SupervisionAction, *, roll: Roll, at: datetime) -> None:
    day = letter.due_on
    until = f"，请在{clock.short_day(day, on=clock.day_of(at))}前签收并回复" if day else "，请签收"
    body = f"{letter.sender}向{letter.unit}发出{letter}{until}。"
    _post(letter, "issue", f"收到{letter}", body, _audience(letter, roll), at=at)


def answered(letter: SupervisionAction, *, times: int, at: datetime) -> None:
    body = f"{letter.unit}对{letter}作了第{times}次回复，请审阅办结。"
    _to_office(letter, f"answer-{times}", f"{letter}已回复", body, at=at)


def settled(letter: SupervisionAction, *, at: datetime) -> None:
    roll = roll_of(letter.inspection, [letter.unit])
    body = f"整改办已办结{letter}。"
    _post(letter, "settle", f"{letter}已办结", body, _unit_of(letter, roll), at=at)


def withdrawn(letter: SupervisionAction, *, at: datetime) -> None:
    roll = roll_of(letter.inspection, [letter.unit])
    body = f"整改办撤销了{letter}，不用再回复。"
    _post(letter, "withdraw", f"{letter}已撤销", body, _audience(letter, roll), at=at)


def proposed(*, at: datetime) -> None:
    """Tell the office that the ladder has proposed letters today which wait for it: once, and again
    where more of them have come since."""
    today = clock.day_of(at)
    waiting = SupervisionAction.objects.proposed().from_ladder().filter(proposed_on=today)
    counts = waiting.order_by().values_list("inspection").annotate(Count("pk"))
    for inspection, count in counts:
        _say_proposed(inspection, count, on=today, at=at)


def _say_proposed(pk: int, count: int, *, on: date, at: datetime) -> None:
    steps = LetterStep.objects.filter(
        letter__inspection=pk, letter__rung__isnull=False, verb="propose", on=on
    )
    inspection = Inspection.objects.select_related("inspected_unit").get(pk=pk)
    unit, latest = inspection.inspected_unit, steps.aggregate(Max("pk"))["pk__max"]
    message = Message(
        topic=f"ladder/{inspection.code}/{on.isoformat()}/{latest}",
        kind=NoticeKind.LETTER,
        subject=f"有{count}份督办函件待签发",
        body=f"督办阶梯今天提出的函件有{count}份待签发，请到督办页面签发或撤销。",
        path=f"/i/{inspection.code}/supervision/",
        inspection=inspection,
    )
    people = recipients.holders([unit], Role.OFFICE)[unit.pk]
    keys = [notifications.key_inside(message.topic, each, unit) for each in people]
    if Notice.objects.filter(key__in=keys).count() < len(keys):
        notifications.post([(message, Addressee(each, unit)) for each in people], at=at)


def _audience(letter: SupervisionAction, roll: Roll) -> list[Addressee]:
    """The recipients by role: those of its rung, or of the inspection's for its kind.

    Whoever is named for the measure and holds no role by which they see the letter is not told:
    the link would lead them nowhere.
    """
    rung = letter.rung or rung_for(letter.inspection, letter.kind)
    measure, unit = letter.measure, letter.unit
    people: list[User] = []
    if rung.to_person_in_charge and measure:
        people += _named(measure.person_in_charge, letter)
    if rung.to_liaison:
        people += roll.of(Role.LIAISON, unit)
    if rung.to_head:
        people += _named(measure.responsible_executive, letter) if measure else []
        people += roll.of(Role.UNIT_HEAD, unit)
    if rung.to_lead_executive:
        people += _leaders(letter, roll)
    if rung.to_office:
        people += roll.of(Role.OFFICE, letter.inspection.inspected_unit)
    group = [Addressee(None, unit)] if rung.to_liaison else []
    return [*_each_once(people, unit), *group]


def _named(person: User | None, letter: SupervisionAction) -> list[User]:
    sees = person and permissions.letters_of(person).filter(pk=letter.pk).exists()
    return [person] if person and sees else []


def _leaders(letter: SupervisionAction, roll: Roll) -> Iterable[User]:
    """The lead executive of the problem; where nobody is named who sees it, those of the bureau."""
    named = letter.measure.problem.lead_executive if letter.measure else None
    return _named(named, letter) or roll.of(Role.EXECUTIVE, letter.inspection.inspected_unit)


def _unit_of(letter: SupervisionAction, roll: Roll) -> list[Addressee]:
    people = [*roll.of(Role.LIAISON, letter.unit), *roll.of(Role.UNIT_HEAD, letter.unit)]
    return _each_once(people, letter.unit)


def _each_once(people: Iterable[User], unit: Unit) -> list[Addressee]:
    return [Addressee(each, unit) for each in dict.fromkeys(people) if each.is_active]


def _to_office(
    letter: SupervisionAction, step: str, subject: str, body: str, *, at: datetime
) -> None:
    unit = letter.inspection.inspected_unit
    people = recipients.holders([unit], Role.OFFICE)[unit.pk]
    _post(letter, step, subject, body, _each_once(people, unit), at=at)


def _post(  # noqa: PLR0913  # the parts of one message
    letter: SupervisionAction,
    step: str,
    subject: str,
    body: str,
    to: list[Addressee],
    *,
    at: datetime,
) -> None:
    inspection = letter.inspection
    message = Message(
        topic=f"letter/{letter.subject_code}/{step}",
        kind=NoticeKind.LETTER,
        subject=subject,
        body=body,
        path=f"/i/{inspection.code}/supervision/{letter.number}/",
        inspection=inspection,
    )
    notifications.post(((message, each) for each in to), at=at)
