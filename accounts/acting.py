"""In whose name a request acts: chosen by the deputy, kept in the session, checked each time."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from accounts import deputies
from accounts.models import Deputy, User

SESSION_KEY = "deputyship"
OWN_BUSINESS = ("accounts", "admin")  # the own password, the own deputies, the admin site


class ActingMiddleware:
    """Sets `request.deputyship`, and on pages of the business `request.user.acting_for`.

    A deputyship that ended or ran out is gone at the next request. A public page is not asked.
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
    ) -> None:
        if not getattr(view_func, "login_required", True) or SESSION_KEY not in request.session:
            return
        user = request.user
        row = None
        if isinstance(user, User):
            row = deputies.standing(user, request.session[SESSION_KEY], on=timezone.localdate())
        if row is None:
            del request.session[SESSION_KEY]
            return
        request.deputyship = row  # type: ignore[attr-defined]
        match = request.resolver_match
        if isinstance(user, User) and not (match and match.app_name in OWN_BUSINESS):
            user.acting_for = row.principal


def deputyships(request: HttpRequest) -> dict[str, Any]:
    """For base.html: the deputyship in use, and those that this person may use; asked for late."""

    def offered() -> list[Deputy]:
        user = getattr(request, "user", None)
        if not isinstance(user, User):
            return []
        return list(deputies.open_to(user, on=timezone.localdate()))

    return {"deputyship": getattr(request, "deputyship", None), "deputyships": offered}
