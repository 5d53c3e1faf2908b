"""What everybody may read: frozen publications, and nothing but them.

The pages are rendered without the request, so that nothing of whoever asks can get into them.
"""

import hashlib
import logging
import re

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, transaction
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

from reports import access, publishing
from reports.contents import contents_of
from reports.models import PageCount, Publication, impatient

logger = logging.getLogger(__name__)
COUNTER = re.compile(rb"(<span data-views>)[^<]*")
# Where each form's frozen bytes are, its hash, its type, its name in the list.
FORMS = {
    "txt": ("text", "text_hash", "text/plain", "文本"),
    "html": ("article", "article_hash", "text/html", "网页"),
    "json": ("data", "data_hash", "application/json", "数据"),
}


@login_not_required
@require_safe
def public_list(request):
    """All reports that stand, newest first, each with its headline figures."""
    publications = list(Publication.objects.current().latest_first().for_list())
    sources = {publication.source for publication in publications}
    context = {
        "rows": [_row(publication) for publication in publications],
        "office": _office(sources.pop() if len(sources) == 1 else ""),
        "place": [("首页", "")],
    }
    return _answer(request, render_to_string("reports/public_list.html", context))


@login_not_required
@require_safe
def publication(request, slug, number=None):
    """One version of a published report: a shell around the frozen article."""
    found = access.publication(slug, number)
    views = _count(found, is_reader=request.method == "GET")
    return _answer(request, render_to_string("reports/publication.html", _page(found, views)))


@login_not_required
@require_safe
def publication_download(request, slug, number, form):
    """The frozen bytes of one form."""
    if form not in FORMS:
        raise Http404
    found = access.publication(slug, number)
    column, hash_column, content_type, _ = FORMS[form]
    answer = HttpResponse(getattr(found, column), content_type=f"{content_type}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{slug}-v{number}.{form}"'
    return _conditional(request, answer, etag=f'"{getattr(found, hash_column)}"')


def _page(found, views):
    slug = found.report.slug
    versions = Publication.objects.filter(report=found.report_id).for_list().order_by("-number")
    return {
        "publication": found,
        "published_at": _minute(found.published_at),
        "views": views,
        "article": mark_safe(found.article),  # our own template escaped it
        "title_in_article": "<h1>" in found.article,
        "contents": contents_of(found.article),
        "figures": _figures(found),
        "as_of": _day(found.as_of),
        "hashes": [(label, getattr(found, hash_)) for _, hash_, _, label in FORMS.values()],
        "downloads": [
            (
                f"{label}（{form}）",
                reverse("reports:publication_download", args=[slug, found.number, form]),
            )
            for form, (_, _, _, label) in FORMS.items()
        ],
        "versions": [_version(version, found) for version in versions],
        "newer_url": reverse("reports:publication", args=[slug]) if found.superseded_at else "",
        "office": _office(found.source),
        "place": [("首页", reverse("reports:public_list")), ("巡察整改公开", "")],
    }


def _row(found):
    return {
        "publication": found,
        "published_at": _minute(found.published_at),
        "url": reverse("reports:publication", args=[found.report.slug]),
        "figures": _figures(found),
        "as_of": _day(found.as_of),
    }


def _version(version, found):
    """A line of the list of versions: label, when, address, notice, whether it is this page."""
    url = reverse("reports:publication_version", args=[version.report.slug, version.number])
    when = _minute(version.published_at)
    return (f"第{version.number}版", when, url, version.notice, version.pk == found.pk)


def _figures(found):
    """The frozen headline as a strip shows it: 109 / 161, 措施完成，67.7%."""
    return [publishing.HeadlineFigure(**figure).shown for figure in found.figures]


def _count(found, *, is_reader):
    """浏览次数 in words. A page is worth more than its count: a failing count is only logged."""
    try:
        if is_reader:
            with impatient(), transaction.atomic():
                return f"{PageCount.objects.count_one(found):,}"
    except (DatabaseError, PageCount.DoesNotExist):
        logger.warning("page count of publication %s failed", found.pk, exc_info=True)
    views = PageCount.objects.filter(publication=found).values_list("views", flat=True).first()
    return "—" if views is None else f"{views:,}"


def _office(source):
    return {
        "name": settings.OFFICE_NAME or source or settings.SITE_NAME,
        "phone": settings.OFFICE_PHONE,
        "address": settings.OFFICE_ADDRESS,
        "record_number": settings.RECORD_NUMBER,
    }


def _answer(request, html):
    """A page that caches may keep but must ask about; the counter alone makes no new page."""
    answer = HttpResponse(html)
    digest = hashlib.sha256(COUNTER.sub(rb"\1", answer.content)).hexdigest()
    return _conditional(request, answer, etag=f'W/"{digest}"')


def _conditional(request, answer, *, etag):
    answer["ETag"] = etag
    answer["Cache-Control"] = "public, no-cache"
    return get_conditional_response(request, etag=etag, response=answer)


def _minute(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")


def _day(day):
    return f"{day.year}年{day.month}月{day.day}日" if day else ""
