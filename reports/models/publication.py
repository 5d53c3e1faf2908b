from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q

from reports.models.report import Report


class PublicationQuerySet(models.QuerySet["Publication"]):
    def current(self) -> Self:
        """The version of each report that stands: the one that no later one superseded."""
        return self.filter(superseded_at=None)

    def latest_first(self) -> Self:
        return self.order_by("-published_at", "-pk")

    def for_list(self) -> Self:
        """Without the frozen bytes, which no list shows."""
        return self.defer("article", "text", "data").select_related("report")


class Publication(models.Model):
    """One frozen version of a report: the bytes that the public reads, each with its SHA-256.

    Never edited. A correction is a further version with a notice; this one stays readable.
    `draft_version` is the version of the report that was frozen; `figures` are those of
    `publishing.HeadlineFigure`.
    """

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="publications")
    number = models.PositiveSmallIntegerField("版次")
    draft_version = models.PositiveIntegerField("报告版本")
    title = models.CharField("标题", max_length=200)
    source = models.CharField("信息来源", max_length=100, blank=True)
    as_of = models.DateField("数据截至", null=True, blank=True)
    notice = models.CharField("更正说明", max_length=500, blank=True)
    article = models.TextField("正文(HTML)")
    article_hash = models.CharField("正文校验码", max_length=64)
    text = models.TextField("正文(文本)")
    text_hash = models.CharField("文本校验码", max_length=64)
    data = models.TextField("数据(JSON)")
    data_hash = models.CharField("数据校验码", max_length=64)
    figures = models.JSONField("指标", default=list)
    published_at = models.DateTimeField("发布日期")
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="发布人", on_delete=models.PROTECT, related_name="+"
    )
    superseded_at = models.DateTimeField("更正时间", null=True, blank=True)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "公开版本"
        ordering = ["report", "number"]
        constraints = [
            models.UniqueConstraint(
                name="one_publication_of_a_number",
                fields=["report", "number"],
                violation_error_message="这一版已经发布过了。",
            ),
            models.UniqueConstraint(
                name="one_current_publication",
                fields=["report"],
                condition=Q(superseded_at=None),
                violation_error_message="这份报告已有一个现行版本。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} 第{self.number}版"


@contextmanager
def impatient() -> Iterator[None]:
    """Wait 0.2 s at most for SQLite's one writer: a reader must not stand behind a long import."""
    if connection.vendor != "sqlite":
        yield
        return
    usual = int(connection.settings_dict["OPTIONS"].get("timeout", 5) * 1000)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 200")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")


class PageCountQuerySet(models.QuerySet["PageCount"]):
    def count_one(self, publication: Publication) -> int:
        """One more reader; how many there are now."""
        self.filter(publication=publication).update(views=F("views") + 1)
        return self.values_list("views", flat=True).get(publication=publication)


class PageCount(models.Model):
    """浏览次数, kept apart: counting a reader must not touch a frozen row."""

    publication = models.OneToOneField(
        Publication, on_delete=models.PROTECT, related_name="page_count"
    )
    views = models.PositiveBigIntegerField("浏览次数", default=0)

    objects = PageCountQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.views)
