"""佐证材料: what proves that a measure was carried out. Versions are added, nothing is replaced."""

from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Prefetch, Q

from accounts.models import Unit
from rectification.models.inspection import Inspection
from rectification.models.measure import Measure


class EvidenceKind(models.TextChoices):
    DOCUMENT = "document", "制度文件"
    MINUTES = "minutes", "会议材料"
    PHOTO = "photo", "现场照片"
    RECORD = "record", "工作台账"
    VOUCHER = "voucher", "票据凭证"
    CONTRACT = "contract", "合同协议"
    OTHER = "other", "其他"


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def visible_within(self, paths: Iterable[str]) -> Self:
        """Those that serve, or once served, a measure that is visible there."""
        uses = EvidenceUse.objects.filter(evidence=OuterRef("pk"))
        return self.filter(
            Exists(uses.filter(measure__in=Measure.objects.visible_within(list(paths))))
        )

    def matching(self, text: str) -> Self:
        """Those whose name or document number contains the text, or whose number it is."""
        digits = text.upper().removeprefix("E-").lstrip("0")
        found = Q(title__icontains=text) | Q(document_number__icontains=text)
        if digits.isascii() and digits.isdecimal():
            found |= Q(number=int(digits))
        return self.filter(found)

    def for_list(self) -> Self:
        """Everything the list page shows, in a fixed number of queries; the newest first."""
        versions = EvidenceVersion.objects.select_related("by")
        return (
            self.select_related("inspection", "unit")
            .prefetch_related(Prefetch("versions", versions))
            .order_by("-number")
        )

    def in_use(self) -> Self:
        return self.filter(withdrawn_at=None)


class Evidence(models.Model):
    """One piece of evidence: its description, and its versions. It may serve many measures.

    `dated_on` is the day of the document or the photograph, not of the upload. Withdrawing is a
    status with a reason: the files stay.
    """

    inspection = models.ForeignKey(Inspection, on_delete=models.PROTECT, related_name="evidence")
    number = models.PositiveIntegerField("材料编号")
    title = models.CharField("材料名称", max_length=200)
    kind = models.CharField("材料类型", max_length=20, choices=EvidenceKind)
    document_number = models.CharField("文号", max_length=100, blank=True)
    dated_on = models.DateField("材料日期")
    is_public = models.BooleanField("可以公开", default=False)
    unit = models.ForeignKey(
        Unit, verbose_name="提供单位", on_delete=models.PROTECT, related_name="evidence"
    )
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
    version = models.PositiveIntegerField("版本", default=1)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "佐证材料"
        ordering = ["inspection", "number"]
        constraints = [
            models.UniqueConstraint(
                name="one_evidence_of_a_number",
                fields=["inspection", "number"],
                violation_error_message="本次巡察已有这个材料编号。",
            ),
            models.CheckConstraint(
                name="evidence_kind_is_known",
                condition=Q(kind__in=EvidenceKind.values),
                violation_error_message="材料类型不在列表中。",
            ),
            models.CheckConstraint(
                name="evidence_withdrawn_with_a_reason",
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawn_why="")
                | (
                    Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_why="")
                ),
                violation_error_message="撤下材料要写明理由。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def code(self) -> str:
        return f"E-{self.number:03}"

    @property
    def subject_code(self) -> str:
        """How the journal names this piece."""
        return f"{self.inspection.code}/{self.code}"

    @property
    def latest(self) -> "EvidenceVersion":
        """The version that stands."""
        return list(self.versions.all())[-1]

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None


class EvidenceVersion(models.Model):
    """The n-th file of a piece, under a name of our own (`key`). Never overwritten.

    `name` is what the person called the file, `size` in bytes, `sha256` over the bytes as stored.
    """

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField("第几版")
    name = models.CharField("文件名", max_length=255)
    media_type = models.CharField("文件类型", max_length=100)
    size = models.PositiveBigIntegerField("大小(字节)")
    pages = models.PositiveSmallIntegerField("可预览页数", default=0)
    sha256 = models.CharField("校验码", max_length=64)
    key = models.CharField("存放名", max_length=64, unique=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="上传人", on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="代何人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    at = models.DateTimeField("上传时间")

    class Meta:
        verbose_name = verbose_name_plural = "材料版本"
        ordering = ["evidence", "number"]
        constraints = [
            models.UniqueConstraint(
                name="one_evidence_version_of_a_number",
                fields=["evidence", "number"],
                violation_error_message="这份材料已有这一版。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evidence.code} 第{self.number}版"


class EvidenceUse(models.Model):
    """That a piece serves a measure, from when to when. Ended with a reason, not deleted."""

    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="uses")
    measure = models.ForeignKey(Measure, on_delete=models.PROTECT, related_name="evidence_uses")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="关联人", on_delete=models.PROTECT, related_name="+"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="代何人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    at = models.DateTimeField("关联时间")
    ended_at = models.DateTimeField("解除时间", null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="解除人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    ended_why = models.TextField("解除理由", max_length=2000, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "材料与措施"
        constraints = [
            models.UniqueConstraint(
                name="one_current_use_of_evidence",
                fields=["evidence", "measure"],
                condition=Q(ended_at=None),
                violation_error_message="这份材料已经用于这条措施。",
            ),
            models.CheckConstraint(
                name="evidence_use_ended_with_a_reason",
                condition=Q(ended_at=None, ended_by=None, ended_why="")
                | (Q(ended_at__isnull=False, ended_by__isnull=False) & ~Q(ended_why="")),
                violation_error_message="解除关联要写明理由。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evidence.code} → {self.measure.code}"
