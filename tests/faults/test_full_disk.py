"""F10: a disk that is really full while a file comes in: a sentence, and nothing left behind."""

import os
import subprocess

import pytest

from rectification.evidence import storing
from rectification.models import Evidence
from tests.rectification.conftest import cast  # noqa: F401  # the people around one measure
from tests.rectification.evidence import files
from tests.rectification.evidence.conftest import on_disk, sent, upload

ROOM = 2 * 1024 * 1024


@pytest.fixture
def small_disk(tmp_path, settings):
    """A file system of two megabytes, where this machine lets us mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ("mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder))
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a small disk is not allowed here")
    settings.MEDIA_ROOT = folder
    try:
        yield folder
    finally:
        subprocess.run(("umount", "-l", str(folder)), check=True)


def large(bytes_long):
    """A sound PDF, and after it a comment that does not shrink."""
    return files.pdf() + b"\n%" + os.urandom(bytes_long).replace(b"\n", b"x")


@pytest.mark.usefixtures("small_disk")
def test_an_upload_onto_a_full_disk_is_refused_with_a_sentence_and_leaves_nothing(client, cast):  # noqa: F811
    answer = upload(client, cast, sent("大.pdf", large(3 * ROOM)))

    assert (answer.status_code, "存储空间不足" in answer.content.decode()) == (422, True)
    assert (on_disk(), Evidence.objects.count()) == ([], 0)
    assert upload(client, cast, sent("小.pdf", files.pdf())).status_code == 302


@pytest.mark.usefixtures("small_disk")
def test_of_several_files_the_one_that_no_longer_fits_keeps_all_out(client, cast):  # noqa: F811
    half = ROOM * 2 // 5
    given = [sent(f"{number}.pdf", large(half)) for number in range(4)]

    assert upload(client, cast, *given).status_code == 422

    assert (on_disk(), Evidence.objects.count()) == ([], 0)


def test_without_taking_off_what_did_not_fit_the_disk_would_stay_full(
    client,
    cast,  # noqa: F811
    small_disk,
    monkeypatch,
):
    """Sabotage."""
    monkeypatch.setattr(storing.Received, "close", lambda file: None)

    upload(client, cast, sent("大.pdf", large(3 * ROOM)))

    assert sum(path.stat().st_size for path in on_disk()) > ROOM // 2
    assert os.statvfs(small_disk).f_bavail == 0
