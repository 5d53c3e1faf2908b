"""The days on which an inspection meets: what has been, as it was, and what is to come."""

from dataclasses import dataclass
from datetime import date

from rectification import clock
from rectification.clock import Series, Sitting, WorkCalendar
from rectification.models import DispatchRound, Inspection, Workday
from rectification.states import RoundState


@dataclass(frozen=True)
class MeetingDay:
    """One round of a year: its day in the series and that of its meeting, and why they differ.

    `merged_into` is the number of the later round that takes its place on the same day, or None.
    `caveat` is what has to be said of a year that is not announced; of a round that is there
    nothing is computed any more.
    """

    number: int
    due_on: date
    meeting_on: date
    why_moved: str
    merged_into: int | None
    caveat: str
    round: DispatchRound | None

    @property
    def is_held(self) -> bool:
        """It is, or will be, a meeting of its own."""
        missed = self.round is not None and self.round.state == RoundState.SUPERSEDED
        return self.merged_into is None and not missed


def of_year(inspection: Inspection, year: int) -> tuple[MeetingDay, ...]:
    """The rounds whose day in the series falls into the year, in order."""
    work = Workday.objects.calendar()
    there = inspection.rounds.filter(due_on__year=year).order_by("number")
    following = {each.number: each for each in inspection.rounds.filter(meeting_on__year__gte=year)}
    days = [_of_round(each, following.get(each.number + 1), work) for each in there]
    if inspection.series is not None:
        after = inspection.rounds.last_number()
        days += _to_come(inspection.series, work, after=after, year=year)
    return tuple(days)


def years(inspection: Inspection, *, on: date) -> tuple[int, ...]:
    """The years that are worth showing: from the first round to the one after the day's."""
    first = inspection.rounds.order_by("due_on").values_list("due_on", flat=True).first()
    days = [day for day in (first, inspection.dispatch_anchor) if day is not None]
    begin = min([on.year, *(day.year for day in days)])
    end = max([on.year + 1, *(day.year for day in days)])
    return tuple(range(begin, end + 1))


def _to_come(series: Series, work: WorkCalendar, *, after: int, year: int) -> list[MeetingDay]:
    first = max(after + 1, series.first_number, series.last_by(date(year - 1, 12, 31)) + 1)
    numbers = range(first, series.last_by(date(year, 12, 31)) + 1)
    return [_computed(number, series, work) for number in numbers]


def _computed(number: int, series: Series, work: WorkCalendar) -> MeetingDay:
    here = clock.sitting(number, series=series, work=work)
    later = clock.sitting(number + 1, series=series, work=work)
    return MeetingDay(
        number=number,
        due_on=here.due_on,
        meeting_on=here.meeting_on,
        why_moved=_why(here, work),
        merged_into=later.number if later.meeting_on == here.meeting_on else None,
        caveat=here.caveat,
        round=None,
    )


def _of_round(round: DispatchRound, later: DispatchRound | None, work: WorkCalendar) -> MeetingDay:
    """A round that is there keeps its days, whatever the calendar says by now."""
    merged = later and round.state == RoundState.SUPERSEDED and later.meeting_on == round.meeting_on
    here = Sitting(round.number, round.due_on, round.meeting_on)
    return MeetingDay(
        number=round.number,
        due_on=round.due_on,
        meeting_on=round.meeting_on,
        why_moved=_why(here, work),
        merged_into=later.number if later and merged else None,
        caveat="",
        round=round,
    )


def _why(here: Sitting, work: WorkCalendar) -> str:
    if here.meeting_on == here.due_on:
        return ""
    return work.why_rest(here.due_on) or "当时的日历为休息日"
