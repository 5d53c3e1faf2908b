"""A scenario for each verb and address of messages, and of how people are reached."""

from datetime import date, timedelta

from rectification import contacting, notifications, reminders, subscribing
from rectification.contacting import Entry
from rectification.models import CalendarFeed, ContactPoint, Notice, Rung
from tests.covering import scenario
from tests.covering.views import done, post
from tests.factories import NOON, MeasureFactory, NoticeFactory

ROBOT = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k"
MAIL = "jia@example.gov.cn"
PAGE = "/desk/channels/"


def robot(cast):
    return contacting.enter(cast.liaison, Entry("wecom", ROBOT), by=cast.liaison, at=NOON)


def with_mail(cast):
    cast.liaison.email = MAIL
    cast.liaison.save()


def held(cast):
    return NoticeFactory(
        inspection=cast.inspection,
        recipient=cast.liaison,
        channel="mail",
        address=MAIL,
        state="held",
        reason="不知道是否送达",
    )


# Verbs ------------------------------------------------------------------------------------------


@scenario("rectification.reminders.remind")
def remind(stage):
    cast = stage.cast
    with_mail(cast)
    Rung.objects.set_up(cast.inspection)
    MeasureFactory(problem=cast.problem, lead_unit=cast.division, deadline=date(2025, 7, 1))
    yield
    assert reminders.remind(at=NOON).people == 2


@scenario("rectification.notifications.read")
def read(stage):
    cast = stage.cast
    NoticeFactory(recipient=cast.liaison)
    NoticeFactory(recipient=cast.liaison, topic="digest/2025-07-31")
    yield
    assert notifications.read(Notice.objects.all(), by=cast.liaison, at=NOON) == 2


@scenario("rectification.contacting.enter")
def enter(stage):
    """Of a person, also in the place of another; and of a unit."""
    cast = stage.cast
    contacting.enter(cast.liaison, Entry("mail", "old@x.cn"), by=cast.liaison, at=NOON)
    yield
    contacting.enter(cast.liaison, Entry("mail", MAIL), by=cast.liaison, at=NOON)
    contacting.enter(cast.division, Entry("wecom", ROBOT, "SEC"), by=cast.head, at=NOON)


@scenario("rectification.contacting.end")
def end(stage):
    point = robot(stage.cast)
    yield
    contacting.end(point, by=stage.cast.liaison, at=NOON)


@scenario("rectification.contacting.mute_mail")
def mute_mail(stage):
    with_mail(stage.cast)
    yield
    contacting.mute_mail(by=stage.cast.liaison, at=NOON)


@scenario("rectification.contacting.try_out")
def try_out(stage):
    point = robot(stage.cast)
    yield
    contacting.try_out(point, by=stage.cast.liaison, at=NOON)


@scenario("rectification.contacting.try_out_account")
def try_out_account(stage):
    with_mail(stage.cast)
    yield
    contacting.try_out_account(by=stage.cast.liaison, at=NOON)


@scenario("rectification.subscribing.renew")
def renew(stage):
    cast = stage.cast
    subscribing.renew(by=cast.liaison, at=NOON)
    yield
    subscribing.renew(by=cast.liaison, at=NOON + timedelta(hours=1))


@scenario("rectification.subscribing.revoke")
def revoke(stage):
    cast = stage.cast
    subscribing.renew(by=cast.liaison, at=NOON)
    yield
    subscribing.revoke(by=cast.liaison, at=NOON)


# Addresses --------------------------------------------------------------------------------------


@scenario("view rectification:notice_read")
def notice_read(stage):
    cast = stage.cast
    notice = NoticeFactory(recipient=cast.liaison)
    yield
    done(post(stage, cast.liaison, f"/desk/notices/{notice.pk}/read/"))


@scenario("view rectification:notice_read_all")
def notice_read_all(stage):
    cast = stage.cast
    NoticeFactory(recipient=cast.liaison)
    yield
    done(post(stage, cast.liaison, "/desk/notices/read/"))


@scenario("view rectification:channel_mail")
def channel_mail(stage):
    cast = stage.cast
    yield
    done(post(stage, cast.liaison, f"{PAGE}mail/", address=MAIL))


@scenario("view rectification:channel_mute")
def channel_mute(stage):
    cast = stage.cast
    with_mail(cast)
    yield
    done(post(stage, cast.liaison, f"{PAGE}mail/mute/"))
    assert ContactPoint.objects.get().ended_at


@scenario("view rectification:channel_try_account")
def channel_try_account(stage):
    cast = stage.cast
    with_mail(cast)
    yield
    done(post(stage, cast.liaison, f"{PAGE}mail/try/"))
    assert Notice.objects.exists()


@scenario("view rectification:channel_enter")
def channel_enter(stage):
    cast = stage.cast
    yield
    done(post(stage, cast.liaison, f"{PAGE}enter/", channel="wecom", address=ROBOT))


@scenario("view rectification:channel_end")
def channel_end(stage):
    cast = stage.cast
    point = robot(cast)
    yield
    done(post(stage, cast.liaison, f"{PAGE}{point.pk}/end/"))


@scenario("view rectification:channel_try")
def channel_try(stage):
    cast = stage.cast
    point = robot(cast)
    yield
    done(post(stage, cast.liaison, f"{PAGE}{point.pk}/try/"))


@scenario("view rectification:feed_renew")
def feed_renew(stage):
    cast = stage.cast
    yield
    assert post(stage, cast.liaison, f"{PAGE}calendar/").status_code == 200
    assert CalendarFeed.objects.exists()


@scenario("view rectification:feed_revoke")
def feed_revoke(stage):
    cast = stage.cast
    subscribing.renew(by=cast.liaison, at=NOON)
    yield
    done(post(stage, cast.liaison, f"{PAGE}calendar/end/"))


@scenario("view rectification:unit_channel_enter")
def unit_channel_enter(stage):
    cast = stage.cast
    address = f"/units/{cast.division.pk}/channels/enter/"
    yield
    done(post(stage, cast.head, address, channel="mail", address=MAIL))


@scenario("view rectification:fate_send_again")
def fate_send_again(stage):
    cast = stage.cast
    notice = held(cast)
    yield
    done(post(stage, cast.office, f"{cast.base}notices/{notice.pk}/send-again/"))


@scenario("view rectification:fate_send_all_again")
def fate_send_all_again(stage):
    cast = stage.cast
    held(cast)
    yield
    done(post(stage, cast.office, f"{cast.base}notices/send-again/"))


@scenario("view rectification:fate_export", rows=False)
def fate_export(stage):
    cast = stage.cast
    client = stage.client(cast.office)
    held(cast)
    yield
    assert client.get(f"{cast.base}notices/export/").status_code == 200
