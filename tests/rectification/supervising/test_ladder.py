"""The settings of the ladder: who sees and keeps them, what is refused, nothing lost."""

from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import JournalEntry
from rectification.models import Inspection, Rung
from rectification.moving import MoveRefused, StaleSave
from rectification.supervising import ladder as settings_of
from tests.factories import NOON
from tests.rectification.supervising.conftest import after, climb, late_by, lettered

GOOD = {"days": "9", "letter": "order", "colour": "red", "to_head": "on", "answer_days": "7"}


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def test_a_new_inspection_gets_the_usual_ladder(ladder):
    found = [(each.when, each.letter, each.is_automatic) for each in ladder.inspection.rungs.all()]

    assert found == [
        ("到期前10天", "none", False),
        ("到期当天", "none", False),
        ("超期1天", "reminder", True),
        ("超期7天", "order", False),
        ("超期15天", "interview", False),
        ("超期30天", "circular", False),
    ]
    Rung.objects.set_up(ladder.inspection)
    assert Rung.objects.count() == 6


def test_inspections_of_before_get_it_by_migration_and_it_runs_back(cast):
    migration = import_module("rectification.migrations.0036_usual_rungs")
    migration.forwards(apps, None)
    by_migration = list(Rung.objects.values_list(*settings_of.CONTENT))
    migration.forwards(apps, None)
    assert Rung.objects.count() == 6
    migration.backwards(apps, None)
    assert not Rung.objects.exists()

    Rung.objects.set_up(cast.inspection)
    assert by_migration == list(Rung.objects.values_list(*settings_of.CONTENT))


def test_run_back_a_rung_that_gave_a_letter_stays(ladder):
    lettered(ladder, "proposed")
    import_module("rectification.migrations.0036_usual_rungs").backwards(apps, None)

    assert [each.days for each in Rung.objects.all()] == [7]


@pytest.mark.parametrize(
    ("who", "reads", "keeps"),
    [
        ("office", 200, 200),
        ("supervisor", 200, 404),
        ("executive", 200, 404),
        ("liaison", 404, 404),
        ("head", 404, 404),
    ],
)
def test_those_who_oversee_read_it_and_the_office_keeps_it(ladder, client, who, reads, keeps):
    client.force_login(getattr(ladder, who))
    rung = Rung.objects.get(days=7)

    page = client.get(f"{ladder.base}ladder/")
    assert page.status_code == reads
    assert (f"ladder/{rung.pk}/amend/" in page.content.decode()) == (who == "office")
    for path in ("new/", f"{rung.pk}/amend/"):
        assert client.get(f"{ladder.base}ladder/{path}").status_code == keeps


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"days": "7"}, "这一天已有一级"),
        ({"days": "366"}, "-365 到 365"),
        ({"days": "七"}, "-365 到 365"),
        ({"days": ""}, "-365 到 365"),
        ({"days": "9" * 30}, "-365 到 365"),
        ({"letter": "poem"}, "函件不在列表中"),
        ({"colour": "pink"}, "颜色不在列表中"),
        ({"to_head": ""}, "请至少选择一个收件角色。"),
        ({"to_head": "", "to_office": "on"}, "没有人签收"),
        ({"letter": "none"}, "系统提醒没有函件"),
        ({"answer_days": "91"}, "回复期限请填 1 到 90"),
    ],
)
def test_a_rung_that_makes_no_sense_is_refused_with_a_sentence(ladder, client, changes, says):
    client.force_login(ladder.office)

    page = client.post(f"{ladder.base}ladder/new/", GOOD | changes)

    assert page.status_code == 200
    assert says in page.content.decode()
    assert Rung.objects.count() == 6


def test_the_office_adds_amends_and_ends(ladder, client):
    client.force_login(ladder.office)

    client.post(f"{ladder.base}ladder/new/", GOOD | {"days": "－3", "letter": "reminder"})
    rung = Rung.objects.get(days=-3)
    client.post(f"{ladder.base}ladder/{rung.pk}/amend/", GOOD | {"version": 1, "days": "4"})
    client.post(f"{ladder.base}ladder/{rung.pk}/end/", {"version": 2})

    rung.refresh_from_db()
    assert (rung.days, rung.letter, rung.ended_on) == (4, "order", NOON.date())
    entries = JournalEntry.objects.filter(subject_kind="rung").order_by("sequence")
    assert [each.verb for each in entries] == ["enter", "amend", "end"]
    assert "已停用" in client.get(f"{ladder.base}ladder/").content.decode()
    page = client.get(f"{ladder.base}ladder/{rung.pk}/amend/").content.decode()
    assert "停用的不能再改" in page
    again = client.post(f"{ladder.base}ladder/new/", GOOD | {"days": "4"})
    assert again.status_code == 302  # the day is free again


def test_a_stale_save_is_told_with_both(ladder, client):
    rung = Rung.objects.get(days=7)
    rung.answer_days = 3
    settings_of.amend(rung, by=ladder.office, at=NOON, version=1)
    client.force_login(ladder.office)

    page = client.post(f"{ladder.base}ladder/{rung.pk}/amend/", GOOD | {"version": 1})

    html = page.content.decode()
    assert page.status_code == 409
    assert "被别人改过" in html
    assert 'name="version" value="2"' in html
    rung.refresh_from_db()
    assert (rung.days, rung.answer_days) == (7, 3)
    assert client.post(f"{ladder.base}ladder/{rung.pk}/end/", {"version": 1}).status_code == 409


def test_the_verbs_refuse_everybody_else_and_what_is_ended(ladder):
    rung = Rung.objects.get(days=7)
    with pytest.raises(MoveRefused):
        settings_of.amend(rung, by=ladder.supervisor, at=NOON, version=1)
    with pytest.raises(StaleSave):
        settings_of.end(rung, by=ladder.office, at=NOON, version=4)
    settings_of.end(rung, by=ladder.office, at=NOON, version=1)
    with pytest.raises(MoveRefused, match="已经停用"):
        settings_of.amend(rung, by=ladder.office, at=NOON, version=2)
    with pytest.raises(ValidationError):
        settings_of.add(
            Rung(inspection=ladder.inspection, days=900, to_head=True), by=ladder.office, at=NOON
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"days": 400},
        {"colour": "pink"},
        {"letter": "poem"},
        {"letter": "none"},
        {"answer_days": 0},
        {"to_head": False, "to_lead_executive": False},
        {"to_head": False, "to_office": True},
    ],
)
def test_the_database_refuses_a_rung_that_makes_no_sense(ladder, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        Rung.objects.filter(days=7).update(**wrong)


def test_the_word_and_the_sender_are_settings_of_the_inspection(ladder):
    Inspection.objects.update(letter_word="水督", letter_sender="云州市水务局党组巡察整改办")

    letter = lettered(ladder, "issued")

    assert (letter.reference, letter.sender) == ("水督〔2025〕1号", "云州市水务局党组巡察整改办")


def test_a_rung_that_gave_letters_is_ended_and_begun_anew_where_its_day_changes(ladder):
    late_by(ladder, 1)
    climb()
    rung = Rung.objects.get(days=1)
    rung.days = 10

    settings_of.amend(rung, by=ladder.office, at=NOON, version=1)

    old, new = Rung.objects.filter(letter="reminder").order_by("pk")
    assert (old.days, old.ended_on, new.days, new.ended_on) == (1, NOON.date(), 10, None)
    assert climb(after(6)) == (1, 0, 0)  # 7 days late: what it had was of the first day
    entries = JournalEntry.objects.filter(subject_kind="rung").order_by("sequence")
    assert [each.verb for each in entries] == ["end", "enter"]


def test_a_rung_that_gave_letters_is_amended_in_all_else(ladder):
    late_by(ladder, 1)
    climb()
    rung = Rung.objects.get(days=1)
    rung.answer_days = 9

    settings_of.amend(rung, by=ladder.office, at=NOON, version=1)

    assert Rung.objects.get(letter="reminder").answer_days == 9


def test_of_two_who_move_a_rung_with_letters_the_second_is_told(ladder):
    late_by(ladder, 1)
    climb()
    first, second = Rung.objects.get(days=1), Rung.objects.get(days=1)
    first.answer_days, second.days = 9, 10
    settings_of.amend(first, by=ladder.office, at=NOON, version=1)

    with pytest.raises(StaleSave):
        settings_of.amend(second, by=ladder.office, at=NOON, version=1)

    assert Rung.objects.count() == 6
