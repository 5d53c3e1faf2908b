from typing import ClassVar

from django.db import models
from django.db.models import Q

from rectification.models.problem import Problem
from rectification.models.register import Register, RegisterQuerySet


class AccountabilityKind(models.TextChoices):
    TALK = "talk", "谈话提醒"
    CRITICISM = "criticism", "批评教育"
    ADMONITION = "admonition", "诫勉"
    ORGANISATIONAL = "organisational", "组织处理"
    PARTY = "party", "党纪处分"
    ADMINISTRATIVE = "administrative", "政务处分"
    JUDICIAL = "judicial", "移送司法"
    OTHER = "other", "其他"


class AccountabilityQuerySet(RegisterQuerySet["AccountabilityAction"]):
    """See register."""


class AccountabilityAction(Register):
    """问责: how many people, how, and when; never who. Zero people is a statement, not a gap."""

    CONTENT: ClassVar[tuple[str, ...]] = ("kind", "people", "day", "problem", "note")
    WORD: ClassVar[str] = "问责处理"
    PREFIX: ClassVar[str] = "accountability"

    kind = models.CharField("处理方式", max_length=20, choices=AccountabilityKind)
    people = models.PositiveIntegerField("人数")
    day = models.DateField("日期")
    problem = models.ForeignKey(
        Problem,
        verbose_name="对应问题",
        on_delete=models.PROTECT,
        related_name="accountability_actions",
        null=True,
        blank=True,
    )
    note = models.TextField("说明", max_length=2000, blank=True)

    objects = AccountabilityQuerySet.as_manager()

    class Meta(Register.Meta):
        verbose_name = verbose_name_plural = "问责处理"
        constraints = [
            *Register.Meta.constraints,
            models.CheckConstraint(
                name="accountability_kind_is_known",
                condition=Q(kind__in=AccountabilityKind.values),
                violation_error_message="处理方式不在列表中。",
            ),
            models.CheckConstraint(
                name="accountability_people_are_possible",
                condition=Q(people__gte=0, people__lte=100_000),
                violation_error_message="人数请填 0 到 100000。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}{self.people}人"
