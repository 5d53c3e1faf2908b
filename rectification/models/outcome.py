from django.db import models
from django.db.models import Q

from rectification.models.inspection import Inspection
from rectification.models.measure import Measure


class OutcomeKind(models.TextChoices):
    NEW = "new", "新建"
    REVISED = "revised", "修订"


class InstitutionalOutcome(models.Model):
    """制度成果: a rule or mechanism that came out of the work. Many measures may claim one; it is
    counted once, under its title."""

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="outcomes")
    title = models.CharField("制度名称", max_length=200)
    number = models.CharField("文号", max_length=50, blank=True)
    issued_on = models.DateField("印发日期")
    kind = models.CharField("类别", max_length=10, choices=OutcomeKind, default=OutcomeKind.NEW)
    measures = models.ManyToManyField(Measure, verbose_name="对应措施", related_name="outcomes")

    class Meta:
        verbose_name = verbose_name_plural = "制度成果"
        ordering = ["issued_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="one_outcome_of_a_title",
                fields=["inspection", "title"],
                violation_error_message="本次巡察已有同名的制度成果。",
            ),
            models.CheckConstraint(
                name="outcome_kind_is_known",
                condition=Q(kind__in=OutcomeKind.values),
                violation_error_message="制度成果类别不在列表中。",
            ),
        ]

    def __str__(self) -> str:
        return f"《{self.title}》"
