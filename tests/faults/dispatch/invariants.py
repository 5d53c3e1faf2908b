"""What must hold when all is over, whatever happened (reliability, section 4).

`look` runs in the house and says what is wrong, as lists of sentences; `Broken` is what a scenario
raises where a list is not empty. A twin is asked which list it filled.
"""

import email
import email.policy
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from accounts import journal
from accounts.models import JournalEntry, Role, User
from rectification import recipients
from rectification.models import Channel, DispatchRound, Inspection, Measure, Notice, NoticeKind
from rectification.states import OUTCOMES, NoticeState, RoundState


@dataclass
class Findings:
    """Figures, and what is wrong: each list is empty where its invariant holds."""

    mails: int = 0
    sent: int = 0
    failed: int = 0
    held: int = 0
    attempts: int = 0
    lost: list[str] = field(
        default_factory=list
    )  # I1, I7: no outcome, or “sent” and not in the sink
    doubled: list[str] = field(default_factory=list)  # I2: stored more than once
    strange: list[str] = field(default_factory=list)  # I3: nobody asked for it
    altered: list[str] = field(default_factory=list)  # I4: it says something else
    unheard: list[str] = field(default_factory=list)  # I5: in-app notices, too few or too many
    misjudged: list[str] = field(default_factory=list)  # I1: an outcome that is not what happened
    unchained: list[str] = field(default_factory=list)  # I6: the journal
    tried_on: list[str] = field(default_factory=list)  # I10: attempts beyond the cap

    @property
    def wrong(self) -> dict[str, list[str]]:
        listed = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: value for name, value in listed.items() if isinstance(value, list) and value}

    def and_also(self, other: "Findings") -> "Findings":
        """Both together: figures add up, lists are joined."""
        sums = {
            each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)
        }
        return Findings(**sums)


class Broken(AssertionError):
    """An invariant does not hold; `findings` says which."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        lines = [
            f"{name} ({len(cases)}): " + "\n    ".join(cases[:5])
            for name, cases in findings.wrong.items()
        ]
        super().__init__("\n".join(lines))


def waiting() -> QuerySet[Notice]:
    return Notice.objects.exclude(state__in=OUTCOMES)


def look(sink: Path, *, archived: bool) -> dict[str, Any]:
    """All findings. `archived`: the doubtful were looked up, so nothing may be held."""
    mails = Notice.objects.filter(channel=Channel.MAIL).select_related("unit")
    stored = _stored(sink)
    found = Findings(
        mails=len(mails),
        sent=sum(each.state == NoticeState.SENT for each in mails),
        failed=sum(each.state == NoticeState.FAILED for each in mails),
        held=sum(each.state == NoticeState.HELD for each in mails),
        attempts=sum(each.attempt for each in mails),
    )
    _rounds(found)
    _office(found)
    _fan_out(found)
    for mail in mails:
        _outcome(mail, stored.get(mail.message_id, []), found, archived=archived)
    _strangers(stored, mails, found)
    _journal(found)
    return found.__dict__


def _stored(sink: Path) -> dict[str, list[dict[str, Any]]]:
    """What the sink took, by Message-ID."""
    path = sink / "accepted"
    stored: dict[str, list[dict[str, Any]]] = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        letter = json.loads(line)
        letter["path"] = sink / "archive" / "new" / letter["file"]
        stored.setdefault(letter["message_id"], []).append(letter)
    return stored


def _rounds(found: Findings) -> None:
    for inspection in Inspection.objects.prefetch_related("rounds"):
        states = [(each.number, each.state) for each in inspection.rounds.all()]
        if states != [(1, RoundState.SUPERSEDED), (2, RoundState.OPEN)]:
            found.lost.append(f"{inspection.code}: its rounds are {states}")


def _fan_out(found: Findings) -> None:
    """Each unit with open measures and each round: one notice inside and one mail for each of its
    people, counted from the ledger and not from the outbox."""
    notices = Counter(
        Notice.objects.filter(kind=NoticeKind.ROUND_OPENED).values_list(
            "round", "unit", "recipient", "channel"
        )
    )
    measures = Measure.objects.unfinished().select_related("lead_unit")
    units: dict[int, set[Any]] = {}
    for measure in measures:
        units.setdefault(measure.inspection_id, set()).add(measure.lead_unit)
    liaisons = recipients.holders(set().union(*units.values()), Role.LIAISON)
    for round in DispatchRound.objects.open().select_related("inspection"):
        for unit in units[round.inspection_id]:
            for user in liaisons[unit.pk]:
                _told(round, unit.pk, user, notices, found)


def _office(found: Findings) -> None:
    """Whatever failed or is held is what the office has been told of, inside the system."""
    bad = Notice.objects.filter(state__in=[NoticeState.FAILED, NoticeState.HELD])
    told = Notice.objects.in_app().filter(kind=NoticeKind.TROUBLE).values("inspection")
    found.unheard += [
        f"{each.topic} to {each.address} ({each.state}): the office was not told"
        for each in bad.exclude(inspection__in=told)
    ]


def _told(
    round: DispatchRound, unit: int, user: User, notices: Counter[Any], found: Findings
) -> None:
    inside = notices[(round.pk, unit, user.pk, Channel.IN_APP)]
    outside = notices[(round.pk, unit, user.pk, Channel.MAIL)]
    if inside != 1:
        found.unheard.append(f"{round.subject_code}: {user.name} has {inside} notices inside")
    if outside == 0:
        found.lost.append(f"{round.subject_code}: no mail was ever written for {user.name}")
    if outside > 1:
        found.doubled.append(f"{round.subject_code}: {outside} mails were written for {user.name}")


def _outcome(
    mail: Notice, letters: list[dict[str, Any]], found: Findings, *, archived: bool
) -> None:
    name = f"{mail.topic} to {mail.address} ({mail.state}, attempt {mail.attempt}, {mail.reason})"
    if mail.state not in OUTCOMES:
        found.lost.append(f"{name}: no outcome after two sweeps")
    if mail.state == NoticeState.SENT and not letters:
        found.lost.append(f"{name}: the mail server never had it")
    if len(letters) > 1:
        found.doubled.append(f"{name}: the mail server has it {len(letters)} times")
    if mail.state == NoticeState.FAILED and letters:
        found.misjudged.append(f"{name}: it was delivered")
    if mail.state == NoticeState.HELD and archived:
        found.misjudged.append(f"{name}: the archive could have told")
    if mail.attempt > settings.DELIVERY_MOST_ATTEMPTS:
        found.tried_on.append(name)
    for letter in letters:
        _as_frozen(mail, letter, found, name)


def _as_frozen(mail: Notice, letter: dict[str, Any], found: Findings, name: str) -> None:
    said = email.message_from_bytes(letter["path"].read_bytes(), policy=email.policy.default)
    text = said.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    whole = mail.is_intact and str(said["Subject"]).endswith(mail.subject)
    if not (whole and mail.body in text and f"{settings.SITE_URL}{mail.path}" in text):
        found.altered.append(f"{name}: the mail server has {said['Subject']}: {text}")
    if letter["to"] != [mail.address]:
        found.strange.append(f"{name}: it went to {letter['to']}")


def _strangers(
    stored: dict[str, list[dict[str, Any]]], mails: Iterable[Notice], found: Findings
) -> None:
    known = {mail.message_id for mail in mails}
    found.strange += [
        f"{message_id} to {letters[0]['to']}: in no outbox"
        for message_id, letters in stored.items()
        if message_id not in known
    ]


def _journal(found: Findings) -> None:
    fault = journal.first_fault(witnessed=journal.witnessed())
    if fault:
        found.unchained.append(f"entry {fault.sequence}: {fault.reason}")
    decided = Notice.objects.exclude(channel=Channel.IN_APP).filter(state__in=OUTCOMES)
    wanted = Counter(decided.exclude(attempt=0).values_list("topic", flat=True))
    entries = JournalEntry.objects.filter(subject_kind="notice").exclude(verb="announce")
    written = Counter(entries.values_list("subject_code", flat=True))
    found.unchained += [
        f"{topic}: {written[topic]} entries for {wanted[topic]} outcomes"
        for topic in sorted(wanted | written)
        if wanted[topic] != written[topic]
    ]
