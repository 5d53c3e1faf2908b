"""Gives the outcomes that are there the key of their title. Where two share one, the later keeps
it with its number behind: the office sees both and withdraws one."""

import unicodedata

from django.db import migrations

MARKS = frozenset("《》〈〉<>“”‘’\"'")


def key_of(title):
    folded = unicodedata.normalize("NFKC", title).casefold()
    return "".join(each for each in folded if each not in MARKS and not each.isspace())


def give_keys(apps, schema_editor):
    outcomes = apps.get_model("rectification", "InstitutionalOutcome").objects
    taken = set()
    for pk, inspection, title in outcomes.order_by("pk").values_list("pk", "inspection", "title"):
        key = key_of(title)
        if (inspection, key) in taken:
            key = f"{key}#{pk}"
        taken.add((inspection, key))
        outcomes.filter(pk=pk).update(title_key=key)


class Migration(migrations.Migration):
    dependencies = [("rectification", "0008_registers")]

    operations = [migrations.RunPython(give_keys, migrations.RunPython.noop)]
