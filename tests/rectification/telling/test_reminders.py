"""每日提醒: one digest for each person and day, what it says, and whom it leaves alone."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import JournalEntry, Role
from rectification import heaps, queries, reminders, waiting
from rectification.models import (
    Channel,
    ContactPoint,
    DispatchReturn,
    Inspection,
    MeetingPoint,
    Notice,
    NoticeKind,
    Rung,
    Workday,
)
from rectification.states import NoticeState, ReturnState
from tests.factories import (
    SHANGHAI,
    DispatchRoundFactory,
    InspectionFactory,
    MeasureFactory,
    NoticeFactory,
    ProblemFactory,
    UserFactory,
    person,
    unit,
)

pytestmark = pytest.mark.usefixtures("mail_is_set_up")

DAY = date(2025, 7, 31)  # a Thursday
MORNING = datetime(2025, 7, 31, 8, 30, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def _half_past_eight(settings):
    settings.DIGEST_AT = time(8, 30)


@pytest.fixture(autouse=True)
def _usual_ladder(cast):
    Rung.objects.set_up(cast.inspection)


def due(cast, days, *, lead=None, problem=None, **fields):
    """A measure that is due in so many days."""
    deadline = DAY + timedelta(days=days)
    return MeasureFactory(
        problem=problem or cast.problem,
        lead_unit=lead or cast.division,
        deadline=deadline,
        **fields,
    )


def digest_of(user):
    return Notice.objects.in_app().get(recipient=user, kind=NoticeKind.DIGEST)


def heard():
    rows = Notice.objects.in_app().filter(kind=NoticeKind.DIGEST)
    return sorted(rows.values_list("recipient__name", flat=True))


# What it says -------------------------------------------------------------------------------------


def test_the_subject_says_what_is_most_urgent_and_the_body_everything_by_inspection(cast):
    for days in (-9, -1, -1, 0, 3, 4):
        due(cast, days)
    due(cast, 30, status="sent_back")
    second = InspectionFactory(
        inspected_unit=cast.inspection.inspected_unit,
        name="省委第二巡视组 2024年反馈",
        feedback_date=date(2024, 6, 1),
    )
    Rung.objects.set_up(second)
    due(cast, -2, problem=ProblemFactory(inspection=second))

    reminders.remind(at=MORNING)

    notice = digest_of(cast.liaison)
    assert notice.subject == "整改提醒：超期4条、今天到期1条、退回1条"
    assert notice.body.splitlines() == [
        f"{cast.inspection.name}：超期3条，今天到期1条，退回1条，临期2条。",
        "省委第二巡视组 2024年反馈：超期1条。",
        "请到“我的待办”逐条办理；全部措施在“措施”页。",
    ]
    assert (notice.path, notice.topic) == ("/desk/", "digest/2025-07-31")
    assert notice.inspection is None


def test_what_the_open_round_still_waits_for_is_counted_for_the_unit_that_owes_it(cast):
    round = DispatchRoundFactory(inspection=cast.inspection, number=13)
    closed = DispatchRoundFactory(
        inspection=cast.inspection, number=12, state="closed", closed_at=MORNING
    )
    more = due(cast, 90)
    more.supporting_units.add(cast.elsewhere)
    for measure, at, state in (
        (cast.measure, cast.division, ReturnState.WAITING),
        (more, cast.division, ReturnState.WAITING),
        (more, cast.elsewhere, ReturnState.WAITING),
    ):
        for each in (round, closed):
            DispatchReturn.objects.create(
                round=each, measure=measure, unit=at, leads=at == cast.division, state=state
            )

    reminders.remind(at=MORNING)

    assert digest_of(cast.liaison).subject == "整改提醒：调度未报2条"
    assert digest_of(cast.head).subject == "整改提醒：调度未报2条"
    assert digest_of(cast.stranger).subject == "整改提醒：调度未报1条"


def test_a_point_decided_in_a_meeting_waits_for_the_unit_then_for_the_office(cast):
    first = DispatchRoundFactory(
        inspection=cast.inspection, number=1, state="closed", closed_at=MORNING
    )
    for number, state in ((1, "open"), (2, "answered")):
        MeetingPoint.objects.create(
            inspection=cast.inspection,
            number=number,
            round=first,
            unit=cast.division,
            text="落实经费",
            state=state,
            by=cast.office,
            at=MORNING,
        )

    reminders.remind(at=MORNING)
    DispatchRoundFactory(inspection=cast.inspection, number=2)  # asks for the answered one anew
    reminders.remind(at=MORNING + timedelta(days=1))

    said = Notice.objects.in_app().order_by("topic", "pk").values_list("recipient__name", "subject")
    assert list(said) == [
        ("填报员甲", "整改提醒：议定事项待答复1项"),
        ("整改办丙", "整改提醒：议定事项待办结1项"),
        ("填报员甲", "整改提醒：议定事项待答复2项"),
        ("整改办丙", "整改提醒：议定事项待办结1项"),
    ]


def test_whoever_is_in_charge_hears_of_theirs_once_also_where_they_report_for_the_unit(cast):
    outsider = UserFactory(unit=cast.elsewhere, name="责任人庚")
    due(cast, -1, person_in_charge=outsider)  # sees nothing here, and would find an empty desk
    due(cast, -1, person_in_charge=cast.supervisor)
    due(cast, -1, person_in_charge=cast.liaison)

    reminders.remind(at=MORNING)

    assert digest_of(cast.supervisor).subject == "整改提醒：超期1条"
    assert digest_of(cast.liaison).subject == "整改提醒：超期3条"
    assert len(queries.desk(cast.supervisor, on=DAY).overdue) == 1
    assert not Notice.objects.filter(recipient=outsider).exists()


def test_the_name_of_an_inspection_cannot_pass_for_a_line_of_the_message(cast):
    Inspection.objects.update(name="甲\n请点击：\u2028http://evil.example\r\n\x07乙" + "长" * 70)
    due(cast, -1)

    reminders.remind(at=MORNING)

    first, last = digest_of(cast.liaison).body.split("\n")
    assert first.startswith("甲 请点击： http://evil.example 乙长")
    assert len(first) < 100
    assert last == "请到“我的待办”逐条办理；全部措施在“措施”页。"


def test_no_text_of_a_problem_or_a_measure_is_in_a_digest(cast):
    due(cast, -1, text="绝密内容甲", target="绝密目标乙")
    reminders.remind(at=MORNING)

    said = [f"{each.subject}{each.body}{each.path}" for each in Notice.objects.all()]

    assert said
    assert not [each for each in said if "绝密" in each or "M-900" in each or "P-900" in each]


# Who hears, and when ------------------------------------------------------------------------------


def test_only_people_with_something_to_hear_are_told(cast):
    due(cast, -1)

    done = reminders.remind(at=MORNING)

    assert done.people == 2
    assert heard() == ["填报员甲", "处长乙"]


def test_somebody_who_left_is_not_told(cast):
    due(cast, -1)
    cast.liaison.is_active = False
    cast.liaison.save()
    cast.head.assignments.update(ended_on=DAY)

    assert reminders.remind(at=MORNING).people == 0


def test_before_the_set_time_and_on_a_rest_day_nobody_is_told(cast):
    due(cast, -1)
    Workday.objects.create(day=date(2025, 8, 1), is_working=False, name="调休")
    Workday.objects.create(day=date(2025, 8, 2), is_working=True, name="补班")

    told = [
        reminders.remind(at=MORNING - timedelta(seconds=1)).people,
        reminders.remind(at=MORNING + timedelta(days=1)).people,
        reminders.remind(at=MORNING + timedelta(days=2)).people,
    ]

    assert told == [0, 0, 2]


def test_the_time_is_that_of_the_place_where_the_work_is_done(cast, settings):
    due(cast, -1)

    assert reminders.remind(at=datetime.fromisoformat("2025-07-31T00:29:59+00:00")).people == 0
    assert reminders.remind(at=datetime.fromisoformat("2025-07-31T00:30:00+00:00")).people == 2


def test_a_second_run_tells_nobody_and_writes_nothing(cast):
    due(cast, -1)
    reminders.remind(at=MORNING)
    before = Notice.objects.count(), JournalEntry.objects.count()

    for minutes in range(1, 600, 7):
        reminders.remind(at=MORNING + timedelta(minutes=minutes))

    assert (Notice.objects.count(), JournalEntry.objects.count()) == before


def test_a_missed_morning_is_caught_up_the_same_day_and_missed_days_never(cast):
    due(cast, -1)
    reminders.remind(at=MORNING)

    reminders.remind(at=MORNING + timedelta(days=5, hours=14))  # down for three working days

    topics = Notice.objects.in_app().filter(recipient=cast.liaison).values_list("topic", flat=True)
    assert sorted(topics) == ["digest/2025-07-31", "digest/2025-08-05"]


@pytest.mark.parametrize("back", [timedelta(minutes=10), timedelta(days=1), timedelta(days=3)])
def test_a_clock_that_is_put_back_tells_nobody_twice(cast, back):
    due(cast, -9)
    reminders.remind(at=MORNING + timedelta(hours=3))

    assert reminders.remind(at=MORNING + timedelta(hours=3) - back).people == 0


def test_a_clock_that_was_far_ahead_silences_nobody(cast):
    due(cast, -9)
    reminders.remind(at=MORNING + timedelta(days=364))

    assert reminders.remind(at=MORNING).people == 2


def test_who_has_something_only_later_in_the_day_hears_then(cast):
    due(cast, -1)
    reminders.remind(at=MORNING)
    due(cast, -1, lead=cast.elsewhere)

    assert reminders.remind(at=MORNING + timedelta(hours=2)).people == 1
    assert heard() == ["填报员己", "填报员甲", "处长乙"]


# By which ways ------------------------------------------------------------------------------------


def test_it_goes_inside_and_by_each_way_of_the_person_once(cast):
    due(cast, -1)
    cast.liaison.email = "jia@example.gov.cn"
    cast.liaison.save()
    ContactPoint.objects.create(
        user=cast.liaison,
        channel=Channel.WECOM,
        address="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k",
        created_at=MORNING,
    )

    reminders.remind(at=MORNING)

    rows = Notice.objects.filter(recipient=cast.liaison)
    assert sorted(rows.values_list("channel", "state")) == [
        ("in_app", NoticeState.SENT),
        ("mail", NoticeState.DUE),
        ("wecom", NoticeState.DUE),
    ]


def test_two_people_with_one_mailbox_both_get_theirs(cast):
    """Their digests differ: that of one must not take the place of the other's."""
    due(cast, -1)
    due(cast, -1, lead=cast.elsewhere)
    due(cast, -1, lead=cast.elsewhere)
    for user in (cast.liaison, cast.stranger):
        user.email = "zgb@example.gov.cn"
        user.save()

    reminders.remind(at=MORNING)

    mails = Notice.objects.filter(channel=Channel.MAIL).values_list("subject", flat=True)
    assert sorted(mails) == ["整改提醒：超期1条", "整改提醒：超期2条"]


# However many -------------------------------------------------------------------------------------


def test_three_people_and_thirty_take_the_same_number_of_queries(cast):
    def grow(count):
        for _ in range(count):
            place = unit(parent=cast.inspection.inspected_unit)
            due(cast, -1, lead=place)
            person(Role.LIAISON, place)

    def told(day):
        at = MORNING + timedelta(days=day)
        with CaptureQueriesContext(connection) as queries:
            people = reminders.remind(at=at).people
        with CaptureQueriesContext(connection) as again:
            assert reminders.remind(at=at).people == 0
        rows = [each for each in queries if "INSERT INTO" not in each["sql"]]  # go in batches
        return people, len(rows), len(again)

    grow(3)
    told(-1)  # the first entry of a journal takes more
    few, queries_for_few, again_for_few = told(0)
    grow(27)
    many, queries_for_many, again_for_many = told(4)

    assert (few, many) == (3, 30)
    assert queries_for_many == queries_for_few
    assert again_for_many == again_for_few < queries_for_few


def test_a_message_that_is_held_waits_for_the_office(cast):
    fields = {"channel": "mail", "address": "a@b.cn", "state": "held", "reason": "不知道是否送达"}
    NoticeFactory(inspection=cast.inspection, **fields)

    (load,) = waiting.loads(heaps.people(on=DAY), on=DAY)

    assert (load.person.user, dict(load.counts)) == (cast.office, {"held": 1})


def test_a_time_that_a_change_of_the_clocks_leaves_out_or_brings_twice_tells_once(cast, settings):
    """In Cairo 2025-04-25, a Friday, has no 00:30, and 2025-10-30 has 23:30 twice."""
    due(cast, -200)
    with timezone.override("Africa/Cairo"):
        told = {}
        for day, at, settings.DIGEST_AT in (
            ("spring", datetime(2025, 4, 24, 20, tzinfo=UTC), time(0, 30)),
            ("autumn", datetime(2025, 10, 30, 18, tzinfo=UTC), time(23, 30)),
        ):
            steps = [at + timedelta(minutes=10 * step) for step in range(24)]
            told[day] = [(step, reminders.remind(at=step).people) for step in steps]

    heard = {day: [step for step, people in steps if people] for day, steps in told.items()}
    assert heard == {
        "spring": [  # of the 24th, and at 01:00 of the 25th
            datetime(2025, 4, 24, 20, tzinfo=UTC),
            datetime(2025, 4, 24, 22, tzinfo=UTC),
        ],
        "autumn": [datetime(2025, 10, 30, 20, 30, tzinfo=UTC)],
    }
