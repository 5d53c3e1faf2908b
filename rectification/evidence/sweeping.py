"""What a crash leaves on the disk: files that no row names, and rows whose file is not there.

A process that dies between the file and its row (kill -9, power) leaves the file without the row,
never the row without the file. Such a file is moved aside, never deleted, and not before a day has
passed: until then its upload may still be on the way.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from rectification import shelf
from rectification.models import EvidenceVersion

ASIDE = "orphans"
AGE = timedelta(days=1)
AT_ONCE = 500


@dataclass(frozen=True)
class Swept:
    """Files that no row names, and versions (as text) without a file."""

    orphans: tuple[Path, ...]
    missing: tuple[str, ...]


def look(*, older_than: datetime) -> Swept:
    """What there is to sweep: of files only those that are older. Changes nothing."""
    return Swept(tuple(_orphans(older_than)), tuple(_missing()))


def move_aside(orphans: tuple[Path, ...]) -> Path:
    """Into a folder of their own, where nothing reads them; the folder."""
    aside = shelf.folder() / ASIDE
    aside.mkdir(parents=True, exist_ok=True)
    for path in orphans:
        if not EvidenceVersion.objects.filter(key=path.name).exists():
            os.replace(path, aside / path.name)
    return aside


def _orphans(older_than: datetime) -> Iterator[Path]:
    """Listed first and asked for afterwards: a row that comes meanwhile counts."""
    found = [path for path in _kept() if path.stat().st_mtime < older_than.timestamp()]
    for paths in _in_batches(found):
        names = [path.name for path in paths]
        rows = EvidenceVersion.objects.filter(key__in=names).values_list("key", flat=True)
        named = set(rows)
        yield from (path for path in paths if path.name not in named)


def _kept() -> list[Path]:
    return sorted(path for path in shelf.folder().glob("[0-9a-f][0-9a-f]/*") if path.is_file())


def _missing() -> Iterator[str]:
    versions = EvidenceVersion.objects.select_related("evidence__inspection").order_by("pk")
    for version in versions.iterator(chunk_size=AT_ONCE):
        if not shelf.path_of(version.key).is_file():
            yield f"{version.evidence.subject_code} 第{version.number}版"


def _in_batches(paths: list[Path]) -> Iterator[list[Path]]:
    for start in range(0, len(paths), AT_ONCE):
        yield paths[start : start + AT_ONCE]
