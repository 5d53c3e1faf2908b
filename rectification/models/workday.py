from typing import Self

from django.db import models
from django.db.models import Q

from rectification.clock import WorkCalendar
from rectification.states import CalendarSource

EARLIEST_YEAR, LATEST_YEAR = 2000, 2099


class CalendarYearQuerySet(models.QuerySet["CalendarYear"]):
    def announced(self) -> Self:
        return self.filter(is_announced=True)


class CalendarYear(models.Model):
    """A year of the working calendar: whether it is announced, and where its days come from.

    Its days are the `Workday`s of that year; each change of one of them is a version of the year.
    """

    year = models.PositiveSmallIntegerField("年份", unique=True)
    is_announced = models.BooleanField("放假安排已公布", default=False)
    source = models.CharField("来源", max_length=20, choices=CalendarSource)
    source_name = models.CharField("来源文件", max_length=200, blank=True)
    version = models.PositiveIntegerField("版本", default=1)
    changed_at = models.DateTimeField("更新时间")

    objects = CalendarYearQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "日历年份"
        ordering = ["year"]
        constraints = [
            models.CheckConstraint(
                name="calendar_year_is_possible",
                condition=Q(year__gte=EARLIEST_YEAR, year__lte=LATEST_YEAR),
                violation_error_message="年份请填 2000 到 2099。",
            ),
            models.CheckConstraint(
                name="calendar_source_is_known",
                condition=Q(source__in=CalendarSource.values),
                violation_error_message="日历来源不在列表中。",
            ),
            models.CheckConstraint(
                name="calendar_computed_is_not_announced",
                condition=~Q(source=CalendarSource.COMPUTED, is_announced=True),
                violation_error_message="按法定节日推算的年份不能标为已公布。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year}年"

    @property
    def subject_code(self) -> str:
        """How the journal names it."""
        return str(self.year)


class WorkdayQuerySet(models.QuerySet["Workday"]):
    def of(self, year: int) -> Self:
        return self.filter(day__year=year)

    def calendar(self) -> WorkCalendar:
        """All exceptions as a value, with the years that are announced and those computed."""
        rows = list(self.values_list("day", "is_working", "name"))
        years = dict(CalendarYear.objects.values_list("year", "is_announced"))
        return WorkCalendar(
            exceptions={day: is_working for day, is_working, _ in rows},
            known_years=frozenset(year for year, announced in years.items() if announced),
            computed_years=frozenset(year for year, announced in years.items() if not announced),
            names={day: name for day, _, name in rows},
        )


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
