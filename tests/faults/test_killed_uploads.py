"""kill -9 between a file and its row: a file without a row, never a row without its file."""

import os
import signal
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from rectification import closing
from rectification.evidence import keeping, storing, sweeping
from rectification.models import Evidence, EvidenceVersion
from tests.covering.evidence import DESCRIPTION, received
from tests.factories import NOON
from tests.rectification.conftest import cast  # noqa: F401  # the people around one measure
from tests.rectification.evidence.conftest import on_disk

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a second process needs it"),
]
POINTS = {
    "before the file is in its place": (storing, "_settle"),
    "between the file and the row": (keeping, "_open_to_evidence"),
    "between the row and the commit": (closing, "evidence_changed"),
}


def killed_at(point, cast):  # noqa: F811
    """Upload in a process that kills itself there, as kill -9 would."""
    file = received()
    assert connection.vendor == "postgresql"
    connections.close_all()
    child = os.fork()
    if child == 0:
        module, name = POINTS[point]
        setattr(module, name, lambda *given, **rest: os.kill(os.getpid(), signal.SIGKILL))
        keeping.add(cast.measure, [file], DESCRIPTION, by=cast.liaison, at=NOON)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_upload_leaves_at_most_a_file_that_is_swept(cast, settings, tmp_path, point):  # noqa: F811
    settings.MEDIA_ROOT = tmp_path / "files"

    killed_at(point, cast)

    (path,) = on_disk()
    assert (Evidence.objects.count(), EvidenceVersion.objects.count()) == (0, 0)
    in_its_place = path.parent.name != storing.INCOMING
    assert in_its_place == (point != "before the file is in its place")
    later = sweeping.look(older_than=timezone.now() + timedelta(days=1))
    assert [each.name for each in later.orphans] == ([path.name] if in_its_place else [])
    assert later.missing == ()
