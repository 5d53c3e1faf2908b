"""批量办理: one verb, one note, many measures; each under its own permission."""

from datetime import timedelta

import pytest

from rectification import closing, workflow
from rectification.models import Measure, ProgressEntry, Review, Rework
from tests.factories import NOON, MeasureFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def measures(cast):
    others = [
        MeasureFactory(problem=cast.problem, lead_unit=cast.division, code=f"M-900-{number}")
        for number in (2, 3)
    ]
    foreign = MeasureFactory(problem=cast.problem, lead_unit=cast.elsewhere, code="M-900-9")
    return [cast.measure, *others, foreign]


def send(client, cast, *chosen, **fields):
    return client.post(f"{cast.base}bulk/", {"chosen": chosen, **fields})


def apply_for(measure, cast):
    closing.submit(
        measure, statement="完成", evidence_note="见档案", by=cast.liaison, at=NOON, version=1
    )


def test_one_press_reports_nil_for_what_was_ticked(cast, client, measures):
    client.force_login(cast.liaison)

    answer = send(client, cast, "1:M-900-1", "1:M-900-2", verb="nil_return")

    assert [each.code for each in answer.context["outcome"].done] == ["M-900-1", "M-900-2"]
    assert answer.context["outcome"].refused == ()
    assert ProgressEntry.objects.filter(nil_return=True, text="无变化").count() == 2


def test_a_nil_return_of_many_keeps_what_each_unit_named_last(cast, client, measures):
    told = workflow.Told("完成初稿。", difficulty="经费未到位", next_step="征求意见")
    workflow.report(
        measures[0],
        told,
        unit=cast.division,
        by=cast.liaison,
        at=NOON - timedelta(days=1),
        version=1,
    )
    client.force_login(cast.liaison)

    send(client, cast, "2:M-900-1", "1:M-900-2", verb="nil_return", note="等经费")

    told = ProgressEntry.objects.filter(nil_return=True).order_by("measure__code")
    assert list(told.values_list("text", "difficulty", "next_step")) == [
        ("等经费", "经费未到位", "征求意见"),
        ("等经费", "", ""),
    ]


def test_what_is_refused_stops_no_other_and_says_why(cast, client, measures):
    for measure in measures[:2]:
        apply_for(measure, cast)
    client.force_login(cast.head)

    ticks = ("2:M-900-1", "1:M-900-2", "1:M-900-3")
    answer = send(client, cast, *ticks, verb="approve", note="同意")

    outcome = answer.context["outcome"]
    assert [each.code for each in outcome.done] == ["M-900-1"]
    refused = {each.measure.code: each.why for each in outcome.refused}
    assert "被别人改过" in refused["M-900-2"]
    assert "没有等待审核的销号申请" in refused["M-900-3"]
    html = answer.content.decode()
    assert all(why in html for why in refused.values())
    assert Review.objects.count() == 1


def test_who_comes_before_their_turn_is_told_whose_turn_it_is(cast, client, measures):
    apply_for(measures[0], cast)
    client.force_login(cast.office)

    (refused,) = send(client, cast, "2:M-900-1", verb="approve").context["outcome"].refused

    assert "正在“单位负责人初审”，由单位负责人审核" in refused.why


def test_a_measure_of_another_unit_is_not_even_named(cast, client, measures):
    client.force_login(cast.liaison)

    answer = send(client, cast, "1:M-900-9", "1:M-404", verb="nil_return")

    assert "M-900-9" not in answer.content.decode()
    assert "没有选中措施" in answer.content.decode()
    assert not ProgressEntry.objects.exists()


def test_a_return_needs_ground_reason_and_day_and_keeps_what_was_ticked(cast, client, measures):
    client.force_login(cast.office)

    answer = send(client, cast, "1:M-900-1", verb="send_back", note="逾期未报")

    html = answer.content.decode()
    assert "退回要填写退回依据。" in html
    assert "退回要填写返工期限。" in html
    assert 'value="1:M-900-1"' in html
    assert "逾期未报" in html
    assert not Rework.objects.exists()

    fields = {"verb": "send_back", "note": "逾期未报", "ground": "late", "due_on": "2999-01-01"}
    send(client, cast, "1:M-900-1", "1:M-900-2", **fields)
    assert Rework.objects.filter(reason="逾期未报").count() == 2


@pytest.mark.parametrize(
    ("who", "verb"), [("liaison", "approve"), ("head", "nil_return"), ("supervisor", "nil_return")]
)
def test_a_verb_that_is_not_ones_own_is_not_offered(cast, client, measures, who, verb):
    client.force_login(getattr(cast, who))

    answer = send(client, cast, "1:M-900-1", verb=verb)

    assert answer.context["form"].errors["verb"]
    assert Measure.objects.filter(version=1).count() == len(measures)


@pytest.mark.parametrize("tick", ["", "M-900-1", "x:M-900-1", "-1:M-900-1", "9" * 50 + ":M-900-1"])
def test_a_tick_that_cannot_be_read_chooses_nothing(cast, client, measures, tick):
    client.force_login(cast.liaison)

    answer = send(client, cast, tick, verb="nil_return")

    assert answer.status_code == 200
    assert "没有选中措施" in answer.content.decode()


def test_the_list_offers_ticks_to_whoever_may_act(cast, client, measures):
    client.force_login(cast.liaison)
    assert 'value="1:M-900-1"' in client.get(f"{cast.base}measures/").content.decode()

    client.force_login(cast.supervisor)
    assert 'name="chosen"' not in client.get(f"{cast.base}measures/").content.decode()
