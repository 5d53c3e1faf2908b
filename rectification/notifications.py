"""Writes letters into the outbox. They hold counts and a link, never the text of a problem."""

from datetime import datetime

from django.db.models import Count

from accounts.models import Unit
from rectification.models import DispatchRound, Measure, Notice, NoticeKind


def announce(round: DispatchRound, *, at: datetime) -> int:
    """One in-app notice for each responsible unit with open measures; how many there are."""
    open_measures = Measure.objects.filter(inspection=round.inspection).unfinished()
    counts = dict(
        open_measures.order_by()
        .values_list("lead_unit")
        .annotate(Count("pk"))
        .values_list("lead_unit", "pk__count")
    )
    units = Unit.objects.filter(pk__in=counts).in_order()
    notices = [_round_opened(round, unit, counts[unit.pk], at=at) for unit in units]
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    return len(notices)


def _round_opened(round: DispatchRound, unit: Unit, count: int, *, at: datetime) -> Notice:
    day = f"{round.meeting_on.month}月{round.meeting_on.day}日"
    return Notice(
        inspection=round.inspection,
        round=round,
        unit=unit,
        kind=NoticeKind.ROUND_OPENED,
        subject=f"{round}（{day}）开始报送",
        body=f"{unit.name}有{count}条措施未销号，请在本次调度报送进展；没有变化也要零报告。",
        created_at=at,
    )
