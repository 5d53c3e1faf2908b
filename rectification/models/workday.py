from django.db import models

from rectification.clock import WorkCalendar


class WorkdayQuerySet(models.QuerySet["Workday"]):
    def calendar(self) -> WorkCalendar:
        """All exceptions as a value; a year is known as soon as one of its days is here."""
        exceptions = dict(self.values_list("day", "is_working"))
        return WorkCalendar(exceptions, frozenset(day.year for day in exceptions))


class Workday(models.Model):
    """A day unlike Monday to Friday: a public holiday or a make-up working day (调休)."""

    day = models.DateField("日期", unique=True)
    is_working = models.BooleanField("上班")
    name = models.CharField("说明", max_length=50, blank=True)

    objects = WorkdayQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "工作日历"
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {'上班' if self.is_working else '休息'} {self.name}"
