"""What `bin/manage check` says of the dispatch: a calendar that meetings fall into and lacks."""

from datetime import timedelta
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import DatabaseError
from django.utils import timezone

from rectification.models import CalendarYear, Inspection

SOON = timedelta(days=31)  # the notice of a year comes in the autumn before it


@register(Tags.database)
def the_calendar_is_announced(
    app_configs: Any, databases: Any = None, **_: Any
) -> list[CheckMessage]:
    """This year's rest days are known, and in December those of the next."""
    if not databases:
        return []  # the caller asks nothing of the database
    on = timezone.localdate()
    try:
        if not Inspection.objects.exclude(dispatch_anchor=None).exists():
            return []
        announced = CalendarYear.objects.announced().values_list("year", flat=True)
        missing = sorted({on.year, (on + SOON).year} - {*announced})
    except DatabaseError:
        return []  # that it cannot be reached is said by whoever needs it
    return [
        Warning(
            f"{year}年放假安排还没有登记为已公布，这一年的调度会议日是推算的。",
            hint="请系统管理员或整改办在“工作日历”页导入放假通知。",
            id="rectification.W001",
        )
        for year in missing
    ]
