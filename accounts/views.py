"""Signing in and out, and the own password: Django's views with this house's words."""

from django.contrib.auth.views import (
    LoginView,
    LogoutView,
    PasswordChangeDoneView,
    PasswordChangeView,
)
from django.urls import reverse_lazy

from accounts.forms import NewPasswordForm, SignInForm

sign_in = LoginView.as_view(
    template_name="accounts/sign_in.html",
    authentication_form=SignInForm,
    redirect_authenticated_user=True,
)
sign_out = LogoutView.as_view()
password_change = PasswordChangeView.as_view(
    template_name="accounts/password_change.html",
    form_class=NewPasswordForm,
    success_url=reverse_lazy("accounts:password_done"),
)
password_done = PasswordChangeDoneView.as_view(template_name="accounts/password_done.html")
