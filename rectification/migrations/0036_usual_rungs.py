"""Inspections of before the ladder get the usual rungs. Run back, rungs that nobody used go."""

from django.db import migrations

HEAD = {"to_head": True, "to_lead_executive": True}
FIRST = {"to_person_in_charge": True, "to_liaison": True, "to_head": True}
USUAL = (
    {"days": -10, "colour": "yellow", **FIRST},
    {"days": 0, "colour": "yellow", **FIRST},
    {
        "days": 1,
        "colour": "yellow",
        "letter": "reminder",
        "is_automatic": True,
        "answer_days": 5,
        **FIRST,
    },
    {"days": 7, "colour": "red", "letter": "order", "answer_days": 7, **HEAD},
    {"days": 15, "colour": "red", "letter": "interview", "answer_days": 5, **HEAD},
    {"days": 30, "colour": "red", "letter": "circular", "answer_days": 10, **HEAD},
)


def forwards(apps, schema_editor):
    Inspection = apps.get_model("rectification", "Inspection")
    Rung = apps.get_model("rectification", "Rung")
    for inspection in Inspection.objects.filter(rungs=None):
        Rung.objects.bulk_create(Rung(inspection=inspection, **usual) for usual in USUAL)


def backwards(apps, schema_editor):
    Rung = apps.get_model("rectification", "Rung")
    Rung.objects.filter(letters=None).delete()


class Migration(migrations.Migration):
    dependencies = [("rectification", "0035_letters")]

    operations = [migrations.RunPython(forwards, backwards)]
