"""Units as a tree. The path makes "this unit and all below it" one comparison of beginnings."""

from collections.abc import Iterable
from typing import Self

from django.db import models, transaction
from django.db.models import Q


def under(paths: Iterable[str], field: str = "path") -> Q:
    """The condition that `field` (a unit's path) lies in one of the subtrees; nothing for none."""
    condition = Q(pk__in=[])
    for path in paths:
        condition |= Q(**{f"{field}__startswith": path})
    return condition


class UnitKind(models.TextChoices):
    BUREAU = "bureau", "机关"
    DIVISION = "division", "处室"
    SUB_BUREAU = "sub_bureau", "派出局"
    INSTITUTION = "institution", "直属单位"
    OVERSIGHT = "oversight", "监督机构"


class UnitQuerySet(models.QuerySet["Unit"]):
    def within(self, paths: Iterable[str]) -> Self:
        return self.filter(under(paths))

    def in_order(self) -> Self:
        return self.order_by("order", "pk")

    @transaction.atomic
    def plant(self, *, name: str, parent: "Unit | None", kind: str, short_name: str = "") -> "Unit":
        """Make a unit below `parent` and give it its path; siblings stay in order of making."""
        unit = self.create(
            name=name,
            short_name=short_name,
            parent=parent,
            kind=kind,
            order=self.filter(parent=parent).count() + 1,
        )
        unit.path = f"{parent.path if parent else '/'}{unit.pk}/"
        unit.save(update_fields=["path"])
        return unit


class Unit(models.Model):
    """A bureau, division, dispatched sub-bureau or affiliated institution.

    `path` is "/1/4/": the keys from the root down to the unit itself. A unit is never deleted; one
    that is dissolved is no longer active.
    """

    name = models.CharField("单位名称", max_length=100, unique=True)
    short_name = models.CharField("简称", max_length=30, blank=True)
    kind = models.CharField("类别", max_length=20, choices=UnitKind, default=UnitKind.DIVISION)
    parent = models.ForeignKey(
        "self",
        verbose_name="上级单位",
        on_delete=models.PROTECT,
        related_name="children",
        null=True,
        blank=True,
    )
    path = models.CharField("层级路径", max_length=200, editable=False, db_index=True)
    order = models.PositiveIntegerField("排序", default=0)
    is_active = models.BooleanField("在用", default=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "单位"
        constraints = [
            models.CheckConstraint(
                name="unit_kind_is_known",
                condition=Q(kind__in=UnitKind.values),
                violation_error_message="单位类别不在列表中。",
            ),
            models.CheckConstraint(
                name="unit_is_not_its_own_parent",
                condition=~Q(parent=models.F("pk")),
                violation_error_message="单位不能作自己的上级。",
            ),
        ]

    def __str__(self) -> str:
        return self.short_name or self.name

    @property
    def root_path(self) -> str:
        """The path of the bureau that the unit belongs to, be it itself."""
        return "/".join(self.path.split("/")[:2]) + "/"
