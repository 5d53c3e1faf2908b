"""The pages of letters: the list, a letter, its verbs, a new one by hand."""

import pytest
import time_machine

from rectification import supervising
from rectification.models import SupervisionAction
from tests.factories import NOON
from tests.rectification.supervising.conftest import kinds, late_by


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def proposal(ladder):
    """A 督办函 that waits for the office."""
    late_by(ladder, 8)
    supervising.climb(at=NOON)
    return SupervisionAction.objects.get()


def act(client, by, ladder, verb, **fields):
    client.force_login(by)
    version = SupervisionAction.objects.get(number=1).version
    address = f"{ladder.base}supervision/1/{verb}/"
    return client.post(address, {"version": version, **fields})


def test_a_letter_goes_its_way_by_the_pages_alone(ladder, proposal, client):
    steps = [
        (ladder.office, "issue", {"note": "请抓紧"}),
        (ladder.head, "acknowledge", {}),
        (ladder.head, "answer", {"text": "已增加人手，8月10日前完成。"}),
        (ladder.office, "settle", {"why": "同意"}),
    ]
    for by, verb, fields in steps:
        assert act(client, by, ladder, verb, **fields).status_code == 302

    assert kinds() == [("order", "settled")]
    client.force_login(ladder.liaison)
    page = client.get(f"{ladder.base}supervision/1/").content.decode()
    assert "已增加人手，8月10日前完成。" in page
    assert "请抓紧" not in page  # what was said at the issue stays in the house
    story = client.get(ladder.page).content.decode()
    for words in ("签发督办函整督〔2025〕1号", "签收督办函", "回复督办函", "办结督办函"):
        assert words in story


@pytest.mark.parametrize("who", ["office", "supervisor", "executive", "liaison"])
def test_the_pages_open(ladder, proposal, client, who):
    client.force_login(getattr(ladder, who))
    for path in ("supervision/", "measures/M-900-1/"):
        assert client.get(f"{ladder.base}{path}").status_code == 200
    expected = 404 if who == "liaison" else 200
    for path in ("supervision/1/", "ladder/"):
        assert client.get(f"{ladder.base}{path}").status_code == expected
    assert client.get("/desk/").status_code == 200
