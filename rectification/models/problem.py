from collections.abc import Iterable
from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Length

from accounts.models import Unit, under
from rectification.models.inspection import CODE, FindingArea, Inspection
from rectification.models.measure import Measure
from rectification.states import Basis, ProblemStatus, WorkStatus


class ProblemQuerySet(models.QuerySet["Problem"]):
    def visible_within(self, paths: Iterable[str]) -> Self:
        """Those of an organisation in the subtrees, or led there, or with a measure there."""
        paths = list(paths)
        measures = Measure.objects.filter(problem=OuterRef("pk")).visible_within(paths)
        return self.filter(
            under(paths, "inspection__inspected_unit__path")
            | under(paths, "lead_unit__path")
            | Exists(measures)
        )

    def closed(self) -> Self:
        return self.filter(status=ProblemStatus.CLOSED)

    def unfinished(self) -> Self:
        return self.exclude(status=ProblemStatus.CLOSED)

    def counting_measures(self) -> Self:
        """With `measures_count` and `measures_done`."""
        return self.annotate(
            measures_count=Count("measures"),
            measures_done=Count("measures", filter=Q(measures__status=WorkStatus.CLOSED)),
        )

    def counting_overdue(self, *, on: date, basis: Basis = Basis.AGREED) -> Self:
        """With `measures_overdue`, as of the end of `on`."""
        overdue = Q(measures__in=Measure.objects.overdue(on=on, basis=basis))
        return self.annotate(measures_overdue=Count("measures", filter=overdue))

    def awaiting_acceptance(self) -> Self:
        """Unfinished although every measure is closed: its own effect is still to be accepted."""
        unfinished = Measure.objects.filter(problem=OuterRef("pk")).unfinished()
        some = Measure.objects.filter(problem=OuterRef("pk"))
        return self.unfinished().filter(~Exists(unfinished), Exists(some))

    def matching(self, text: str) -> Self:
        """Those whose code or wording contains the text."""
        return self.filter(
            Q(code__icontains=text) | Q(wording__icontains=text) | Q(public_wording__icontains=text)
        )

    def in_code_order(self) -> Self:
        """1, 2, 10 and P-001, P-002: the ledger numbers its problems one way."""
        return self.order_by(Length("code"), "code")

    def for_list(self) -> Self:
        """Everything the list page shows, in one query."""
        related = ("inspection", "area", "lead_unit", "lead_executive")
        return self.select_related(*related).counting_measures().in_code_order()


class Problem(models.Model):
    """One problem of the feedback, tracked until its effect has been accepted.

    `status` changes only through `rectification.workflow`. `closed_source` is set where the problem
    was closed before this system, and names the document that says so.
    """

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="problems")
    code = models.CharField("问题编号", max_length=20, validators=[CODE])
    area = models.ForeignKey(
        FindingArea,
        verbose_name="反馈方面",
        on_delete=models.PROTECT,
        related_name="problems",
        null=True,
        blank=True,
    )
    wording = models.TextField("反馈问题", max_length=4000)
    public_wording = models.TextField("公开表述", max_length=4000, blank=True)
    category = models.CharField("问题类型", max_length=50, blank=True)
    lead_executive = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="牵头领导",
        on_delete=models.PROTECT,
        related_name="led_problems",
        null=True,
        blank=True,
    )
    lead_unit = models.ForeignKey(
        Unit,
        verbose_name="牵头单位",
        on_delete=models.PROTECT,
        related_name="led_problems",
        null=True,
        blank=True,
    )
    status = models.CharField(
        "状态", max_length=20, choices=ProblemStatus, default=ProblemStatus.UNDER_WAY
    )
    closed_on = models.DateField("完成日期", null=True, blank=True)
    closed_source = models.CharField("完成依据(系统启用前)", max_length=200, blank=True)
    version = models.PositiveIntegerField("版本", default=1)

    objects = ProblemQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "问题"
        constraints = [
            models.UniqueConstraint(
                name="one_problem_of_a_code",
                fields=["inspection", "code"],
                violation_error_message="本次巡察已有这个问题编号。",
            ),
            models.CheckConstraint(
                name="problem_status_is_known",
                condition=Q(status__in=ProblemStatus.values),
                violation_error_message="问题状态不在列表中。",
            ),
            models.CheckConstraint(
                name="problem_closed_iff_dated_or_sourced",
                condition=Q(status=ProblemStatus.CLOSED, closed_on__isnull=False)
                | (Q(status=ProblemStatus.CLOSED) & ~Q(closed_source=""))
                | (~Q(status=ProblemStatus.CLOSED) & Q(closed_on=None)),
                violation_error_message="已完成的问题要有完成日期或依据，未完成的不能有完成日期。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def title(self) -> str:
        """The wording, cut at a length that a heading carries."""
        text = self.public_wording or self.wording
        return text if len(text) <= 40 else f"{text[:39]}…"

    @property
    def subject_code(self) -> str:
        """How the journal names this problem."""
        return f"{self.inspection.code}/{self.code}"
