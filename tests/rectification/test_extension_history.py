"""What was in the journal before changes of a deadline were rows is read back into rows."""

from datetime import date
from importlib import import_module

from django.apps import apps

from rectification import planning
from rectification.models import DeadlineChange, Measure
from tests.factories import NOON

history = import_module("rectification.migrations.0006_extensions_history")


def test_an_earlier_amendment_of_a_deadline_becomes_a_dated_row(cast):
    measure = Measure.objects.get(pk=cast.measure.pk)
    before = planning.content_of(measure, planning.MEASURE_CONTENT)
    measure.deadline = date(2025, 12, 31)
    planning.amend_measure(measure, before=before, by=cast.office, at=NOON, why="导入整改台账")
    written = DeadlineChange.objects.values(*FIELDS).get()
    DeadlineChange.objects.all().delete()
    Measure.objects.update(times_postponed=0)

    history.dated(apps, None)

    assert DeadlineChange.objects.values(*FIELDS).get() == written
    assert Measure.objects.get(pk=cast.measure.pk).times_postponed == 1


FIELDS = (
    "measure",
    "from_deadline",
    "from_precision",
    "to_deadline",
    "to_precision",
    "by",
    "at",
    "on",
    "why",
)
