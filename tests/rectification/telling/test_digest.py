"""What the daily digest is told by: rungs without letter, deputies, what is late or came back."""

from datetime import date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Deputy, Role
from rectification import deciding, reminders, returning, supervising
from rectification.models import MeasureEvent, Notice, NoticeKind, Rung
from tests.factories import (
    SHANGHAI,
    InspectionFactory,
    MeasureFactory,
    UserFactory,
    person,
    unit,
)
from tests.rectification.rounds import file
from tests.rectification.rounds import line_of as line_of_round
from tests.rectification.supervising.conftest import lettered

DAY = date(2025, 7, 31)  # a Thursday
MORNING = datetime(2025, 7, 31, 8, 30, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def _half_past_eight(settings):
    settings.DIGEST_AT = time(8, 30)


@pytest.fixture
def rungs(cast):
    """The rungs without letter, by their days: the usual ladder has two."""
    Rung.objects.set_up(cast.inspection)
    return {rung.days: rung for rung in cast.inspection.rungs.unlettered()}


def due(cast, days, **fields):
    deadline = DAY + timedelta(days=days)
    return MeasureFactory(
        problem=cast.problem, lead_unit=cast.division, deadline=deadline, **fields
    )


def told():
    """Who has heard, and what."""
    rows = Notice.objects.in_app().filter(kind=NoticeKind.DIGEST)
    return dict(rows.values_list("recipient__name", "subject"))


def line_of(user):
    notice = Notice.objects.in_app().get(recipient=user, kind=NoticeKind.DIGEST)
    return notice.body.splitlines()[0]


def turned_back(cast):
    """A report that the head of the unit has sent back to its liaison."""
    type(cast.inspection).objects.update(returns_need_confirmation=True)
    file(cast)
    line = line_of_round(cast)
    returning.turn_back(line, by=cast.head, at=MORNING, why="缺数字甲乙", version=line.version)
    return line


# Rungs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (11, None),
        (10, "临期1条"),
        (1, "临期1条"),
        (0, "今天到期1条"),
        (-1, "超期1条"),
        (-99, "超期1条"),
    ],
)
def test_the_usual_ladder_tells_of_what_is_near_due_and_overdue(cast, rungs, days, says):
    due(cast, days)

    reminders.remind(at=MORNING)

    subject = f"整改提醒：{says}"
    assert told() == ({"填报员甲": subject, "处长乙": subject} if says else {})


def test_from_the_day_of_a_rung_on_its_recipients_hear_until_the_next_one(cast, rungs):
    Rung.objects.create(inspection=cast.inspection, days=3, to_office=True, to_lead_executive=True)
    for days in (0, -2, -3, -4):
        due(cast, days)

    reminders.remind(at=MORNING)

    assert told() == {
        "填报员甲": "整改提醒：超期1条、今天到期1条",
        "处长乙": "整改提醒：超期1条、今天到期1条",
        "整改办丙": "整改提醒：超期2条",
        "分管领导丁": "整改提醒：超期2条",
    }


def test_a_rung_names_people_by_their_part_in_the_measure(cast, rungs):
    deputy_head = person(Role.EXECUTIVE, cast.division, name="副处长")
    leader = person(Role.PARTY_GROUP, cast.inspection.inspected_unit, name="局长")
    type(cast.problem).objects.update(lead_executive=leader)
    Rung.objects.unlettered().update(to_liaison=False, to_lead_executive=True)
    due(cast, -1, person_in_charge=cast.supervisor, responsible_executive=deputy_head)

    reminders.remind(at=MORNING)

    assert sorted(told()) == sorted(["监督员戊", "副处长", "处长乙", "局长"])


def test_who_is_told_in_two_parts_counts_a_measure_once(cast, rungs):
    person_of_both = person(Role.LIAISON, cast.division, name="身兼数职")
    person_of_both.assignments.create(role=Role.UNIT_HEAD, unit=cast.division, started_on=DAY)
    due(cast, -1, person_in_charge=person_of_both, responsible_executive=person_of_both)

    reminders.remind(at=MORNING)

    assert told()["身兼数职"] == "整改提醒：超期1条"


def test_where_the_ladder_has_no_rung_without_letter_nobody_is_told_of_days(cast, rungs):
    Rung.objects.unlettered().update(ended_on=DAY)
    due(cast, -1)

    assert reminders.remind(at=MORNING).people == 0


def test_each_inspection_has_its_own_rungs(cast, rungs):
    other = InspectionFactory(code="other", inspected_unit=cast.inspection.inspected_unit)
    Rung.objects.create(inspection=other, days=-30, to_office=True)
    MeasureFactory(
        problem__inspection=other, lead_unit=cast.division, deadline=DAY + timedelta(days=20)
    )
    due(cast, 20)

    reminders.remind(at=MORNING)

    assert told() == {"整改办丙": "整改提醒：临期1条"}


def test_of_a_measure_that_came_back_the_rungs_count_from_then(cast, rungs):
    Rung.objects.create(inspection=cast.inspection, days=3, to_office=True)
    measure = due(cast, -50)
    MeasureEvent.objects.create(
        measure=measure, verb="reinstate", to_status="under_way", on=DAY, at=MORNING
    )

    reminders.remind(at=MORNING)

    assert told() == {"填报员甲": "整改提醒：超期1条", "处长乙": "整改提醒：超期1条"}


# Letters and returns ------------------------------------------------------------------------------


def test_a_letter_whose_answer_is_overdue_is_told_apart(cast):
    letter = lettered(cast, "acknowledged")
    for each in cast.inspection.rungs.unlettered():
        each.delete()
    late = MORNING + timedelta(days=(letter.due_on - DAY).days + 1)

    reminders.remind(at=MORNING)
    reminders.remind(at=late)

    subjects = Notice.objects.in_app().filter(recipient=cast.head, kind=NoticeKind.DIGEST)
    assert list(subjects.order_by("pk").values_list("subject", flat=True)) == [
        "整改提醒：函件待回复1份",
        "整改提醒：督办函件超期未回复1份",
    ]


def test_what_the_head_turned_back_is_not_called_unreported(cast, opened):
    turned_back(cast)

    reminders.remind(at=MORNING)

    assert told() == {
        "填报员甲": "整改提醒：调度报送被退回1条",
        "处长乙": "整改提醒：调度报送被退回1条",
    }


def notices_of(kind):
    rows = Notice.objects.in_app().filter(kind=kind).order_by("recipient__name")
    return list(rows.values_list("recipient__name", "subject", "path"))


def test_the_liaison_hears_at_once_of_a_report_that_was_turned_back_and_of_each_again(cast, opened):
    line = turned_back(cast)
    file(cast, line=line_of_round(cast))
    line = line_of_round(cast)
    returning.turn_back(line, by=cast.head, at=MORNING, why="仍缺数字", version=line.version)

    path = f"/i/x25/dispatch/{opened.number}/report/"
    subject = f"{opened}有1条报送被退回修改"
    assert notices_of(NoticeKind.DISPATCH) == [("填报员甲", subject, path)] * 2
    assert not Notice.objects.filter(body__contains="缺数字").exists()


def test_the_unit_hears_at_once_of_a_point_that_was_decided_and_never_its_text(cast, opened):
    matter = deciding.Matter(cast.division, cast.measure, "请落实经费甲乙。")
    point = deciding.decide(opened, matter, by=cast.office, at=MORNING)

    subject, path = f"{opened}有1项议定事项待答复", f"/i/x25/points/{point.number}/"
    assert notices_of(NoticeKind.DISPATCH) == [
        ("填报员甲", subject, path),
        ("处长乙", subject, path),
    ]
    assert not Notice.objects.filter(body__contains="落实经费").exists()


# Deputies -----------------------------------------------------------------------------------------


def deputise(principal, deputy, *, first=0, last=0):
    return Deputy.objects.create(
        principal=principal,
        deputy=deputy,
        from_on=DAY + timedelta(days=first),
        until_on=DAY + timedelta(days=last),
        why="leave",
        given_by=principal,
        at=MORNING,
    )


def test_a_deputy_hears_in_one_line_what_waits_for_the_principal_who_hears_too(cast, rungs):
    deputise(cast.head, cast.stranger)
    due(cast, -1)
    due(cast, 4)

    reminders.remind(at=MORNING)

    assert told() == {
        "填报员甲": "整改提醒：超期1条、临期1条",
        "处长乙": "整改提醒：超期1条、临期1条",
        "填报员己": "整改提醒：代办2件",
    }
    assert line_of(cast.stranger) == "代处长乙：超期1条，临期1条。"


def test_a_deputy_without_a_role_hears_too_and_one_with_work_hears_both(cast, rungs):
    plain = UserFactory(unit=cast.division, name="科员")
    deputise(cast.head, plain)
    deputise(cast.head, cast.liaison)
    due(cast, -1)

    reminders.remind(at=MORNING)

    assert told()["科员"] == "整改提醒：代办1件"
    assert told()["填报员甲"] == "整改提醒：超期1条、代办1件"


@pytest.mark.parametrize(("first", "last", "ended"), [(1, 2, False), (-3, -1, False), (0, 3, True)])
def test_before_and_after_the_deputyship_the_deputy_hears_nothing(cast, rungs, first, last, ended):
    row = deputise(cast.head, cast.stranger, first=first, last=last)
    if ended:
        Deputy.objects.filter(pk=row.pk).update(ended_at=MORNING, ended_by=cast.head)
    due(cast, -1)

    reminders.remind(at=MORNING)

    assert "填报员己" not in told()


def test_an_administrator_acts_for_nobody(cast, rungs):
    deputise(cast.head, cast.stranger)
    cast.stranger.assignments.create(role=Role.SYSTEM_ADMIN, unit=cast.elsewhere, started_on=DAY)
    due(cast, -1)

    reminders.remind(at=MORNING)

    assert "填报员己" not in told()


def test_what_the_deputy_had_a_hand_in_is_not_counted_for_the_principal(cast):
    deputise(cast.office, cast.liaison)
    letter = lettered(cast, "acknowledged")
    Rung.objects.unlettered().delete()
    supervising.answer(letter, text="在办", by=cast.liaison, at=MORNING, version=letter.version)

    reminders.remind(at=MORNING)

    assert told() == {"整改办丙": "整改提醒：函件待办结1份"}


# How much it takes --------------------------------------------------------------------------------


def test_once_everybody_has_heard_a_tick_takes_few_queries(cast, rungs):
    due(cast, -1)
    Rung.objects.unlettered().update(to_office=True, to_lead_executive=True)
    cast.supervisor.assignments.update(ended_on=DAY)
    cast.stranger.assignments.update(ended_on=DAY)
    assert reminders.remind(at=MORNING).people == 4

    with CaptureQueriesContext(connection) as queries:
        reminders.remind(at=MORNING + timedelta(minutes=1))

    assert len(queries) <= 7


def test_many_rungs_inspections_and_deputies_take_the_queries_of_one(cast, rungs):
    def grow(count):
        for _ in range(count):
            place = unit(parent=cast.inspection.inspected_unit)
            other = InspectionFactory(inspected_unit=cast.inspection.inspected_unit)
            Rung.objects.set_up(other)
            MeasureFactory(problem__inspection=other, lead_unit=place, deadline=DAY)
            deputise(person(Role.LIAISON, place), person(Role.UNIT_HEAD, place))

    def queries_at(at):
        with CaptureQueriesContext(connection) as queries:
            assert reminders.remind(at=at).people
        return len([each for each in queries if "INSERT INTO" not in each["sql"]])

    grow(1)
    reminders.remind(at=MORNING - timedelta(days=1))  # the first entry of a journal takes more
    few = queries_at(MORNING)
    grow(12)
    Deputy.objects.update(until_on=DAY + timedelta(days=9))

    assert queries_at(MORNING + timedelta(days=1)) == few
