"""The doorbell with a real broker and a real worker: what the timetable rings for gets done."""

import time

import pytest
from celery.contrib.testing.worker import start_worker

from config.celery import app
from rectification.models import DispatchRound
from tests.factories import InspectionFactory, MeasureFactory


def test_every_line_of_the_timetable_names_a_task_that_exists():
    app.loader.import_default_modules()

    named = {line["task"] for line in app.conf.beat_schedule.values()}

    assert named - set(app.tasks) == set()


@pytest.mark.django_db(transaction=True)
def test_the_worker_opens_the_round_that_is_due_when_the_bell_rings(broker):
    inspection = InspectionFactory()
    MeasureFactory(problem__inspection=inspection)
    rounds = DispatchRound.objects.filter(inspection=inspection)

    with start_worker(app, pool="solo", perform_ping_check=False, shutdown_timeout=20):
        app.send_task("rectification.tick")
        give_up = time.monotonic() + 20
        while not rounds.open().exists() and time.monotonic() < give_up:
            time.sleep(0.05)

    assert rounds.open().count() == 1
    assert rounds.open().get().notices.count() == 1
