"""The climb where something goes wrong, where there is much, and where a measure comes back."""

import re
from datetime import date, timedelta

import pytest
import time_machine

from accounts.models import Unit
from rectification import supervising
from rectification.models import Inspection, Measure, MeasureEvent, Rung, SupervisionAction
from rectification.moving import StaleSave
from rectification.supervising import climbing
from rectification.views import letters as letter_views
from tests.factories import NOON, InspectionFactory, MeasureFactory, ProblemFactory, unit
from tests.rectification.supervising.conftest import (
    INTERVIEW,
    ISSUED,
    ORDER,
    PROPOSED,
    REMINDER,
    after,
    climb,
    kinds,
    late_by,
    lettered,
)

RUNG = re.compile("[黄红绿]：督办（[^）]*）")


def late(ladder, *days, problem=None):
    """Further measures of the division, so many days late, in this order."""
    return [
        MeasureFactory(
            problem=problem or ladder.problem,
            lead_unit=ladder.division,
            deadline=NOON.date() - timedelta(each),
        )
        for each in days
    ]


# What goes wrong ----------------------------------------------------------------------------------


def failing(monkeypatch, broken, error):
    held = climbing.held

    def refuse(measure):
        if measure == broken:
            raise error
        return held(measure)

    monkeypatch.setattr(climbing, "held", refuse)


def test_an_error_with_one_measure_keeps_no_other_from_its_letter(ladder, monkeypatch):
    broken, _ = late(ladder, 9, 8)
    other = InspectionFactory(code="other")
    Rung.objects.set_up(other)
    late(ladder, 7, problem=ProblemFactory(inspection=other))
    failing(monkeypatch, broken, RuntimeError("out of order"))

    with pytest.raises(RuntimeError, match="out of order"):
        climb()

    assert kinds() == [(ORDER, PROPOSED), (ORDER, PROPOSED)]


def test_a_letter_that_somebody_else_was_first_with_is_no_error(ladder, monkeypatch):
    broken, _ = late(ladder, 9, 8)
    failing(monkeypatch, broken, StaleSave("刚被别人改过"))

    assert climb() == (1, 0, 0)


def test_one_run_gives_a_bounded_number_of_letters_and_the_next_goes_on(ladder, monkeypatch):
    monkeypatch.setattr(climbing, "AT_ONCE", 2)
    oldest, newest, middle = late(ladder, 20, 8, 9)
    other = InspectionFactory(code="other")
    Rung.objects.set_up(other)
    (theirs,) = late(ladder, 7, problem=ProblemFactory(inspection=other))

    done = []
    while climb() != (0, 0, 0):
        done.append(
            list(SupervisionAction.objects.order_by("pk").values_list("measure", flat=True))
        )

    all_of_them = [oldest.pk, middle.pk, newest.pk, theirs.pk]
    assert done == [all_of_them[:2], all_of_them]


def test_what_gets_no_letter_takes_no_place_of_what_is_due(ladder, monkeypatch):
    monkeypatch.setattr(climbing, "AT_ONCE", 1)
    Rung.objects.filter(letter=ORDER).update(answer_days=2)
    lettered(ladder, "issued", days=7)  # and never answered
    higher = Rung.objects.create(
        inspection=ladder.inspection, days=8, letter=ORDER, answer_days=20, to_head=True
    )
    assert climb(after(1)) == (1, 0, 0)
    letter = SupervisionAction.objects.get(rung=higher)
    supervising.issue(letter, by=ladder.office, at=after(1), version=letter.version)
    Rung.objects.filter(pk=higher.pk).update(ended_on=after(1).date())
    late(ladder, 2)

    assert climb(after(6)) == (1, 0, 0)
    assert kinds()[2:] == [(ORDER, PROPOSED)]


def test_the_next_rung_is_due_with_the_first_letter_that_is_late_though_its_own_rung_is_gone(
    ladder,
):
    Rung.objects.filter(letter=REMINDER).update(answer_days=1)
    late_by(ladder, 1)
    assert climb() == (0, 1, 0)
    Rung.objects.filter(letter=REMINDER).update(ended_on=NOON.date())

    assert climb(after(5)) == (1, 0, 0)
    assert kinds() == [(REMINDER, ISSUED), (ORDER, PROPOSED)]


# What the office decides --------------------------------------------------------------------------


def test_where_lower_rungs_were_passed_over_nothing_is_issued_by_itself(ladder):
    Rung.objects.filter(letter__in=[ORDER, INTERVIEW]).update(is_automatic=True)
    late_by(ladder, 8)

    assert climb() == (1, 0, 0)

    assert climb(after(7)) == (0, 1, 0)  # 15 days late: only the next rung has come
    assert [kind for kind, state in kinds() if state == ISSUED] == [INTERVIEW]


def test_a_letter_that_the_office_writes_goes_to_whom_the_rung_of_the_inspection_names(ladder):
    wording = supervising.Wording("督办函", "三次没有报送。", "请补报。", 5)
    Rung.objects.filter(letter=ORDER).update(
        to_head=False, to_lead_executive=False, to_liaison=True, to_office=True
    )
    given = {"unit": ladder.division, "measure": None, "by": ladder.office, "at": NOON}
    letter = supervising.propose(ladder.inspection, ORDER, wording, **given)

    supervising.issue(letter, by=ladder.office, at=NOON, version=1)

    told = ladder.inspection.notices.in_app().filter(topic="letter/x25/1/issue")
    assert {each.recipient for each in told} == {ladder.liaison, ladder.office}


# What comes back ----------------------------------------------------------------------------------


def comes_back(ladder, *, on: date, verb="reopen"):
    """The measure was finished, and is open again as of a day."""
    MeasureEvent.objects.create(
        measure=ladder.measure,
        verb=verb,
        from_status="closed",
        to_status="rebounded",
        on=on,
        at=NOON,
    )


@pytest.mark.parametrize("verb", ["reopen", "reinstate"])
def test_of_a_measure_that_came_back_the_days_count_from_then(ladder, verb):
    late_by(ladder, 100)
    comes_back(ladder, on=NOON.date(), verb=verb)

    assert climb() == (0, 0, 0)
    assert climb(after(1)) == (0, 1, 0)
    letter = SupervisionAction.objects.get()
    assert (letter.kind, letter.passed_over, letter.for_deadline) == (REMINDER, "", NOON.date())
    assert "2025年7月31日重新开始整改" in letter.matter
    assert climb(after(7)) == (1, 0, 0)
    assert kinds() == [(REMINDER, ISSUED), (ORDER, PROPOSED)]


def test_what_it_got_before_does_not_count_when_it_comes_back(ladder):
    late_by(ladder, 1)
    climb()
    comes_back(ladder, on=after(60).date())

    climb(after(61))

    assert kinds() == [(REMINDER, ISSUED), (REMINDER, ISSUED)]


def test_a_proposal_of_before_lapses_when_a_measure_comes_back(ladder):
    late_by(ladder, 8)
    climb()
    comes_back(ladder, on=NOON.date())

    assert climb() == (0, 0, 1)
    why = SupervisionAction.objects.get().steps.last().text
    assert why == "措施重新开始整改，督办从2025年7月31日重新算起。"


def test_a_new_deadline_after_it_came_back_counts_again(ladder):
    comes_back(ladder, on=NOON.date() - timedelta(20))
    late_by(ladder, 8)

    assert climb() == (1, 0, 0)
    assert SupervisionAction.objects.get().kind == ORDER


# Names and numbers --------------------------------------------------------------------------------


def test_the_sender_of_a_unit_with_the_longest_name_finds_room(ladder):
    Unit.objects.filter(pk=ladder.inspection.inspected_unit_id).update(name="水" * 100)
    late_by(ladder, 1)

    climb()

    letter = SupervisionAction.objects.get()
    assert letter.sender == "水" * 100 + "巡察整改办公室"
    letter.clean_fields()


def test_two_inspections_of_one_bureau_number_their_letters_together(ladder):
    late_by(ladder, 1)
    other = InspectionFactory(code="other", inspected_unit=ladder.inspection.inspected_unit)
    elsewhere = InspectionFactory(code="elsewhere", inspected_unit=unit("水文局"))
    for each in (other, elsewhere):
        Rung.objects.set_up(each)
        late(ladder, 1, problem=ProblemFactory(inspection=each))

    climb()

    found = SupervisionAction.objects.values_list("inspection__code", "reference")
    assert {code: reference for code, reference in found} == {
        "x25": "整督〔2025〕1号",
        "other": "整督〔2025〕2号",
        "elsewhere": "整督〔2025〕1号",
    }


def test_another_word_begins_at_one(ladder):
    late_by(ladder, 1)
    climb()
    Inspection.objects.update(letter_word="水督")
    late(ladder, 1)
    climb()

    assert list(SupervisionAction.objects.order_by("pk").values_list("reference", flat=True)) == [
        "整督〔2025〕1号",
        "水督〔2025〕1号",
    ]


# Named persons ------------------------------------------------------------------------------------


@pytest.mark.parametrize("sees", [False, True])
def test_a_named_person_is_told_only_where_the_link_leads_somewhere(ladder, sees):
    named = ladder.head if sees else ladder.stranger
    Measure.objects.update(person_in_charge=named, responsible_executive=named)
    late_by(ladder, 1)

    climb()

    told = ladder.inspection.notices.in_app().filter(topic="letter/x25/1/issue")
    assert {each.recipient for each in told} == {ladder.liaison, ladder.head}


def test_where_the_named_lead_executive_sees_nothing_those_of_the_bureau_hear(ladder):
    type(ladder.problem).objects.update(lead_executive=ladder.stranger)
    late_by(ladder, 8)
    climb()
    letter = SupervisionAction.objects.get()

    supervising.issue(letter, by=ladder.office, at=NOON, version=1)

    told = ladder.inspection.notices.in_app().filter(topic="letter/x25/1/issue")
    assert {each.recipient for each in told} == {ladder.head, ladder.executive}


# Colours ------------------------------------------------------------------------------------------


def shown(client, ladder, path):
    with time_machine.travel(NOON, tick=False):
        return client.get(f"{ladder.base}{path}").content.decode()


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (-11, None),
        (-10, "黄：督办（到期前10天）"),
        (0, "黄：督办（到期当天）"),
        (8, "红：督办（超期7天）"),
        (99, "红：督办（超期30天）"),
    ],
)
def test_the_page_of_a_measure_shows_the_colour_of_the_rung_it_has_come_to(
    ladder, client, days, says
):
    late_by(ladder, days)
    client.force_login(ladder.liaison)

    page = shown(client, ladder, "measures/M-900-1/")

    assert RUNG.findall(page) == ([says] if says else [])


@pytest.mark.parametrize("status", ["in_review", "not_applicable"])
def test_where_the_ladder_is_quiet_no_colour_is_shown(ladder, client, status):
    late_by(ladder, 8)
    Measure.objects.update(status=status)
    client.force_login(ladder.office)

    assert RUNG.findall(shown(client, ladder, "measures/M-900-1/")) == []


def test_the_list_of_letters_shows_the_colour_of_the_rung_until_a_letter_is_settled(ladder, client):
    letter = lettered(ladder, "answered")
    client.force_login(ladder.office)
    before = shown(client, ladder, "supervision/")
    supervising.settle(letter, why="同意", by=ladder.office, at=NOON, version=letter.version)

    assert RUNG.findall(before) == ["红：督办（超期7天）"]
    assert RUNG.findall(shown(client, ladder, "supervision/")) == []


def test_a_request_issues_a_bounded_number_and_says_so(ladder, client, monkeypatch):
    monkeypatch.setattr(letter_views, "AT_ONCE", 2)
    late(ladder, 9, 8, 7)
    climb()
    client.force_login(ladder.office)
    ticked = {"verb": "issue", "note": "", "chosen": ["1:1", "1:2", "1:3"]}

    page = client.post(f"{ladder.base}supervision/bulk/", ticked)

    assert [each.number for each in page.context["done"]] == [1, 2]
    assert "其余的没有办理" in page.content.decode()
