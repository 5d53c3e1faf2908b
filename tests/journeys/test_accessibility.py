"""Every kind of page that each role can reach in the demonstration ledger, by axe and by eye-width.

A page is of a kind by its address's name and by the classes and forms on it: of each kind one is
looked at, for whichever role meets it first; with FULL, for every role. `REACHED` says what a role
must at least come to, so that a crawl that finds nothing cannot pass.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.urls import Resolver404, resolve
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from tests.conftest import FULL, triggers_lifted
from tests.journeys.conftest import OFFICE_SCREEN, opened_window, session_of, signed_in
from tests.journeys.looking import faults_of

# How many pages of one address are opened in search of further kinds.
SAME_ADDRESS_MOST = 12 if FULL else 2
MANY_KINDS = {"rectification:measure_detail": 8, "rectification:problem_detail": 4}
DAILY = {
    "accounts:password_change",
    "rectification:desk",
    "rectification:problem_list",
    "rectification:problem_detail",
    "rectification:measure_list",
    "rectification:measure_detail",
    "rectification:ledger",
    "rectification:letter_list",
    "rectification:evidence_list",
    "rectification:evidence_detail",
    "accounts:deputy_list",
    "rectification:notice_list",
    "rectification:channel_list",
}
OF_A_UNIT = DAILY | {
    "rectification:letter_detail",
    "rectification:round_report",
    "rectification:unit_channel_list",
}
WHOLE = DAILY | {
    "rectification:round_list",
    "rectification:round_detail",
    "rectification:letter_detail",
    "rectification:point_detail",
    "rectification:round_sheet",
    "rectification:lookback_list",
    "rectification:rung_list",
    "reports:dashboard",
    "reports:measure_figure",
    "reports:problem_figure",
    "reports:outcome_list",
    "reports:return_list",
    "rectification:extension_list",
    "rectification:fate_list",
    "rectification:lookback_detail",
    "rectification:outcome_list",
    "rectification:accountability_list",
    "rectification:money_list",
    "rectification:rhythm",
}
OFFICE = WHOLE | {
    "rectification:calendar",
    "rectification:unit_channel_list",
    "rectification:ledger_import",
    "rectification:letter_new",
    "rectification:lookback_new",
    "rectification:rung_amend",
    "rectification:rung_new",
    "rectification:problem_recurrence",
    "rectification:handover",
    "rectification:measure_amend",
    "rectification:problem_amend",
    "rectification:outcome_new",
    "rectification:outcome_amend",
    "rectification:accountability_new",
    "rectification:accountability_amend",
    "rectification:money_new",
    "rectification:money_amend",
    "rectification:lookback_item",
    "reports:draft_list",
    "reports:draft_new",
    "reports:draft_detail",
    "reports:draft_section",
    "reports:report_import",
}
REACHED = {
    "": {"accounts:sign_in", "reports:public_list", "reports:publication"},
    "liaoyuanqing": OFFICE,
    "linxiaohe": OF_A_UNIT,
    "wubaoguo": OF_A_UNIT,
    "penglidong": WHOLE,
    "wenzhigang": WHOLE,
    "kexin": {"rectification:desk"},
    "jixuan": {"rectification:desk", "rectification:calendar"},
}


@dataclass(frozen=True)
class Reached:
    name: str
    path: str
    kind: frozenset[str]


@dataclass(frozen=True)
class House:
    """The site with the demonstration ledger, and of each role the pages to look at."""

    server: LiveServer
    pages: dict[str, list[Reached]]
    names: dict[str, set[str]]
    sessions: dict[str, str]


@pytest.fixture(scope="module")
def house(django_db_setup, django_db_blocker) -> Iterator[House]:
    """Loaded once for the module and committed, for the server's thread; its tests only look."""
    with django_db_blocker.unblock():
        call_command("load_demo", verbosity=0)
        server = LiveServer("localhost")
        with server._live_server_modified_settings:
            found = {who: list(crawl(who)) for who in REACHED}
            names = {who: {page.name for page in pages} for who, pages in found.items()}
            users = User.objects.filter(username__in=REACHED)
            sessions = {user.username: session_of(user) for user in users}
            yield House(server, found if FULL else one_of_each_kind(found), names, sessions)
        server.stop()
        with triggers_lifted():
            call_command("flush", verbosity=0, interactive=False, allow_cascade=True)
        connections.close_all()  # while the browser's loop runs, these are not the thread's own


def crawl(username: str) -> Iterator[Reached]:
    """What follows from the first pages by links, each kind of page once."""
    client = Client()
    if username:
        client.force_login(User.objects.get(username=username))
    to_open = ["/desk/" if username else "/accounts/sign-in/", "/", "/nowhere/"]
    asked, seen, opened = set(to_open), set(), Counter[str]()
    while to_open:
        path = to_open.pop(0)
        name = name_of(path)
        if opened[name] >= max(SAME_ADDRESS_MOST, MANY_KINDS.get(name, 0)):
            continue
        opened[name] += 1
        answer = client.get(path)
        if "Content-Disposition" in answer:  # a download is not looked at, but its file is closed
            list(answer)
            continue
        html = answer.content.decode()
        kind = frozenset({name, *pieces_of(html)})
        if answer.status_code in {200, 404} and kind not in seen:
            seen.add(kind)
            yield Reached(name, path, kind)
        links = [urljoin(path, link) for link in re.findall(r'<a [^>]*href="([^"#]+)', html)]
        ours = [link for link in links if not urlsplit(link).netloc and not is_foreign(link)]
        fresh = [link.replace("&amp;", "&") for link in ours]
        to_open += [link for link in dict.fromkeys(fresh) if link not in asked]
        asked |= set(fresh)


def is_foreign(link: str) -> bool:
    """Leads into the admin site, whose pages are Django's own."""
    return urlsplit(link).path.startswith("/admin/")


def name_of(path: str) -> str:
    try:
        return resolve(urlsplit(path).path).view_name
    except Resolver404:
        return "nowhere"


def pieces_of(html: str) -> set[str]:
    """The classes and the forms of a page, without what differs by status or by length."""
    classes = {word for value in re.findall(r'class="([^"]*)"', html) for word in value.split()}
    forms = {re.sub(r"/[^/]*\d[^/]*", "", url) for url in re.findall(r'action="([^"]*)"', html)}
    return classes | forms


def one_of_each_kind(found: dict[str, list[Reached]]) -> dict[str, list[Reached]]:
    """Without the pages whose every piece was on the same address for a role before."""
    seen: dict[str, set[str]] = {}
    kept: dict[str, list[Reached]] = {}
    for who, pages in found.items():
        for page in pages:
            known = seen.setdefault(page.name, set())
            if not page.kind <= known:
                kept.setdefault(who, []).append(page)
                known |= page.kind
    return kept


@pytest.mark.django_db
@pytest.mark.parametrize("who", REACHED)
def test_every_page_of_a_role_is_accessible_at_every_width(house, browser, who):
    assert REACHED[who] - house.names[who] == set()
    with opened_window(browser, house.server, screen=OFFICE_SCREEN) as page:
        if who:
            signed_in(page, house.sessions[who], address=house.server.url)
        faults = []
        for reached in house.pages.get(who, []):
            page.goto(reached.path)
            faults += faults_of(page)

    assert faults == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("harm", "fault"),
    [
        ("document.querySelector('label').remove()", "label"),
        ("document.querySelector('main').style.color = '#ccc'", "contrast"),
        ("document.querySelector('main').style.width = '400px'", "sideways"),
    ],
    ids=["a field without a label", "pale letters", "a wide page"],
)
def test_the_look_finds_what_is_wrong(house, browser, harm, fault):
    with opened_window(browser, house.server, screen=OFFICE_SCREEN) as page:
        page.goto("/accounts/sign-in/")
        page.evaluate(harm)

        assert any(fault in found for found in faults_of(page))
