"""The page of a 议定事项: who sees it, answers it, and what becomes of an answer that came late."""

import pytest
import time_machine

from rectification.models import PointAnswer
from rectification.views.point_card import unit_points
from tests.factories import NOON, DispatchRoundFactory, MeetingPointFactory


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def point(cast):
    round = DispatchRoundFactory(inspection=cast.inspection, number=1)
    return MeetingPointFactory(
        round=round, unit=cast.division, measure=cast.measure, by=cast.office
    )


def forms_on(page):
    card = page.context["card"]
    return {name for name in ("answer", "settle", "withdraw") if getattr(card, name)}


@pytest.mark.parametrize(
    ("who", "forms"),
    [
        ("liaison", {"answer"}),
        ("head", set()),
        ("office", {"settle", "withdraw"}),
        ("executive", set()),
        ("supervisor", set()),
    ],
)
def test_each_is_offered_what_they_may_do(cast, client, point, who, forms):
    client.force_login(getattr(cast, who))

    assert forms_on(client.get(f"{cast.base}points/1/")) == forms


def test_another_unit_does_not_see_it(cast, client, point):
    client.force_login(cast.stranger)

    assert client.get(f"{cast.base}points/1/").status_code == 404
    assert client.post(f"{cast.base}points/1/answer/", {"version": 1}).status_code == 404


def test_the_desk_leads_the_liaison_to_it_and_the_answer_is_shown(cast, client, point):
    client.force_login(cast.liaison)
    assert f"{cast.base}points/1/" in client.get("/desk/").content.decode()

    answer = client.post(
        f"{cast.base}points/1/answer/", {"version": 1, "text": "已列入预算。"}, follow=True
    )

    assert [str(each) for each in answer.context["messages"]] == ["已答复议定事项1"]
    assert "已列入预算。" in answer.content.decode()
    assert f"{cast.base}points/1/" not in client.get("/desk/").content.decode()


def test_what_was_answered_in_an_earlier_round_waits_for_an_answer_again(cast, client, point):
    client.force_login(cast.liaison)
    client.post(f"{cast.base}points/1/answer/", {"version": 1, "text": "已列入预算。"})
    page = client.get(f"{cast.base}points/1/")
    assert (page.context["card"].says, page.context["card"].tone) == ("已答复", "run")
    point.round.state, point.round.closed_at = "closed", NOON
    point.round.save()
    later = DispatchRoundFactory(inspection=cast.inspection, number=2)

    cards = [client.get(f"{cast.base}points/1/").context["card"], *unit_points(cast.liaison, later)]
    client.force_login(cast.office)
    cards += client.get(f"{cast.base}dispatch/2/").context["points"]
    (then,) = client.get(f"{cast.base}dispatch/1/").context["points"]

    assert [(card.says, card.tone) for card in cards] == [("上次已答复，本次待答复", "near")] * 3
    assert then.says == "已答复"


def test_an_answer_that_came_too_late_shows_both_texts_and_goes_on(cast, client, point):
    client.force_login(cast.liaison)
    client.post(f"{cast.base}points/1/answer/", {"version": 1, "text": "同事的答复"})

    late = client.post(f"{cast.base}points/1/answer/", {"version": 1, "text": "我的答复"})

    html = late.content.decode()
    assert late.status_code == 409
    assert "同事的答复" in html
    assert "我的答复" in html
    assert PointAnswer.objects.count() == 1
    form = late.context["card"].answer
    again = {"version": form["version"].value(), "text": form["text"].value()}
    assert client.post(f"{cast.base}points/1/answer/", again).status_code == 302
    assert PointAnswer.objects.count() == 2


def test_what_was_typed_for_a_point_that_is_over_is_not_lost(cast, client, point):
    client.force_login(cast.office)
    client.post(f"{cast.base}points/1/settle/", {"version": 1, "why": "已落实"})
    client.force_login(cast.liaison)

    late = client.post(f"{cast.base}points/1/answer/", {"version": 1, "text": "我的答复"})

    assert late.status_code == 409
    assert "我的答复" in late.content.decode()
    assert not PointAnswer.objects.exists()


def test_a_refused_form_keeps_what_was_typed(cast, client, point):
    client.force_login(cast.office)

    answer = client.post(f"{cast.base}points/1/settle/", {"version": 1, "why": "字" * 501})

    assert answer.status_code == 200
    assert "最多500字" in answer.content.decode()
    assert "字" * 501 in answer.content.decode()


def test_a_point_that_is_refused_keeps_the_form_on_the_round(cast, client, point):
    client.force_login(cast.office)
    same = {"unit": cast.division.pk, "measure": cast.measure.pk, "text": point.text}

    twice = client.post(f"{cast.base}dispatch/1/points/", same)
    empty = client.post(f"{cast.base}dispatch/1/points/", {"unit": "", "text": "没有单位"})

    assert (twice.status_code, empty.status_code) == (409, 200)
    assert "已经记为议定事项1" in twice.content.decode()
    assert "请选择承办单位。" in empty.content.decode()
    assert "没有单位" in empty.content.decode()


def test_the_page_of_the_unit_lists_what_is_not_settled(cast, client, point):
    other = MeetingPointFactory(round=point.round, unit=cast.elsewhere, by=cast.office)
    MeetingPointFactory(
        round=point.round,
        unit=cast.division,
        by=cast.office,
        state="settled",
        ended_at=NOON,
        ended_by=cast.office,
        ended_why="已落实",
    )

    mine = [
        (each.point, each.answer is not None) for each in unit_points(cast.liaison, point.round)
    ]
    of_head = [
        (each.point, each.answer is not None) for each in unit_points(cast.head, point.round)
    ]

    assert mine == [(point, True)]
    assert of_head == [(point, False)]
    assert [each.point for each in unit_points(cast.stranger, point.round)] == [other]


def test_the_story_of_the_measure_and_the_journal_know_it(cast, client, point):
    client.force_login(cast.liaison)

    html = client.get(cast.page).content.decode()

    assert "议定事项1" in html
    assert point.text in html
