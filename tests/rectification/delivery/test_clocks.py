"""Leases are compared by the clocks of several machines, and one of them may be wrong."""

import pytest

from rectification.delivery import claiming
from rectification.models import Channel
from rectification.states import NoticeState
from tests.rectification.delivery.conftest import at, deliver, fate, mail

A_DAY = 86_400
LEASE = 120


def dead(cast, *, seconds):
    """A mail in the hands of a worker that died, with such a clock."""
    notice = mail(cast)
    claiming.claim((Channel.MAIL,), most=1, together=True, asked=False, at=at(seconds)())
    return notice


def test_what_a_worker_with_a_clock_days_ahead_left_is_taken_up_after_a_lease(cast, sink, archived):
    notice = dead(cast, seconds=3 * A_DAY)

    deliver()
    deliver(LEASE - 1)
    assert (fate(notice)[0], sink.took) == (NoticeState.SENDING, [])  # it may be alive
    deliver(LEASE)

    assert fate(notice)[0] == NoticeState.SENT


@pytest.mark.parametrize("ahead", [0, 4])
def test_a_lease_of_a_clock_that_is_right_ends_when_it_was_to_end(cast, sink, archived, ahead):
    notice = dead(cast, seconds=ahead)

    deliver(0)
    notice.refresh_from_db()

    assert notice.lease_until == at(ahead + LEASE)()
