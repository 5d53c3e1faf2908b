"""日历订阅: what a calendar program reads under the private address, and that nobody else does."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from accounts.models import JournalEntry
from rectification import calendar_keeping, subscribing
from rectification.models import CalendarFeed, Inspection, Workday
from tests.factories import (
    NOON,
    SHANGHAI,
    DispatchRoundFactory,
    InspectionFactory,
    MeasureFactory,
    ProblemFactory,
    bureau,
)

PAGE = "/desk/channels/"


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def address_of(user):
    return f"/calendar/{subscribing.renew(by=user, at=NOON)}.ics"


def events(path):
    """What a program without any session reads there."""
    answer = Client().get(path)
    assert answer.status_code == 200
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def said(path):
    return [(each["dtstart"].dt, str(each["summary"])) for each in events(path)]


def test_the_days_of_the_meetings_and_the_measures_due_on_a_day(cast):
    MeasureFactory(problem=cast.problem, lead_unit=cast.division)
    MeasureFactory(problem=cast.problem, lead_unit=cast.division, deadline=date(2025, 8, 15))
    done = {"status": "closed", "closed_on": date(2025, 7, 1)}
    MeasureFactory(problem=cast.problem, lead_unit=cast.division, **done)

    days = said(address_of(cast.liaison))

    assert (date(2025, 8, 15), "整改时限：1条措施到期") in days
    assert (date(2025, 9, 30), "整改时限：2条措施到期") in days
    meetings = [day for day, summary in days if "次调度" in summary]
    assert meetings[:3] == [date(2025, 8, 4), date(2025, 8, 18), date(2025, 9, 1)]
    assert len(meetings) == 26
    assert meetings[-1] <= date(2026, 8, 1)


def test_the_number_of_a_meeting_and_its_page(cast):
    Inspection.objects.update(dispatch_anchor=date(2025, 7, 21))
    DispatchRoundFactory(inspection=cast.inspection, number=1, meeting_on=date(2025, 7, 22))

    first, second = events(address_of(cast.office))[:2]

    assert (first["dtstart"].dt, str(first["summary"])) == (
        date(2025, 7, 22),
        "第1次调度（推算）"[:5],
    )
    assert str(first["url"]).endswith("/i/x25/dispatch/1/")
    assert second["dtstart"].dt == date(2025, 8, 4)
    assert str(second["url"]).endswith("/i/x25/dispatch/")


def test_who_does_not_see_the_round_is_led_to_the_desk(cast):
    meetings = [each for each in events(address_of(cast.liaison)) if "次调度" in each["summary"]]

    assert {str(each["url"]).removeprefix("http://localhost:8000") for each in meetings} == {
        "/desk/"
    }


def test_a_year_that_is_not_announced_is_marked_and_a_rest_day_moves_the_meeting(cast):
    calendar_keeping.prefill((2025,), at=NOON)
    Workday.objects.create(day=date(2025, 8, 4), is_working=False, name="调休")

    days = said(address_of(cast.liaison))

    assert (date(2025, 8, 5), "第13次调度") in days
    assert (date(2026, 1, 5), "第24次调度（推算）") in days
    event = next(each for each in events(address_of(cast.liaison)) if "推算" in each["summary"])
    assert str(event["description"]) == "2026年放假安排尚未公布，按周一至周五推算。"


def test_every_entry_is_an_all_day_one_with_an_identity_that_stays(cast):
    path = address_of(cast.liaison)
    before = events(path)
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        after = events(path)

    for event in before:
        assert type(event["dtstart"].dt) is date
        assert event["dtend"].dt - event["dtstart"].dt == timedelta(days=1)
    same = {str(each["uid"]) for each in before}
    assert len(same) == len(before)
    assert "due-x25-2025-09-30@localhost" in same
    assert "round-x25-13@localhost" in same
    assert same == {str(each["uid"]) for each in after}


def test_no_text_of_a_problem_or_a_measure_is_in_it(cast):
    secret = {"text": "绝密内容甲", "target": "绝密目标乙", "code": "M-绝密"}
    MeasureFactory(problem=cast.problem, lead_unit=cast.division, **secret)
    cast.problem.wording = "绝密问题丙"
    cast.problem.save()

    file = Client().get(address_of(cast.office)).content.decode()

    assert "整改时限：2条措施到期" in file
    assert "绝密" not in file
    assert "M-900" not in file


def test_everybody_reads_what_they_may_see_at_that_moment(cast):
    MeasureFactory(problem=cast.problem, lead_unit=cast.elsewhere, deadline=date(2025, 8, 20))
    other = InspectionFactory(code="other", inspected_unit=bureau("清河市教育局"))
    MeasureFactory(problem=ProblemFactory(inspection=other), deadline=date(2025, 8, 21))
    liaison, office = address_of(cast.liaison), address_of(cast.office)

    due = [day for day, summary in said(liaison) if "到期" in summary]
    assert due == [date(2025, 9, 30)]
    due = [day for day, summary in said(office) if "到期" in summary]
    assert due == [date(2025, 8, 20), date(2025, 9, 30)]
    cast.liaison.assignments.update(ended_on=NOON.date())
    assert said(liaison) == []
    cast.office.is_active = False
    cast.office.save()
    assert Client().get(office).status_code == 404


def test_of_several_inspections_each_entry_names_its_own(cast):
    InspectionFactory(code="x26", name="省委巡视", inspected_unit=cast.inspection.inspected_unit)

    summaries = {summary for _, summary in said(address_of(cast.office))}

    assert f"第13次调度（推算）（{cast.inspection.name}）" in summaries
    assert "第13次调度（推算）（省委巡视）" in summaries


# The address ------------------------------------------------------------------------------------


def test_the_address_is_shown_once_and_kept_nowhere(cast, client):
    client.force_login(cast.liaison)

    answer = client.post(f"{PAGE}calendar/")

    address = answer.context["feed_address"]
    assert address in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert said(address.removeprefix("http://testserver"))
    token = address.rpartition("/")[2].removesuffix(".ics")
    assert len(token) == 43
    assert token not in client.get(PAGE).content.decode()
    kept = str([*CalendarFeed.objects.values(), *JournalEntry.objects.values()])
    assert token not in kept


def test_a_new_one_ends_the_one_before_and_each_can_be_revoked(cast, client):
    client.force_login(cast.liaison)
    first, second = address_of(cast.liaison), address_of(cast.liaison)
    assert Client().get(first).status_code == 404
    assert Client().get(second).status_code == 200

    client.post(f"{PAGE}calendar/end/")

    assert Client().get(second).status_code == 404
    again = client.post(f"{PAGE}calendar/end/", follow=True)
    assert "没有正在使用的日历订阅" in again.content.decode()


@pytest.mark.parametrize(
    "token", ["x", "A" * 43, "..", "%00", "a%2Fb", "*" * 5000, "%ED%A0%80", "' OR 1=1--"]
)
def test_an_unknown_address_is_not_there_whoever_asks(cast, client, token):
    client.force_login(cast.office)
    path = f"/calendar/{token}.ics"

    assert {Client().get(path).status_code, client.get(path).status_code} == {404}


def test_it_reads_no_session_and_makes_none(cast):
    path, visitor = address_of(cast.liaison), Client()

    with CaptureQueriesContext(connection) as queries:
        answer = visitor.get(path)

    assert answer.cookies == {}
    assert not [each for each in queries if "django_session" in each["sql"]]
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert visitor.post(path).status_code == 405


def test_what_has_not_changed_is_not_sent_again(cast):
    path, visitor = address_of(cast.liaison), Client()
    first = visitor.get(path)
    known = {"If-None-Match": first.headers["ETag"]}
    since = {"If-Modified-Since": first.headers["Last-Modified"]}

    assert visitor.get(path, headers=known).status_code == 304
    assert visitor.get(path, headers=since).status_code == 304
    MeasureFactory(problem=cast.problem, lead_unit=cast.division)
    assert visitor.get(path, headers=known).status_code == 200


def test_it_was_changed_when_somebody_acted_last_or_the_day_began(cast):
    midnight = datetime(2025, 8, 1, tzinfo=SHANGHAI)
    assert subscribing.last_changed(at=midnight + timedelta(hours=9)) == midnight

    subscribing.renew(by=cast.liaison, at=midnight + timedelta(hours=3))

    later = midnight + timedelta(hours=9)
    assert subscribing.last_changed(at=later) == midnight + timedelta(hours=3)


def test_one_measure_and_thirty_days_take_the_same_number_of_queries(cast):
    def asked(path):
        with CaptureQueriesContext(connection) as queries:
            Client().get(path)
        return len(queries)

    path = address_of(cast.office)
    with_one = asked(path)
    for day in range(30):
        deadline = date(2025, 8, 1) + timedelta(days=day)
        MeasureFactory(problem=cast.problem, lead_unit=cast.division, deadline=deadline)
        InspectionFactory(inspected_unit=cast.inspection.inspected_unit)

    assert asked(path) == with_one
