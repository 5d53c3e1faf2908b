"""How long a message waits: for its next attempt, for somebody to hear of it, and at the most."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings

STALE = timedelta(days=14)  # what could not leave for so long is old news, not a reminder
LONGEST = timedelta(days=1)
Now = Callable[[], datetime]


def after(attempt: int) -> timedelta:
    """After so many attempts: doubled with each."""
    seconds = settings.DELIVERY_RETRY_SECONDS * 2 ** min(attempt - 1, 20)
    return min(timedelta(seconds=seconds), LONGEST)


def all_of_them() -> timedelta:
    """As long as all attempts at one message last; then the office hears that nothing goes."""
    return sum(map(after, range(1, settings.DELIVERY_MOST_ATTEMPTS)), timedelta())
