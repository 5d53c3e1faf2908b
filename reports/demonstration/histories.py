"""One measure's history as rows: events, reports, applications, reviews, milestones reached."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Model

from accounts.models import User
from rectification import closing
from rectification.models import (
    CloseoutRequest,
    Measure,
    MeasureEvent,
    Milestone,
    ProgressEntry,
    RequestEvidence,
    Review,
    Rework,
)
from rectification.states import MEASURE_MOVES, Decision, RequestOutcome, WorkStatus
from reports.demonstration import proofs
from reports.demonstration.ledger import Ledger, moment
from reports.demonstration.story import Measure as Told
from reports.demonstration.story import Return
from reports.demonstration.timeline import Happening, pick

REDONE_WITHIN = timedelta(days=14)  # where the story names no day


class StoryBroken(Exception):
    """The story lets a measure do what the table of moves forbids."""


@dataclass
class Writer:
    """Writes the rows of one measure, keeping its status, version and rework round as verbs do.

    `next_step` is the problem's, to go with the measure's last report; empty for most measures.
    `raises` are the moments at which the version rose without a move.
    """

    ledger: Ledger
    each: Told
    row: Measure
    next_step: str = ""
    raises: list[datetime] = field(default_factory=list)
    status: str = ""
    said: str = ""
    rework: Rework | None = None
    reviewers: set[int] = field(default_factory=set)
    reached: dict[int, date] = field(default_factory=dict)
    requests: dict[int, CloseoutRequest] = field(default_factory=dict)

    def write(self, happenings: Iterable[Happening]) -> Iterator[Model]:
        """The measure itself and every row that hangs on it. Raises StoryBroken."""
        yield self.row
        for happening in happenings:
            yield from self._happen(happening)
        self._raise_version()
        yield from self._milestones()
        if self.status != self.each.status:
            raise StoryBroken(f"{self.each.code} ends {self.status}, not {self.each.status}")

    def _happen(self, happening: Happening) -> Iterator[Model]:
        self._raise_version(until=moment(happening.on, happening.at))
        writers = {
            "plan": self._plan,
            "report": self._report,
            "submit": self._submit,
            "approve": self._approve,
            "send_back": self._send_back,
            "lapse": self._lapse,
            "close": self._close,
            "confirm": self._confirm,
            "reopen": self._reopen,
        }
        yield from writers[happening.verb](happening)

    def _plan(self, happening: Happening) -> Iterator[Model]:
        yield self._moved(happening, by=self.ledger.office[0])

    def _report(self, happening: Happening) -> Iterator[Model]:
        told = happening.told
        assert told is not None
        assert happening.round is not None
        yield self._moved(happening, by=self._liaison)
        if not happening.nil:
            self.said = told.text
            self.reached[told.share or 0] = happening.on
        yield ProgressEntry(
            measure=self.row,
            round=self.ledger.rounds[happening.round],
            unit=self.row.lead_unit,
            text=told.text,
            difficulty=told.difficulty,
            next_step=self._next_step(told.round, told.next_step),
            nil_return=happening.nil,
            by=self._liaison,
            reported_on=happening.on,
            at=moment(happening.on, happening.at),
            measure_version=self.row.version,
        )

    def _submit(self, happening: Happening) -> Iterator[Model]:
        yield self._moved(happening, by=self._liaison)
        request = CloseoutRequest(
            measure=self.row,
            number=happening.attempt,
            statement=self.said,
            evidence_note=self._evidence(),
            measure_version=self.row.version,
            stage=self.ledger.stages[1],
            applied_by=self._liaison,
            applied_at=moment(happening.on, happening.at),
            applied_on=happening.on,
        )
        evidence = proofs.standing(self.ledger.proofs, self.each.code, at=request.applied_at)
        request.digest = closing.digest_of(request, evidence)
        self.requests[happening.attempt] = request
        yield request
        for version in evidence:
            yield RequestEvidence(request=request, version=version, sha256=version.sha256)

    def _approve(self, happening: Happening) -> Iterator[Model]:
        """Stage one says yes; the application goes on to stage two."""
        opinions = self.ledger.story.opinions
        late = bool(self.each.deadline and happening.on > self.each.deadline)
        opinion = self._choose(opinions.head_late if late else opinions.head_in_time, happening)
        yield self._review(happening, Decision.APPROVE, opinion)
        self.requests[happening.attempt].stage = self.ledger.stages[2]
        self.row.version += 1

    def _send_back(self, happening: Happening) -> Iterator[Model]:
        returned = happening.returned
        assert returned is not None
        why = _reason(returned)
        if happening.attempt:
            yield self._review(happening, Decision.RETURN, why, ground=returned.ground)
            self.requests[happening.attempt].outcome = RequestOutcome.RETURNED
        self.row.rework_round += 1
        by = self._reviewer(happening)
        yield self._moved(happening, by=by, why=why, ground=returned.ground)
        self.rework = Rework(
            measure=self.row,
            number=self.row.rework_round,
            ground=returned.ground,
            reason=why,
            due_on=returned.until or happening.on + REDONE_WITHIN,
            request=self.requests.get(happening.attempt),
            stage=self.ledger.stages[happening.stage] if happening.attempt else None,
            by=by,
            at=moment(happening.on, happening.at),
            on=happening.on,
        )
        yield self.rework

    def _close(self, happening: Happening) -> Iterator[Model]:
        opinion = self._choose(self._closing_opinions(), happening)
        yield self._review(happening, Decision.APPROVE, opinion)
        self.requests[happening.attempt].outcome = RequestOutcome.APPROVED
        yield self._moved(happening, by=self._reviewer(happening), why=opinion)

    def _lapse(self, happening: Happening) -> Iterator[Model]:
        request = self.requests[happening.attempt]
        request.outcome, request.lapsed_why = RequestOutcome.LAPSED, happening.why
        yield self._moved(happening, by=self._liaison, why=happening.why)

    def _reopen(self, happening: Happening) -> Iterator[Model]:
        yield self._moved(happening, by=self._looker, why=f"第1次回头看：{happening.why}")

    def _confirm(self, happening: Happening) -> Iterator[Model]:
        yield self._moved(happening, by=self._looker, why=happening.why)

    def _raise_version(self, *, until: datetime | None = None) -> None:
        """Count what raised the version meanwhile without a move."""
        while self.raises and (until is None or self.raises[0] < until):
            self.raises.pop(0)
            self.row.version += 1

    def _moved(
        self, happening: Happening, *, by: User, why: str = "", ground: str = ""
    ) -> MeasureEvent:
        move = MEASURE_MOVES[happening.verb]
        if self.status not in move.sources:
            raise StoryBroken(f"{self.each.code}: {happening.verb} from {self.status}")
        before, self.status = self.status, move.leads_to(self.status)
        if before == WorkStatus.SENT_BACK and self.rework is not None:
            self.rework.answered_at = moment(happening.on, happening.at)
            self.rework.answered_on = happening.on
        if before:
            self.row.version += 1
        return MeasureEvent(
            measure=self.row,
            verb=happening.verb,
            from_status=before,
            to_status=self.status,
            on=happening.on,
            at=moment(happening.on, happening.at),
            by=by,
            why=why,
            ground=ground,
            rework_round=self.row.rework_round,
            round=self.ledger.rounds[happening.round] if happening.round else None,
        )

    def _review(
        self, happening: Happening, decision: Decision, opinion: str, *, ground: str = ""
    ) -> Review:
        self.reviewers.add(self._reviewer(happening).pk)
        return Review(
            request=self.requests[happening.attempt],
            stage=self.ledger.stages[happening.stage],
            decision=decision,
            ground=ground,
            opinion=opinion,
            by=self._reviewer(happening),
            at=moment(happening.on, happening.at),
            on=happening.on,
            digest=self.requests[happening.attempt].digest,
        )

    def _reviewer(self, happening: Happening) -> User:
        """The head of the unit at stage one, somebody of the office else."""
        if happening.stage == 1:
            return self.ledger.staff.people[self.ledger.story.unit(self.each.lead_unit).head]
        return self.ledger.office[pick(self.each.code, happening.on, of=len(self.ledger.office))]

    @property
    def _looker(self) -> User:
        """Somebody of the office who had no hand in the measure."""
        return next(each for each in self.ledger.office if each.pk not in self.reviewers)

    @property
    def _liaison(self) -> User:
        return self.ledger.staff.people[self.ledger.story.unit(self.each.lead_unit).liaison]

    def _next_step(self, round: int, own: str) -> str:
        """The measure's own next step; on its last report also the problem's."""
        is_last = bool(self.each.progress) and round == self.each.progress[-1].round
        if not (is_last and self.next_step):
            return own
        return f"{own.rstrip('。')}；{self.next_step}" if own else self.next_step

    def _choose(self, opinions: tuple[str, ...], happening: Happening) -> str:
        return opinions[pick(self.each.code, happening.verb, of=len(opinions))]

    def _closing_opinions(self) -> tuple[str, ...]:
        opinions = self.ledger.story.opinions
        if self.row.rework_round:
            return opinions.office_rework
        claims = any(self.each.code in each.measures for each in self.ledger.story.outcomes)
        return opinions.office_outcome if claims else opinions.office

    def _evidence(self) -> str:
        """The documents that the text names, then what goes with its subject."""
        titles = [f"{title}印发件" for title in re.findall("《[^《》]+》", self.said)]
        fitting = [text for word, text in self.ledger.story.opinions.evidence if word in self.said]
        return "、".join([*titles, fitting[0]])

    def _milestones(self) -> Iterator[Milestone]:
        for milestone in self.each.milestones:
            days = [day for share, day in self.reached.items() if share >= milestone.share]
            rebounded = self.each.reopened and milestone.due > self.each.reopened.on
            values: dict[str, Any] = {"reached_on": None if rebounded else min(days, default=None)}
            yield Milestone(
                measure=self.row,
                text=milestone.text,
                due_on=milestone.due,
                precision=milestone.precision,
                share=milestone.share,
                **values,
            )


def _reason(returned: Return) -> str:
    """The reason with the day by which the work is to be redone."""
    if returned.until is None:
        return returned.why
    return f"{returned.why}请于{returned.until.month}月{returned.until.day}日前重新报送。"
