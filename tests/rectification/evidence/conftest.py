"""Uploads through the pages, and what is left on the disk."""

from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from rectification.models import Evidence
from tests.rectification.conftest import cast  # noqa: F401  # the people around one measure
from tests.rectification.evidence import files

SAID = {"kind": "document", "dated_on": "2025-06-30", "title": "", "document_number": ""}
FOLDER = "evidence"


@pytest.fixture(autouse=True)
def _own_disk(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"


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
