"""What several ticks, or several tabs, at the same moment cannot do to whom we tell."""

from datetime import date

import pytest
from django.db import connection  # noqa: F401  # the mark below asks it, by name

from accounts import journal
from accounts.models import User
from rectification import contacting, notifications, reminders, subscribing
from rectification.contacting import Entry
from rectification.models import CalendarFeed, Channel, ContactPoint, Notice, NoticeKind, Rung
from tests.factories import NOON, MeasureFactory, NoticeFactory
from tests.rectification.test_race import together

pytestmark = [
    pytest.mark.usefixtures("mail_is_set_up"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a race needs PostgreSQL"),
]
ROBOT = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="


def test_of_eight_ticks_at_once_one_tells_and_nobody_hears_twice(cast):
    Rung.objects.set_up(cast.inspection)
    MeasureFactory(problem=cast.problem, lead_unit=cast.division, deadline=date(2025, 7, 1))
    User.objects.filter(pk=cast.liaison.pk).update(email="jia@example.gov.cn")

    people = together(8, lambda _: reminders.remind(at=NOON).people)

    assert people == [0] * 7 + [2]
    told = Notice.objects.filter(kind=NoticeKind.DIGEST)
    assert told.filter(channel=Channel.IN_APP).count() == 2
    assert told.filter(channel=Channel.MAIL).count() == 1
    assert journal.first_fault() is None


def test_a_digest_that_changes_between_two_ticks_is_told_once_by_every_way(cast):
    """The counts of the second differ; the keys do not hang on them."""
    Rung.objects.set_up(cast.inspection)
    User.objects.filter(pk=cast.liaison.pk).update(email="jia@example.gov.cn")

    def tick(number):
        MeasureFactory(
            problem=cast.problem,
            lead_unit=cast.division,
            code=f"M-900-{number + 10}",
            deadline=date(2025, 7, 1),
        )
        reminders.remind(at=NOON)
        return "done"

    together(6, tick)

    assert Notice.objects.filter(recipient=cast.liaison, channel=Channel.MAIL).count() == 1
    assert Notice.objects.filter(recipient=cast.liaison, channel=Channel.IN_APP).count() == 1


def test_of_eight_addresses_of_a_person_at_once_one_is_left(cast):
    def enter(number):
        me = User.objects.get(pk=cast.liaison.pk)
        contacting.enter(me, Entry("mail", f"p{number}@example.gov.cn"), by=me, at=NOON)
        return "done"

    assert together(8, enter) == ["done"] * 8
    assert ContactPoint.objects.active().count() == 1


def test_of_eight_robots_at_once_five_are_taken(cast):
    def enter(number):
        me = User.objects.get(pk=cast.liaison.pk)
        try:
            contacting.enter(me, Entry("wecom", f"{ROBOT}{number}"), by=me, at=NOON)
        except contacting.ContactRefused:
            return "refused"
        return "done"

    assert together(8, enter) == ["done"] * 5 + ["refused"] * 3


def test_of_eight_new_calendar_addresses_at_once_one_works(cast):
    def renew(_):
        return subscribing.renew(by=User.objects.get(pk=cast.liaison.pk), at=NOON)

    tokens = together(8, renew)

    assert len([token for token in tokens if subscribing.reader_of(token)]) == 1
    assert CalendarFeed.objects.active().count() == 1


def test_of_eight_tests_at_once_one_goes_out(cast):
    point = contacting.enter(cast.liaison, Entry("wecom", f"{ROBOT}k"), by=cast.liaison, at=NOON)

    def try_out(_):
        mine = ContactPoint.objects.select_related("user", "unit").get(pk=point.pk)
        try:
            contacting.try_out(mine, by=mine.user, at=NOON)
        except contacting.ContactRefused:
            return "refused"
        return "done"

    assert together(8, try_out) == ["done"] + ["refused"] * 7
    assert Notice.objects.filter(kind=NoticeKind.TEST).count() == 1


def test_of_eight_readers_of_one_notice_one_reads_it_first(cast):
    NoticeFactory(recipient=cast.liaison)

    def read(_):
        me = User.objects.get(pk=cast.liaison.pk)
        return str(notifications.read(Notice.objects.all(), by=me, at=NOON))

    assert together(8, read) == ["0"] * 7 + ["1"]
