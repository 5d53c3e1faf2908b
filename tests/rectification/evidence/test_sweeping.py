"""What a crash left between a file and its row, and the sweep that finds it."""

import os
import random
import time
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from rectification import shelf
from rectification.evidence import storing, sweeping
from rectification.models import Evidence, EvidenceVersion
from tests.rectification.evidence import files
from tests.rectification.evidence.conftest import on_disk, planted, sent, upload

DAY = sweeping.AGE.total_seconds()


def sweep(**options):
    said = StringIO()
    call_command("sweep_files", stdout=said, **options)
    return said.getvalue()


def aged(path, seconds):
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


def left_behind(name, *, seconds):
    path = shelf.path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    return aged(path, seconds)


def kept_and_left(client, cast):
    """Files of rows and files of crashes, young and old, in a random order of names."""
    for number in range(3):
        planted(client, cast, f"{number}.pdf")
    kept = [shelf.path_of(key) for key in EvidenceVersion.objects.values_list("key", flat=True)]
    for path in kept:
        aged(path, random.choice([1, 3 * DAY]))
    names = [f"{random.getrandbits(128):032x}" for _ in range(40)]
    ages = [random.uniform(0, 2 * DAY) for _ in names]
    left = [left_behind(name, seconds=age) for name, age in zip(names, ages, strict=True)]
    old = {path for path, age in zip(left, ages, strict=True) if age > DAY + 5}
    young = {path for path, age in zip(left, ages, strict=True) if age < DAY - 60}
    return kept, old, young


def test_a_sweep_moves_old_files_without_a_row_and_never_one_with_a_row(client, cast):
    kept, old, young = kept_and_left(client, cast)

    sweep(move=True)

    there = set(on_disk())
    assert set(kept) <= there
    assert young <= there
    assert not old & there
    assert {path.name for path in old} <= {path.name for path in there if "orphans" in path.parts}


def test_without_the_question_after_rows_a_sweep_would_take_files_that_have_one(
    client, cast, monkeypatch
):
    """Sabotage."""
    kept, *_ = kept_and_left(client, cast)
    aged(kept[0], 3 * DAY)
    nothing = EvidenceVersion.objects.none()
    monkeypatch.setattr(EvidenceVersion.objects, "filter", lambda **rest: nothing)

    sweep(move=True)

    assert not set(kept) <= set(on_disk())


def test_a_look_alone_moves_nothing(client, cast):
    path = left_behind("ab" * 16, seconds=2 * DAY)

    assert str(path) in sweep()
    assert path.exists()


def test_a_row_without_its_file_is_named(client, cast):
    piece = planted(client, cast)
    shelf.path_of(piece.latest.key).unlink()

    with pytest.raises(CommandError, match="x25/E-001 第1版"):
        sweep()


def test_where_nothing_was_ever_uploaded_there_is_nothing_to_sweep(db):
    assert "0个" in sweep(move=True)


def test_a_connection_lost_at_the_commit_leaves_the_file_for_the_row_that_may_be_there(
    client, cast, monkeypatch
):
    def lost(*given, **rest):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr("rectification.closing.evidence_changed", lost)
    client.raise_request_exception = False

    upload(client, cast, sent("a.pdf", files.pdf()))

    (path,) = on_disk()
    assert Evidence.objects.count() == 0
    aged(path, 2 * DAY)
    sweep(move=True)
    assert [each.parent.name for each in on_disk()] == ["orphans"]
    assert storing.path_of(path.name) == path
