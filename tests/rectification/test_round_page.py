"""The page of a round, as the office has it before it in the meeting."""

import io
import zipfile
from datetime import timedelta

import pytest
import time_machine

from rectification import rounds_told
from rectification.models import DispatchReturn, MeetingPoint, ProgressEntry
from rectification.views import round_page
from tests.factories import (
    NOON,
    DispatchReturnFactory,
    DispatchRoundFactory,
    MeasureFactory,
    MeetingPointFactory,
    MilestoneFactory,
    filed,
)

TODAY = NOON.date()


def texts_of(content):
    """What a Word file or a workbook holds, as far as it is text."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        names = [name for name in parts.namelist() if name.endswith(".xml")]
        return [parts.read(name).decode() for name in names]


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def round(cast):
    return DispatchRoundFactory(inspection=cast.inspection, number=1)


def line(cast, round, *, unit=None, **measure):
    row = MeasureFactory(problem=cast.problem, lead_unit=unit or cast.division, **measure)
    return DispatchReturnFactory(round=round, measure=row)


@pytest.fixture
def lines(cast, round):
    """Of one unit one reported, one nil, one waiting, one for the head; of another one turned
    back."""
    first = filed(line(cast, round), by=cast.liaison, difficulty="经费未到位", next_step="报局长")
    nil = filed(line(cast, round), "无变化", by=cast.liaison, nil_return=True)
    silent = line(cast, round)
    waiting = filed(line(cast, round), "等负责人", by=cast.liaison)
    back = filed(line(cast, round, unit=cast.elsewhere), "要改的", by=cast.stranger)
    DispatchReturn.objects.filter(pk=waiting.pk).update(state="to_confirm")
    DispatchReturn.objects.filter(pk=back.pk).update(state="turned_back", turned_back_why="太短")
    return {"first": first, "nil": nil, "silent": silent, "waiting": waiting, "back": back}


def opened(client, cast, path="dispatch/1/", by="office", **query):
    client.force_login(getattr(cast, by))
    answer = client.get(f"{cast.base}{path}", query)
    assert answer.status_code == 200
    return answer


def test_the_strip_counts_the_lines_and_each_figure_opens_them(cast, client, round, lines):
    page = opened(client, cast)

    figures = {label: value for value, label, _ in page.context["figures"]}
    assert figures == {
        "未报": "2 / 5",
        "已报": 2,
        "零报告": 1,
        "待确认": 1,
        "迟报": 0,
        "困难": 1,
        "未达序时或超期": 0,
    }
    for value, label, url in page.context["figures"]:
        if label != "未达序时或超期":
            count = int(str(value).split(" / ")[0])
            assert len(client.get(url).context["lines"]) == count, label
    assert "show=late" not in page.content.decode()  # nothing stands behind a 0


def test_each_unit_says_how_far_it_is_who_owes_most_first(cast, client, round, lines):
    page = opened(client, cast)

    units = page.context["units"]
    said = [(row.total.unit, row.total.asked, row.total.missing, row.says[0]) for row in units]
    assert said == [("滨江分局", 1, 1, "全部未报"), ("河湖管理处", 4, 1, "还差1条")]
    assert page.context["units_say"] == "2家单位：0家报齐，1家部分报，1家全部未报"
    missing = client.get(units[1].missing[1])
    assert [row.line.measure for row in missing.context["lines"]] == [lines["silent"].measure.code]
    assert missing.context["chosen"] == "河湖管理处 · 未报"


def test_a_unit_that_waits_for_its_head_or_has_reported_everything_says_so(cast, client, round):
    filed(line(cast, round), by=cast.liaison)
    waiting = filed(line(cast, round, unit=cast.elsewhere), by=cast.stranger)
    DispatchReturn.objects.filter(pk=waiting.pk).update(state="to_confirm")

    units = opened(client, cast).context["units"]

    assert [row.says for row in units] == [("待负责人确认1条", "run"), ("已报齐", "done")]


def test_lists_name_units_shortly_with_the_full_name_at_hand(cast, client, round, lines):
    cast.division.short_name = "河湖处"
    cast.division.save()

    page = opened(client, cast)

    units = [(row.unit, row.total.unit) for row in page.context["units"]]
    assert units == [("滨江分局", "滨江分局"), ("河湖处", "河湖管理处")]
    assert '<span title="河湖管理处">河湖处</span>' in page.content.decode()


def test_what_the_unit_turned_back_itself_is_no_report(cast, client, round, lines):
    html = opened(client, cast).content.decode()

    assert "等负责人" in html
    assert "要改的" not in html


def test_what_is_behind_says_how_far_and_why_with_a_bar_to_scale(cast, client, round):
    behind = line(cast, round, code="M-1").measure
    for share, due, reached in ((30, 30, 25), (60, 20, None), (100, -20, None)):
        MilestoneFactory(
            measure=behind,
            share=share,
            due_on=TODAY - timedelta(days=due),
            reached_on=TODAY - timedelta(days=reached) if reached else None,
        )
    line(cast, round, code="M-2", deadline=TODAY - timedelta(days=24), precision="day")
    line(cast, round, code="M-3")

    page = opened(client, cast)

    rows = page.context["behind"]
    assert [(row.line.measure, row.shares) for row in rows] == [
        ("M-2", "没有时间节点"),
        ("M-1", "应达60%，实际30%"),
    ]
    html = page.content.decode()
    assert "红：原定2025年7月7日，已超期24天" in html
    assert "未达序时" in rows[1].line.reason
    assert 'class="bar-value" y="20%" width="30%"' in html
    assert 'class="bar-mark" x1="60%"' in html


def test_of_very_many_that_are_behind_the_first_are_here_and_the_list_has_all(
    cast, client, round, monkeypatch
):
    monkeypatch.setattr(round_page, "MOST_ROWS", 7)
    for _ in range(9):
        line(cast, round, deadline=TODAY - timedelta(days=1))

    html = opened(client, cast).content.decode()

    assert "<summary>前7条</summary>" in html
    assert 'show=behind#lines">查看全部9条</a>' in html


def test_what_is_behind_says_the_last_difficulty_of_its_lead_unit(cast, client, round):
    overdue = {"deadline": TODAY - timedelta(days=24), "precision": "day"}
    told = filed(line(cast, round, code="M-1", **overdue), by=cast.liaison, difficulty="缺经费")
    line(cast, round, code="M-2", **overdue)
    back = filed(line(cast, round, code="M-3", **overdue), by=cast.liaison, difficulty="写错了")
    DispatchReturn.objects.filter(pk=back.pk).update(state="turned_back", turned_back_why="错")
    earlier = NOON - timedelta(days=14)
    _said(told.measure, cast.division, "缺人", by=cast.liaison, at=earlier)
    _said(told.measure, cast.elsewhere, "缺船", by=cast.stranger, at=NOON)
    _said(told.measure, cast.division, "", by=cast.liaison, at=NOON)

    page = opened(client, cast)

    why = {
        row.line.measure: row.why and (row.why.text, row.why.where)
        for row in page.context["behind"]
    }
    assert why == {"M-1": ("缺经费", "第1次"), "M-2": None, "M-3": None}
    assert page.content.decode().count("未说明原因") == 2


def test_of_a_closed_round_the_difficulty_is_the_one_of_then(cast, client, round):
    overdue = line(cast, round, deadline=TODAY - timedelta(days=24), precision="day").measure
    _said(overdue, cast.division, "缺人", by=cast.liaison, at=NOON - timedelta(days=14))
    client.force_login(cast.office)
    client.post(f"{cast.base}dispatch/1/close/")
    _said(overdue, cast.division, "缺船", by=cast.liaison, at=NOON + timedelta(days=1))

    (row,) = opened(client, cast).context["behind"]

    assert (row.why.text, row.why.where) == ("缺人", "2025年7月17日")


def _said(measure, unit, difficulty, *, by, at):
    ProgressEntry.objects.create(
        measure=measure,
        unit=unit,
        text="推进。",
        difficulty=difficulty,
        by=by,
        at=at,
        reported_on=at.date(),
        measure_version=1,
    )


def test_one_tap_makes_a_point_of_a_difficulty(cast, client, round, lines):
    (row,) = opened(client, cast).context["difficulties"]

    form = client.get(row.decide_url).context["point_form"]
    sent = {"unit": form["unit"].value(), "measure": form["measure"].value()}
    client.post(f"{cast.base}dispatch/1/points/", {**sent, "text": form["text"].value()})

    point = MeetingPoint.objects.get()
    assert (point.unit, point.measure) == (cast.division, lines["first"].measure)
    assert point.text == "请研究解决：经费未到位"


def test_who_only_oversees_sees_everything_and_may_nothing(cast, client, round, lines):
    MeetingPointFactory(round=round, unit=cast.division, by=cast.office)

    page = opened(client, cast, by="supervisor")

    html = page.content.decode()
    assert html.count('method="post"') == html.count("data-sign-out")
    assert page.context["difficulties"][0].decide_url == ""
    assert "请会同财务处落实巡查经费。" in html


def test_closing_says_what_it_will_freeze(cast, client, round, lines):
    closing = opened(client, cast).context["closing"]

    assert closing.startswith("应报5条，已报2条，未报2条，待单位负责人确认1条，1个单位全部未报。")
    client.post(f"{cast.base}dispatch/1/close/")
    page = opened(client, cast)
    assert page.context["sheet"].is_closed
    assert {label: value for value, label, _ in page.context["figures"]}["未报"] == "2 / 5"
    assert "以下是结束时的情况" in page.content.decode()


def test_a_late_report_is_marked_beside_and_changes_no_count(cast, client, round, lines):
    client.force_login(cast.office)
    client.post(f"{cast.base}dispatch/1/close/")
    late = filed(lines["silent"], "补报的内容", by=cast.liaison, at=NOON + timedelta(days=2))
    DispatchReturn.objects.filter(pk=late.pk).update(is_late=True)

    page = opened(client, cast)

    figures = {label: value for value, label, _ in page.context["figures"]}
    assert (figures["未报"], figures["迟报"], figures["已报"]) == ("2 / 5", 1, 2)
    (row,) = opened(client, cast, show="late").context["lines"]
    assert (row.line.said, row.line.late, row.line.progress) == ("未报", "2025年8月2日补报", "")
    assert [each.progress for each in page.context["sheet"].late] == ["补报的内容"]


def test_a_point_of_after_the_close_stands_beside_the_account(cast, client, round, lines):
    client.force_login(cast.office)
    client.post(f"{cast.base}dispatch/1/close/")
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        client.force_login(cast.office)  # a night ends every session
        form = {"unit": cast.division.pk, "text": "补记：请落实经费。"}
        assert client.post(f"{cast.base}dispatch/1/points/", form).status_code == 302
        page = opened(client, cast)

    assert page.context["sheet"].points == ()
    assert [each.text for each in page.context["sheet"].later] == ["补记：请落实经费。"]
    assert "补记：请落实经费。" in page.content.decode()


def test_a_closed_round_says_what_a_point_was_then_and_is_now(cast, client, round):
    MeetingPointFactory(round=round, unit=cast.division, by=cast.office, at=NOON)
    client.force_login(cast.office)
    client.post(f"{cast.base}dispatch/1/close/")
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        client.force_login(cast.office)  # a night ends every session
        client.post(f"{cast.base}points/1/settle/", {"version": 1, "why": "已落实"})
        (card,) = opened(client, cast).context["points"]

    assert (card.then, card.point.get_state_display()) == ("待答复", "已办结")


def test_a_sheet_that_was_tampered_with_is_noticed(cast, client, round, lines):
    client.force_login(cast.office)
    client.post(f"{cast.base}dispatch/1/close/")
    assert "校验码不一致" not in opened(client, cast).content.decode()
    round.refresh_from_db()
    kept = rounds_told.kept(round)
    kept.content["lines"][0]["progress"] = "写得更好看"
    kept.save()

    for form in ("", "sheet/", "sheet/word/", "sheet/excel/"):
        answer = opened(client, cast, f"dispatch/1/{form}")
        content = answer.content
        said = content.decode() if form in ("", "sheet/") else "".join(texts_of(content))
        assert "校验码不一致" in said, form


def test_the_list_counts_late_reports_and_names_what_was_missed(cast, client, round, lines):
    DispatchReturn.objects.update(closed_state="waiting")
    DispatchReturn.objects.filter(entry__isnull=False).update(closed_state="filed", is_late=False)
    late = {"is_late": True, "closed_state": "waiting"}
    DispatchReturn.objects.filter(pk=lines["back"].pk).update(**late)
    DispatchReturn.objects.filter(pk=lines["first"].pk).update(**late)
    round.state, round.closed_at = "closed", NOON
    round.save()
    DispatchRoundFactory(inspection=cast.inspection, number=2, state="superseded")

    page = opened(client, cast, "dispatch/")

    rows = [(each.row.expected, each.row.reported, each.row.late) for each in page.context["rows"]]
    assert rows == [(0, 0, 0), (5, 2, 1)]  # what its own head has turned back is no report
    assert "错过未开" in page.content.decode()
