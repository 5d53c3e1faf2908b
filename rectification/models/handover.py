"""责任交接: from one person or unit to the next, as of a day. The former name stays on record."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Unit
from rectification.models.measure import Measure
from rectification.models.problem import Problem


class HandoverField(models.TextChoices):
    LEAD_UNIT = "lead_unit", "牵头单位"
    RESPONSIBLE_EXECUTIVE = "responsible_executive", "责任领导"
    PERSON_IN_CHARGE = "person_in_charge", "责任人"
    LEAD_EXECUTIVE = "lead_executive", "牵头领导"


OF_MEASURES = (
    HandoverField.LEAD_UNIT,
    HandoverField.RESPONSIBLE_EXECUTIVE,
    HandoverField.PERSON_IN_CHARGE,
)
OF_PROBLEMS = (HandoverField.LEAD_UNIT, HandoverField.LEAD_EXECUTIVE)


class Handover(models.Model):
    """One handover of a measure or of a problem. `on` is the day from which the new name counts.

    `batch` is the same for all that went over with everything of a person. The former is nobody
    where the field was empty.
    """

    measure = models.ForeignKey(
        Measure, on_delete=models.PROTECT, related_name="handovers", null=True, blank=True
    )
    problem = models.ForeignKey(
        Problem, on_delete=models.PROTECT, related_name="handovers", null=True, blank=True
    )
    field = models.CharField("交接内容", max_length=30, choices=HandoverField)
    former_person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="原负责人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    new_person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="新负责人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    former_unit = models.ForeignKey(
        Unit,
        verbose_name="原单位",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    new_unit = models.ForeignKey(
        Unit,
        verbose_name="新单位",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    on = models.DateField("交接日期")
    why = models.TextField("交接理由", max_length=2000)
    batch = models.UUIDField("批次", null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="办理人", on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="代何人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    at = models.DateTimeField("办理时间")

    class Meta:
        verbose_name = verbose_name_plural = "责任交接"
        ordering = ["on", "pk"]
        indexes = [models.Index(fields=["batch"], name="handover_by_batch")]
        constraints = [
            models.CheckConstraint(
                name="handover_of_a_measure_or_a_problem",
                condition=Q(measure__isnull=False, problem=None, field__in=OF_MEASURES)
                | Q(measure=None, problem__isnull=False, field__in=OF_PROBLEMS),
                violation_error_message="交接要么是措施的，要么是问题的，交接内容要与之相符。",
            ),
            models.CheckConstraint(
                name="handover_to_a_unit_or_a_person",
                condition=Q(
                    field=HandoverField.LEAD_UNIT,
                    new_unit__isnull=False,
                    new_person=None,
                    former_person=None,
                )
                | (
                    ~Q(field=HandoverField.LEAD_UNIT)
                    & Q(new_person__isnull=False, new_unit=None, former_unit=None)
                ),
                violation_error_message="牵头单位交接给单位，其他交接给人。",
            ),
            models.CheckConstraint(
                name="handover_changes_something",
                condition=~Q(former_person=models.F("new_person"), new_person__isnull=False)
                & ~Q(former_unit=models.F("new_unit"), new_unit__isnull=False),
                violation_error_message="交接前后不能是同一个。",
            ),
            models.CheckConstraint(
                name="handover_has_a_reason",
                condition=~Q(why=""),
                violation_error_message="交接要写明理由。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_field_display()}由{self.former or '（空）'}交接给{self.new}"

    @property
    def former(self) -> object | None:
        """The person or unit before, None where there was none."""
        return self.former_unit or self.former_person

    @property
    def new(self) -> object:
        return self.new_unit or self.new_person
