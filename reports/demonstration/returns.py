"""The lines of the story's rounds: reported, nil, late or silent, as each round's end froze them.

The story tells of lead units alone; supporting ones are asked from the next round on.
"""

from collections.abc import Iterable, Iterator

from rectification import clock
from rectification.models import DispatchReturn, DispatchRound, Measure, ProgressEntry, progress_of
from rectification.states import NOT_ASKED, ReturnState
from reports.demonstration.ledger import Ledger
from reports.figures.standing import measures_as_of


def file(ledger: Ledger, entries: Iterable[ProgressEntry]) -> None:
    """A line for each measure that was open at the end of a round, or was reported in it."""
    told = {(entry.round_id, entry.measure_id): entry for entry in entries}
    rows = [row for round in ledger.rounds.values() for row in _lines(ledger, round, told)]
    DispatchReturn.objects.bulk_create(rows, batch_size=500)


def _lines(
    ledger: Ledger, round: DispatchRound, told: dict[tuple[int | None, int], ProgressEntry]
) -> Iterator[DispatchReturn]:
    assert round.closed_at is not None
    standing = measures_as_of(ledger.inspection, on=clock.day_of(round.closed_at))
    standing = standing.select_related("inspection", "lead_unit").prefetch_related("milestones")
    for measure in standing.order_by("pk"):
        entry = told.get((round.pk, measure.pk))
        if entry or measure.status_then not in NOT_ASKED:  # type: ignore[attr-defined]
            yield _line(round, measure, entry)


def _line(round: DispatchRound, measure: Measure, entry: ProgressEntry | None) -> DispatchReturn:
    assert round.closed_at is not None
    on = clock.day_of(round.closed_at)
    came = ReturnState.FILED if entry else ReturnState.WAITING
    late = entry is not None and entry.reported_on > on
    _take_back(measure)
    light, progress = measure.light(on=on), progress_of(measure.milestones.all(), on=on)
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
        closed_status=measure.status,
        closed_light=light.colour,
        closed_reason=light.reason,
        closed_scheduled=progress.scheduled if progress else None,
        closed_reached=progress.reached if progress else None,
    )


def _take_back(measure: Measure) -> None:
    """The measure as it stood on the day that it was read as of."""
    measure.status = measure.status_then  # type: ignore[attr-defined]
    measure.deadline = measure.deadline_then  # type: ignore[attr-defined]
    measure.precision = measure.precision_then or measure.precision  # type: ignore[attr-defined]
    if measure.deadline == measure.original_deadline:
        measure.times_postponed = 0
