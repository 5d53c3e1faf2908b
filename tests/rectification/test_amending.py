"""The office amends the content of measures and problems; a stale save loses nothing typed."""

from datetime import date

import pytest

from accounts.models import JournalEntry
from rectification.models import Measure, Problem
from tests.factories import MeasureFactory


@pytest.fixture
def office(cast, client):
    client.force_login(cast.office)
    return client


def measure_data(cast, **changes):
    data = {
        "version": 1,
        "text": cast.measure.text,
        "target": "每周巡查一次",
        "lead_unit": cast.division.pk,
        "supporting_units": [cast.elsewhere.pk],
        "responsible_executive": cast.executive.pk,
        "person_in_charge": cast.liaison.pk,
        "time_kind": "dated",
        "deadline": "2025年9月底前",
        "review_every_months": "",
        "why": "",
    }
    return {**data, **changes}


def problem_data(cast, **changes):
    data = {"version": 1, "wording": cast.problem.wording, "lead_unit": cast.division.pk}
    return {**data, **changes}


def test_a_measure_is_amended_and_the_journal_has_before_and_after(cast, office):
    page = f"{cast.page}amend/"
    assert "2025年9月底前" in office.get(page).content.decode()

    answer = office.post(page, measure_data(cast))

    assert answer.status_code == 302
    measure = Measure.objects.get()
    assert (measure.target, measure.version, measure.deadline) == (
        "每周巡查一次",
        2,
        date(2025, 9, 30),
    )
    assert list(measure.supporting_units.all()) == [cast.elsewhere]
    entry = JournalEntry.objects.get()
    assert (entry.before["target"], entry.after["target"]) == ("", "每周巡查一次")
    assert (entry.before["supporting_units"], entry.after["supporting_units"]) == ("", "滨江分局")


def test_a_changed_deadline_needs_a_reason_and_leaves_the_original(cast, office):
    page = f"{cast.page}amend/"
    late = measure_data(cast, deadline="2025年第四季度")

    refused = office.post(page, late)

    assert "改了整改时限，请写明修改理由" in refused.content.decode()
    office.post(page, {**late, "why": "汛期推迟"})
    measure = Measure.objects.get()
    assert (measure.deadline, measure.precision) == (date(2025, 12, 31), "quarter")
    assert (measure.original_deadline, measure.original_precision) == (date(2025, 9, 30), "month")
    assert JournalEntry.objects.get().why == "汛期推迟"


def test_a_measure_becomes_long_term_with_a_rhythm(cast, office):
    data = measure_data(
        cast, time_kind="long_term", deadline="", review_every_months="３", why="改为长期坚持"
    )

    office.post(f"{cast.page}amend/", data)

    measure = Measure.objects.get()
    assert (measure.time_kind, measure.deadline, measure.review_every_months) == (
        "long_term",
        None,
        3,
    )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"deadline": "2025年2月30日", "why": "x"}, "不是一个存在的日期"),
        ({"deadline": "尽快", "why": "x"}, "看不懂"),
        ({"deadline": "1970-01-01", "why": "x"}, "2000年到2099年"),
        ({"deadline": ""}, "请填写整改时限"),
        ({"time_kind": "long_term"}, "长期坚持的措施没有整改时限"),
        ({"time_kind": "bogus"}, "时限类型不在列表中"),
        ({"lead_unit": "999999"}, "牵头单位不在列表中"),
        ({"supporting_units": ["1e3"]}, "配合单位不在列表中"),
        ({"supporting_units": ["9" * 40]}, "配合单位不在列表中"),
        ({"review_every_months": "1_0"}, "复查周期请填写"),
        ({"text": ""}, "请填写整改措施"),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_is_written(cast, office, changes, says):
    answer = office.post(f"{cast.page}amend/", measure_data(cast, **changes))

    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert Measure.objects.get().version == 1
    assert not JournalEntry.objects.exists()


def test_the_deadline_of_a_closed_measure_stays(cast, office):
    Measure.objects.update(status="closed", closed_on=date(2025, 7, 1))

    answer = office.post(
        f"{cast.page}amend/", measure_data(cast, deadline="2025年12月底前", why="推迟")
    )

    assert "已结束，整改时限不能再改" in answer.content.decode()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_stale_amendment_shows_both_texts_of_each_field_and_keeps_what_was_typed(
    cast, office, headers
):
    page = f"{cast.page}amend/"
    office.post(page, measure_data(cast, text="先改的措施", supporting_units=[]))
    before = JournalEntry.objects.count()

    answer = office.post(
        page, measure_data(cast, text="后改的措施", target="后改的目标"), headers=headers
    )

    html = answer.content.decode()
    differences = {each.label: each[1:] for each in answer.context["conflict"].differences}
    assert answer.status_code == 409
    assert differences == {
        "整改措施": ("先改的措施", "后改的措施"),
        "整改目标": ("每周巡查一次", "后改的目标"),
        "配合单位": ("", "滨江分局"),
    }
    assert "整改办丙" in answer.context["conflict"].last_act
    assert 'name="version" value="2"' in html
    assert f'<option value="{cast.elsewhere.pk}" selected>' in html
    assert ("<html" in html) != bool(headers)
    assert JournalEntry.objects.count() == before
    again = office.post(page, measure_data(cast, text="后改的措施", version=2))
    assert again.status_code == 302


def test_a_problem_is_amended(cast, office):
    page = f"{cast.base}problems/P-900/amend/"
    assert cast.problem.wording in office.get(page).content.decode()

    office.post(page, problem_data(cast, public_wording="责任落实不够到位。", category="责任落实"))

    problem = Problem.objects.get()
    assert (problem.public_wording, problem.category, problem.version) == (
        "责任落实不够到位。",
        "责任落实",
        2,
    )
    assert JournalEntry.objects.get().after["category"] == "责任落实"


def test_a_stale_amendment_of_a_problem_shows_both_texts(cast, office):
    page = f"{cast.base}problems/P-900/amend/"
    office.post(page, problem_data(cast, wording="先改的问题"))

    answer = office.post(page, problem_data(cast, wording="后改的问题"))

    assert answer.status_code == 409
    assert answer.context["conflict"].differences[0][1:] == ("先改的问题", "后改的问题")
    assert Problem.objects.get().wording == "先改的问题"


def test_a_report_after_an_amendment_names_who_amended(cast, office, client):
    office.post(f"{cast.page}amend/", measure_data(cast))
    client.force_login(cast.liaison)

    answer = client.post(f"{cast.page}report/", {"version": 1, "text": "我的进展"})

    assert answer.status_code == 409
    assert "整改办丙" in answer.context["conflict"].last_act


def test_only_the_office_finds_the_page_and_the_way_to_it(cast, client):
    MeasureFactory(problem=cast.problem)
    for who, there in ((cast.office, True), (cast.liaison, False), (cast.supervisor, False)):
        client.force_login(who)
        assert (f"{cast.page}amend/" in client.get(cast.page).content.decode()) == there
        assert (client.get(f"{cast.page}amend/").status_code == 200) == there
        assert (client.get(f"{cast.base}problems/P-900/amend/").status_code == 200) == there
