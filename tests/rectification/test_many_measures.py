"""More measures than SQLite takes in one expression (a thousand): a round goes its whole way."""

from datetime import date, timedelta

import pytest

from rectification import dispatching, rounds_told
from rectification.models import DispatchRound, Measure
from tests.rectification.rounds import ANCHOR

MANY = 1100


@pytest.fixture
def many(cast):
    said = {"text": "修订制度。", "deadline": date(2025, 6, 30), "precision": "month"}
    said |= {"original_deadline": said["deadline"], "original_precision": said["precision"]}
    place = {"inspection": cast.inspection, "problem": cast.problem, "lead_unit": cast.division}
    rows = [Measure(code=f"Z-{number}", **place, **said) for number in range(MANY - 1)]
    Measure.objects.bulk_create(rows, batch_size=200)
    return cast


def test_a_round_over_many_measures_opens_is_shown_closes_and_is_followed(many, client):
    dispatching.open_due(at=ANCHOR)

    for user, page in (
        (many.office, "dispatch/1/"),
        (many.liaison, "dispatch/1/report/"),
        (many.office, "dispatch/1/sheet/excel/"),
    ):
        client.force_login(user)
        assert client.get(many.base + page).status_code == 200
    client.post(f"{many.base}dispatch/1/close/")
    dispatching.open_due(at=ANCHOR + timedelta(days=14))

    first, second = DispatchRound.objects.order_by("number")
    assert (first.state, second.state) == ("closed", "open")
    assert len(rounds_told.sheet(first, at=ANCHOR).lines) == MANY
    assert second.returns.count() == MANY
