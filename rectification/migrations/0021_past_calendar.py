"""Years of before there was a row for each: announced where they hold a make-up working day.

A first day of dispatch outside this century was a slip, under which no meeting could be held; it
is taken away, so that the next migration can forbid it.
"""

from datetime import date

from django.db import migrations
from django.db.models import Q
from django.utils import timezone

EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)


def forwards(apps, schema_editor):
    Workday = apps.get_model("rectification", "Workday")
    CalendarYear = apps.get_model("rectification", "CalendarYear")
    Inspection = apps.get_model("rectification", "Inspection")
    days = Workday.objects.filter(day__range=(EARLIEST, LATEST)).values_list("day", "is_working")
    years: dict[int, bool] = {}
    for day, is_working in days:
        years[day.year] = years.get(day.year, False) or (is_working and day.weekday() >= 5)
    CalendarYear.objects.bulk_create(
        CalendarYear(year=year, is_announced=announced, source="by_hand", changed_at=timezone.now())
        for year, announced in sorted(years.items())
    )
    outside = Q(dispatch_anchor__lt=EARLIEST) | Q(dispatch_anchor__gt=LATEST)
    Inspection.objects.filter(outside).update(dispatch_anchor=None)


def backwards(apps, schema_editor):
    apps.get_model("rectification", "CalendarYear").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("rectification", "0020_rhythm_and_calendar")]

    operations = [migrations.RunPython(forwards, backwards)]
