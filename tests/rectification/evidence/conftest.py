"""Uploads through the pages, and what is left on the disk."""

from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from rectification.evidence import confined, inspecting
from rectification.models import Evidence
from tests.conftest import FULL
from tests.rectification.conftest import cast  # noqa: F401  # the people around one measure
from tests.rectification.evidence import files

SAID = {"kind": "document", "dated_on": "2025-06-30", "title": "", "document_number": ""}
FOLDER = "evidence"


@pytest.fixture(autouse=True)
def _own_disk(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def in_a_child():
    """Each file of this test is looked into in a process of its own, as in the running system."""


@pytest.fixture(autouse=True)
def _looked_into_here(request, monkeypatch):
    """A start of a process costs more than the look itself. What the child says is what the look
    says here: test_inspecting.py compares them, and the tests `in_a_child` upload through it."""
    by_itself = request.module.__name__.endswith("test_inspecting")
    if not (FULL or by_itself or "in_a_child" in request.fixturenames):
        monkeypatch.setattr(confined, "inspect", inspecting.inspect)


def on_disk() -> list[Path]:
    return [path for path in (Path(settings.MEDIA_ROOT) / FOLDER).rglob("*") if path.is_file()]


def sent(name: str, content: bytes, content_type: str = "") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type or "application/octet-stream")


def upload(client, cast, *given, user=None, **said):  # noqa: F811
    client.force_login(user or cast.liaison)
    return client.post(f"{cast.page}evidence/", {**SAID, **said, "files": list(given)})


def planted(client, cast, name: str = "制度.pdf", content: bytes = b"", **said) -> Evidence:  # noqa: F811
    answer = upload(client, cast, sent(name, content or files.pdf()), **said)
    assert answer.status_code == 302, answer.content.decode()
    return Evidence.objects.latest("pk")


def address(cast, piece: Evidence) -> str:  # noqa: F811
    return f"{cast.base}evidence/{piece.number}/"


def day(text: str) -> date:
    return date.fromisoformat(text)
