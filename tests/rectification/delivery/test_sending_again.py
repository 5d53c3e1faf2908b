"""The office sends again what was held or has failed, under the same Message-ID."""

import pytest

from accounts.models import JournalEntry, Role, User
from rectification import contacting, delivery, notifications, outbox
from rectification.delivery import SendAgainRefused
from rectification.models import Channel, ContactPoint, Notice, NoticeKind
from rectification.notifications import Message
from rectification.recipients import Addressee
from rectification.states import NoticeState
from tests.factories import NOON, bureau, person, unit
from tests.rectification.delivery import sink as deeds
from tests.rectification.delivery.conftest import at, deliver, fate, mail

MESSAGE = Message(topic="t", kind=NoticeKind.DIGEST, subject="提醒", body="有3条", path="/")


def held(cast, sink, **fields) -> Notice:
    notice = mail(cast, **fields)
    sink.plan["dot"] = [deeds.store_and_hang_up]
    deliver()
    assert fate(notice)[0] == NoticeState.HELD
    return notice


def again(notice: Notice, by, seconds: float = 10) -> None:
    delivery.send_again(notice, by=by, at=at(seconds)())


def test_it_goes_out_once_more_with_the_same_message_id_and_the_same_bytes(cast, sink):
    notice = held(cast, sink)

    again(notice, cast.office)
    assert fate(notice) == (NoticeState.DUE, 0, "")
    deliver(10)

    assert fate(notice)[0] == NoticeState.SENT
    (_, first), (_, second) = sink.took
    assert first == second
    entry = JournalEntry.objects.get(verb="send_again")
    assert (entry.by, entry.before, entry.after["notice"]) == (
        cast.office,
        {"state": "held"},
        notice.pk,
    )


def test_it_is_known_by_the_same_message_id_when_the_site_has_got_another_address(
    cast, sink, settings, archive
):
    cast.liaison.email = "liaison@bureau.test"
    cast.liaison.save()
    notifications.post([(MESSAGE, Addressee(cast.liaison, None))], at=NOON)
    notice = Notice.objects.get(channel=Channel.MAIL)
    sink.plan["dot"] = [deeds.store_and_hang_up]
    deliver()
    settings.SITE_URL, settings.MAIL_DOMAIN = "https://new.bureau.test", "new.bureau.test"
    settings.MAIL_ARCHIVE = f"maildir:{archive}"

    notice.refresh_from_db()
    again(notice, cast.office)
    deliver(10)

    assert fate(notice)[0] == NoticeState.SENT
    assert len(sink.took) == 1


def test_where_an_archive_has_it_by_now_it_is_not_sent_once_more(cast, sink, settings, archive):
    notice = held(cast, sink)
    settings.MAIL_ARCHIVE = f"maildir:{archive}"

    again(notice, cast.office)
    deliver(10)

    assert fate(notice)[0] == NoticeState.SENT
    assert len(sink.took) == 1


def test_where_the_archive_cannot_say_the_decision_counts(cast, sink, settings):
    notice = held(cast, sink)
    settings.MAIL_ARCHIVE = "maildir:/nowhere"

    again(notice, cast.office)
    deliver(10)

    assert fate(notice)[0] == NoticeState.SENT
    assert len(sink.took) == 2


def test_what_has_failed_is_sent_again_with_all_its_attempts(cast, sink):
    notice = mail(cast)
    sink.plan["RCPT"] = ["550 full", "451 later"]
    deliver()
    assert fate(notice)[0] == NoticeState.FAILED

    again(notice, cast.office)
    deliver(10)

    assert fate(notice)[:2] == (NoticeState.DUE, 1)


@pytest.mark.parametrize("who", ["liaison", "head", "executive", "supervisor", "stranger"])
def test_only_the_office_may(cast, sink, who):
    notice = held(cast, sink)

    with pytest.raises(SendAgainRefused, match="整改办"):
        again(notice, getattr(cast, who))
    assert fate(notice)[0] == NoticeState.HELD


def test_a_message_without_an_inspection_is_for_the_office_of_the_recipients_unit(cast, sink):
    notice = held(cast, sink, inspection=None, unit=None)
    cast.liaison.unit = cast.division
    cast.liaison.save()
    beside, foreign = cast.elsewhere, bureau("别的局")
    for stranger in (person(Role.OFFICE, beside), person(Role.OFFICE, foreign)):
        with pytest.raises(SendAgainRefused):
            again(Notice.objects.get(pk=notice.pk), stranger)

    again(Notice.objects.get(pk=notice.pk), person(Role.OFFICE, cast.division))

    assert fate(notice)[0] == NoticeState.DUE


def test_somebody_without_a_unit_belongs_where_they_have_a_role_or_had_one(cast, sink):
    """The office hears of it, sees it, and may send it again."""
    cast.liaison.unit = None
    cast.liaison.save()
    cast.liaison.assignments.update(ended_on=NOON.date())
    notice = held(cast, sink, inspection=None, unit=None)
    notice = Notice.objects.get(pk=notice.pk)

    assert Notice.objects.get(kind=NoticeKind.TROUBLE).recipient == cast.office
    assert notice in outbox.of_inspection(cast.inspection)
    again(notice, cast.office)

    assert fate(notice)[0] == NoticeState.DUE


@pytest.mark.parametrize("ended", ["contact", "person"])
def test_what_nobody_wants_any_more_is_neither_sent_nor_sent_again(cast, sink, ended):
    address = {"channel": Channel.MAIL, "address": "liaison@bureau.test"}
    point = ContactPoint.objects.create(user=cast.liaison, created_at=NOON, **address)
    bad = held(cast, sink, contact=point)
    waiting = mail(cast, contact=point)
    if ended == "contact":
        contacting.end(point, by=cast.liaison, at=NOON)
    else:
        User.objects.filter(pk=cast.liaison.pk).update(is_active=False)

    deliver(10)

    assert fate(waiting)[0] == NoticeState.SUPPRESSED
    assert "停用" in fate(waiting)[2]
    assert len(sink.took) == 1
    with pytest.raises(SendAgainRefused, match="停用"):
        again(Notice.objects.get(pk=bad.pk), cast.office)


def test_nor_does_a_mail_go_to_the_address_of_an_account_that_was_switched_off(cast, sink):
    cast.liaison.email = "liaison@bureau.test"
    cast.liaison.save()
    waiting = mail(cast)
    contacting.mute_mail(by=cast.liaison, at=NOON)

    deliver(10)

    assert fate(waiting)[0] == NoticeState.SUPPRESSED
    assert sink.took == []


def test_who_comes_second_is_refused(cast, sink):
    notice = held(cast, sink)
    stale = Notice.objects.get(pk=notice.pk)
    again(notice, cast.office)

    with pytest.raises(SendAgainRefused, match="刷新"):
        again(stale, cast.office)
    with pytest.raises(SendAgainRefused, match="刷新"):
        again(notice, cast.office)


def test_the_root_of_a_unit_is_its_bureau(db):
    root = bureau()
    below = unit(parent=unit(parent=root))

    assert (root.root_path, below.root_path) == (root.path, root.path)
