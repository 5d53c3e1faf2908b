import unicodedata
from collections.abc import Iterable
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q

from accounts.models import under
from rectification.models.evidence import Evidence
from rectification.models.inspection import Inspection
from rectification.models.measure import Measure
from rectification.models.problem import Problem
from rectification.models.register import Register, RegisterQuerySet

_MARKS = frozenset("《》〈〉<>“”‘’\"'")


class OutcomeKind(models.TextChoices):
    NEW = "new", "新建"
    REVISED = "revised", "修订"


def title_key(title: str) -> str:
    """What two spellings of one title share: no book or quotation marks, no spaces, half width."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    return "".join(each for each in folded if each not in _MARKS and not each.isspace())


class TitleKeyField(models.CharField):  # type: ignore[type-arg]
    """Follows the title whenever a row is saved: nobody else may forget it."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        key = title_key(getattr(model_instance, "title", ""))
        setattr(model_instance, self.attname, key)
        return key


class OutcomeQuerySet(RegisterQuerySet["InstitutionalOutcome"]):
    def visible_within(self, paths: Iterable[str]) -> Self:
        """Those of an organisation in the subtrees, or of a measure or problem visible there."""
        paths = list(paths)
        measures = Measure.objects.visible_within(paths).filter(outcomes=OuterRef("pk"))
        problems = Problem.objects.visible_within(paths).filter(outcomes=OuterRef("pk"))
        whole = under(paths, "inspection__inspected_unit__path")
        return self.filter(whole | Exists(measures) | Exists(problems))

    def matching(self, text: str) -> Self:
        return self.filter(Q(title__icontains=text) | Q(number__icontains=text))

    def with_claims(self, paths: Iterable[str]) -> Self:
        """With those of their measures and problems fetched that are visible in the subtrees."""
        paths = list(paths)
        measures = Measure.objects.visible_within(paths).order_by("code")
        problems = Problem.objects.visible_within(paths).order_by("code")
        return self.prefetch_related(Prefetch("measures", measures), Prefetch("problems", problems))


class InstitutionalOutcome(Register):
    """制度成果: a rule or mechanism that came out of the work. Many measures and problems may claim
    one; it is counted once, under its title as `title_key` spells it."""

    CONTENT: ClassVar[tuple[str, ...]] = (
        "title",
        "title_key",
        "number",
        "issued_on",
        "kind",
        "evidence",
    )
    DAY: ClassVar[str] = "issued_on"
    WORD: ClassVar[str] = "制度成果"
    PREFIX: ClassVar[str] = "outcome"

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="outcomes")
    title = models.CharField("制度名称", max_length=200)
    title_key = TitleKeyField("归一名称", max_length=800, editable=False, default="")
    number = models.CharField("文号", max_length=50, blank=True)
    issued_on = models.DateField("印发日期")
    kind = models.CharField("类别", max_length=10, choices=OutcomeKind, default=OutcomeKind.NEW)
    measures = models.ManyToManyField(
        Measure, verbose_name="对应措施", related_name="outcomes", blank=True
    )
    problems = models.ManyToManyField(
        Problem, verbose_name="对应问题", related_name="outcomes", blank=True
    )
    evidence = models.ForeignKey(
        Evidence,
        verbose_name="文件（佐证材料）",
        on_delete=models.PROTECT,
        related_name="outcomes",
        null=True,
        blank=True,
    )

    objects = OutcomeQuerySet.as_manager()

    class Meta(Register.Meta):
        verbose_name = verbose_name_plural = "制度成果"
        ordering = ["issued_on", "pk"]
        constraints = [
            *Register.Meta.constraints,
            models.UniqueConstraint(
                name="one_standing_outcome_of_a_title",
                fields=["inspection", "title_key"],
                condition=Q(withdrawn_at=None),
                violation_error_message="本次巡察已登记这项制度（名称相同，书名号、空格和全角半角不计），"
                "一项只登记一次：请打开已有的那一项，加上对应的措施或问题。",
            ),
            models.CheckConstraint(
                name="outcome_kind_is_known",
                condition=Q(kind__in=OutcomeKind.values),
                violation_error_message="制度成果类别不在列表中。",
            ),
        ]

    def __str__(self) -> str:
        return f"《{self.title.strip('《》')}》"
