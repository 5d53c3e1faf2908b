"""The office looks back: draws, finds that one measure holds and one has rebounded, and ends it."""

from datetime import date

import pytest
from playwright.sync_api import expect

from rectification.models import LookBack
from rectification.states import WorkStatus
from tests.factories import MeasureFactory
from tests.journeys.looking import faults_of
from tests.rectification.conftest import cast  # noqa: F401  # the people around one measure

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_look_back_from_the_draw_to_its_end(cast, visit, scripts):  # noqa: F811
    for _ in range(3):
        MeasureFactory(
            problem=cast.problem,
            lead_unit=cast.division,
            status=WorkStatus.CLOSED,
            closed_on=date(2025, 6, 30),
        )
    page = visit(cast.office, java_script_enabled=scripts)
    page.goto("/i/x25/lookback/")
    page.get_by_role("link", name="开展回头看").first.click()
    page.get_by_label("抽取数量").fill("2")
    page.get_by_role("button", name="确定检查名单").click()
    expect(page.get_by_text("第1次回头看已确定2条措施")).to_be_visible()
    expect(page.get_by_text("结果与名单和审计日志一致")).to_be_visible()

    for result in ("巩固", "反弹"):
        page.get_by_role("link", name="填写结果").first.click()
        for answer in page.get_by_label("是", exact=True).all():
            answer.check()
        page.get_by_label(result, exact=True).check()
        page.get_by_label("检查说明").fill(f"现场看过：{result}")
        page.get_by_role("button", name="记录检查结果").click()
        expect(page.get_by_text(f"的检查结果已记录：{result}")).to_be_visible()
    if scripts:
        assert faults_of(page) == []

    page.get_by_role("link", name="结束本次回头看").click()
    page.get_by_role("button", name="结束", exact=True).click()
    expect(page.get_by_text("第1次回头看已结束")).to_be_visible()
    rebounded = LookBack.objects.get().items.get(result="rebounded").measure
    page.goto(f"/i/x25/measures/{rebounded.code}/")
    expect(page.get_by_text("第1次回头看：现场看过：反弹").first).to_be_visible()
