"""The pages of a look-back: who sees them, what they say, and that nothing typed is lost."""

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from rectification import looking_back
from rectification.models import LookBack, LookBackItem, Measure
from tests.factories import NOON, InspectionFactory, bureau, person
from tests.rectification.test_looking_back import (
    CHECKLIST,
    applied_for,
    closed_measures,
    consolidated,
    draw,
    record,
)

READING = ("lookback/", "lookback/1/", "lookback/1/measures/{code}/")
RUNNING = ("lookback/new/",)
ACTING = ("lookback/draw/", "lookback/1/close/", "lookback/1/measures/{code}/record/")


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def item(cast):
    closed_measures(cast, 3)
    return draw(cast, 2).items.order_by("order").first()


def page_of(item):
    return f"/i/x25/lookback/1/measures/{item.measure.code}/"


def typed(item, **changes):
    return {
        "version": item.measure.version,
        "yes_1": "yes",
        "yes_2": "no",
        "note_2": "尚未抽查",
        "result": "consolidated",
        "note": "总体保持",
        **changes,
    }


def wanted(**changes):
    return {
        "name": "2025年三季度",
        "scope": "sample",
        "size": "2",
        "checklist": "\r\n".join(CHECKLIST),
        **changes,
    }


# The way through ---------------------------------------------------------------------------------


def test_the_office_draws_records_and_closes(cast, client):
    closed_measures(cast, 5)
    client.force_login(cast.office)

    answer = client.post("/i/x25/lookback/draw/", wanted())

    assert answer.headers["Location"] == "/i/x25/lookback/1/"
    look_back = LookBack.objects.get()
    assert len(look_back.seed) == 32
    assert (look_back.checklist, look_back.sample_size) == (list(CHECKLIST), 2)
    page = client.get("/i/x25/lookback/1/").content.decode()
    assert look_back.seed in page
    assert look_back.population_digest in page
    assert "SHA-256" in page
    assert "结果与名单和审计日志一致" in page
    assert "结束本次回头看" not in page

    for each in look_back.items.all():
        answer = client.post(f"{page_of(each)}record/", typed(each), follow=True)
        assert f"{each.measure.code} 的检查结果已记录：巩固" in answer.content.decode()
    assert "结束本次回头看" in answer.content.decode()
    answer = client.post("/i/x25/lookback/1/close/", {"version": 1}, follow=True)
    assert "第1次回头看已结束" in answer.content.decode()
    assert not LookBack.objects.get().is_open


def test_two_seeds_are_never_the_same(cast, client):
    closed_measures(cast, 2)
    client.force_login(cast.office)
    for _ in range(2):
        client.post("/i/x25/lookback/draw/", wanted(size="1"))

    assert LookBack.objects.values("seed").distinct().count() == 2


def test_nobody_can_choose_the_seed(cast, client):
    closed_measures(cast, 2)
    client.force_login(cast.office)

    client.post("/i/x25/lookback/draw/", wanted(seed="mine"))

    assert LookBack.objects.get().seed != "mine"


def test_a_rebound_shows_on_the_measure_and_in_its_story(cast, client, item):
    client.force_login(cast.office)

    client.post(f"{page_of(item)}record/", typed(item, result="rebounded", note="巡查停了"))

    page = client.get(f"/i/x25/measures/{item.measure.code}/").content.decode()
    assert "已反弹" in page
    assert "第1次回头看：巡查停了" in page
    shown = client.get(page_of(item)).content.decode()
    assert "尚未抽查" in shown
    assert "<form" not in shown.partition("<main")[2].partition("</main>")[0]


def test_the_figures_carry_their_denominators(cast, client, item):
    record(item, consolidated(), by=cast.office)
    client.force_login(cast.supervisor)

    answer = client.get("/i/x25/lookback/1/")

    assert [figure[:2] for figure in answer.context["figures"]] == [
        ("2 / 3", "抽取 / 总体（条）"),
        ("1 / 2", "已检查 / 抽取"),
        ("1 / 1", "巩固 / 已检查"),
        ("0 / 1", "反弹 / 已检查"),
    ]


# What is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": ""}, "请填写名称。"),
        ({"size": ""}, "抽取检查要填写抽取数量。"),
        ({"size": "0"}, "抽取数量至少1条。"),
        ({"size": "9"}, "符合条件的已销号措施有5条"),
        ({"scope": "some"}, "范围不在列表中"),
        ({"checklist": ""}, "请填写检查要点。"),
        ({"checklist": "一？\n一？"}, "检查要点有重复的"),
        ({"checklist": "\n".join(f"{n}？" for n in range(21))}, "检查要点最多20个"),
        ({"closed_until": "去年"}, "请按 2025-07-31 的样子填写日期。"),
        ({"closed_until": "2020-01-01"}, "没有可供回头看的已销号措施"),
        ({"unit": "999999"}, "牵头单位不在列表中"),
        ({"name": "机密★一年"}, "机密"),
    ],
)
def test_a_wrong_form_comes_back_with_what_was_typed(cast, client, changes, says):
    closed_measures(cast, 5)
    client.force_login(cast.office)

    answer = client.post("/i/x25/lookback/draw/", wanted(**changes))

    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert answer.context["form"]["name"].value() == changes.get("name", "2025年三季度")
    assert not LookBack.objects.exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"yes_1": ""}, "请选择“是”或“否”。"),
        ({"result": ""}, "请选择检查结果。"),
        ({"result": "rebounded", "note": ""}, "认定反弹要写明理由。"),
        ({"version": ""}, "缺少版本信息"),
    ],
)
def test_a_wrong_result_comes_back_with_what_was_typed(cast, client, item, changes, says):
    client.force_login(cast.office)

    answer = client.post(f"{page_of(item)}record/", typed(item, **changes))

    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert "尚未抽查" in answer.content.decode()
    assert not LookBackItem.objects.exclude(result="").exists()


def test_a_result_that_comes_too_late_answers_with_both_texts(cast, client, item):
    record(item, consolidated("制度在用"), by=cast.office)
    second = person(Role.OFFICE, cast.inspection.inspected_unit)
    client.force_login(second)

    answer = client.post(f"{page_of(item)}record/", typed(item, note="我看的是停了"))

    assert answer.status_code == 409
    assert "制度在用" in answer.content.decode()
    assert "我看的是停了" in answer.content.decode()


def test_a_stale_page_answers_409_and_keeps_the_form(cast, client, item):
    opened = typed(item)
    Measure.objects.filter(pk=item.measure_id).update(version=5)
    client.force_login(cast.office)

    answer = client.post(f"{page_of(item)}record/", opened)

    assert answer.status_code == 409
    assert answer.context["form"]["note"].value() == "总体保持"
    assert answer.context["form"]["version"].value() == "5"
    again = client.post(f"{page_of(item)}record/", typed(item, version=5))
    assert again.status_code == 302


def test_closing_too_early_or_twice_answers_409(cast, client, item):
    client.force_login(cast.office)
    early = client.post("/i/x25/lookback/1/close/", {"version": 1})
    for each in LookBackItem.objects.all():
        record(each, consolidated(), by=cast.office)
    client.post("/i/x25/lookback/1/close/", {"version": 1})
    twice = client.post("/i/x25/lookback/1/close/", {"version": 1})

    assert "还有2条没有检查结果" in early.content.decode()
    assert (early.status_code, twice.status_code) == (409, 409)
    assert client.post("/i/x25/lookback/1/close/", {}).status_code == 200


def test_whoever_had_a_hand_in_it_is_told_so_and_gets_no_form(cast, client, item):
    applied_for(item.measure, cast.office)
    client.force_login(cast.office)

    assert client.get(page_of(item)).context["form"] is None
    assert "要由别人填写" in client.get(page_of(item)).content.decode()
    lines = client.get("/i/x25/lookback/1/").context["lines"]
    assert [line.to_record for line in lines] == [False, True]
    assert client.post(f"{page_of(item)}record/", typed(item)).status_code == 409


# Who sees it -------------------------------------------------------------------------------------


@pytest.fixture
def outsider(db):
    other = bureau("清河市教育局")
    InspectionFactory(code="other", inspected_unit=other)
    return person(Role.OFFICE, other)


@pytest.mark.parametrize("path", [*READING, *RUNNING])
def test_a_foreign_page_answers_like_an_absent_one(cast, client, outsider, item, path):
    client.force_login(outsider)
    path = path.format(code=item.measure.code)

    foreign = client.get(f"/i/x25/{path}")
    absent = client.get(f"/i/nowhere/{path}")

    assert (foreign.status_code, foreign.content) == (404, absent.content)


@pytest.mark.parametrize("path", ACTING)
@pytest.mark.parametrize("who", ["outsider", "liaison", "supervisor", "executive"])
def test_nobody_but_the_office_changes_anything(cast, client, outsider, item, path, who):
    client.force_login(outsider if who == "outsider" else getattr(cast, who))

    answer = client.post(f"/i/x25/{path.format(code=item.measure.code)}", typed(item))

    assert answer.status_code == 404
    assert LookBack.objects.count() == 1
    assert not LookBackItem.objects.exclude(result="").exists()


@pytest.mark.parametrize("path", READING)
def test_a_supervisor_reads_and_a_liaison_does_not(cast, client, item, path):
    path = f"/i/x25/{path.format(code=item.measure.code)}"

    client.force_login(cast.supervisor)
    seen = client.get(path)
    client.force_login(cast.liaison)

    assert seen.status_code == 200
    assert "填写结果" not in seen.content.decode()
    assert client.get(path).status_code == 404


def test_the_menu_leads_there_for_whoever_oversees(cast, client):
    client.force_login(cast.supervisor)
    assert "/i/x25/lookback/" in client.get("/desk/").content.decode()
    client.force_login(cast.liaison)
    assert "/i/x25/lookback/" not in client.get("/desk/").content.decode()


def test_the_page_of_a_look_back_takes_the_same_queries_for_one_and_three(cast, client):
    client.force_login(cast.office)

    def queries(number):
        client.get(f"/i/x25/lookback/{number}/")
        with CaptureQueriesContext(connection) as taken:
            assert client.get(f"/i/x25/lookback/{number}/").status_code == 200
        return len(taken)

    closed_measures(cast, 1)
    draw(cast)
    closed_measures(cast, 3)
    draw(cast)

    assert queries(2) <= queries(1)


def test_no_measure_of_the_draw_is_left_out_of_the_page(cast, client):
    codes = [measure.code for measure in closed_measures(cast, 4)]
    looking_back.draw(
        cast.inspection,
        looking_back.Asked("全部", CHECKLIST, None),
        seed="s",
        by=cast.office,
        at=NOON,
    )
    client.force_login(cast.office)

    page = client.get("/i/x25/lookback/1/").content.decode()

    assert all(f">{code}<" in page for code in codes)
