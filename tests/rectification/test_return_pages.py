"""本单位报送: what the page shows, what its buttons do, and that nothing typed is lost."""

import re

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from rectification import dispatching, returning, workflow
from rectification.models import DispatchReturn, Inspection, Measure, ProgressEntry
from rectification.states import ReturnState
from rectification.workflow import Told
from tests.factories import NOON, MeasureFactory, person, round_with_lines
from tests.rectification.rounds import TOLD, file, line_of, returned

PAGE = "/i/x25/dispatch/1/report/"
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def round(cast):
    """Three measures of the division, one of them supported by the other unit."""
    for code in ("M-900-2", "M-900-3"):
        MeasureFactory(problem=cast.problem, lead_unit=cast.division, code=code)
    cast.measure.supporting_units.add(cast.elsewhere)
    return round_with_lines(cast.inspection, number=1)


@pytest.fixture
def liaison(cast, client, round):
    client.force_login(cast.liaison)
    return client


def typed(line, **fields):
    return {
        "version": line.version,
        "measure_version": line.measure.version,
        "text": "完成初稿。",
        **fields,
    }


def post(client, line, verb, *, headers=None, **fields):
    address = f"{PAGE}{line.pk}/{verb}/"
    return client.post(address, typed(line, **fields), headers=headers)


def text_of(answer):
    return answer.content.decode()


# What it shows -----------------------------------------------------------------------------------


def test_a_liaison_finds_the_lines_of_their_unit_and_of_no_other(liaison):
    answer = liaison.get(PAGE)

    ((unit, cards),) = answer.context["groups"]
    assert unit.name == "河湖管理处"
    assert [card.line.measure.code for card in cards] == ["M-900-1", "M-900-2", "M-900-3"]
    html = text_of(answer)
    assert "已报 <strong>0 / 3</strong> 条" in html
    assert "滨江分局" not in html
    assert html.count("<details open>") == html.count("<details >open") == 0


def test_what_came_back_is_on_top_with_the_reason_and_the_last_text_is_filled_in(cast, liaison):
    last = Measure.objects.get(code="M-900-3")
    told = Told("巡查12次。", difficulty="缺船")
    workflow.report(last, told, unit=cast.division, by=cast.liaison, at=NOON, version=1)
    returned(cast)
    dispatching.open_due(at=NOON)  # superseded and another round
    number = line_of(cast).round.number

    cards = liaison.get(f"/i/x25/dispatch/{number}/report/").context["groups"][0][1]

    assert [card.line.measure.code for card in cards] == ["M-900-1", "M-900-2", "M-900-3"]
    assert cards[0].row.came_back == "已退回：节点未达到。返工期限2999年1月1日。"
    assert cards[2].form.initial["text"] == "巡查12次。"
    assert cards[2].form.initial["difficulty"] == "缺船"


def test_a_supporting_unit_has_its_line_and_a_bureau_sees_each_unit(cast, client, round):
    client.force_login(cast.stranger)
    ((unit, (card,)),) = client.get(PAGE).context["groups"]
    assert (unit, card.line.leads) == (cast.elsewhere, False)

    client.force_login(person(Role.LIAISON, cast.inspection.inspected_unit))
    groups = client.get(PAGE).context["groups"]
    assert [(unit, len(cards)) for unit, cards in groups] == [
        (cast.division, 3),
        (cast.elsewhere, 1),
    ]


def test_one_line_and_thirty_take_the_same_number_of_queries(cast, liaison):
    def queries():
        with CaptureQueriesContext(connection) as found:
            assert liaison.get(PAGE).status_code == 200
        return len(found)

    first = queries()
    for number in range(30):
        MeasureFactory(problem=cast.problem, lead_unit=cast.division, code=f"M-800-{number}")
    returning.expect(line_of(cast).round, at=NOON)

    assert queries() == first
    assert first <= 20


def test_nothing_to_report_says_so(cast, client, round):
    DispatchReturn.objects.filter(unit=cast.elsewhere).delete()
    client.force_login(cast.stranger)

    assert "本次调度没有要您报送的措施" in text_of(client.get(PAGE))


# Reporting ---------------------------------------------------------------------------------------


def test_one_tap_is_a_nil_return_and_leads_to_the_next_line(cast, liaison):
    line = line_of(cast)

    answer = liaison.post(
        f"{PAGE}{line.pk}/file/", {"version": 1, "measure_version": 1, "nil_return": "1"}
    )

    entry = ProgressEntry.objects.get()
    assert (entry.text, entry.nil_return, entry.unit) == ("无变化", True, cast.division)
    following = DispatchReturn.objects.get(measure__code="M-900-2")
    assert answer.url == f"{PAGE}#next"
    page = liaison.get(PAGE)
    (goes_on,) = [each for each in page.context["groups"][0][1] if each.is_next]
    assert goes_on.line == following
    assert "已报 M-900-1 的零报告" in text_of(page)


def test_a_line_with_a_draft_cannot_be_passed_over_in_one_tap(cast, liaison):
    line = line_of(cast)
    post(liaison, line, "draft", text="完成了一半")

    assert text_of(liaison.get(PAGE)).count('class="return-tap"') == 2
    stale = liaison.post(
        f"{PAGE}{line.pk}/file/", {"version": 1, "measure_version": 1, "nil_return": "1"}
    )
    assert stale.status_code == 409
    assert "完成了一半" in text_of(stale)


def test_who_changed_the_text_and_presses_nil_loses_nothing(cast, liaison):
    answer = post(liaison, line_of(cast), "file", nil_return="1", text="其实有进展")

    assert answer.status_code == 200
    assert "整改进展已经改动过" in text_of(answer)
    assert "其实有进展" in text_of(answer)
    assert not ProgressEntry.objects.exists()


def test_a_report_says_what_it_did_and_the_line_is_done(cast, liaison):
    answer = post(liaison, line_of(cast), "file", difficulty="缺船")

    assert answer.status_code == 302
    html = text_of(liaison.get(PAGE))
    assert "已报 M-900-1 的进展" in html
    assert "已报 <strong>1 / 3</strong> 条" in html
    assert ProgressEntry.objects.get().difficulty == "缺船"


def test_all_at_once_says_first_what_it_will_file(cast, liaison):
    drafted, *_ = DispatchReturn.objects.filter(unit=cast.division).order_by("measure__code")
    post(liaison, drafted, "draft", text="完成了一半")

    before = liaison.get(f"{PAGE}all/")
    lines = re.findall(r'name="line" id="line-\d+" value="([\d:]+)"', text_of(before))
    after = liaison.post(f"{PAGE}all/file/", {"line": lines}, follow=True)

    assert "将报送3条：1条按草稿报送，2条报无变化（零报告）" in text_of(before)
    assert "已报送3条" in text_of(after)
    told = ProgressEntry.objects.order_by("measure__code").values_list("text", "nil_return")
    assert list(told) == [("完成了一半", False), ("无变化", True), ("无变化", True)]
    assert "没有还要报送的措施" in text_of(liaison.get(f"{PAGE}all/"))


def test_what_came_back_is_not_reported_as_unchanged_in_one_tap(cast, liaison):
    returned(cast)

    page, whole = text_of(liaison.get(PAGE)), text_of(liaison.get(f"{PAGE}all/"))

    assert page.count('class="return-tap"') == 2
    assert "待重报" in page
    assert "将报送2条，报无变化（零报告）。退回、反弹的1条没有勾选，请逐条填写。" in whole
    assert len(re.findall(r'name="line"[^>]* checked>', whole)) == 2
    assert f'name="line" id="line-{line_of(cast).pk}"' in whole


def test_a_nil_return_on_what_came_back_leaves_it_to_be_reported_again(cast, liaison):
    returned(cast)
    file(cast, Told("无变化", nil_return=True), at=NOON)

    assert "已零报告，待重报" in text_of(liaison.get(PAGE))
    assert "本次已零报告，仍待重新报送" in text_of(liaison.get("/desk/"))


def test_the_page_says_again_what_was_done_where_it_goes_on(cast, liaison):
    first, *_ = DispatchReturn.objects.filter(unit=cast.division).order_by("measure__code")

    answer = post(liaison, first, "file")

    assert answer.url == f"{PAGE}#next"
    html = text_of(liaison.get(PAGE))
    assert '<p class="return-said">已报 M-900-1 的进展</p>' in html


def test_a_refused_line_is_where_the_page_comes_back(cast, liaison):
    line = line_of(cast)

    html = text_of(post(liaison, line, "file", text=""))

    assert f'<a href="#line-{line.pk}">到这一条</a>' in html
    assert f'action="{PAGE}{line.pk}/file/#line-{line.pk}"' in html


def test_what_is_refused_for_one_is_listed_and_stops_no_other(cast, liaison):
    lines = DispatchReturn.objects.filter(unit=cast.division).order_by("measure__code")
    chosen = [f"{line.pk}:{line.version}:{line.measure.version}" for line in lines]
    Measure.objects.filter(code="M-900-2").update(version=7)
    foreign = DispatchReturn.objects.get(unit=cast.elsewhere)
    nonsense = ["", "1:2", "a:1:1", "９:1:1", "9" * 30 + ":1:1", f"{foreign.pk}:1:1"]

    answer = liaison.post(f"{PAGE}all/file/", {"line": [*chosen, *nonsense]})

    assert answer.status_code == 200
    assert "已报送2条，还有1条没有办" in text_of(answer)
    assert "M-900-2 在您打开之后被别人改过" in text_of(answer)
    assert ProgressEntry.objects.count() == 2
    nothing = liaison.post(f"{PAGE}all/file/", {"line": nonsense})
    assert "一条也没有办" in text_of(nothing)


# Drafts ------------------------------------------------------------------------------------------


def test_a_draft_is_kept_as_one_types_and_is_there_after_a_reload(cast, liaison):
    line = line_of(cast)

    answer = post(liaison, line, "draft", headers=JSON, text="完成了一半", next_step="征求意见")

    assert answer.json() == {"version": 2, "at": "12:00"}
    (_, cards), *_ = liaison.get(PAGE).context["groups"]
    (card,) = [each for each in cards if each.line.pk == line.pk]
    initial = card.form.initial
    assert (initial["text"], initial["next_step"]) == ("完成了一半", "征求意见")
    assert "填报员甲7月31日 12:00存的草稿" in text_of(liaison.get(PAGE))
    assert not ProgressEntry.objects.exists()


def test_of_two_tabs_the_second_gets_both_texts_and_the_version_to_go_on_with(cast, liaison):
    line = line_of(cast)
    post(liaison, line, "draft", text="第一个窗口")

    by_script = post(liaison, line, "draft", headers=JSON, text="第二个窗口")
    by_button = post(liaison, line, "draft", text="第二个窗口")

    assert (by_script.status_code, by_button.status_code) == (409, 409)
    assert by_script.json()["version"] == 2
    for said in (by_script.json()["conflict"], text_of(by_button)):
        assert "第一个窗口" in said
        assert "第二个窗口" in said
        assert "填报员甲于7月31日 12:00存了草稿。" in said
    line.refresh_from_db()
    assert line.draft_text == "第一个窗口"
    again = by_button.context["groups"][0][1][0].form
    assert (again.data["version"], again.data["text"]) == ("2", "第二个窗口")


@pytest.mark.parametrize("headers", [JSON, None])
def test_a_report_on_a_measure_that_came_back_meanwhile_is_refused_with_why(cast, liaison, headers):
    line = line_of(cast)
    returned(cast)

    answer = post(liaison, line, "file", headers=headers, text="我的进展")

    assert answer.status_code == 409
    said = answer.json()["conflict"] if headers else text_of(answer)
    assert "整改办丙" in said
    assert "我的进展" in said


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"text": "机密★10年"}, "密级"),
        ({"text": "x" * 4001}, "整改进展最多4000字"),
        ({"difficulty": "x" * 2001}, "存在困难最多2000字"),
        ({"text": "a\x00b"}, "空字符"),
        ({"version": ""}, "缺少版本信息"),
        ({"measure_version": "一"}, "缺少版本信息"),
    ],
)
def test_bad_fields_are_refused_in_words_and_nothing_is_kept(cast, liaison, fields, says):
    line = line_of(cast)
    by_script = post(liaison, line, "draft", headers=JSON, **fields)
    by_button = post(liaison, line, "file", **fields)

    assert by_script.status_code == 422
    assert says in by_script.json()["error"]
    assert says in text_of(by_button)
    line.refresh_from_db()
    assert (line.has_draft, line.version) == (False, 1)
    assert not ProgressEntry.objects.exists()


def test_the_line_of_another_unit_is_not_there(cast, liaison):
    foreign = DispatchReturn.objects.select_related("measure").get(unit=cast.elsewhere)

    for verb in ("file", "draft", "turn-back"):
        assert post(liaison, foreign, verb).status_code == 404
    assert DispatchReturn.objects.exclude(version=1).count() == 0


# The head, and the end ---------------------------------------------------------------------------


def test_the_head_confirms_all_or_turns_one_back_with_a_reason(cast, client, round):
    Inspection.objects.update(returns_need_confirmation=True)
    lines = DispatchReturn.objects.filter(unit=cast.division).order_by("measure__code")
    for line in lines.select_related("measure__inspection", "unit", "round__inspection"):
        file(cast, line=line, at=NOON)
    client.force_login(cast.head)
    page = client.get(PAGE)
    assert "全部确认（3条）" in text_of(page)
    assert "确认" in text_of(client.get("/desk/"))

    first, *rest = page.context["to_confirm"]
    back = {"version": first.line.version, "why": "缺数字"}
    assert client.post(f"{PAGE}{first.line.pk}/turn-back/", back).status_code == 302
    done = client.post(f"{PAGE}confirm/", {"line": [card.key for card in rest]}, follow=True)

    assert "已确认2条" in text_of(done)
    states = lines.values_list("state", flat=True)
    assert list(states) == [ReturnState.TURNED_BACK, ReturnState.FILED, ReturnState.FILED]
    client.force_login(cast.liaison)
    assert "单位负责人退回修改：缺数字" in text_of(client.get(PAGE))
    assert "退回修改：缺数字" in text_of(client.get("/desk/"))


def test_a_head_reads_and_does_not_write(cast, client, round):
    client.force_login(cast.head)

    html = text_of(client.get(PAGE))

    assert "return-tap" not in html
    assert "data-keep" not in html
    assert "全部报送" not in html
    assert post(client, line_of(cast), "file").status_code == 409


def test_after_the_end_what_is_owed_may_come_late_until_the_next_round(cast, liaison, round):
    file(cast, line=line_of(cast), at=NOON)
    dispatching.close(round, by=cast.office, at=NOON)
    assert "去补报" in text_of(liaison.get("/desk/"))
    page = liaison.get(PAGE)
    assert "补报计为迟报" in text_of(page)
    cards = page.context["groups"][0][1]
    assert [bool(card.form) for card in cards] == [True, True, False]

    late = post(liaison, cards[0].line, "file")

    assert late.status_code == 302
    assert "（迟报）" in text_of(liaison.get(PAGE))
    dispatching.open_due(at=NOON)
    past = liaison.get(PAGE)
    assert "已经过去，这里只能查看" in text_of(past)
    assert "return-tap" not in text_of(past)
    assert post(liaison, cards[1].line, "file").status_code == 409


def test_the_desk_says_how_many_are_left_and_leads_there(cast, liaison):
    file(cast, TOLD, line=line_of(cast), at=NOON)

    desk = liaison.get("/desk/")

    (part,) = desk.context["parts"]
    assert (part.asked, part.left, part.done) == (3, 2, 1)
    assert f'href="{PAGE}"' in text_of(desk)
    assert [row.measure.code for row in desk.context["desk"].not_reported] == [
        "M-900-2",
        "M-900-3",
    ]
