"""成效: outcomes, accountability and money are entered, amended, withdrawn and counted."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command

from accounts.models import JournalEntry, Role
from rectification.models import (
    AccountabilityAction,
    Evidence,
    EvidenceUse,
    InstitutionalOutcome,
    MoneyKind,
    RecoveredMoney,
    in_ten_thousands,
    title_key,
)
from reports import figures
from tests.factories import NOON, MeasureFactory, ProblemFactory, person, unit

ON = date(2025, 7, 31)


@pytest.fixture
def office(cast, client):
    client.force_login(cast.office)
    return client


def outcome_data(cast, **changes):
    data = {
        "title": "云州市河湖巡查办法",
        "kind": "new",
        "number": "云水发〔2025〕3号",
        "issued_on": "2025-06-30",
        "measures": [cast.measure.pk],
    }
    return {**data, **changes}


ACCOUNTABILITY = {"kind": "talk", "people": "0", "day": "2025-06-30", "note": "没有需要问责的情形"}
MONEY = {"kind": "recovered", "amount": "125000.50", "day": "2025年6月30日"}


def test_the_office_enters_an_outcome_and_everybody_in_scope_reads_it(cast, office, client):
    answer = office.post(f"{cast.base}outcomes/new/", outcome_data(cast))

    made = InstitutionalOutcome.objects.get()
    assert answer.status_code == 302
    assert list(made.measures.all()) == [cast.measure]
    entry = JournalEntry.objects.get()
    assert (entry.verb, entry.subject_code) == ("enter", f"x25/outcome-{made.pk}")
    assert entry.after["measures"] == "M-900-1"
    client.force_login(cast.liaison)
    page = client.get(f"{cast.base}outcomes/").content.decode()
    assert "《云州市河湖巡查办法》" in page
    assert f"{cast.base}outcomes/{made.pk}/amend/" not in page


@pytest.mark.parametrize(
    ("address", "data"), [("accountability", ACCOUNTABILITY), ("money", MONEY)]
)
def test_nobody_but_the_office_writes(cast, client, address, data):
    for who in (cast.liaison, cast.head, cast.supervisor, cast.executive):
        client.force_login(who)
        assert client.get(f"{cast.base}{address}/").status_code == 200
        assert client.post(f"{cast.base}{address}/new/", data).status_code == 404

    assert not AccountabilityAction.objects.exists()
    assert not RecoveredMoney.objects.exists()


@pytest.mark.parametrize(
    "same",
    [
        "《云州市河湖巡查办法》",
        " 云州市河湖　巡查办法 ",
        "云州市“河湖”巡查办法",
        "云州市河湖巡查办法(试行)",
    ],
)
def test_one_outcome_is_entered_once_however_its_title_is_spelt(cast, office, same):
    first = "云州市河湖巡查办法（试行）" if "试行" in same else "云州市河湖巡查办法"
    office.post(f"{cast.base}outcomes/new/", outcome_data(cast, title=first))

    answer = office.post(f"{cast.base}outcomes/new/", outcome_data(cast, title=same))

    assert "一项只登记一次" in answer.content.decode()
    assert InstitutionalOutcome.objects.count() == 1
    assert figures.count_outcomes(cast.inspection, on=ON) == 1


def test_a_title_of_nothing_but_marks_is_none(cast, office):
    answer = office.post(f"{cast.base}outcomes/new/", outcome_data(cast, title="《》"))

    assert "请填写制度名称" in answer.content.decode()
    assert title_key("《 》") == ""
    assert not InstitutionalOutcome.objects.exists()


def test_an_outcome_needs_a_measure_or_a_problem(cast, office):
    answer = office.post(f"{cast.base}outcomes/new/", outcome_data(cast, measures=[]))
    assert "请至少选择一条对应措施或一个对应问题" in answer.content.decode()

    office.post(
        f"{cast.base}outcomes/new/", outcome_data(cast, measures=[], problems=[cast.problem.pk])
    )

    assert list(InstitutionalOutcome.objects.get().problems.all()) == [cast.problem]


def test_a_measure_of_another_inspection_is_not_in_the_list(cast, office):
    foreign = MeasureFactory()

    answer = office.post(
        f"{cast.base}outcomes/new/", outcome_data(cast, measures=[foreign.pk, "9" * 40])
    )

    assert "对应措施不在列表中" in answer.content.decode()
    assert not InstitutionalOutcome.objects.exists()


def test_a_withdrawn_outcome_stays_uncounted_and_its_title_is_free(cast, office):
    office.post(f"{cast.base}outcomes/new/", outcome_data(cast))
    made = InstitutionalOutcome.objects.get()

    office.post(f"{cast.base}outcomes/{made.pk}/withdraw/", {"version": 1, "why": "重复登记了一项"})

    made.refresh_from_db()
    assert (made.is_withdrawn, made.withdrawn_by, made.version) == (True, cast.office, 2)
    assert figures.count_outcomes(cast.inspection, on=ON) == 0
    page = office.get(f"{cast.base}outcomes/").content.decode()
    assert "已撤下" in page
    assert "重复登记了一项" in page
    office.post(f"{cast.base}outcomes/new/", outcome_data(cast))
    assert figures.count_outcomes(cast.inspection, on=ON) == 1
    assert (
        "不能再改"
        in office.post(
            f"{cast.base}outcomes/{made.pk}/amend/", outcome_data(cast, version=2)
        ).content.decode()
    )


def test_an_outcome_is_amended_and_the_journal_has_both(cast, office):
    office.post(f"{cast.base}outcomes/new/", outcome_data(cast))
    made = InstitutionalOutcome.objects.get()
    page = f"{cast.base}outcomes/{made.pk}/amend/"
    assert "云州市河湖巡查办法" in office.get(page).content.decode()

    office.post(page, outcome_data(cast, number="云水发〔2025〕8号", version=1, why="文号有误"))

    made.refresh_from_db()
    entry = JournalEntry.objects.latest("sequence")
    assert (made.number, made.version) == ("云水发〔2025〕8号", 2)
    assert (entry.before["number"], entry.after["number"], entry.why) == (
        "云水发〔2025〕3号",
        "云水发〔2025〕8号",
        "文号有误",
    )


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_stale_amendment_shows_both_texts_and_keeps_what_was_typed(cast, office, headers):
    office.post(f"{cast.base}money/new/", MONEY)
    made = RecoveredMoney.objects.get()
    page = f"{cast.base}money/{made.pk}/amend/"
    office.post(page, {**MONEY, "note": "先改的说明", "version": 1})
    before = JournalEntry.objects.count()

    answer = office.post(
        page, {**MONEY, "kind": "averted", "note": "后改的说明", "version": 1}, headers=headers
    )

    html = answer.content.decode()
    assert answer.status_code == 409
    for said in ("先改的说明", "后改的说明", "追缴", "挽回", "整改办丙"):
        assert said in html
    assert 'name="version" value="2"' in html
    assert JournalEntry.objects.count() == before
    assert RecoveredMoney.objects.get().note == "先改的说明"


def test_a_stale_withdrawal_is_refused(cast, office):
    office.post(f"{cast.base}accountability/new/", ACCOUNTABILITY)
    made = AccountabilityAction.objects.get()
    page = f"{cast.base}accountability/{made.pk}/"
    office.post(f"{page}amend/", {**ACCOUNTABILITY, "people": "2", "version": 1})

    answer = office.post(f"{page}withdraw/", {"version": 1, "why": "登记有误"})

    assert answer.status_code == 409
    assert "登记有误" in answer.content.decode()
    assert not AccountabilityAction.objects.get().is_withdrawn


def test_a_note_that_names_somebody_on_record_is_refused(cast, office):
    person(Role.LIAISON, cast.elsewhere, name="孟晓川")

    answer = office.post(
        f"{cast.base}accountability/new/", {**ACCOUNTABILITY, "note": "对孟 晓川谈话提醒"}
    )

    assert "不记姓名" in answer.content.decode()
    assert not AccountabilityAction.objects.exists()


def test_zero_people_is_shown_as_zero_and_nothing_entered_as_a_dash(cast, office):
    office.post(f"{cast.base}accountability/new/", ACCOUNTABILITY)

    shown = dict(
        (label, value)
        for value, label, _ in office.get(f"{cast.base}accountability/").context["totals"]
    )

    assert (shown["谈话提醒"], shown["诫勉"], shown["合计"]) == ("0人", "—", "0人")
    page = office.get(f"{cast.base}accountability/").content.decode()
    assert "0人" in page


@pytest.mark.parametrize(
    ("amount", "says"),
    [
        ("125000.50", "12.50005万元"),
        ("0", "0万元"),
        ("1200000", "120万元"),
        ("12345678", "1,234.5678万元"),
    ],
)
def test_money_is_shown_in_ten_thousands_with_no_more_digits_than_it_has(amount, says):
    assert in_ten_thousands(Decimal(amount)) == says


@pytest.mark.parametrize(
    "amount",
    [
        "",
        "-1",
        "NaN",
        "Infinity",
        "1_000",
        "1,000",
        "1e9",
        "三十二",
        "0." + "0" * 29 + "1",
        "9" * 5000,
    ],
)
def test_an_amount_that_is_no_plain_number_is_refused_by_name(cast, office, amount):
    answer = office.post(f"{cast.base}money/new/", {**MONEY, "amount": amount})

    assert answer.status_code == 200
    assert "金额请填写数字" in answer.content.decode()
    assert not RecoveredMoney.objects.exists()


@pytest.mark.parametrize("people", ["", "-1", "NaN", "1_000", "1.5", "三", "9" * 5000, "999999999"])
def test_a_number_of_people_that_is_none_is_refused_by_name(cast, office, people):
    answer = office.post(f"{cast.base}accountability/new/", {**ACCOUNTABILITY, "people": people})

    assert answer.status_code == 200
    assert "人数请填" in answer.content.decode()
    assert not AccountabilityAction.objects.exists()


def test_full_width_digits_are_digits(cast, office):
    office.post(f"{cast.base}accountability/new/", {**ACCOUNTABILITY, "people": "１２"})

    assert AccountabilityAction.objects.get().people == 12


def test_a_person_sees_no_row_of_another_unit_and_no_count_of_it(cast, client):
    foreign = ProblemFactory(
        inspection=cast.inspection, code="P-901", lead_unit=unit(parent=cast.elsewhere)
    )
    for problem, note in (
        (cast.problem, "本处的说明"),
        (foreign, "别处的说明"),
        (None, "全局的说明"),
    ):
        AccountabilityAction.objects.create(
            inspection=cast.inspection, kind="talk", people=3, day=ON, problem=problem, note=note
        )
    client.force_login(cast.liaison)

    answer = client.get(f"{cast.base}accountability/")

    html = answer.content.decode()
    assert "本处的说明" in html
    assert "别处的说明" not in html
    assert "全局的说明" not in html
    assert answer.context["totals"][0] == ("3人", "合计", "")


def test_a_file_is_chosen_among_those_that_are_there_and_shown_to_whom_it_may_be(cast, client):
    piece = Evidence.objects.create(
        inspection=cast.inspection,
        number=1,
        title="办法印发件",
        kind="document",
        dated_on=ON,
        unit=cast.division,
    )
    EvidenceUse.objects.create(evidence=piece, measure=cast.measure, by=cast.liaison, at=NOON)
    client.force_login(cast.office)

    client.post(f"{cast.base}outcomes/new/", outcome_data(cast, evidence=piece.pk))

    assert InstitutionalOutcome.objects.get().evidence == piece
    assert "E-001 办法印发件" in client.get(f"{cast.base}outcomes/").content.decode()


def test_the_figures_count_people_and_money_by_kind_and_leave_out_what_is_withdrawn(cast):
    happened = {"inspection": cast.inspection, "day": ON}
    AccountabilityAction.objects.create(**happened, kind="talk", people=0)
    gone = {"withdrawn_at": NOON, "withdrawn_by": cast.office, "withdrawn_why": "有误"}
    AccountabilityAction.objects.create(**happened, kind="party", people=7, **gone)
    RecoveredMoney.objects.create(**happened, kind=MoneyKind.AVERTED, amount="120000.50")
    RecoveredMoney.objects.create(**happened, kind=MoneyKind.AVERTED, amount="80000")
    output = StringIO()

    call_command("figures", "x25", on="2025-07-31", json=True, stdout=output)

    said = json.loads(output.getvalue())
    assert said["accountability"]["total"] == 0
    assert said["accountability"]["talk"] == 0
    assert said["accountability"]["party"] is None
    assert (said["money"]["averted"], said["money"]["recovered"]) == ("200000.50", None)
    text = StringIO()
    call_command("figures", "x25", on="2025-07-31", stdout=text)
    assert "问责·谈话提醒\t0人" in text.getvalue()
    assert "资金·挽回\t20.00005万元" in text.getvalue()
    assert "资金·追缴\t—" in text.getvalue()


def test_the_dashboard_shows_zero_as_a_value(cast, office):
    AccountabilityAction.objects.create(inspection=cast.inspection, day=ON, kind="talk", people=0)

    shown = [
        (value, label)
        for value, label, _ in office.get(f"{cast.base}dashboard/").context["results"]
    ]

    assert shown == [("0人", "问责"), ("0人", "谈话提醒"), ("—", "追缴挽回资金")]
