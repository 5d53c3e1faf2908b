"""The calendar that a program reads: no session, the address itself is the key."""

import hashlib

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from rectification import subscribing


@login_not_required  # a calendar program cannot sign in; its token is 256 random bits
@require_safe
def calendar_feed(request, token):
    reader = subscribing.reader_of(token)
    if reader is None:
        raise Http404
    now = timezone.now()
    changed = int(subscribing.last_changed(at=now).timestamp())
    file = subscribing.calendar(reader, on=timezone.localdate(now))
    etag = f'"{hashlib.sha256(file).hexdigest()[:32]}"'
    answer = HttpResponse(file, content_type="text/calendar; charset=utf-8")
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Content-Disposition"] = 'inline; filename="rectification.ics"'
    answer.headers["ETag"] = etag
    answer.headers["Last-Modified"] = http_date(changed)
    return get_conditional_response(request, etag=etag, last_modified=changed, response=answer)
