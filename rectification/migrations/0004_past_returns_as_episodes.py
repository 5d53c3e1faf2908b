"""Past returns become numbered episodes; past applications get the digest of what they said."""

import hashlib
import json
from datetime import UTC

from django.db import migrations


def remember(apps, schema_editor):
    event = apps.get_model("rectification", "MeasureEvent")
    rework = apps.get_model("rectification", "Rework")
    for each in event.objects.filter(verb="send_back").order_by("pk").iterator():
        after = event.objects.filter(measure=each.measure_id, pk__gt=each.pk)
        answer = after.exclude(to_status="sent_back").order_by("pk").first()
        rework.objects.get_or_create(
            measure_id=each.measure_id,
            number=each.rework_round,
            defaults={
                "ground": each.ground,
                "reason": each.why,
                "by_id": each.by_id,
                "at": each.at,
                "on": each.on,
                "answered_at": answer.at if answer else None,
                "answered_on": max(answer.on, each.on) if answer else None,
            },
        )
    request = apps.get_model("rectification", "CloseoutRequest")
    for each in request.objects.filter(digest="").iterator():
        request.objects.filter(pk=each.pk).update(digest=digest(each))
    for each in apps.get_model("rectification", "Review").objects.select_related("request"):
        type(each).objects.filter(pk=each.pk).update(digest=each.request.digest)


def digest(request):
    """As `closing.digest_of` was when this was written, for an application without files."""
    measure = request.measure
    content = [
        f"{measure.inspection.code}/{measure.code}",
        measure.text,
        measure.target,
        request.number,
        request.statement,
        request.evidence_note,
        [],
        request.measure_version,
        request.applied_by_id,
        request.applied_at.astimezone(UTC).isoformat(),
    ]
    canonical = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def forget(apps, schema_editor):
    """The episodes go with their table; the events that they were made from stay."""
    apps.get_model("rectification", "Rework").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("rectification", "0003_close_out_with_proof")]

    operations = [migrations.RunPython(remember, forget)]
