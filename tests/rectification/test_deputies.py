"""Somebody acts for somebody: every record names both, and both had a hand in it."""

import pytest
import time_machine

from accounts import deputies
from accounts.models import AbsenceKind, JournalEntry, Role
from rectification import closing, moving, permissions, planning, timeline, workflow
from rectification.models import (
    CloseoutRequest,
    Measure,
    MeasureEvent,
    Problem,
    ProblemEvent,
    ProgressEntry,
    Review,
)
from tests.factories import NOON, person

TOLD = workflow.Told("制度初稿已完成。")


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def for_whom(deputy, principal):
    """The deputy, acting: as the middleware sets it."""
    deputy.acting_for = principal
    return deputy


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def reported(cast, by):
    measure = fresh(cast.measure)
    workflow.report(measure, TOLD, unit=measure.lead_unit, by=by, at=NOON, version=measure.version)


def submitted(cast, by):
    measure = fresh(cast.measure)
    return closing.submit(
        measure, statement="完成", evidence_note="见档案", by=by, at=NOON, version=measure.version
    )


def approved(request, by):
    measure = fresh(request.measure)
    closing.approve(fresh(request), by=by, at=NOON, opinion="同意", version=measure.version)


def names(row, by="by"):
    return getattr(row, by).name, row.on_behalf_of.name


def test_the_record_names_both_on_every_kind_of_record(cast):
    stand_in = person(Role.SUPERVISOR, cast.division, name="李四")
    second = person(Role.SUPERVISOR, cast.division, name="王五")
    acting = for_whom(stand_in, cast.liaison)
    reported(cast, acting)
    request = submitted(cast, acting)
    approved(request, for_whom(second, cast.head))

    assert names(ProgressEntry.objects.get()) == ("李四", "填报员甲")
    assert names(CloseoutRequest.objects.get(), "applied_by") == ("李四", "填报员甲")
    assert names(Review.objects.get()) == ("王五", "处长乙")
    events = MeasureEvent.objects.filter(verb__in=["report", "submit"])
    assert {names(event) for event in events} == {("李四", "填报员甲")}
    entries = JournalEntry.objects.order_by("sequence")
    assert [names(entry) for entry in entries] == [("李四", "填报员甲")] * 2 + [("王五", "处长乙")]


def test_the_events_of_a_problem_and_of_the_plan_name_both(cast):
    Measure.objects.update(status="closed", closed_on=NOON.date())
    acting = for_whom(cast.stranger, cast.executive)
    workflow.accept(cast.problem, by=acting, at=NOON, why="成效明显", version=1)
    office = for_whom(cast.supervisor, cast.office)
    problem = Problem(inspection=cast.inspection, code="P-950", wording="责任不清。")
    planning.enter_problem(problem, by=office, at=NOON)
    measure = Measure(
        problem=problem,
        inspection=cast.inspection,
        code="M-950-1",
        text="理清责任。",
        time_kind="immediate",
        precision="none",
        original_precision="none",
        lead_unit=cast.division,
    )
    planning.enter_measure(measure, by=office, at=NOON)

    assert names(ProblemEvent.objects.get(verb="close")) == ("填报员己", "分管领导丁")
    assert names(problem.events.get()) == ("监督员戊", "整改办丙")
    assert names(measure.events.get()) == ("监督员戊", "整改办丙")


def test_the_story_names_both(cast):
    reported(cast, for_whom(cast.stranger, cast.liaison))

    moments = timeline.story(fresh(cast.measure), on=NOON.date())

    assert "填报员己（代填报员甲）" in [moment.who for moment in moments]


def test_a_report_is_of_the_principals_unit(cast):
    reported(cast, for_whom(cast.stranger, cast.liaison))

    assert ProgressEntry.objects.get().unit == cast.division


def test_a_deputy_who_reported_does_not_review_as_a_deputy(cast):
    reported(cast, cast.liaison)
    request = submitted(cast, for_whom(cast.stranger, cast.liaison))

    assert not permissions.may_review(for_whom(cast.liaison, cast.head), request)
    assert permissions.may_review(for_whom(cast.supervisor, cast.head), request)


def test_a_deputy_does_not_review_what_the_principal_reported(cast):
    person_of_two = person(Role.LIAISON, cast.division, name="既填报又审核")
    person_of_two.assignments.create(
        role=Role.UNIT_HEAD, unit=cast.division, started_on=NOON.date()
    )
    request = submitted(cast, person_of_two)

    assert not permissions.may_review(for_whom(cast.stranger, person_of_two), request)
    assert not permissions.may_send_back(for_whom(cast.stranger, person_of_two), request.measure)


def test_a_principal_does_not_review_what_the_deputy_reported_for_them(cast):
    person_of_two = person(Role.LIAISON, cast.division, name="既填报又审核")
    person_of_two.assignments.create(
        role=Role.UNIT_HEAD, unit=cast.division, started_on=NOON.date()
    )
    request = submitted(cast, for_whom(cast.stranger, person_of_two))

    assert not permissions.may_review(person_of_two, request)
    with pytest.raises(moving.MoveRefused):
        approved(request, person_of_two)


def test_who_reviewed_a_stage_as_a_deputy_does_not_review_the_next_in_person(cast):
    request = submitted(cast, cast.liaison)
    approved(request, for_whom(cast.office, cast.head))
    cast.office.acting_for = None

    assert not permissions.may_review(cast.office, fresh(request))


def test_a_deputy_sees_and_does_through_the_pages_what_the_principal_may(cast, client):
    period = deputies.Period(NOON.date(), NOON.date())
    row = deputies.appoint(
        cast.stranger, period=period, why=AbsenceKind.LEAVE, by=cast.liaison, at=NOON
    )
    client.force_login(cast.stranger)
    assert client.get(cast.page).status_code == 404

    client.post(f"/accounts/deputies/{row.pk}/act/")
    form = {"version": 1, "text": "已完成初稿。"}
    page = client.post(f"{cast.page}report/", form, follow=True)

    assert "填报员己（代填报员甲）" in page.content.decode()
    assert names(ProgressEntry.objects.get()) == ("填报员己", "填报员甲")
    client.post("/accounts/deputies/rest/")
    assert client.get(cast.page).status_code == 404


def test_the_rows_of_before_name_one(cast):
    reported(cast, cast.liaison)

    assert ProgressEntry.objects.get().on_behalf_of is None
    assert Problem.objects.get().events.get().on_behalf_of is None
