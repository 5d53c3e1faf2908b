"""Fifty people save one measure at once, round after round: one save a version, no text lost.

FULL=1 runs 20 rounds; the twin switches the compare-and-swap off and must be found out.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client

from accounts import journal
from accounts.models import JournalEntry, Role
from rectification.models import Measure, MeasureQuerySet, ProgressEntry
from tests.conftest import FULL
from tests.factories import person

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 50
ROUNDS = 20 if FULL else 2


@dataclass(frozen=True)
class Save:
    """One attempt: the version it was opened on, what was typed, and what came back."""

    version: int
    text: str
    status: int
    answer: str

    @property
    def was_accepted(self):
        return self.status == 302


def all_at_once(cast, *, clients, rounds):
    """Everybody opens the measure, waits for the others, and saves; so many rounds."""
    browsers = [Client() for _ in range(clients)]
    for number, browser in enumerate(browsers):
        browser.force_login(person(Role.LIAISON, cast.division, name=f"填报员{number}号"))
    barrier = Barrier(clients)

    def work(number):
        saves = []
        try:
            for round in range(rounds):
                barrier.wait()
                version = Measure.objects.values_list("version", flat=True).get()
                connection.close()
                barrier.wait()
                text = f"第{round}轮第{number}人的进展"
                data = {"version": version, "text": text}
                answer = browsers[number].post(f"{cast.page}report/", data)
                saves.append(Save(version, text, answer.status_code, answer.content.decode()))
        finally:
            connection.close()
        return saves

    with ThreadPoolExecutor(clients) as pool:
        return [save for saves in pool.map(work, range(clients)) for save in saves]


def faults(saves):
    """What was lost, in words; nothing where every save is either kept or given back."""
    accepted = [save for save in saves if save.was_accepted]
    kept = set(ProgressEntry.objects.values_list("text", flat=True))
    standing = Measure.objects.get().version
    found = []
    if standing - 1 != len(accepted):
        found.append(f"{len(accepted)} saves, {standing - 1} versions")
    if len({save.version for save in accepted}) != len(accepted):
        found.append("two saves from one version")
    if {save.text for save in accepted} != kept:
        found.append("the texts kept are not those accepted")
    for save in saves:
        if not save.was_accepted and (save.status != 409 or not given_back(save)):
            found.append(f"{save.text} was answered {save.status} and is lost")
    return found


def given_back(save):
    """The text is in the form again, to be sent on a newer version."""
    versions = re.findall(r'name="version" value="(\d+)"', save.answer)
    in_form = re.search(rf"<textarea[^>]*>\s*{save.text}</textarea>", save.answer)
    return bool(in_form) and any(int(version) > save.version for version in versions)


def test_of_fifty_savers_at_once_one_is_kept_and_the_others_get_their_text_back(cast):
    saves = all_at_once(cast, clients=CLIENTS, rounds=ROUNDS)

    assert faults(saves) == []
    assert len(saves) == CLIENTS * ROUNDS
    assert sum(save.was_accepted for save in saves) == ROUNDS
    assert JournalEntry.objects.filter(verb="report").count() == ROUNDS
    assert journal.first_fault() is None


def test_without_the_compare_and_swap_the_check_fails(cast, monkeypatch):
    narrow = MeasureQuerySet.filter

    def filter_without_version(rows, *conditions, version=None, **more):
        return narrow(rows, *conditions, **more)

    monkeypatch.setattr(MeasureQuerySet, "filter", filter_without_version)

    saves = all_at_once(cast, clients=8, rounds=2)

    assert "two saves from one version" in faults(saves)
