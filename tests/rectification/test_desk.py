"""我的待办: what each person finds there, each thing once, and the way on."""

import re
from datetime import date, timedelta

import pytest
import time_machine

from accounts.models import Role
from rectification import closing, workflow
from rectification.states import ReturnGround
from tests.factories import NOON, MeasureFactory, bureau, person, round_with_lines

TODAY = NOON.date()
CLOSED = {"status": "closed", "closed_on": TODAY}


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def opened(client, user):
    client.force_login(user)
    return client.get("/desk/")


def _returned(cast):
    back = workflow.Return(ReturnGround.BELOW_STANDARD, "缺台账。", date(2025, 8, 10))
    workflow.send_back(cast.measure, back, by=cast.office, at=NOON, version=cast.measure.version)


def codes(rows):
    return [row.measure.code for row in rows]


def test_a_measure_is_listed_once(cast, client):
    late = {"deadline": TODAY - timedelta(days=9), "original_deadline": TODAY - timedelta(days=9)}
    owed = MeasureFactory(problem=cast.problem, lead_unit=cast.division, code="M-900-2", **late)
    waiting = MeasureFactory(problem=cast.problem, lead_unit=cast.division, code="M-900-3", **late)
    closing.submit(
        waiting,
        statement="完成",
        evidence_note="见档案",
        by=cast.liaison,
        at=NOON,
        version=1,
    )
    round_with_lines(cast.inspection, number=13)
    _returned(cast)

    desk = opened(client, cast.liaison).context["desk"]

    assert codes(desk.came_back) == [cast.measure.code]
    assert codes(desk.not_reported) == [owed.code]
    assert codes(desk.due) == [waiting.code]


@pytest.mark.parametrize(
    ("who", "ways"), [("liaison", ["重新报送", "报送"]), ("head", ["查看"] * 3)]
)
def test_who_only_heads_the_unit_is_not_sent_to_a_form_that_is_not_theirs(cast, client, who, ways):
    MeasureFactory(problem=cast.problem, lead_unit=cast.division, code="M-900-2")
    round_with_lines(cast.inspection, number=13)
    _returned(cast)

    page = opened(client, getattr(cast, who)).content.decode()

    assert re.findall(r'class="button[^>]*>(重新报送|报送|查看)<', page) == ways


def test_the_desk_lists_three_that_are_owed_and_leads_to_the_rest(cast, client):
    for number in range(2, 7):
        MeasureFactory(problem=cast.problem, lead_unit=cast.division, code=f"M-900-{number}")
    round_with_lines(cast.inspection, number=13)
    _returned(cast)

    page = opened(client, cast.liaison).content.decode()

    assert "还有6条未报（含退回待重报1条）" in page
    assert len(re.findall(r">报送<span", page)) == 3
    assert "其余2条，去报送" in page
    assert "其余2条，去查看" in opened(client, cast.head).content.decode()


def test_a_supporting_unit_finds_what_it_owes_on_a_returned_measure(cast, client):
    cast.measure.supporting_units.add(cast.elsewhere)
    round_with_lines(cast.inspection, number=13)
    _returned(cast)

    desk = opened(client, cast.stranger).context["desk"]

    assert (codes(desk.came_back), codes(desk.not_reported)) == ([], [cast.measure.code])


def test_the_strip_begins_with_what_the_open_round_lacks(cast, client):
    round_with_lines(cast.inspection, number=13)

    ((_, standing),) = opened(client, cast.office).context["standings"]

    missing = ("1 / 1", "本次未报", f"{cast.base}dispatch/13/?show=missing#lines")
    assert standing[0] == missing
    assert len(client.get(missing[2]).context["lines"]) == 1


def test_who_sees_the_whole_finds_where_it_stands_with_the_lists_behind(cast, client):
    MeasureFactory(problem=cast.problem, lead_unit=cast.division, code="M-900-2", **CLOSED)

    ((inspection, standing),) = opened(client, cast.office).context["standings"]

    assert inspection == cast.inspection
    assert (1, "未销号措施", f"{cast.base}measures/?closed=no") in standing
    for figure, _, url in standing:
        assert client.get(url).context["listing"].page.paginator.count == figure
    assert opened(client, cast.liaison).context["standings"] == []


def test_an_administrator_finds_the_way_to_the_admin_site(db, client):
    html = opened(client, person(Role.SYSTEM_ADMIN, bureau())).content.decode()

    assert html.count('href="/admin/"') >= 2  # in the menu and on the empty desk
    assert "打开管理后台" in html


def test_the_reason_stands_above_the_form_while_a_measure_is_returned(cast, client):
    client.force_login(cast.liaison)
    assert client.get(cast.page).context["came_back"] == ""
    _returned(cast)

    answer = client.get(cast.page)

    html = answer.content.decode()
    assert answer.context["came_back"].endswith("退回。缺台账。返工期限8月10日。")
    assert html.index("退回。缺台账。") < html.index('id="report"')


def test_from_a_reported_measure_to_the_next_that_is_not(cast, client):
    other = MeasureFactory(problem=cast.problem, lead_unit=cast.division, code="M-900-2")
    round_with_lines(cast.inspection, number=13)
    client.force_login(cast.liaison)

    assert client.get(cast.page).context["next_url"] == ""
    first = client.post(f"{cast.page}report/", {"version": 1, "nil_return": "1"}, follow=True)
    onward = first.context["next_url"]
    assert onward == f"{cast.base}measures/{other.code}/#report"
    version = type(other).objects.get(pk=other.pk).version
    nil = {"version": version, "nil_return": "1"}
    last = client.post(f"{cast.base}measures/{other.code}/report/", nil, follow=True)

    assert "下全部未报" in first.content.decode()
    assert last.context["next_url"] == ""


def test_a_refused_form_says_so_at_the_top(cast, client):
    client.force_login(cast.liaison)

    html = client.post(f"{cast.page}submit/", {"version": 1, "statement": ""}).content.decode()

    assert html.index("没有提交，请按标出的说明改正。") < html.index('id="story"')
