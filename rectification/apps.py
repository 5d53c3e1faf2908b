import importlib

from django.apps import AppConfig


class RectificationConfig(AppConfig):
    name = "rectification"
    verbose_name = "整改台账"

    def ready(self) -> None:
        importlib.import_module("rectification.delivery.checks")  # it needs the models
        importlib.import_module("rectification.checks")  # they need the models
