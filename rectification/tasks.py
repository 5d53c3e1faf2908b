"""Celery's way in: reads the clock, calls one function, decides nothing."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from rectification import (
    calendar_keeping,
    delivery,
    dispatching,
    notifications,
    reminders,
    supervising,
)

logger = logging.getLogger(__name__)

# What a tick does, in this order. Each asks what is due by now and not yet done.
JOBS: tuple[Callable[..., Any], ...] = (
    calendar_keeping.keep_ahead,
    dispatching.open_due,
    supervising.climb,
    reminders.remind,
)


def do_jobs(*, at: datetime) -> dict[str, Any]:
    """Every job, and what it answered; one that fails does not keep the next from its work. The
    first error is raised at the end."""
    answers: dict[str, Any] = {}
    first_error: Exception | None = None
    for job in JOBS:
        try:
            answers[job.__name__] = job(at=at)
        except Exception as error:
            logger.exception("%s failed", job.__name__)
            first_error = first_error or error
    if first_error:
        raise first_error
    return answers


@shared_task(name="rectification.tick")
def tick() -> None:
    do_jobs(at=timezone.now())


@shared_task(name=notifications.DELIVER)
def deliver() -> None:
    """For half a sweep at a time, so that a worker that sends for hours opens rounds meanwhile."""
    tally = delivery.deliver_due(now=timezone.now, within=settings.DELIVERY_SWEEP_SECONDS / 2)
    if not tally.is_finished:
        notifications.ring()
