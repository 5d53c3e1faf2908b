"""What two people at once may do to a draft that no page alone can show."""

import pytest

from reports import editing
from reports.models import Report
from tests.factories import NOON
from tests.reports.newsroom import ON, draft, newsroom

pytestmark = pytest.mark.django_db


def test_an_address_that_was_taken_just_now_is_refused_with_a_sentence(monkeypatch):
    room = newsroom()
    taken = draft(room).slug
    monkeypatch.setattr(Report, "full_clean", lambda report: None)  # it was free a moment ago

    with pytest.raises(editing.EditRefused, match="已有报告使用"):
        editing.start(room.inspection, slug=taken, on=ON, by=room.office, at=NOON)

    assert Report.objects.count() == 1
