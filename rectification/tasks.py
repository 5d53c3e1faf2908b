"""Celery's way in: reads the clock, calls one function, decides nothing."""

from celery import shared_task
from django.utils import timezone

from rectification import calendar_keeping, dispatching


@shared_task(name="rectification.tick")
def tick() -> None:
    at = timezone.now()
    calendar_keeping.prefill(calendar_keeping.needed_years(on=timezone.localdate(at)), at=at)
    dispatching.open_due(at=at)
