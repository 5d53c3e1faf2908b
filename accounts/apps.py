import importlib

from django.apps import AppConfig
from django.contrib.admin import apps as admin


class AccountsConfig(AppConfig):
    default = True
    name = "accounts"
    verbose_name = "单位与人员"

    def ready(self) -> None:
        importlib.import_module("accounts.checks")  # they need the models, which are there now


class AdministrationConfig(admin.AdminConfig):
    """The admin site, opened by role: see accounts/administration.py."""

    default = False
    default_site = "accounts.administration.Administration"
