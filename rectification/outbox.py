"""What became of the messages: those that an office or an overseer may look at, and how many are
where. The values come from `notice_forms`, already read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Case, Count, Exists, OuterRef, Q, Value, When

from accounts.models import RoleAssignment, User
from rectification import addressing
from rectification.models import Channel, Inspection, Notice, NoticeQuerySet
from rectification.states import FOR_THE_OFFICE, NoticeState

TONES = {
    NoticeState.DUE: "plain",
    NoticeState.SENDING: "run",
    NoticeState.SENT: "done",
    NoticeState.SUPPRESSED: "plain",
    NoticeState.FAILED: "over",
    NoticeState.HELD: "near",
}
# Held and failed on top: they wait for somebody.
_URGENCY = Case(
    When(state=NoticeState.HELD, then=Value(0)),
    When(state=NoticeState.FAILED, then=Value(1)),
    default=Value(2),
)
UNREAD_AT_MOST = 99  # beside the name of the person, on every page
_WORDS = {"state": "state", "channel": "channel", "kind": "kind", "round": "round__number"}


def of_inspection(inspection: Inspection) -> NoticeQuerySet:
    """Every message of the inspection; and those of none (digests, tests) that the offices of its
    organisation look after, as `houses_of` says for one."""
    here = inspection.inspected_unit.path
    held = RoleAssignment.objects.filter(user=OuterRef("recipient"), unit__path__startswith=here)
    of_recipient = Q(recipient__unit__path__startswith=here)
    of_a_stray = Q(recipient__unit=None) & Exists(held)
    belongs = Q(unit__path__startswith=here) | (Q(unit=None) & (of_recipient | of_a_stray))
    return Notice.objects.filter(Q(inspection=inspection) | (Q(inspection=None) & belongs))


def to_person(user: User) -> NoticeQuerySet:
    """What this person reads inside the system."""
    return Notice.objects.addressed_to(user).select_related("inspection", "unit")


def unread_count(user: User) -> int:
    """How many are unread; more than UNREAD_AT_MOST are not counted."""
    return Notice.objects.addressed_to(user).unread().order_by()[:UNREAD_AT_MOST].count()


def narrowed(rows: NoticeQuerySet, kept: Mapping[str, str]) -> NoticeQuerySet:
    """The rows that all kept filters let through."""
    if "unread" in kept:
        rows = rows.unread()
    if "again" in kept:
        rows = rows.filter(state__in=FOR_THE_OFFICE)
    if "q" in kept:
        text = kept["q"]
        rows = rows.filter(
            Q(subject__icontains=text)
            | Q(recipient__name__icontains=text)
            | Q(unit__name__icontains=text)
        )
    return rows.filter(**{_WORDS[name]: kept[name] for name in _WORDS.keys() & kept.keys()})


def for_list(rows: NoticeQuerySet) -> NoticeQuerySet:
    """Everything the page of fates shows, in one query, what waits for somebody on top."""
    related = rows.select_related("recipient__unit", "unit", "round")
    return related.order_by(_URGENCY, "-created_at", "-pk")


def tally(rows: NoticeQuerySet) -> dict[str, int]:
    """How many are in each state, in one query."""
    counts = {state: Count("pk", filter=Q(state=state)) for state in NoticeState.values}
    found: dict[str, int] = rows.order_by().aggregate(total=Count("pk"), **counts)
    return found


@dataclass(frozen=True)
class Fate:
    """One message, as the page shows it. `whole`: the reader may know its address."""

    notice: Notice
    whole: bool

    @property
    def to(self) -> str:
        """The person, or the group of the unit."""
        return str(self.notice.recipient) if self.notice.recipient else "单位"

    @property
    def unit(self) -> str:
        recipient = self.notice.recipient
        unit = self.notice.unit or (recipient.unit if recipient else None)
        return str(unit) if unit else ""

    @property
    def address(self) -> str:
        """A robot's is never shown whole: the end of it is its key."""
        if self.whole and self.notice.channel == "mail":
            return self.notice.address
        return addressing.masked(self.notice.channel, self.notice.address)

    @property
    def attempts(self) -> int | None:
        """How often it was tried; None inside the system, where nothing is sent."""
        return None if self.notice.channel == Channel.IN_APP else self.notice.attempt

    @property
    def ended_later(self) -> bool:
        """Whether the outcome came in another minute than the message was written."""
        at, written = self.notice.outcome_at, self.notice.created_at
        return at is not None and at - written >= timedelta(minutes=1)

    @property
    def tone(self) -> str:
        return TONES[NoticeState(self.notice.state)]

    @property
    def may_go_again(self) -> bool:
        return self.notice.state in FOR_THE_OFFICE
