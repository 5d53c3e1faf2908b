"""How every measure and problem stood at the end of a day, read from their dated events."""

from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from rectification.models import (
    Inspection,
    Measure,
    MeasureEvent,
    Problem,
    ProblemEvent,
    deadline_as_of,
)
from rectification.states import FINISHED, WorkStatus

OPEN = tuple(status for status in WorkStatus if status not in FINISHED)
DECIDED = (WorkStatus.CLOSED, WorkStatus.SENT_BACK)


def measures_as_of(inspection: Inspection, *, on: date) -> QuerySet[Measure]:
    """The measures that the plan held by the end of `on`, annotated as they stood then.

    `status_then`; `is_behind` (less reached than was scheduled); `was_returned` (ever, by then);
    `first_decision` (what the first decided application came to; null where none was decided);
    `deadline_then` and `precision_then`, as agreed on that day.
    """
    told = MeasureEvent.objects.filter(measure=OuterRef("pk"), on__lte=on)
    decided = told.filter(from_status=WorkStatus.IN_REVIEW, to_status__in=DECIDED)
    return (
        Measure.objects.filter(inspection=inspection)
        .with_behind(on=on)
        .annotate(
            status_then=Subquery(told.order_by("-on", "-pk").values("to_status")[:1]),
            first_decision=Subquery(decided.order_by("on", "pk").values("to_status")[:1]),
            was_returned=Exists(told.filter(verb="send_back")),
            **deadline_as_of(on),
        )
        .filter(status_then__isnull=False)
    )


def problems_as_of(inspection: Inspection, *, on: date) -> QuerySet[Problem]:
    """The problems that were on record by the end of `on`, annotated as they stood then.

    `status_then`; `all_measures_finished` (it has some, and none was unfinished).
    """
    told = ProblemEvent.objects.filter(problem=OuterRef("pk"), on__lte=on)
    measures = measures_as_of(inspection, on=on).filter(problem=OuterRef("pk"))
    return (
        Problem.objects.filter(inspection=inspection)
        .annotate(
            status_then=Subquery(told.order_by("-on", "-pk").values("to_status")[:1]),
            all_measures_finished=Q(Exists(measures))
            & ~Exists(measures.filter(Q(status_then__in=OPEN))),
        )
        .filter(status_then__isnull=False)
    )
