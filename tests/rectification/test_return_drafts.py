"""全部报送 and drafts: what is typed is filed as it was typed, and too much at once is said."""

import re

import pytest
import time_machine

from accounts.models import JournalEntry
from rectification.models import DispatchReturn, ProgressEntry
from rectification.views import returns
from tests.factories import NOON, MeasureFactory, round_with_lines

PAGE = "/i/x25/dispatch/1/report/"
MARKED = "机密★10年"


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def liaison(cast, client):
    MeasureFactory(problem=cast.problem, lead_unit=cast.division, code="M-900-2")
    round_with_lines(cast.inspection, number=1)
    client.force_login(cast.liaison)
    return client


def first():
    return DispatchReturn.objects.select_related("measure").order_by("measure__code").first()


def draft(client, *, scripted=False, **texts):
    line = first()
    typed = {"version": line.version, "measure_version": line.measure.version, "text": "", **texts}
    headers = {"Accept": "application/json"} if scripted else None
    return client.post(f"{PAGE}{line.pk}/draft/", typed, headers=headers)


def chosen(client):
    html = client.get(f"{PAGE}all/").content.decode()
    return html, re.findall(r'name="line" id="line-\d+" value="([\d:]+)"', html)


def test_a_difficulty_without_progress_is_filed_with_the_nil_return(liaison):
    draft(liaison, difficulty="缺船", next_step="借船")

    html, lines = chosen(liaison)
    liaison.post(f"{PAGE}all/file/", {"line": lines})

    assert "1条按草稿报送，1条报无变化" in html
    for text in ("无变化", "困难：缺船", "下一步：借船"):
        assert text in html
    told = ProgressEntry.objects.order_by("measure__code")
    assert list(told.values_list("text", "difficulty", "next_step", "nil_return")) == [
        ("无变化", "缺船", "借船", True),
        ("无变化", "", "", True),
    ]


def test_more_than_can_be_done_at_once_is_said(liaison, monkeypatch):
    monkeypatch.setattr(returns, "MOST_CHOSEN", 1)
    _, lines = chosen(liaison)

    page = liaison.post(f"{PAGE}all/file/", {"line": lines}, follow=True).content.decode()

    assert "已报送1条" in page
    assert "一次最多办1条，还有1条没有办" in page
    assert ProgressEntry.objects.count() == 1


@pytest.mark.parametrize(("scripted", "entries"), [(True, 0), (False, 1)])
def test_a_mark_of_secrecy_is_on_record_where_somebody_pressed_a_button(liaison, scripted, entries):
    """The script tries again at each pause: the journal would say one thing many times."""
    answer = draft(liaison, scripted=scripted, text=MARKED)

    assert "密级" in (answer.json()["error"] if scripted else answer.content.decode())
    assert JournalEntry.objects.filter(verb="refuse_secret").count() == entries
    assert not first().has_draft
