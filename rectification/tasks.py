"""Celery's way in: reads the clock, calls one function, decides nothing."""

from celery import shared_task
from django.utils import timezone

from rectification import dispatching


@shared_task(name="rectification.tick")
def tick() -> None:
    dispatching.open_due(at=timezone.now())
