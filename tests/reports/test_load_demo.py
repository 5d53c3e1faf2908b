"""`load_demo`: what it refuses, what it leaves behind, and the story told on other days."""

from datetime import date, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from accounts.models import Unit
from rectification import dispatching
from rectification.models import DispatchRound, Inspection, Measure, Workday
from reports import figures
from reports.demonstration.loading import LoadRefused, load
from tests import factories

ON = date(2025, 7, 31)
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2025, 7, 31, 12, tzinfo=SHANGHAI)

pytestmark = pytest.mark.django_db


def test_a_database_with_another_ledger_is_refused():
    factories.InspectionFactory()
    with pytest.raises(LoadRefused, match="已有别的台账"):
        load(on=ON, at=NOON)
    assert not Measure.objects.exists()


def test_a_user_of_the_same_name_is_refused():
    factories.UserFactory(username="shenyanzhou")
    with pytest.raises(LoadRefused, match="shenyanzhou"):
        load(on=ON, at=NOON)
    assert not Unit.objects.exists()


def test_the_command_leaves_the_passwords_to_the_owner_of_the_file_alone(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    said = StringIO()
    call_command("load_demo", on="2025-07-31", stdout=said)
    file = tmp_path / "demo_accounts.txt"
    assert file.stat().st_mode & 0o777 == 0o600
    lines = [line.split("\t") for line in file.read_text(encoding="utf-8").splitlines()]
    username, password, who = lines[0]
    assert "沈砚舟" in who
    assert authenticate(username=username, password=password) is not None
    assert len({secret for _, secret, _ in lines}) == len(lines) > 20
    assert not any(secret in said.getvalue() for _, secret, _ in lines)
    kept = file.read_bytes()
    call_command("load_demo", stdout=said)
    assert file.read_bytes() == kept


def test_an_accounts_file_that_cannot_be_written_leaves_nothing_behind(settings, tmp_path):
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path / "absent", tmp_path / "files"
    with pytest.raises(CommandError, match="写不进去"):
        call_command("load_demo", on="2025-07-31")
    assert not Unit.objects.exists()
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_a_day_that_is_none_is_one_sentence():
    with pytest.raises(CommandError, match="--on 2025-02-30 不是日期"):
        call_command("load_demo", on="2025-02-30")


@pytest.mark.parametrize(
    "on", [date(2025, 8, 3), date(2026, 2, 18), date(2026, 3, 4), date(2027, 10, 4)]
)
def test_told_on_another_day_the_counts_are_the_same(on):
    load(on=on, at=NOON)
    inspection = Inspection.objects.get()
    counts = figures.count_measures(inspection, on=on)
    assert (counts.done, counts.total, counts.overdue, counts.near) == (109, 161, 11, 7)
    monday = on - timedelta(days=on.weekday())
    meets = Workday.objects.calendar().next_working_day(monday) <= on  # two of them are holidays
    under_way = [(each.number, each.due_on) for each in DispatchRound.objects.open()]
    assert under_way == ([(13, monday)] if meets else [])
    at = datetime(on.year, on.month, on.day, 23, tzinfo=SHANGHAI)
    assert dispatching.open_due(at=at) == ()
