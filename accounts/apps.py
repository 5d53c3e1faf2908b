from django.apps import AppConfig
from django.contrib.admin import apps as admin


class AccountsConfig(AppConfig):
    default = True
    name = "accounts"
    verbose_name = "单位与人员"


class AdministrationConfig(admin.AdminConfig):
    """The admin site, opened by role: see accounts/administration.py."""

    default = False
    default_site = "accounts.administration.Administration"
