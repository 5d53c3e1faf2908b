"""The Celery app and the whole timetable, each line with its why."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    # Opens the dispatch round that is due. Often, because a tick that finds nothing due is cheap
    # and one that was missed must be caught up soon: it asks what is due by now, never what day
    # it is.
    "tick": {"task": "rectification.tick", "schedule": 60.0, "options": {"expires": 60}},
    # Finds what no bell announced: what waits for a second attempt, and what a worker that died had
    # in its hands. A bell that has waited for so long says nothing that the next one does not.
    "sweep": {
        "task": "rectification.deliver",
        "schedule": float(settings.DELIVERY_SWEEP_SECONDS),
        "options": {"expires": settings.DELIVERY_SWEEP_SECONDS},
    },
}
