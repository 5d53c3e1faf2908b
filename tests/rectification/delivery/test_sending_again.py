"""The office sends again what was held or has failed, under the same Message-ID."""

import pytest

from accounts.models import JournalEntry, Role
from rectification import delivery
from rectification.delivery import SendAgainRefused
from rectification.models import Notice
from rectification.states import NoticeState
from tests.factories import bureau, person, unit
from tests.rectification.delivery import sink as deeds
from tests.rectification.delivery.conftest import at, deliver, fate, mail


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


def test_a_message_without_an_inspection_is_for_the_office_of_the_whole_bureau(cast, sink):
    notice = held(cast, sink, inspection=None, unit=None)
    cast.liaison.unit = cast.division
    cast.liaison.save()
    part = person(Role.OFFICE, cast.division)
    foreign = person(Role.OFFICE, bureau("别的局"))
    for stranger in (part, foreign):
        with pytest.raises(SendAgainRefused):
            again(Notice.objects.get(pk=notice.pk), stranger)

    again(Notice.objects.get(pk=notice.pk), cast.office)

    assert fate(notice)[0] == NoticeState.DUE


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
