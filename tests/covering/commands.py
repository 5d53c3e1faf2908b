"""A scenario for each command that writes."""

from django.core.management import call_command

from accounts.models import Role
from tests.covering import scenario
from tests.factories import bureau, person
from tests.reports.newsroom import draft
from tests.reports.test_recording import TEXT


@scenario("command create_administrator")
def create_administrator(stage):
    yield
    given = {"kind": "audit", "username": "audit", "name": "审计", "unit": "云州市粮食局"}
    call_command("create_administrator", **given)


@scenario("command tick")
def tick(stage):
    assert stage.cast
    yield
    call_command("tick", at="2025-07-31T12:00")


@scenario("command import_report")
def import_report(stage):
    file = stage.folder / "通报.txt"
    file.write_text(TEXT, encoding="utf-8")
    by = person(Role.OFFICE, bureau())
    yield
    call_command("import_report", str(file), apply=True, slug="x25", by=by.username)


@scenario("command export_report", rows=False)
def export_report(stage):
    report = draft(stage.room)
    yield
    call_command("export_report", report.slug, output=stage.folder / "report.txt")


@scenario("command load_demo", whole=True)
def load_demo(stage):
    yield
    call_command("load_demo", on="2025-07-31", verbosity=0)
