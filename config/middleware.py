"""What every answer of the site has in common: who must sign in, what is too
large to be read, and what is never kept."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import resolve_url
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme


class SignInRequired(LoginRequiredMiddleware):
    """Closed by default. After signing in, people go on where they were reading.

    A part of a page (htmx) is answered by 401 with HX-Redirect, else the sign-in page would appear
    inside a table row.
    """

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """A public page does not even ask who is reading: caches may keep one copy for all."""
        if not getattr(view_func, "login_required", True):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(  # type: ignore[override]  # a part is not answered by a redirect
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseBase:
        is_part = request.headers.get("HX-Request") == "true"
        reading = request.headers.get("HX-Current-URL") if is_part else None
        if request.method not in {"GET", "HEAD"}:  # its address answers no GET
            reading = reading or request.headers.get("Referer", "")
        place = request.get_full_path() if reading is None else _inside(reading, request)
        to_sign_in = redirect_to_login(place, resolve_url(settings.LOGIN_URL))
        if not is_part:
            return to_sign_in
        return HttpResponse(status=401, headers={"HX-Redirect": to_sign_in.url})


def _inside(url: str, request: HttpRequest) -> str:
    """The path of an address of this site; the first page for any other."""
    if not url_has_allowed_host_and_scheme(url, {request.get_host()}):
        return resolve_url(settings.LOGIN_REDIRECT_URL)
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def no_more_than_asked(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Whoever is not even signed in must not fill the disk: Django keeps any file until it has
    read the whole request. One without a length is not read at all (PEP 3333)."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        length = str(request.META.get("CONTENT_LENGTH") or 0)
        if length.isdigit() and int(length) <= settings.REQUEST_MOST_BYTES:
            return get_response(request)
        return HttpResponse(render_to_string("413.html"), status=413)

    return answer


def no_blank_page(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Whoever opens the address of a form that was sent (it stands in the address bar) is shown the
    way back: the page around it is one step up."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        is_blank = response.status_code == HTTPStatus.METHOD_NOT_ALLOWED
        if is_blank and request.method == "GET" and isinstance(response, HttpResponse):
            around = request.path.rstrip("/").rpartition("/")[0] + "/"
            response.content = render_to_string("405.html", {"around": around}).encode()
        return response

    return answer


def no_store(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """What a signed-in person was shown stays in no cache, neither a browser's nor a proxy's."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            response.headers["Cache-Control"] = "no-store, private"
        return response

    return answer
