"""The lines of the story's rounds: reported, nil, late or silent, and each round's sheet as its end
kept it.

The story tells of lead units alone; supporting ones are asked from the next round on.
"""

from collections.abc import Iterable, Iterator

from django.db.models.functions import Length

from rectification import clock, rounds_told, sheets
from rectification.models import DispatchReturn, DispatchRound, Measure, ProgressEntry, RoundSheet
from rectification.states import NOT_ASKED, ReturnState
from reports.demonstration.ledger import Ledger
from reports.figures.standing import measures_as_of


def file(ledger: Ledger, entries: Iterable[ProgressEntry]) -> None:
    """A line for each measure that was open at the end of a round, or was reported in it. The
    points of the meetings are there already."""
    told = {(entry.round_id, entry.measure_id): entry for entry in entries}
    asked = {round: list(_lines(ledger, round, told)) for round in ledger.rounds.values()}
    rows = [row for lines in asked.values() for row in lines]
    DispatchReturn.objects.bulk_create(rows, batch_size=500)
    RoundSheet.objects.bulk_create(_sheet(round, lines) for round, lines in asked.items())


def _sheet(round: DispatchRound, rows: list[DispatchReturn]) -> RoundSheet:
    assert round.closed_at is not None
    on = clock.day_of(round.closed_at)
    lines = [rounds_told.line_of(row, on=on) for row in rows]
    content = rounds_told.account_of(round, lines, at=round.closed_at).kept()
    digest = sheets.digest_of(content)
    return RoundSheet(round=round, content=content, digest=digest, at=round.closed_at)


def _lines(
    ledger: Ledger, round: DispatchRound, told: dict[tuple[int | None, int], ProgressEntry]
) -> Iterator[DispatchReturn]:
    assert round.closed_at is not None
    standing = measures_as_of(ledger.inspection, on=clock.day_of(round.closed_at))
    standing = standing.select_related("inspection", "problem", "lead_unit")
    standing = standing.prefetch_related("milestones")
    for measure in standing.order_by(Length("problem__code"), "problem__code", "pk"):
        entry = told.get((round.pk, measure.pk))
        if entry or measure.status_then not in NOT_ASKED:  # type: ignore[attr-defined]
            yield _line(round, measure, entry)


def _line(round: DispatchRound, measure: Measure, entry: ProgressEntry | None) -> DispatchReturn:
    assert round.closed_at is not None
    came = ReturnState.FILED if entry else ReturnState.WAITING
    late = entry is not None and entry.reported_on > clock.day_of(round.closed_at)
    _take_back(measure)
    return DispatchReturn(
        round=round,
        measure=measure,
        unit=measure.lead_unit,
        leads=True,
        state=came,
        entry=entry,
        filed_at=entry.at if entry else None,
        is_late=late,
        closed_state=ReturnState.WAITING if late else came,
    )


def _take_back(measure: Measure) -> None:
    """The measure as it stood on the day that it was read as of."""
    measure.status = measure.status_then  # type: ignore[attr-defined]
    measure.deadline = measure.deadline_then  # type: ignore[attr-defined]
    measure.precision = measure.precision_then or measure.precision  # type: ignore[attr-defined]
    if measure.deadline == measure.original_deadline:
        measure.times_postponed = 0
