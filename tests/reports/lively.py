"""A small ledger with something of everything that the dashboard counts."""

from datetime import date, timedelta

from rectification.models import InstitutionalOutcome, MeasureEvent
from rectification.states import WorkStatus
from tests import factories

ON = date(2025, 7, 31)


def lively(inspection, *, on: date):
    """Something of everything that the dashboard counts."""
    first, second = factories.ProblemFactory.create_batch(2, inspection=inspection)
    units = [factories.unit(parent=inspection.inspected_unit) for _ in range(2)]

    def measure(unit, problem=first, **fields):
        return factories.MeasureFactory(problem=problem, lead_unit=units[unit], **fields)

    for overdue in (3, 20, 45, 100):
        measure(0, deadline=on - timedelta(days=overdue))
    measure(1, deadline=on + timedelta(days=2), status=WorkStatus.IN_REVIEW)
    measure(1, deadline=on + timedelta(days=60), status=WorkStatus.UNDER_WAY)
    closed = measure(1, problem=second, status=WorkStatus.CLOSED, closed_on=date(2025, 4, 1))
    returned = measure(0, deadline=on + timedelta(days=70), status=WorkStatus.SENT_BACK)
    for row, to_status in ((returned, "sent_back"), (closed, "closed")):
        MeasureEvent.objects.create(
            measure=row,
            verb="send_back" if to_status == "sent_back" else "close",
            from_status=WorkStatus.IN_REVIEW,
            to_status=to_status,
            on=date(2025, 4, 2),
            at=factories.NOON,
            why="照片看不清",
            ground="below_standard" if to_status == "sent_back" else "",
        )
    factories.MilestoneFactory(measure=returned, due_on=date(2025, 3, 1))
    InstitutionalOutcome.objects.create(
        inspection=inspection, title=f"河湖巡查办法{closed.pk}", issued_on=date(2025, 4, 1)
    )
