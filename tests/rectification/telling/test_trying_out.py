"""Nobody is flooded with test messages: they are counted by address and by who asks for them."""

from datetime import timedelta

import pytest

from accounts.models import Role
from rectification import contacting
from rectification.contacting import ContactRefused, Entry
from rectification.models import Channel, Notice, NoticeKind
from tests.factories import NOON, person

ROBOT = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="


@pytest.fixture(autouse=True)
def set_up(settings):
    settings.EMAIL_HOST = "127.0.0.1"


def tried(owner, address, *, by, channel=Channel.MAIL, at=NOON):
    point = contacting.enter(owner, Entry(channel, address), by=by, at=at)
    contacting.try_out(point, by=by, at=at)
    return point


def written() -> int:
    return Notice.objects.filter(kind=NoticeKind.TEST).count()


@pytest.mark.parametrize("again", ["victim@other.test", "Victim@other.test", "next@other.test"])
def test_an_address_that_is_ended_and_entered_again_is_not_tried_again(cast, again):
    point = tried(cast.liaison, "victim@other.test", by=cast.liaison)
    contacting.end(point, by=cast.liaison, at=NOON)

    with pytest.raises(ContactRefused, match="过一分钟再试"):
        tried(cast.liaison, again, by=cast.liaison)
    assert written() == 1
    later = NOON + timedelta(seconds=61)
    contacting.try_out(cast.liaison.contact_points.active().get(), by=cast.liaison, at=later)


def test_nor_is_it_by_the_mail_address_of_the_account(cast):
    cast.liaison.email = "victim@other.test"
    cast.liaison.save()
    contacting.try_out_account(by=cast.liaison, at=NOON)

    with pytest.raises(ContactRefused, match="过一分钟再试"):
        tried(cast.liaison, "next@other.test", by=cast.liaison)


def test_nor_by_somebody_else_or_for_a_unit(cast):
    beside = person(Role.LIAISON, cast.division)
    tried(cast.liaison, "victim@other.test", by=cast.liaison)

    for owner in (beside, cast.division):
        with pytest.raises(ContactRefused, match="过一分钟再试"):
            tried(owner, "victim@other.test", by=beside)


def test_another_person_and_another_channel_need_not_wait(cast):
    beside = person(Role.LIAISON, cast.division)
    tried(cast.liaison, "one@other.test", by=cast.liaison)

    tried(beside, "two@other.test", by=beside)
    tried(cast.liaison, f"{ROBOT}one", by=cast.liaison, channel=Channel.WECOM)

    assert written() == 3
