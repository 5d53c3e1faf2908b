"""Of several rounds that are open the last stays so; what was reported in it gets its line.

Rounds that are closed here have no lines: they go on being told from the reports and the events.
"""

from django.db import migrations


def close_older(apps, schema_editor):
    DispatchRound = apps.get_model("rectification", "DispatchRound")
    for row in DispatchRound.objects.filter(state="open").iterator():
        later = DispatchRound.objects.filter(inspection=row.inspection_id, number__gt=row.number)
        following = later.exclude(state="superseded").order_by("number").first()
        if following is None:
            answer(apps, row)
        else:
            row.state, row.closed_at = "closed", following.opened_at
            row.save(update_fields=["state", "closed_at"])


def answer(apps, row):
    """The latest report of each measure answers for its lead unit, or for a supporting one."""
    told = apps.get_model("rectification", "ProgressEntry").objects.filter(round=row)
    for entry in told.select_related("measure").order_by("pk").iterator():
        helps = entry.measure.supporting_units.filter(pk=entry.unit_id).exists()
        leads = not helps or entry.unit_id == entry.measure.lead_unit_id
        apps.get_model("rectification", "DispatchReturn").objects.update_or_create(
            round=row,
            measure=entry.measure,
            unit_id=entry.measure.lead_unit_id if leads else entry.unit_id,
            defaults={
                "leads": leads,
                "state": "filed",
                "entry": entry,
                "filed_at": entry.at,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("rectification", "0022_possible_anchor")]

    operations = [migrations.RunPython(close_older, migrations.RunPython.noop)]
