"""Who acts for whom, from which day until which: 代理. The record of every act names both."""

from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import F, Func, IntegerField, Q
from django.db.models.lookups import LessThan

from accounts.models.user import User

MOST_DAYS = 92  # a quarter; who is away longer needs a successor, not a deputy


class AbsenceKind(models.TextChoices):
    """Why somebody needs a deputy. A word of a list: free text would be one more entry to guard."""

    TRAVEL = "travel", "外出公务"
    STUDY = "study", "学习培训"
    LEAVE = "leave", "休假"
    ILLNESS = "illness", "病假"
    OTHER = "other", "其他工作安排"


class DaysBetween(Func):
    """The days from the second date to the first, in the plain SQL of either database."""

    template = "(%(expressions)s)"
    arg_joiner = " - "
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler,
            connection,
            template="(JULIANDAY(%(expressions)s))",
            arg_joiner=") - JULIANDAY(",
            **context,
        )


class DeputyQuerySet(models.QuerySet["Deputy"]):
    def valid(self, *, on: date) -> Self:
        """Those under which somebody may act on that day."""
        return self.filter(
            ended_at=None,
            from_on__lte=on,
            until_on__gte=on,
            principal__is_active=True,
            deputy__is_active=True,
        )

    def to_come(self, *, on: date) -> Self:
        """Neither ended nor over: valid now, or from a later day."""
        return self.filter(ended_at=None, until_on__gte=on)

    def of_pair(self, principal: User, deputy: User) -> Self:
        return self.filter(principal=principal, deputy=deputy, ended_at=None)

    def latest_first(self) -> Self:
        return self.select_related("principal", "deputy__unit").order_by("-from_on", "-pk")


class Deputy(models.Model):
    """One person acts for another from `from_on` to the end of `until_on`. Ended, never deleted."""

    principal = models.ForeignKey(
        User, verbose_name="委托人", on_delete=models.PROTECT, related_name="deputies"
    )
    deputy = models.ForeignKey(
        User, verbose_name="代理人", on_delete=models.PROTECT, related_name="deputyships"
    )
    from_on = models.DateField("开始日期")
    until_on = models.DateField("结束日期")
    why = models.CharField("委托事由", max_length=20, choices=AbsenceKind)
    given_by = models.ForeignKey(
        User, verbose_name="办理人", on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField("办理时间")
    ended_at = models.DateTimeField("提前结束时间", null=True, blank=True)
    ended_by = models.ForeignKey(
        User,
        verbose_name="提前结束人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )

    objects = DeputyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "代理"
        ordering = ["-from_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="deputy_reason_is_known",
                condition=Q(why__in=AbsenceKind.values),
                violation_error_message="委托事由不在列表中。",
            ),
            models.CheckConstraint(
                name="deputy_is_somebody_else",
                condition=~Q(principal=F("deputy")),
                violation_error_message="不能委托自己代理自己。",
            ),
            models.CheckConstraint(
                name="deputy_period_in_order",
                condition=Q(until_on__gte=F("from_on")),
                violation_error_message="代理的结束日期不能早于开始日期。",
            ),
            models.CheckConstraint(
                name="deputy_period_of_a_quarter_at_most",
                condition=LessThan(DaysBetween(F("until_on"), F("from_on")), MOST_DAYS),
                violation_error_message=f"一次代理最多{MOST_DAYS}天。",
            ),
            models.CheckConstraint(
                name="deputy_ended_by_somebody",
                condition=Q(ended_at=None, ended_by=None)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                violation_error_message="提前结束的代理要写明结束的时间和结束人。",
            ),
            models.UniqueConstraint(
                name="one_deputyship_of_a_pair_from_a_day",
                fields=["principal", "deputy", "from_on"],
                condition=Q(ended_at=None),
                violation_error_message="这一天开始的同一代理已经有了。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deputy}代{self.principal}"

    @property
    def period(self) -> str:
        first, last = self.from_on, self.until_on
        return (
            f"{first.year}年{first.month}月{first.day}日至{last.year}年{last.month}月{last.day}日"
        )

    def is_valid(self, *, on: date) -> bool:
        return self.ended_at is None and self.from_on <= on <= self.until_on


def signature(by: User | None, on_behalf_of: User | None = None) -> str:
    """Who acted, as every page says it: 李四, or 李四（代张三）; nobody is the empty text."""
    if by is None:
        return ""
    return f"{by}（代{on_behalf_of}）" if on_behalf_of else str(by)
