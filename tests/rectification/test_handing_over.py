"""Responsibility passes as of a day; the former name stays on record."""

import threading
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts.models import JournalEntry, Role
from rectification import closing, handing_over, moments, moving, permissions, planning, timeline
from rectification.handing_over import Holding, Succession, Terms
from rectification.models import Handover, HandoverField, Measure, Problem
from tests.factories import NOON, SHANGHAI, MeasureFactory, ProblemFactory, UserFactory, person

TODAY = NOON.date()
TERMS = Terms(TODAY, "岗位调整")


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def people(cast):
    zhang = UserFactory(unit=cast.division, name="张三")
    li = UserFactory(unit=cast.division, name="李四")
    Measure.objects.update(person_in_charge=zhang)
    cast.measure.refresh_from_db()
    return zhang, li


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def passed(row, field, to, *, by, terms=TERMS, version=None):
    row = fresh(row)
    return handing_over.hand_over(
        Holding(row, HandoverField(field)),
        to,
        terms=terms,
        by=by,
        at=NOON,
        version=version or row.version,
    )


def test_the_person_in_charge_passes_on_and_the_former_stays_on_record(cast, people):
    zhang, li = people

    handover = passed(cast.measure, "person_in_charge", li, by=cast.office)

    measure = fresh(cast.measure)
    assert (measure.person_in_charge, measure.version) == (li, 2)
    assert (handover.former_person, handover.new_person) == (zhang, li)
    entry = JournalEntry.objects.get()
    assert (entry.verb, entry.before["person_in_charge"], entry.after["person_in_charge"]) == (
        "hand_over",
        "张三",
        "李四",
    )


def test_the_story_and_the_facts_keep_the_former_name(cast, people, client):
    passed(cast.measure, "person_in_charge", people[1], by=cast.office)
    client.force_login(cast.liaison)

    html = client.get(cast.page).content.decode()

    assert "责任人由张三交接给李四（2025年7月31日起）" in html
    assert "岗位调整" in html
    assert "曾任：张三（2025年7月31日交接）" in html
    assert "整改办丙" in html


def test_all_former_names_are_told_in_order(cast, people):
    zhang, li = people
    passed(cast.measure, "person_in_charge", li, by=cast.office)
    passed(cast.measure, "person_in_charge", zhang, by=cast.office)

    notes = moments.former_names(fresh(cast.measure))

    assert notes["person_in_charge"] == (
        "曾任：张三（2025年7月31日交接）、李四（2025年7月31日交接）"
    )


def test_a_lead_unit_passes_on_and_with_it_who_sees_and_reports(cast):
    handover = passed(cast.measure, "lead_unit", cast.elsewhere, by=cast.office)

    measure = fresh(cast.measure)
    assert (handover.former_unit, handover.new_unit) == (cast.division, cast.elsewhere)
    assert permissions.may_report(cast.stranger, measure)
    assert not permissions.may_report(cast.liaison, measure)


def test_a_pending_application_stays(cast):
    claim = {"statement": "完成", "evidence_note": "见档案"}
    closing.submit(fresh(cast.measure), **claim, by=cast.liaison, at=NOON, version=1)

    passed(cast.measure, "lead_unit", cast.elsewhere, by=cast.office)

    measure = fresh(cast.measure)
    assert measure.status == "in_review"
    assert permissions.pending_request(measure) is not None


def test_a_problem_passes_to_another_executive_and_unit(cast, client):
    client.force_login(cast.office)
    page = f"{cast.base}problems/P-900/hand-over/"
    form = client.get(page).context["form"]

    data = {
        **form.initial,
        "on": "2025-07-31",
        "field": "lead_executive",
        "to_person": cast.executive.pk,
    }
    client.post(page, {**data, "why": "分工调整"})
    late = client.post(page, {**data, "why": "晚到的理由"})

    assert fresh(cast.problem).lead_executive == cast.executive
    assert late.status_code == 409
    assert "晚到的理由" in late.content.decode()
    shown = client.get(f"{cast.base}problems/P-900/").content.decode()
    assert "牵头领导由（空）交接给分管领导丁（2025年7月31日起）" in shown


def test_a_stale_handover_changes_nothing(cast, people):
    with pytest.raises(moving.StaleSave):
        passed(cast.measure, "person_in_charge", people[1], by=cast.office, version=7)

    assert not Handover.objects.exists()
    assert not JournalEntry.objects.exists()


@pytest.mark.parametrize("who", ["liaison", "head", "executive", "supervisor"])
def test_only_the_office_hands_over(cast, people, client, who):
    user = getattr(cast, who)
    with pytest.raises(moving.MoveRefused, match="由整改办办理"):
        passed(cast.measure, "person_in_charge", people[1], by=user)
    client.force_login(user)
    assert client.post(f"{cast.page}hand-over/").status_code == 404
    assert client.get(f"{cast.base}handover/").status_code == 404
    assert client.post(f"{cast.base}handover/confirm/").status_code == 404
    assert client.get(f"{cast.base}problems/P-900/hand-over/").status_code == 404


def test_a_day_to_come_or_before_the_last_handover_is_refused(cast, people):
    zhang, li = people
    terms = Terms(TODAY + timedelta(days=1), "调整")
    with pytest.raises(moving.MoveRefused, match="不能晚于今天"):
        passed(cast.measure, "person_in_charge", li, by=cast.office, terms=terms)
    passed(cast.measure, "person_in_charge", li, by=cast.office)
    terms = Terms(TODAY - timedelta(days=1), "调整")
    with pytest.raises(moving.MoveRefused, match="日期不能早于那一天"):
        passed(cast.measure, "person_in_charge", zhang, by=cast.office, terms=terms)


def test_a_backdated_handover_says_when_it_was_written(cast, people):
    terms = Terms(date(2025, 7, 1), "岗位调整")
    passed(cast.measure, "person_in_charge", people[1], by=cast.office, terms=terms)

    (moment,) = [
        each for each in timeline.story(fresh(cast.measure), on=TODAY) if "交接给" in each.title
    ]

    assert (moment.on, moment.muted) == (date(2025, 7, 1), "2025年7月31日登记。")


def test_somebody_who_left_or_is_of_another_house_takes_nothing_over(cast, people):
    outsider = UserFactory(name="外人")
    left = UserFactory(unit=cast.division, name="离职", is_active=False)
    for taker in (outsider, left):
        with pytest.raises(moving.MoveRefused, match="不能接手"):
            passed(cast.measure, "person_in_charge", taker, by=cast.office)
    with pytest.raises(moving.MoveRefused, match="不用交接"):
        passed(cast.measure, "person_in_charge", people[0], by=cast.office)
    with pytest.raises(moving.MoveRefused, match="不能这样交接"):
        passed(cast.measure, "lead_executive", people[1], by=cast.office)


@pytest.mark.parametrize(
    "wrong",
    [
        {"problem": None, "measure": None},
        {"field": "lead_executive"},
        {"field": "lead_unit"},
        {"why": ""},
        {"field": "?"},
    ],
)
def test_the_database_refuses_nonsense(cast, people, wrong):
    zhang, li = people
    fields = {
        "measure": cast.measure,
        "field": "person_in_charge",
        "former_person": zhang,
        "new_person": li,
        "on": TODAY,
        "why": "调整",
        "by": cast.office,
        "at": NOON,
    }
    row = Handover(**{**fields, **wrong})

    with pytest.raises(ValidationError):
        row.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


# Everything of a person ---------------------------------------------------------------------------


@pytest.fixture
def much(cast, people):
    """What 张三 answers for: a problem, a measure twice, a long-term one; and one that is done."""
    zhang = people[0]
    Problem.objects.update(lead_executive=zhang)
    Measure.objects.filter(pk=cast.measure.pk).update(responsible_executive=zhang)
    closed = {"problem": cast.problem, "lead_unit": cast.division, "person_in_charge": zhang}
    closed |= {"status": "closed", "closed_on": TODAY}
    done = MeasureFactory(code="M-900-2", **closed)
    kept_up = MeasureFactory(
        code="M-900-3",
        time_kind="long_term",
        deadline=None,
        precision="none",
        review_every_months=6,
        **closed,
    )
    other = ProblemFactory(code="P-901", lead_executive=zhang)  # of another inspection
    return done, kept_up, other


def test_everything_of_a_person_passes_on_in_one_go(cast, people, much, client):
    zhang, li = people
    done, kept_up, other = much
    client.force_login(cast.office)
    page = client.get(f"{cast.base}handover/", {"former": zhang.pk})
    shown = [(each.row.code, label) for each, label, _ in page.context["holdings"]]
    assert shown == [
        ("P-900", "牵头领导"),
        ("M-900-1", "责任领导"),
        ("M-900-1", "责任人"),
        ("M-900-3", "责任人"),
    ]

    data = {"former": zhang.pk, "seen": page.context["form"].initial["seen"], "to": li.pk}
    answer = client.post(
        f"{cast.base}handover/confirm/",
        {**data, "on": "2025-07-31", "why": "张三调离"},
        follow=True,
    )

    assert "张三名下4项已交接给李四" in answer.content.decode()
    assert Handover.objects.values("batch").distinct().count() == 1
    assert JournalEntry.objects.filter(verb="hand_over").count() == 4
    assert fresh(kept_up).person_in_charge == li
    assert fresh(done).person_in_charge == zhang
    assert fresh(other).lead_executive == zhang


def test_a_list_that_changed_since_is_shown_again(cast, people, much, client):
    zhang, li = people
    client.force_login(cast.office)
    page = client.get(f"{cast.base}handover/", {"former": zhang.pk})
    seen = page.context["form"].initial["seen"]
    passed(cast.measure, "person_in_charge", li, by=cast.office)
    data = {"former": zhang.pk, "seen": seen, "to": li.pk, "on": "2025-07-31", "why": "张三调离"}

    answer = client.post(f"{cast.base}handover/confirm/", data)

    html = answer.content.decode()
    assert answer.status_code == 409
    assert "清单在您打开之后有变化" in html
    assert "张三调离" in html
    assert Handover.objects.count() == 1
    again = {**data, "seen": answer.context["form"].data["seen"]}
    assert client.post(f"{cast.base}handover/confirm/", again).status_code == 302
    assert Handover.objects.count() == 4


def test_one_refusal_keeps_everything_where_it_is(cast, people, much):
    zhang, li = people
    passed(cast.measure, "person_in_charge", li, by=cast.office)
    passed(cast.measure, "person_in_charge", zhang, by=cast.office)
    seen = handing_over.seal(handing_over.everything_of(zhang, cast.inspection))

    with pytest.raises(moving.MoveRefused, match="不能早于那一天"):
        handing_over.hand_over_everything(
            Succession(zhang, li, cast.inspection),
            terms=Terms(TODAY - timedelta(days=1), "调离"),
            seen=seen,
            by=cast.office,
            at=NOON,
        )

    assert Handover.objects.count() == 2
    assert fresh(cast.problem).lead_executive == zhang


def test_the_page_without_anybody_and_with_an_unknown_person(cast, people, client):
    client.force_login(cast.office)

    assert "先选原负责人" in client.get(f"{cast.base}handover/").content.decode()
    unknown = client.get(f"{cast.base}handover/", {"former": "999"})
    assert "原负责人不在列表中" in unknown.content.decode()
    assert client.post(f"{cast.base}handover/confirm/", {"former": "999"}).status_code == 404


def test_the_preview_takes_the_same_number_of_queries(
    cast, people, client, django_assert_max_num_queries
):
    for number in range(2, 8):
        MeasureFactory(
            problem=cast.problem,
            code=f"M-900-{number}",
            lead_unit=cast.division,
            person_in_charge=people[0],
        )
    client.force_login(cast.office)

    with django_assert_max_num_queries(18):
        client.get(f"{cast.base}handover/", {"former": people[0].pk})


def test_the_form_on_the_page_refuses_half_a_choice_and_keeps_the_reason(cast, people, client):
    client.force_login(cast.office)
    data = {"version": 1, "field": "lead_unit", "on": "2025-07-31", "why": "机构改革"}

    answer = client.post(f"{cast.page}hand-over/", data)

    html = answer.content.decode()
    assert "请选择接手单位" in html
    assert "机构改革" in html
    done = client.post(f"{cast.page}hand-over/", {**data, "to_unit": cast.elsewhere.pk})
    assert done.status_code == 302
    late = client.post(f"{cast.page}hand-over/", {**data, "to_unit": cast.division.pk})
    assert late.status_code == 409
    assert fresh(cast.measure).lead_unit == cast.elsewhere


@pytest.mark.django_db(transaction=True)
def test_of_eight_handovers_at_once_one_is_written(cast, people):
    takers = [UserFactory(unit=cast.division) for _ in range(8)]
    start, outcomes = threading.Barrier(8), []

    def go(taker):
        measure = fresh(cast.measure)
        start.wait()
        try:
            passed(measure, "person_in_charge", taker, by=cast.office, version=1)
            outcomes.append("written")
        except moving.StaleSave:
            outcomes.append("stale")
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=[taker]) for taker in takers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["stale"] * 7 + ["written"]
    assert Handover.objects.count() == 1


def test_a_handover_by_a_deputy_names_both(cast, people):
    deputy = person(Role.SUPERVISOR, cast.division, name="王五")
    deputy.acting_for = cast.office

    handover = passed(cast.measure, "person_in_charge", people[1], by=deputy)

    assert (handover.by, handover.on_behalf_of) == (deputy, cast.office)
    assert datetime(2025, 7, 31, 12, tzinfo=SHANGHAI) == handover.at


def test_a_name_that_an_imported_ledger_replaces_stays_on_record(cast, people):
    zhang, li = people
    measure = fresh(cast.measure)
    before = planning.content_of(measure, planning.MEASURE_CONTENT)
    measure.person_in_charge = li

    planning.amend_measure(measure, before=before, by=cast.office, at=NOON, why="导入台账.xlsx")

    notes = moments.former_names(measure)
    assert notes["person_in_charge"] == "曾任：张三（2025年7月31日交接）"
    assert Handover.objects.get().why == "导入台账.xlsx"
    assert JournalEntry.objects.count() == 1
