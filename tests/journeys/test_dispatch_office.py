"""The office holds a round: reads who is silent, makes a point of a difficulty, ends the round; the
unit answers it in the next one, and the office settles it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from rectification.models import DispatchRound
from rectification.states import RoundState
from tests.factories import (
    DispatchReturnFactory,
    DispatchRoundFactory,
    MeasureFactory,
    MilestoneFactory,
    filed,
)
from tests.journeys.looking import faults_of
from tests.rectification.conftest import cast  # noqa: F401  # the people around one measure

pytestmark = pytest.mark.django_db(transaction=True)


def round_of(cast, number) -> DispatchRound:  # noqa: F811
    now, today = timezone.now(), timezone.localdate()
    days = {"due_on": today, "meeting_on": today, "opened_at": now}
    return DispatchRoundFactory(inspection=cast.inspection, number=number, **days)


def a_round_with_two_lines(cast) -> DispatchRound:  # noqa: F811
    """One has reported a difficulty; the other is behind and silent."""
    round = round_of(cast, 1)
    today = timezone.localdate()
    later = {"deadline": today + timedelta(days=90), "precision": "day"}
    told, silent = (
        MeasureFactory(problem=cast.problem, code=code, lead_unit=unit, **later)
        for code, unit in (("M-1", cast.division), ("M-2", cast.elsewhere))
    )
    MilestoneFactory(measure=silent, due_on=today - timedelta(days=9), share=60)
    line = DispatchReturnFactory(round=round, measure=told)
    filed(line, by=cast.liaison, at=timezone.now(), difficulty="巡查经费没有着落")
    DispatchReturnFactory(round=round, measure=silent)
    return round


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_meeting_from_the_difficulty_to_the_settled_point(cast, visit, scripts):  # noqa: F811
    a_round_with_two_lines(cast)
    office = visit(cast.office, java_script_enabled=scripts)
    office.goto("/i/x25/dispatch/1/")
    expect(office.get_by_text("应达60%，实际0%")).to_be_visible()
    office.get_by_role("link", name="滨江分局").first.click()
    expect(office.get_by_role("heading", name="逐条情况：滨江分局 · 全部")).to_be_visible()

    office.get_by_role("link", name="列为议定事项").click()
    expect(office.get_by_role("textbox", name="议定事项")).to_have_value(
        "请研究解决：巡查经费没有着落"
    )
    office.get_by_role("textbox", name="议定事项").fill("河湖管理处会同财务处提出经费方案")
    office.get_by_role("button", name="记为议定事项").click()
    expect(office.get_by_text("已记为议定事项1，由河湖管理处承办")).to_be_visible()
    if scripts:
        assert faults_of(office) == []

    office.get_by_role("link", name="结束本次调度").click()
    expect(office.get_by_text("应报2条，已报1条，未报1条，1个单位全部未报。")).to_be_visible()
    office.get_by_role("button", name="结束调度").click()
    expect(office.get_by_text("第1次调度已结束，调度表已存档")).to_be_visible()
    office.get_by_role("link", name="调度表", exact=True).click()
    expect(office.get_by_role("heading", name="云州市水务局巡察整改第1次调度表")).to_be_visible()
    if scripts:
        assert faults_of(office) == []

    answered_in_the_next_round(cast, visit, scripts=scripts)
    settled_there(office, scripts=scripts)
    assert DispatchRound.objects.filter(state=RoundState.OPEN).get().number == 2


def answered_in_the_next_round(cast, visit, *, scripts) -> None:  # noqa: F811
    DispatchReturnFactory(round=round_of(cast, 2), measure=cast.measure)
    liaison = visit(cast.liaison, java_script_enabled=scripts)
    liaison.goto("/desk/")
    liaison.get_by_role("link", name="河湖管理处会同财务处提出经费方案").click()
    liaison.get_by_label("答复").fill("拟从机动经费列支12万元")
    liaison.get_by_role("button", name="提交答复").click()
    expect(liaison.get_by_text("已答复议定事项1")).to_be_visible()
    if scripts:
        assert faults_of(liaison) == []


def settled_there(office, *, scripts) -> None:
    office.goto("/i/x25/dispatch/2/")
    expect(office.get_by_text("结转", exact=True)).to_be_visible()
    expect(office.get_by_text("答复：拟从机动经费列支12万元")).to_be_visible()
    office.get_by_text("办结议定事项1").click()
    office.get_by_label("办结说明").fill("经费已落实")
    office.get_by_role("button", name="办结").click()
    expect(office.get_by_text("议定事项1已办结")).to_be_visible()
    if scripts:
        assert faults_of(office) == []
