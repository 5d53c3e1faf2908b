"""An approval looks at the files: what was lost or changed on the disk is not approved."""

import pytest

from rectification import closing, moving, shelf
from rectification.models import Review
from tests.rectification.test_closing import (
    _own_disk,  # noqa: F401
    apply_for,
    approve,
    fresh,
    piece,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("harm", ["changed", "lost"])
def test_a_file_that_was_harmed_on_the_disk_is_not_approved(cast, harm):
    found = piece(cast, cast.measure)
    request = apply_for(cast.measure, by=cast.liaison)
    path = shelf.path_of(found.latest.key)
    path.unlink()
    if harm == "changed":
        path.write_bytes(b"another")

    with pytest.raises(moving.MoveRefused, match="E-001 第1版.*请联系系统管理员"):
        approve(cast.measure, by=cast.head)

    assert fresh(cast.measure).status == "in_review"
    assert not Review.objects.filter(request=request).exists()


def test_without_a_look_at_the_disk_a_lost_file_would_be_approved(cast, monkeypatch):
    """Sabotage."""
    found = piece(cast, cast.measure)
    apply_for(cast.measure, by=cast.liaison)
    shelf.path_of(found.latest.key).unlink()
    monkeypatch.setattr(closing, "_require_sound", lambda request: None)

    approve(cast.measure, by=cast.head)

    assert Review.objects.count() == 1
