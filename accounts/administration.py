"""The admin site: open to whoever holds an administrator's role, absent for everybody else.

It has no door of its own: signing in and the own password are the pages of the house, where
lock-out, journal and rules are.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.contrib.admin import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import Role, User
from accounts.rights import rights_of

View = TypeVar("View", bound=Callable[..., Any])
KEEPERS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN)  # the audit administrator has the journal
METHODS = ("GET", "HEAD", "POST")  # Django's own views take any other for a GET


class Administration(AdminSite):
    site_header = site_title = "整改台账 管理后台"
    index_title = "单位、人员、角色与设置"

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return isinstance(user, User) and rights_of(user).holds(*KEEPERS)

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        """The view, for administrators alone; for whoever else is signed in there is no page."""
        inner = super().admin_view(view, cacheable)

        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.method not in METHODS:
                return HttpResponseNotAllowed(METHODS)
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            return inner(request, *args, **kwargs)

        return cast(View, answer)

    @login_not_required
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise Http404
        onward = urlencode({"next": reverse("admin:index")})
        return HttpResponseRedirect(f"{reverse('accounts:sign_in')}?{onward}")

    def password_change(  # type: ignore[override]  # elsewhere
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("accounts:password_change")

    def password_change_done(  # type: ignore[override]  # elsewhere
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("accounts:password_done")
