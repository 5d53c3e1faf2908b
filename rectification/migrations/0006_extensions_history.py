"""Deadlines that workbooks changed before changes were dated rows: read back from the journal."""

from datetime import date

from django.db import migrations
from django.utils import timezone


def dated(apps, schema_editor):
    entries = apps.get_model("accounts", "JournalEntry").objects.filter(
        verb="amend", subject_kind="measure", by__isnull=False
    )
    for entry in entries.order_by("sequence").iterator():
        was, now = _time(entry.before), _time(entry.after)
        if was is None or now is None or was == now:
            continue
        inspection, _, code = entry.subject_code.partition("/")
        measure = (
            apps.get_model("rectification", "Measure")
            .objects.filter(inspection__code=inspection, code=code)
            .first()
        )
        if measure is None:
            continue
        apps.get_model("rectification", "DeadlineChange").objects.create(
            measure=measure,
            from_deadline=was[0],
            from_precision=was[1],
            to_deadline=now[0],
            to_precision=now[1],
            by_id=entry.by_id,
            on_behalf_of_id=entry.on_behalf_of_id,
            at=entry.at,
            on=timezone.localtime(entry.at).date(),
            why=entry.why,
        )
        if was[0] and now[0] and now[0] > was[0]:
            measure.times_postponed += 1
            measure.save(update_fields=["times_postponed"])


def _time(content):
    """The deadline and its precision; None where the entry does not say."""
    if "deadline" not in content or "precision" not in content:
        return None
    day = content["deadline"]
    return (date.fromisoformat(day) if day else None, content["precision"])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_journal_names_deputies"),
        ("rectification", "0005_extensions"),
    ]

    operations = [migrations.RunPython(dated, migrations.RunPython.noop)]
