"""What the registers have in common: rows amended by version, and withdrawn, never deleted."""

from collections.abc import Iterable
from typing import Any, ClassVar, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q, Sum

from accounts.models import under
from rectification.models.inspection import Inspection
from rectification.models.problem import Problem

Row = TypeVar("Row", bound="Register")


class RegisterQuerySet(models.QuerySet[Row]):
    def standing(self) -> Self:
        """Those that count."""
        return self.filter(withdrawn_at=None)

    def visible_within(self, paths: Iterable[str]) -> Self:
        """Those of an organisation in the subtrees, or of a problem that is visible there."""
        paths = list(paths)
        problems = Problem.objects.visible_within(paths)
        return self.filter(
            under(paths, "inspection__inspected_unit__path") | Q(problem__in=problems)
        )

    def matching(self, text: str) -> Self:
        return self.filter(Q(note__icontains=text) | Q(problem__code__icontains=text))

    def totals(self, column: str) -> dict[str, Any]:
        """The sum of the column for each kind that occurs; what was never entered has no sum."""
        by_kind = self.order_by().values_list("kind")
        return dict(by_kind.annotate(Sum(column)))

    def for_list(self) -> Self:
        """The latest first, what was withdrawn at the end; with everything that the page shows."""
        related = ("inspection", "problem", "withdrawn_by")
        rows = self.select_related(*(each for each in related if _has(self.model, each)))
        return rows.order_by(
            models.F("withdrawn_at").asc(nulls_first=True), f"-{self.model.DAY}", "-pk"
        )


def _has(model: type[models.Model], name: str) -> bool:
    return any(field.name == name for field in model._meta.concrete_fields)


class Register(models.Model):
    """A row of a register. `CONTENT` are the columns that the office enters and amends, `DAY` the
    one that holds the day of what happened, `WORD` and `PREFIX` what a person calls the row.

    Withdrawing is a status with a reason: the row stays, and counts no more.
    """

    CONTENT: ClassVar[tuple[str, ...]]
    DAY: ClassVar[str] = "day"
    WORD: ClassVar[str]
    PREFIX: ClassVar[str]

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField("版本", default=1)
    withdrawn_at = models.DateTimeField("撤下时间", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="撤下人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    withdrawn_why = models.TextField("撤下理由", max_length=2000, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(class)s_withdrawn_with_a_reason",
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawn_why="")
                | (
                    Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_why="")
                ),
                violation_error_message="撤下要写明理由。",
            ),
        ]

    @property
    def code(self) -> str:
        return f"{self.PREFIX}-{self.pk}"

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None

    @property
    def subject_code(self) -> str:
        """How the journal names this row."""
        return f"{self.inspection.code}/{self.code}"
