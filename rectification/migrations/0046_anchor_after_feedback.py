"""An anchor of before the feedback goes on to the first day of its series that is not: the numbers
and the days of the rounds to come stay as they are."""

from datetime import timedelta

from django.db import migrations
from django.db.models import F


def go_on(apps, schema_editor):
    Inspection = apps.get_model("rectification", "Inspection")
    for row in Inspection.objects.filter(dispatch_anchor__lt=F("feedback_date")).iterator():
        renumber(row)
        row.save(update_fields=["dispatch_anchor", "dispatch_first_number"])


def renumber(row):
    every = 7 if row.dispatch_rhythm == "weekly" else row.dispatch_every_days
    steps = -(-(row.feedback_date - row.dispatch_anchor).days // every)
    row.dispatch_anchor += timedelta(days=steps * every)
    row.dispatch_first_number += steps


class Migration(migrations.Migration):
    dependencies = [("rectification", "0045_claim")]

    operations = [migrations.RunPython(go_on, migrations.RunPython.noop)]
