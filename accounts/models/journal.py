from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from accounts.models.user import User


class JournalEntry(models.Model):
    """One line of the audit chain. Written by `accounts.journal.append` alone, never changed.

    The subject is named by kind and code, so that the journal needs no key into the apps above.
    `hash` covers every other field and the hash before it.
    """

    sequence = models.PositiveBigIntegerField("序号", unique=True)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(
        User, verbose_name="操作人", on_delete=models.PROTECT, related_name="+", null=True
    )
    on_behalf_of = models.ForeignKey(
        User,
        verbose_name="代何人",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    verb = models.CharField("动作", max_length=40)
    subject_kind = models.CharField("对象", max_length=40)
    subject_code = models.CharField("编号", max_length=120)
    before = models.JSONField("之前", encoder=DjangoJSONEncoder, default=dict)
    after = models.JSONField("之后", encoder=DjangoJSONEncoder, default=dict)
    why = models.TextField("理由", blank=True)
    previous_hash = models.CharField("前一条校验码", max_length=64)
    hash = models.CharField("校验码", max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "审计日志"
        ordering = ["sequence"]
        indexes = [models.Index(fields=["subject_kind", "subject_code"], name="journal_of_subject")]

    def __str__(self) -> str:
        return f"{self.sequence} {self.verb} {self.subject_kind} {self.subject_code}"


class JournalHead(models.Model):
    """The last sequence and hash. One row, and the lock that keeps the chain from forking."""

    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    def __str__(self) -> str:
        return f"{self.sequence} {self.hash}"
