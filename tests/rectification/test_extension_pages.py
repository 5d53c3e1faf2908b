"""The card on the measure's page, the list of requests, and lists by either deadline."""

from datetime import date, timedelta
from io import BytesIO

import pytest
import time_machine
from django.core.exceptions import ValidationError
from python_calamine import CalamineWorkbook

from accounts.models import Role
from rectification import extending
from rectification.ledger import exporting
from rectification.models import Extension, ExtensionDecision, Inspection, Measure, Problem
from rectification.states import Basis
from reports import figures
from tests.factories import NOON, InspectionFactory, MeasureFactory, person
from tests.rectification.extending import ask, grant


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def post(client, cast, verb, **fields):
    return client.post(f"{cast.page}{verb}/", {"version": "1", **fields})


def test_a_liaison_asks_and_two_others_agree_by_the_pages_alone(cast, client):
    client.force_login(cast.liaison)
    asked = post(client, cast, "extend", deadline="2025年10月底前", reason="汛期无法施工。")
    client.force_login(cast.office)
    card = client.get(cast.page).content.decode()
    first = post(client, cast, "extension/decide", decision="agree", opinion="情况属实。")
    client.force_login(cast.executive)
    second = post(client, cast, "extension/decide", decision="agree", version="2")

    html = client.get(cast.page).content.decode()
    assert [each.status_code for each in (asked, first, second)] == [302, 302, 302]
    assert "延期初审" in card
    assert "由2025年9月底前延至2025年10月底前" in card
    assert Extension.objects.get().state == "granted"
    assert "2025年10月底前（原定2025年9月底前，已延期1次）" in html
    assert "情况属实。" in html


@pytest.mark.parametrize(
    ("typed", "deadline", "precision"),
    [
        ("2025年10月底前", date(2025, 10, 31), "month"),
        ("10月中旬", date(2025, 10, 20), "ten_days"),
        ("2025年第四季度", date(2025, 12, 31), "quarter"),
        ("2025年底前", date(2025, 12, 31), "year"),
        ("2025年10月15日", date(2025, 10, 15), "day"),
        ("２０２５-10-15", date(2025, 10, 15), "day"),
    ],
)
def test_a_new_deadline_is_a_day_or_a_phrase(cast, client, typed, deadline, precision):
    client.force_login(cast.liaison)

    post(client, cast, "extend", deadline=typed, reason="汛期无法施工。")

    asked_for = Extension.objects.get()
    assert (asked_for.deadline, asked_for.precision) == (deadline, precision)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "请填写延期后的时限。"),
        ("尽快", "延期后的时限“尽快”看不懂"),
        ("2025年2月30日", "不是一个存在的日期"),
        ("2025年13月底前", "不是一个存在的日期"),
        ("0000年1月1日", "不是一个存在的日期"),
        ("长期坚持", "延期后的时限要是一个日期"),
        ("2025年9月底前", "延期后的时限要晚于现在的整改时限（2025年9月底前）"),
        ("2025年6月底前", "延期后的时限要晚于现在的整改时限（2025年9月底前）"),
        ("9999年12月31日", "请核对年份"),
        ("2025年10月底前\x00", "空字符"),
        ("长" * 41, "延期后的时限太长"),
    ],
)
def test_an_impossible_deadline_is_refused_by_the_name_of_its_field(cast, client, typed, says):
    client.force_login(cast.liaison)

    page = post(client, cast, "extend", deadline=typed, reason="汛期无法施工。")

    assert page.status_code == 200
    assert says in page.content.decode()
    assert "汛期无法施工。" in page.content.decode()
    assert not Extension.objects.exists()


@pytest.mark.parametrize("reason", ["", " ", "\u200b", "秘密★10年", "整" * 2001])
def test_a_reason_is_as_strict_as_any_other_text(cast, client, reason):
    client.force_login(cast.liaison)

    page = post(client, cast, "extend", deadline="2025年10月底前", reason=reason)

    assert page.status_code == 200
    assert not Extension.objects.exists()


def test_a_refusal_without_a_reason_is_asked_for_one(cast, client):
    ask(cast.measure, cast, on=NOON)
    client.force_login(cast.office)

    page = post(client, cast, "extension/decide", decision="refuse", opinion="")

    assert "不同意延期要写明理由。" in page.content.decode()
    assert not ExtensionDecision.objects.exists()


def test_a_second_request_is_told_with_both_texts_and_keeps_what_was_typed(cast, client):
    ask(cast.measure, cast, on=NOON)
    client.force_login(cast.liaison)

    page = post(client, cast, "extend", deadline="2025年11月底前", reason="材料未到。")

    html = page.content.decode()
    assert page.status_code == 409
    assert "已有一份延期申请在审批" in html
    for text in ("汛期无法施工。", "材料未到。", "2025年10月30日前", "2025年11月底前"):
        assert text in html
    assert Extension.objects.count() == 1


def test_a_request_on_an_older_version_keeps_its_text_in_the_form(cast, client):
    Measure.objects.filter(pk=cast.measure.pk).update(version=5)
    client.force_login(cast.liaison)

    page = post(client, cast, "extend", deadline="2025年11月底前", reason="材料未到。")

    html = page.content.decode()
    assert page.status_code == 409
    assert 'value="2025年11月底前"' in html
    assert 'value="5"' in html


def test_a_late_decision_is_told_with_both_opinions(cast, client):
    extension = ask(cast.measure, cast, on=NOON)
    extending.decide(extension, "agree", opinion="属实。", by=cast.office, at=NOON, version=1)
    client.force_login(cast.executive)

    page = post(client, cast, "extension/decide", decision="refuse", opinion="不属实。")

    html = page.content.decode()
    assert page.status_code == 409
    assert "属实。" in html
    assert "不属实。" in html
    assert Extension.objects.get().state == "endorsed"


def test_after_the_deadline_the_form_is_gone_and_a_post_is_told_why(cast, client):
    client.force_login(cast.liaison)
    with time_machine.travel(NOON + timedelta(days=90), tick=False):
        client.force_login(cast.liaison)
        html = client.get(cast.page).content.decode()
        page = post(client, cast, "extend", deadline="2025年12月底前", reason="汛期无法施工。")

    assert "/extend/" not in html
    assert page.status_code == 409
    assert "已经过了" in page.content.decode()


def test_a_liaison_withdraws_by_the_page(cast, client):
    ask(cast.measure, cast, on=NOON)
    client.force_login(cast.liaison)

    post(client, cast, "extension/withdraw", why="能按期完成。")

    assert Extension.objects.get().state == "withdrawn"
    assert "能按期完成。" in client.get(cast.page).content.decode()


@pytest.mark.parametrize("verb", ["extend", "extension/decide", "extension/withdraw"])
def test_a_verb_is_a_post(cast, client, verb):
    client.force_login(cast.office)

    assert client.get(f"{cast.page}{verb}/").status_code == 405


# The list of requests ----------------------------------------------------------------------------


def test_the_list_is_for_those_who_oversee_and_filters_by_state(cast, client):
    granted = ask(cast.measure, cast, on=NOON)
    grant(granted, cast, on=NOON)
    other = MeasureFactory(problem=cast.problem, lead_unit=cast.division, code="M-900-2")
    ask(other, cast, on=NOON)
    foreign = MeasureFactory(
        problem__inspection=InspectionFactory(code="foreign"), code="M-ELSEWHERE"
    )
    client.force_login(cast.supervisor)

    def codes(query):
        html = client.get(f"{cast.base}extensions/{query}").content.decode()
        assert foreign.code not in html
        return [code for code in ("M-900-1", "M-900-2") if f">{code}<" in html]

    assert codes("") == ["M-900-1", "M-900-2"]
    assert codes("?state=granted") == ["M-900-1"]
    assert codes("?pending=yes") == ["M-900-2"]
    assert codes("?q=M-900-2") == ["M-900-2"]
    client.force_login(cast.liaison)
    assert client.get(f"{cast.base}extensions/").status_code == 404


# Lists by either deadline ------------------------------------------------------------------------


@pytest.fixture
def postponed(cast):
    """One measure past its original deadline and not past the agreed one; one past both."""
    Measure.objects.filter(pk=cast.measure.pk).update(
        deadline=date(2025, 7, 25), original_deadline=date(2025, 7, 25)
    )
    day = NOON.replace(day=20)
    grant(ask(cast.measure, cast, on=day, days=60), cast, on=day)
    MeasureFactory(
        problem=cast.problem,
        lead_unit=cast.division,
        code="M-900-2",
        deadline=date(2025, 7, 10),
        original_deadline=date(2025, 6, 30),
    )
    return cast


def test_the_measure_list_is_read_by_either_deadline_and_equals_the_figures(postponed, client):
    client.force_login(postponed.office)
    counted = figures.count_measures(postponed.inspection, on=NOON.date())

    agreed, original = (
        client.get(f"{postponed.base}measures/?light=overdue{more}").content.decode()
        for more in ("", "&basis=original")
    )

    assert (agreed.count("light-red"), original.count("light-red")) == (1, 2)
    assert (counted.overdue, counted.overdue_original) == (1, 2)
    assert "红：原定2025年7月底前（现行2025年9月23日前，已延期1次），已超期6天" in original
    assert "黄：" in client.get(f"{postponed.base}measures/").content.decode()


def test_the_switch_stands_above_the_list_and_keeps_the_other_filters(postponed, client):
    client.force_login(postponed.office)

    html = client.get(f"{postponed.base}measures/?light=overdue").content.decode()
    switched = client.get(f"{postponed.base}measures/?light=overdue&basis=original")

    assert "light=overdue&amp;basis=original" in html
    assert '<th scope="col" class="fit">原定时限</th>' in switched.content.decode()


def test_the_tabs_follow_the_basis(postponed, client):
    client.force_login(postponed.office)

    def overdue(query):
        context = client.get(f"{postponed.base}measures/{query}").context
        return next(tab.number for tab in context["tabs"] if tab.label == "超期")

    assert (overdue(""), overdue("?basis=original")) == (1, 2)


def test_the_problem_list_counts_overdue_by_either_deadline(postponed, client):
    client.force_login(postponed.office)

    agreed, original = (
        client.get(f"{postponed.base}problems/{query}").content.decode()
        for query in ("", "?basis=original")
    )

    assert "超期1条" in agreed
    assert "超期2条" in original
    rows = Problem.objects.counting_overdue(on=NOON.date(), basis=Basis.ORIGINAL)
    assert [row.measures_overdue for row in rows] == [2]


def test_the_exported_ledger_shows_both_deadlines(postponed):
    content = exporting.export(
        Inspection.objects.get(code="x25"),
        measures=Measure.objects.all(),
        problems=Problem.objects.all(),
        on=NOON.date(),
    )

    rows = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    text = ["|".join(str(cell) for cell in row) for row in rows]
    (line,) = [row for row in text if "M-900-1" in row]
    assert "2025年9月23日前" in line
    assert "2025年7月底前（已延期1次）" in line


def test_a_role_of_the_settings_is_one_that_may_decide(cast):
    cast.inspection.extension_first_role = "supervisor"

    with pytest.raises(ValidationError) as refused:
        cast.inspection.full_clean()

    assert set(refused.value.message_dict) >= {"extension_first_role"}


def test_the_settings_are_in_the_inspection_form_of_the_system_administrator(cast, client):
    client.force_login(person(Role.SYSTEM_ADMIN, cast.inspection.inspected_unit))

    page = client.get(f"/admin/rectification/inspection/{cast.inspection.pk}/change/")

    assert "延期初审角色" in page.content.decode()
    assert "延期审定角色" in page.content.decode()
