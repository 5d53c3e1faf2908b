"""Notices of before the outbox were to a unit, inside the system, and delivered by being there."""

import hashlib

from django.db import migrations


def forwards(apps, schema_editor):
    Notice = apps.get_model("rectification", "Notice")
    for row in Notice.objects.select_related("round__inspection").iterator():
        row.topic = f"round/{row.round.inspection.code}/{row.round.number}"
        row.key = f"{row.topic}/{row.unit_id}/{row.channel}/nobody"
        said = "\n".join((row.subject, row.body, row.path))
        row.digest = hashlib.sha256(said.encode()).hexdigest()
        row.state, row.not_before, row.outcome_at = "sent", row.created_at, row.created_at
        row.save()


class Migration(migrations.Migration):
    dependencies = [("rectification", "0013_outbox")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
