"""不再适用: asked with a reason, decided by somebody who had no hand in it, and taken back."""

import threading

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts.models import JournalEntry, Role
from rectification import closing, exempting, moving, permissions, queries, workflow
from rectification.models import Exemption, Measure, MeasureEvent, Problem
from reports.figures import counting
from tests.factories import NOON, person

TODAY = NOON.date()


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def asked(cast, *, by=None):
    measure = fresh(cast.measure)
    return exempting.request(
        measure, reason="河道已改线。", by=by or cast.liaison, at=NOON, version=measure.version
    )


def decided(verb, exemption, *, by, version=None):
    exemption = fresh(exemption)
    version = version or exemption.measure.version
    verb(exemption, opinion="情况属实", by=by, at=NOON, version=version)


def post(client, cast, verb, **data):
    data.setdefault("version", fresh(cast.measure).version)
    return client.post(f"{cast.page}{verb}/", data, follow=True)


def test_the_whole_way_by_its_pages(cast, client):
    client.force_login(cast.liaison)
    post(client, cast, "exemption/ask", reason="河道已改线。")
    assert fresh(cast.measure).status == "not_started"

    client.force_login(cast.executive)
    assert "等您审批的不再适用申请" in client.get("/desk/").content.decode()
    post(client, cast, "exemption/decide", decision="grant", opinion="情况属实")
    assert fresh(cast.measure).status == "not_applicable"

    client.force_login(cast.office)
    html = client.get(cast.page).content.decode()
    for part in ("申请不再适用", "河道已改线。", "批准不再适用", "情况属实", "分管领导丁"):
        assert part in html
    post(client, cast, "reinstate", why="河道又改回来了。")
    html = client.get(cast.page).content.decode()
    assert fresh(cast.measure).status == "under_way"
    assert "河道又改回来了。" in html
    verbs = JournalEntry.objects.order_by("sequence").values_list("verb", "subject_kind")
    assert list(verbs) == [
        ("request", "exemption"),
        ("exempt", "measure"),
        ("granted", "exemption"),
        ("reinstate", "measure"),
    ]


def test_the_event_says_why(cast):
    decided(exempting.grant, asked(cast), by=cast.executive)

    event = MeasureEvent.objects.get(verb="exempt")
    assert (event.to_status, event.why) == ("not_applicable", "河道已改线。（情况属实）")


def test_a_refused_application_leaves_the_measure_and_may_be_made_again(cast, client):
    client.force_login(cast.liaison)
    post(client, cast, "exemption/ask", reason="河道已改线。")
    client.force_login(cast.executive)
    post(client, cast, "exemption/decide", decision="refuse", opinion="仍需整改")

    assert fresh(cast.measure).status == "not_started"
    assert Exemption.objects.get().state == "refused"
    assert asked(cast).number == 2
    html = client.get(cast.page).content.decode()
    for part in ("未批准不再适用", "仍需整改", "第2次申请不再适用"):
        assert part in html


@pytest.mark.parametrize("who", ["liaison", "head", "office", "supervisor", "stranger"])
def test_only_an_executive_or_the_party_group_decides(cast, who):
    exemption = asked(cast)

    with pytest.raises(moving.MoveRefused):
        decided(exempting.grant, exemption, by=getattr(cast, who))

    group = person(Role.PARTY_GROUP, cast.inspection.inspected_unit)
    assert permissions.may_decide_exemption(group, exemption)


def test_who_asked_or_reported_does_not_decide_nor_who_they_act_for(cast):
    both = person(Role.EXECUTIVE, cast.inspection.inspected_unit, name="又领导又办事")
    both.assignments.create(role=Role.OFFICE, unit=both.unit, started_on=TODAY)
    exemption = asked(cast, by=both)
    assert not permissions.may_decide_exemption(both, exemption)

    cast.stranger.acting_for = both
    assert not permissions.may_decide_exemption(cast.stranger, exemption)
    cast.stranger.acting_for = cast.executive
    assert permissions.may_decide_exemption(cast.stranger, exemption)

    measure = fresh(cast.measure)
    cast.liaison.acting_for = None
    workflow.report(
        measure, workflow.Told("进展"), unit=measure.lead_unit, by=cast.liaison, at=NOON, version=1
    )
    cast.liaison.acting_for = cast.executive
    assert not permissions.may_decide_exemption(cast.liaison, exemption)


def test_the_records_name_both_persons(cast):
    cast.stranger.acting_for = cast.liaison
    exemption = asked(cast, by=cast.stranger)
    cast.supervisor.acting_for = cast.executive
    decided(exempting.grant, exemption, by=cast.supervisor)

    row = fresh(exemption)
    assert (row.by, row.on_behalf_of) == (cast.stranger, cast.liaison)
    assert (row.settled_by, row.settled_on_behalf_of) == (cast.supervisor, cast.executive)


@pytest.mark.parametrize("who", ["head", "executive", "supervisor", "stranger"])
def test_only_the_lead_units_liaison_or_the_office_asks(cast, who):
    with pytest.raises(moving.MoveRefused):
        asked(cast, by=getattr(cast, who))

    assert asked(cast, by=cast.office).number == 1


@pytest.mark.parametrize("status", ["in_review", "closed", "not_applicable"])
def test_what_is_done_or_in_review_is_not_asked_for(cast, status):
    closed_on = TODAY if status == "closed" else None
    Measure.objects.update(status=status, closed_on=closed_on)

    with pytest.raises(moving.MoveRefused):
        asked(cast)


def test_one_application_waits_at_a_time(cast):
    asked(cast)

    with pytest.raises(moving.MoveRefused):
        asked(cast)


def test_it_is_withdrawn_with_a_reason(cast, client):
    asked(cast)
    client.force_login(cast.liaison)

    post(client, cast, "exemption/withdraw", why="再看看")

    assert Exemption.objects.get().state == "withdrawn"
    assert "撤回不再适用申请" in client.get(cast.page).content.decode()
    late = post(client, cast, "exemption/withdraw", why="又点一次")
    assert late.status_code == 409


def test_it_lapses_where_the_measure_is_said_to_be_done(cast, client):
    exemption = asked(cast)
    closing.submit(
        fresh(cast.measure),
        statement="完成",
        evidence_note="见档案",
        by=cast.liaison,
        at=NOON,
        version=1,
    )

    assert fresh(exemption).state == "lapsed"
    assert JournalEntry.objects.filter(verb="lapsed").count() == 1
    assert queries.desk(cast.executive, on=TODAY).to_exempt == ()
    client.force_login(cast.executive)
    late = post(client, cast, "exemption/decide", decision="grant", opinion="晚到的意见")
    assert late.status_code == 409
    assert "没有等待审批的不再适用申请" in late.content.decode()


def test_a_decision_on_an_older_version_is_refused_and_the_opinion_kept(cast, client):
    asked(cast)
    measure = fresh(cast.measure)
    workflow.report(
        measure,
        workflow.Told("有新进展"),
        unit=measure.lead_unit,
        by=cast.liaison,
        at=NOON,
        version=1,
    )
    client.force_login(cast.executive)

    for decision in ("grant", "refuse"):
        late = post(
            client, cast, "exemption/decide", version=1, decision=decision, opinion="我的意见"
        )
        assert late.status_code == 409
        assert "我的意见" in late.content.decode()

    assert Exemption.objects.get().state == "requested"
    assert fresh(cast.measure).status == "under_way"


def test_taking_up_again_reopens_a_closed_problem(cast):
    decided(exempting.grant, asked(cast), by=cast.executive)
    workflow.accept(fresh(cast.problem), by=cast.executive, at=NOON, why="成效明显", version=1)
    assert Problem.objects.get().status == "closed"

    measure = fresh(cast.measure)
    workflow.reinstate(measure, by=cast.office, at=NOON, why="重新适用", version=measure.version)

    assert Problem.objects.get().status == "rebounded"
    with pytest.raises(moving.MoveRefused):
        workflow.reinstate(measure, by=cast.office, at=NOON, why="再来", version=measure.version)


def test_only_the_office_takes_up_again(cast):
    decided(exempting.grant, asked(cast), by=cast.executive)
    measure = fresh(cast.measure)

    for user in (cast.liaison, cast.executive, cast.supervisor):
        assert not permissions.may_reinstate(user, measure)


def test_the_figures_count_it_in_the_total_and_not_as_unfinished(cast):
    decided(exempting.grant, asked(cast), by=cast.executive)

    counts = counting.count_measures(cast.inspection, on=TODAY)

    assert (counts.total, counts.not_applicable, counts.unfinished) == (1, 1, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "?"},
        {"state": "granted"},
        {"reason": ""},
        {"settled_at": NOON},
    ],
)
def test_the_database_refuses_nonsense(cast, wrong):
    fields = {
        "measure": cast.measure,
        "number": 1,
        "reason": "改线",
        "by": cast.liaison,
        "at": NOON,
        "on": TODAY,
    }
    row = Exemption(**{**fields, **wrong})

    with pytest.raises(ValidationError):
        row.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


@pytest.mark.django_db(transaction=True)
def test_of_eight_decisions_at_once_one_is_written(cast):
    exemption = asked(cast)
    deciders = [person(Role.EXECUTIVE, cast.inspection.inspected_unit) for _ in range(8)]
    start, outcomes = threading.Barrier(8), []

    def go(number, decider):
        start.wait()
        verb = exempting.grant if number % 2 else exempting.refuse
        try:
            decided(verb, exemption, by=decider, version=1)
            outcomes.append("written")
        except (moving.MoveRefused, moving.StaleSave):
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=each) for each in enumerate(deciders)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["refused"] * 7 + ["written"]
    granted = Exemption.objects.get().state == "granted"
    assert (fresh(cast.measure).status == "not_applicable") == granted
