from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q

from rectification.models.problem import Problem
from rectification.models.register import Register, RegisterQuerySet

TEN_THOUSAND = Decimal(10_000)


class MoneyKind(models.TextChoices):
    RECOVERED = "recovered", "追缴"
    REFUNDED = "refunded", "清退"
    AVERTED = "averted", "挽回"


def in_ten_thousands(amount: Decimal) -> str:
    """An amount in 元 as 万元, with no more digits than it has: 12.5万元."""
    text = f"{amount / TEN_THOUSAND:,.6f}".rstrip("0").rstrip(".")
    return f"{text}万元"


class MoneyQuerySet(RegisterQuerySet["RecoveredMoney"]):
    """See register."""


class RecoveredMoney(Register):
    """追缴、清退、挽回的资金, in 元. Zero is a statement."""

    CONTENT: ClassVar[tuple[str, ...]] = ("kind", "amount", "day", "problem", "note")
    WORD: ClassVar[str] = "追缴挽回资金"
    PREFIX: ClassVar[str] = "money"

    kind = models.CharField("类别", max_length=20, choices=MoneyKind)
    amount = models.DecimalField("金额（元）", max_digits=14, decimal_places=2)
    day = models.DateField("日期")
    problem = models.ForeignKey(
        Problem,
        verbose_name="对应问题",
        on_delete=models.PROTECT,
        related_name="recovered_money",
        null=True,
        blank=True,
    )
    note = models.TextField("说明", max_length=2000, blank=True)

    objects = MoneyQuerySet.as_manager()

    class Meta(Register.Meta):
        verbose_name = verbose_name_plural = "追缴挽回资金"
        constraints = [
            *Register.Meta.constraints,
            models.CheckConstraint(
                name="money_kind_is_known",
                condition=Q(kind__in=MoneyKind.values),
                violation_error_message="资金类别不在列表中。",
            ),
            models.CheckConstraint(
                name="money_is_not_negative",
                condition=Q(amount__gte=0),
                violation_error_message="金额不能是负数。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}{self.ten_thousands}"

    @property
    def ten_thousands(self) -> str:
        return in_ten_thousands(self.amount)

    @property
    def yuan(self) -> str:
        return f"{self.amount:,.2f}元"
