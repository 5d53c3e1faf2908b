"""What happened to one measure, in order: the story's few dates filled out to a full history.

A measure that is open in a round is reported in it: with the story's text, or with a nil return.
An application follows the last report, climbs two stages and ends in a return or the close-out.
Everything is decided by the story and by a checksum of the measure's code, so two loads agree.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from reports.demonstration.story import Dispatch, Lapse, Measure, Return, Told


@dataclass(frozen=True)
class Happening:
    """One thing that happened to a measure.

    `verb` is plan, report, submit, approve (at `stage`), send_back, lapse, close, reopen or
    confirm. `told` belongs to reports, `returned` to returns; `attempt` numbers the applications
    from 1 (0: none).
    """

    verb: str
    on: date
    at: time
    round: int | None = None
    told: Told | None = None
    nil: bool = False
    returned: Return | None = None
    attempt: int = 0
    stage: int = 0
    why: str = ""


@dataclass
class _Attempt:
    """One application: when it was made and concluded; `end` is None while it waits."""

    number: int
    submitted: date
    end: date | None
    returned: Return | None = None
    approved_first: date | None = None
    lapse: Lapse | None = None


@dataclass
class _Writer:
    measure: Measure
    dispatch: Dispatch
    attempts: list[_Attempt] = field(default_factory=list)

    def pick(self, *salt: object, of: int) -> int:
        """A number below `of` that depends on the measure and the salt alone."""
        return pick(self.measure.code, *salt, of=of)

    def report_day(self, round: int) -> date:
        """When the return of a round is filed: early enough for the application that follows."""
        opens = self.dispatch.opens(round)
        if (self.measure.code, round) in self.dispatch.late:
            return opens + timedelta(days=self.dispatch.days_open)
        day = opens + timedelta(days=self.pick(round, of=3))
        for end in self._ends():
            if opens < end <= self.dispatch.closes(round) + timedelta(days=1):
                day = min(day, max(opens, end - timedelta(days=2)))
        return day

    def _ends(self) -> list[date]:
        measure = self.measure
        ends = [each.on for each in measure.returns if _has_application(each)]
        return ends + [day for day in (measure.done, measure.applied) if day]


def pick(*salt: object, of: int) -> int:
    """A number below `of` that depends on the salt alone."""
    return zlib.crc32("/".join(map(str, salt)).encode()) % of


def history(measure: Measure, dispatch: Dispatch) -> tuple[Happening, ...]:
    """Everything that happened to the measure, oldest first."""
    writer = _Writer(measure, dispatch)
    writer.attempts = list(_attempts(writer))
    happenings = [
        Happening("plan", measure.planned, time(10)),
        *_reports(writer),
        *(each for attempt in writer.attempts for each in _climb(attempt, measure)),
        *_direct_returns(measure, dispatch),
    ]
    if measure.reopened:
        opened = measure.reopened
        happenings.append(Happening("reopen", opened.on, time(16, 40), why=opened.why))
    return tuple(sorted(happenings, key=lambda each: (each.on, each.at)))


def _attempts(writer: _Writer) -> Iterator[_Attempt]:
    measure = writer.measure
    ends: list[tuple[date, Return | None]] = [
        (each.on, each) for each in measure.returns if _has_application(each)
    ]
    if measure.done:
        ends.append((measure.done, None))
    number = 0
    for number, (end, returned) in enumerate(ends, start=1):
        earliest = _last_report_before(writer, end)
        submitted = max(earliest, _working_day(end - timedelta(days=2 + writer.pick(end, of=3))))
        first = max(submitted, _working_day(submitted + (end - submitted) // 2))
        by_head = returned is not None and returned.by == "unit_head"
        yield _Attempt(number, submitted, end, returned, None if by_head else first)
    for lapse in measure.lapses:
        number += 1
        yield _Attempt(number, lapse.applied, lapse.on, lapse=lapse)
    if measure.applied:
        approved = measure.applied + timedelta(days=1) if measure.stage > 1 else None
        yield _Attempt(number + 1, measure.applied, None, None, approved)


def _last_report_before(writer: _Writer, end: date) -> date:
    """The day of the last report with a text of its own before the application is concluded."""
    rounds = [told.round for told in writer.measure.progress]
    days = [writer.report_day(round) for round in rounds if writer.dispatch.opens(round) < end]
    return max(days)


def _climb(attempt: _Attempt, measure: Measure) -> Iterator[Happening]:
    number = attempt.number
    yield Happening("submit", attempt.submitted, time(14, 5), attempt=number)
    if attempt.approved_first:
        yield Happening("approve", attempt.approved_first, time(15, 20), attempt=number, stage=1)
    if attempt.end is None:
        return
    if attempt.lapse:
        why = attempt.lapse.why
        yield Happening("lapse", attempt.end, time(10, 30), attempt=number, stage=1, why=why)
        return
    if attempt.returned is None:
        yield Happening("close", attempt.end, time(16, 10), attempt=number, stage=2)
    else:
        stage = 1 if attempt.approved_first is None else 2
        yield Happening(
            "send_back",
            attempt.end,
            time(16, 10),
            returned=attempt.returned,
            attempt=number,
            stage=stage,
        )


def _direct_returns(measure: Measure, dispatch: Dispatch) -> Iterator[Happening]:
    """What the office sent back without an application: late work, taken up at a dispatch."""
    for returned in measure.returns:
        if not _has_application(returned):
            round = _round_of(returned.on, dispatch)
            yield Happening("send_back", returned.on, time(16, 10), round=round, returned=returned)


def _reports(writer: _Writer) -> Iterator[Happening]:
    measure, dispatch = writer.measure, writer.dispatch
    told = {each.round: each for each in measure.progress}
    for round in range(1, dispatch.rounds + 1):
        day = writer.report_day(round)
        if (measure.code, round) in dispatch.missing or not _is_open(writer, day):
            continue
        nil = round not in told
        text = dispatch.nil_texts[writer.pick("nil", round, of=len(dispatch.nil_texts))]
        at = time(9 + writer.pick("hour", round, of=3), writer.pick("minute", round, of=60))
        entry = told.get(round) or Told(round, text)
        yield Happening("report", day, at, round=round, told=entry, nil=nil)


def _is_open(writer: _Writer, day: date) -> bool:
    """Whether a report can be filed on the morning of the day: begun, not in review, not closed.

    The day of an application still takes the report, which is filed before it. A measure whose
    work has not begun is not asked: a report, even a nil one, would begin it.
    """
    measure = writer.measure
    if measure.status == "not_started" or (measure.done and day > measure.done):
        return False
    return not any(
        attempt.submitted < day and (attempt.end is None or day <= attempt.end)
        for attempt in writer.attempts
    )


def _has_application(returned: Return) -> bool:
    return returned.ground == "below_standard"


def _round_of(day: date, dispatch: Dispatch) -> int | None:
    """The round that is open on the day."""
    rounds = range(1, dispatch.rounds + 1)
    return next((n for n in rounds if dispatch.opens(n) <= day <= dispatch.closes(n)), None)


def _working_day(day: date) -> date:
    """The day itself, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))
