"""Signing in and out, and the own password: Django's views with this house's words."""

from urllib.parse import urlsplit

from django.contrib.auth.views import (
    LoginView,
    LogoutView,
    PasswordChangeDoneView,
    PasswordChangeView,
)
from django.db import transaction
from django.urls import reverse_lazy
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import journal
from accounts.forms import NewPasswordForm, SignInForm
from accounts.models import User


class OwnPassword(PasswordChangeView):
    template_name = "accounts/password_change.html"
    form_class = NewPasswordForm
    success_url = reverse_lazy("accounts:password_done")

    def form_valid(self, form):
        person = form.user
        act = journal.Act("change_password", "user", str(person.pk))
        with transaction.atomic():
            journal.append(act, by=person, at=timezone.now())
            return super().form_valid(form)


class SignIn(LoginView):
    template_name = "accounts/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_redirect_url(self):  # type: ignore[override]  # the stubs are of a later Django
        """Where to go on; never this page again, which Django answers by an error."""
        url = super().get_redirect_url()
        return "" if urlsplit(url).path == self.request.path else url

    @transaction.atomic
    def form_valid(self, form):
        answer = super().form_valid(form)
        _record("sign_in", form.get_user(), by=form.get_user())
        return answer

    def form_invalid(self, form):
        """Of a name that nobody has nothing is kept: it may be a password in the wrong field."""
        if form.non_field_errors():  # both were filled in, and refused
            name = form.cleaned_data.get("username", "")
            _record("sign_in_failed", User.objects.filter(username=name).first(), by=None)
        return super().form_invalid(form)


class SignOut(LogoutView):
    @transaction.atomic
    def post(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            _record("sign_out", request.user, by=request.user)
        return super().post(request, *args, **kwargs)


def _record(verb, subject, *, by):
    act = journal.Act(verb, "user", str(subject.pk) if subject else "")
    journal.append(act, by=by, at=timezone.now())


# Django's own views take a PUT for a POST.
sign_in = require_http_methods(["GET", "HEAD", "POST"])(SignIn.as_view())
sign_out = SignOut.as_view()
password_change = require_http_methods(["GET", "HEAD", "POST"])(OwnPassword.as_view())
password_done = PasswordChangeDoneView.as_view(template_name="accounts/password_done.html")
