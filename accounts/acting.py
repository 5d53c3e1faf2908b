"""In whose name a request acts: chosen by the deputy, kept in the session, checked each time."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone

from accounts import deputies
from accounts.models import Deputy, User

SESSION_KEY = "deputyship"
SAFE = ("GET", "HEAD", "OPTIONS")
OWN_BUSINESS = ("accounts", "admin")  # the own password, the own deputies, the admin site


class ActingMiddleware:
    """Sets `request.deputyship`, and on pages of the business `request.user.acting_for`.

    A deputyship that ended or ran out is gone at the next request; what was sent under it is not
    done in the deputy's own name instead. A public page is not asked.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        public = not getattr(view_func, "login_required", True)
        user = request.user if not public and SESSION_KEY in request.session else None
        if not isinstance(user, User):
            return None
        row = deputies.standing(user, request.session[SESSION_KEY], on=timezone.localdate())
        match = request.resolver_match
        own = bool(match and match.app_name in OWN_BUSINESS)
        if row is None:
            del request.session[SESSION_KEY]
            return None if own or request.method in SAFE else _too_late(request)
        request.deputyship = row  # type: ignore[attr-defined]
        if not own:
            user.acting_for = row.principal
        return None


def _too_late(request: HttpRequest) -> HttpResponseBase:
    messages.error(request, "代理已经结束，刚才的内容没有提交。现在办理的是您本人的事。")
    return redirect(settings.LOGIN_REDIRECT_URL)


def deputyships(request: HttpRequest) -> dict[str, Any]:
    """For base.html: the deputyship in use, and the others that may be used; asked for late."""
    current = getattr(request, "deputyship", None)

    def offered() -> list[Deputy]:
        user = getattr(request, "user", None)
        if not isinstance(user, User):
            return []
        return [row for row in deputies.open_to(user, on=timezone.localdate()) if row != current]

    return {"deputyship": current, "deputyships": offered}
