"""What a letter says: the house's wording for each kind, and the letter as it was issued."""

from dataclasses import dataclass
from datetime import date, timedelta

from rectification import clock, letters
from rectification.models import LetterKind, Measure, SupervisionAction, Workday, counted

TITLES = {
    LetterKind.REMINDER: "关于抓紧落实整改措施的提醒函",
    LetterKind.ORDER: "关于限期落实整改措施的督办函",
    LetterKind.INTERVIEW: "关于整改落实情况的约谈通知",
    LetterKind.CIRCULAR: "关于整改措施超期情况的通报",
}
DEMANDS = {
    LetterKind.REMINDER: "请抓紧推进，说明目前进展、存在困难和下一步打算。",
    LetterKind.ORDER: "请立即查明原因，明确责任人和完成时间，限期整改到位，并报告落实情况。",
    LetterKind.INTERVIEW: "请单位主要负责人按整改办约定的时间到场说明情况，并书面说明整改安排。",
    LetterKind.CIRCULAR: "现予通报。请深刻查摆原因，举一反三，加快整改，并报告落实情况。",
}


@dataclass(frozen=True)
class Wording:
    """What a letter says, and within how many days it is to be answered (None: not at all)."""

    title: str
    matter: str
    demand: str
    answer_days: int | None


class LetterDamaged(Exception):
    """The letter does not say any more what was issued. The message is for the user."""


def counted_from(measure: Measure) -> date:
    """The day that the ladder counts from: see `models.counted`. The measure has a deadline."""
    row = counted(Measure.objects.filter(pk=measure.pk)).get()
    since: date = row.counted_from  # type: ignore[attr-defined]  # annotated
    return since


def matter_of(measure: Measure, *, on: date) -> str:
    """Why a measure's unit is written to, as of a day."""
    named = measure.title.rstrip("。；;. \n")
    what = f"你单位牵头的整改措施{measure.code}“{named}”"
    if measure.deadline is None:
        return f"{what}（{measure.deadline_phrase}），截至{clock.in_full(on)}尚未完成。"
    left = clock.days_left(measure.deadline, on=on)
    late = f"已超期{-left}天" if left < 0 else f"距时限还有{left}天" if left else "当天到期"
    agreed, since = measure.deadline_phrase, counted_from(measure)
    again = f"{clock.in_full(since)}重新开始整改，" if since != measure.deadline else ""
    return f"{what}，整改时限为{agreed}，{again}截至{clock.in_full(on)}{late}，尚未销号。"


def usual_wording(kind: str, *, matter: str, answer_days: int | None) -> Wording:
    """What a letter of the kind says unless somebody writes it otherwise."""
    which = LetterKind(kind)
    return Wording(TITLES[which], matter, DEMANDS[which], answer_days)


def due_of(letter: SupervisionAction, *, on: date) -> date | None:
    """By when to answer a letter issued on a day; a rest day moves it to the next working day."""
    if letter.answer_days is None:
        return None
    work = Workday.objects.calendar()
    return work.next_working_day(on + timedelta(days=letter.answer_days))


def letter_of(row: SupervisionAction) -> letters.Letter:
    """The letter of a row that is issued."""
    assert row.issued_on is not None
    return letters.Letter(
        sender=row.sender,
        reference=row.reference,
        title=row.title,
        addressee=row.addressee,
        matter=row.matter,
        demand=row.demand,
        issued_on=row.issued_on,
        due_on=row.due_on,
    )


def letter_as_issued(row: SupervisionAction) -> letters.Letter:
    """The letter, whose text is the one that was frozen. Raises LetterDamaged."""
    letter = letter_of(row)
    if letters.digest_of(letter) != row.digest:
        raise LetterDamaged(
            f"{row}的内容与签发时的校验码不一致，不能下载。请报告系统管理员和审计管理员核查。"
        )
    return letter
