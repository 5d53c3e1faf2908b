"""E5 of the corpus: addresses, query strings, headers, methods, htmx. Each item has its test."""

import json
import logging
import re
from itertools import product
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from accounts.models import JournalEntry, Role
from rectification.models import Measure, ProgressEntry
from tests.addresses import addresses
from tests.rectification.conftest import cast  # noqa: F401  # the people around one measure
from tests.rectification.test_bad_input import corpus
from tests.two_bureaus import arguments_of, two_bureaus

HERE = "tests/test_requests.py"
DAILY = "tests/rectification/test_bad_input.py"
SIGN_IN = "tests/accounts/test_sign_in.py"
RAW = "tests/running/test_raw_requests.py"
ANSWERED = f"{DAILY}::test_every_address_of_the_corpus_is_answered_without_an_error"
SHAPES = f"{HERE}::test_every_address_answers_every_shape_of_request_without_an_error"
NOWHERE = f"{HERE}::test_what_is_no_page_is_not_there"
ON_A_SOCKET = f"{RAW}::test_a_strange_request_is_answered_or_cut_off_and_never_an_error"

TESTS = {
    "/measures/0": [ANSWERED],
    "/measures/-1": [ANSWERED],
    "/measures/1%00": [ANSWERED],
    "/measures/1/..;/admin": [ANSWERED, NOWHERE],
    "//measures/1": [ANSWERED, ON_A_SOCKET],
    "/measures/１ (full-width)": [ANSWERED],
    "every URL with ?format=json": [SHAPES],
    "?page=0": [ANSWERED],
    "?page=1e9": [ANSWERED],
    "?page=abc": [ANSWERED],
    "?order=password": [f"{HERE}::test_a_list_is_ordered_by_nothing_that_an_address_asks_for"],
    "?order=-unit__user__password": [
        f"{HERE}::test_a_list_is_ordered_by_nothing_that_an_address_asks_for"
    ],
    "?status__in=a,a,a x10,000": [ANSWERED],
    "?q= of 1 MB": [ANSWERED],
    "?q=_": [ANSWERED, f"{DAILY}::test_a_search_for_a_wildcard_finds_the_character_alone"],
    "?q=\\": [ANSWERED],
    "?q=^(a+)+$": [ANSWERED],
    "?q=U+0000": [ANSWERED],
    "?date__lte=9999-12-31": [ANSWERED],
    "?date=2025-13-01": [ANSWERED, f"{HERE}::test_every_page_answers_any_value_of_any_argument"],
    "?lang=../../x": [ANSWERED],
    "?next=//evil": [ANSWERED, f"{SIGN_IN}::test_signing_in_never_leads_off_the_site"],
    "1,001 parameters": [ANSWERED],
    "URL of 64 kB": [ANSWERED, ON_A_SOCKET],
    "overlong UTF-8 %c0%af": [ANSWERED, ON_A_SOCKET],
    "GET with a body": [SHAPES],
    "OPTIONS on every URL": [SHAPES],
    "PUT/DELETE/PATCH/TRACE on every URL": [SHAPES],
    "Host: evil.example": [ANSWERED, ON_A_SOCKET],
    "Host: 127.0.0.1:99999": [ANSWERED, ON_A_SOCKET],
    "no Host": [ON_A_SOCKET],
    "X-Forwarded-Host: evil": [f"{HERE}::test_no_header_leads_off_the_site_or_to_another_page"],
    "X-Original-URL: /admin": [f"{HERE}::test_no_header_leads_off_the_site_or_to_another_page"],
    "X-Rewrite-URL: /admin": [f"{HERE}::test_no_header_leads_off_the_site_or_to_another_page"],
    "Content-Length + Transfer-Encoding": [
        ON_A_SOCKET,
        f"{RAW}::test_a_request_in_the_body_of_another_is_not_carried_out",
    ],
    "Transfer-Encoding: xchunked": [ON_A_SOCKET],
    "500 duplicate headers": [ON_A_SOCKET],
    "Cookie of 1,000 pairs": [ANSWERED, ON_A_SOCKET],
    "Accept-Language of 10 kB (regex cost)": [ANSWERED, ON_A_SOCKET],
    "If-Modified-Since: garbage": [ANSWERED],
    "HX-Request: true without session": [
        f"{SIGN_IN}::test_a_part_of_a_page_without_a_session_goes_to_sign_in_as_a_whole",
        f"{HERE}::test_a_part_of_any_page_without_a_session_is_no_sign_in_page",
    ],
    "HX-Request: true forged from another origin": [
        f"{HERE}::test_a_verb_that_another_origin_sends_is_refused"
    ],
    "HX-Current-URL: javascript:": [f"{SIGN_IN}::test_a_forged_address_of_a_part_is_not_followed"],
    "HX-Boosted on a download": [f"{HERE}::test_a_download_stays_a_file_where_htmx_asks_for_it"],
    "htmx fragment cached then Back pressed": [f"{HERE}::test_a_part_of_a_page_is_kept_nowhere"],
    "history snapshot in localStorage after log-out": [
        f"{HERE}::test_htmx_keeps_no_page_in_the_browser"
    ],
    "two htmx posts of one row within 10 ms": [
        f"{HERE}::test_of_two_posts_of_one_row_by_htmx_the_second_is_a_conflict",
        "tests/rectification/test_race.py::test_of_eight_reports_at_once_one_is_kept_and_seven_are_told",
    ],
    "double click on 销号": [
        f"{HERE}::test_a_double_click_closes_once",
        "tests/rectification/test_workflow.py::test_the_second_click_loses",
    ],
    "/.git/config, /.env, /db.sqlite3, /media/, /static/../settings.py": [NOWHERE, ON_A_SOCKET],
    "/admin/doc/, /__debug__/, /silk/, /flower/": [NOWHERE],
}


@pytest.mark.parametrize("item", corpus("E5"))
def test_every_item_of_the_corpus_has_a_test(item):
    assert TESTS[item]


@pytest.mark.parametrize("named", sorted({each for found in TESTS.values() for each in found}))
def test_every_test_of_the_table_exists(named):
    file, name = named.split("::")

    assert f"def {name}(" in (Path(settings.BASE_DIR) / file).read_text(encoding="utf-8")


CALLERS = (Role.OFFICE, Role.SYSTEM_ADMIN, "public")
SHAPES_OF_A_REQUEST = {
    "?format=json": lambda client, path: client.get(f"{path}?format=json"),
    "a body": lambda client, path: client.generic("GET", path, data="x" * 100),
    "OPTIONS": lambda client, path: client.options(path),
    "PUT": lambda client, path: client.put(path),
    "DELETE": lambda client, path: client.delete(path),
    "PATCH": lambda client, path: client.patch(path),
    "TRACE": lambda client, path: client.trace(path),
    "htmx": lambda client, path: client.get(path, headers={"HX-Request": "true"}),
    "JSON": lambda client, path: client.post(path, "{}", content_type="application/json"),
}
READING = {"?format=json", "a body", "OPTIONS", "htmx"}
PUBLIC = ("reports:publ", "accounts:sign_in", "admin:login", "rectification:calendar_feed")
RECORDED = {  # who looked at evidence, and what left the house, is on record
    "rectification:evidence_detail",
    "rectification:evidence_file",
    "rectification:evidence_preview",
    "rectification:fate_export",
    "rectification:ledger_export",
    "rectification:round_sheet_word",
    "rectification:round_sheet_excel",
    "rectification:letter_word",
    "rectification:problem_archive",
    "accounts:journal_export",
}


@pytest.fixture
def quiet(caplog):
    caplog.set_level(logging.CRITICAL, logger="django.request")


@pytest.mark.parametrize("role", CALLERS)
def test_every_address_answers_every_shape_of_request_without_an_error(db, quiet, role):
    world = two_bureaus()
    client = Client(raise_request_exception=False)
    if role in world.people:
        client.force_login(world.people[role])
    cookies, wrong = client.cookies.copy(), []

    for address in addresses():
        arguments = arguments_of(address.name, address.route, set(address.parameters), world.own)
        path = address.path(arguments)
        for shape, send in SHAPES_OF_A_REQUEST.items():
            before = JournalEntry.objects.count()
            with transaction.atomic():
                answer = send(client, path)
                answer.getvalue()  # reads a file to its end, which closes it
                changed = JournalEntry.objects.count() - before
                transaction.set_rollback(True)
            client.cookies = cookies.copy()
            fine = {200, 302, 400, 401, 403, 404, 405, 409, 422}
            away = not answer.headers.get("Location", "/").startswith("/")
            silent = shape in READING and address.name not in RECORDED
            if answer.status_code not in fine or away or (silent and changed):
                wrong.append((path, shape, answer.status_code, changed))

    assert wrong == []


ARGUMENTS = ("page", "on", "unit", "q", "next", "date", "o", "p", "e", "_to_field", "_popup")


VALUES = ("", "-1", "1e9", "abc", "%00", "%ED%A0%80", "2025-13-01", "9" * 400, "1%27")


@pytest.mark.parametrize("role", [Role.OFFICE, Role.SYSTEM_ADMIN])
def test_every_page_answers_any_value_of_any_argument(db, quiet, role):
    world = two_bureaus()
    client = Client(raise_request_exception=False)
    client.force_login(world.people[role])
    asked = [
        each for each in addresses() if each.name.startswith("admin:") == (role != Role.OFFICE)
    ]
    for value, address in product(VALUES, asked):
        arguments = arguments_of(address.name, address.route, set(address.parameters), world.own)
        path = f"{address.path(arguments)}?{'&'.join(f'{name}={value}' for name in ARGUMENTS)}"
        with transaction.atomic():
            answer = client.get(path)
            answer.getvalue()  # reads a file to its end, which closes it
            transaction.set_rollback(True)
        assert answer.status_code < 500, path


def test_what_is_no_page_is_not_there(cast, quiet):  # noqa: F811
    paths = [
        *("/.git/config", "/.env", "/db.sqlite3", "/media/", "/static/../settings.py"),
        *("/__debug__/", "/silk/", "/flower/", "/i/x25/measures/1/..;/admin", "/static/"),
    ]
    client = Client(raise_request_exception=False)
    client.force_login(cast.office)

    assert {path: client.get(path).status_code for path in paths} == dict.fromkeys(paths, 404)
    assert client.get("/admin/doc/").status_code == 404


@pytest.mark.parametrize("order", ["password", "-unit__user__password", "-deadline", "1; DROP"])
def test_a_list_is_ordered_by_nothing_that_an_address_asks_for(cast, client, order):  # noqa: F811
    client.force_login(cast.office)
    as_it_is = client.get(f"{cast.base}measures/").context["rows"]

    asked = client.get(f"{cast.base}measures/", {"order": order, "o": order, "sort": order})

    assert asked.context["rows"] == as_it_is


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL"])
@pytest.mark.parametrize("value", ["evil.example", "/admin", "https://evil.example/admin"])
def test_no_header_leads_off_the_site_or_to_another_page(cast, name, value):  # noqa: F811
    visitor = Client()
    for path in ("/desk/", "/desk", "//evil.example/desk", "/admin/"):
        plain, forged = visitor.get(path), visitor.get(path, headers={name: value})

        assert forged.status_code == plain.status_code
        assert forged.headers.get("Location") == plain.headers.get("Location")
        assert "evil.example/" not in forged.headers.get("Location", "").partition("?")[0][:15]


def test_a_part_of_any_page_without_a_session_is_no_sign_in_page(db, quiet):
    world, visitor = two_bureaus(), Client()
    for address in addresses():
        arguments = arguments_of(address.name, address.route, set(address.parameters), world.own)
        answer = visitor.get(address.path(arguments), headers={"HX-Request": "true"})
        if answer.status_code == 401:
            assert answer.content == b""
            assert re.match(r"/accounts/sign-in/\?next=/", answer.headers["HX-Redirect"])
        else:
            assert address.name.startswith(PUBLIC)


def test_a_verb_that_another_origin_sends_is_refused(cast):  # noqa: F811
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.liaison)
    client.get(cast.page)
    token = client.cookies["csrftoken"].value
    data = {"version": 1, "text": "进展", "csrfmiddlewaretoken": token}

    for headers in (
        {"HX-Request": "true", "Origin": "https://evil.example", "X-CSRFToken": token},
        {"HX-Request": "true", "Origin": "null", "X-CSRFToken": token},
    ):
        assert client.post(f"{cast.page}report/", data, headers=headers).status_code == 403
    assert not ProgressEntry.objects.exists()
    assert client.post(f"{cast.page}report/", data).status_code == 302


def test_a_download_stays_a_file_where_htmx_asks_for_it(cast, client):  # noqa: F811
    client.force_login(cast.office)

    answer = client.get(
        f"{cast.base}ledger/export/", headers={"HX-Request": "true", "HX-Boosted": "true"}
    )

    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.content.startswith(b"PK")
    templates = (Path(settings.BASE_DIR) / "templates").rglob("*.html")
    assert [file.name for file in templates if "hx-boost" in file.read_text("utf-8")] == []


def test_a_part_of_a_page_is_kept_nowhere(cast, client):  # noqa: F811
    client.force_login(cast.office)

    part = client.get(f"{cast.base}measures/", headers={"HX-Request": "true"})

    assert b"<html" not in part.content
    assert part.headers["Cache-Control"] == "no-store, private"


def test_htmx_keeps_no_page_in_the_browser(cast, client):  # noqa: F811
    client.force_login(cast.office)
    html = client.get("/desk/").content.decode()

    (config,) = re.findall(r"name=\"htmx-config\"\s+content='([^']*)'", html)

    assert json.loads(config)["historyCacheSize"] == 0
    assert json.loads(config)["allowEval"] is False


def test_of_two_posts_of_one_row_by_htmx_the_second_is_a_conflict(cast, client):  # noqa: F811
    client.force_login(cast.liaison)
    send = {"version": 1, "text": "完成一次"}, {"version": 1, "text": "完成两次"}

    statuses = [
        client.post(f"{cast.page}report/", data, headers={"HX-Request": "true"}).status_code
        for data in send
    ]

    assert statuses == [302, 409]
    assert [entry.text for entry in ProgressEntry.objects.all()] == ["完成一次"]


def test_a_double_click_closes_once(cast, client):  # noqa: F811
    client.force_login(cast.liaison)
    claim = {"version": 1, "statement": "已完成", "evidence_note": "见档案"}
    client.post(f"{cast.page}submit/", claim)
    client.force_login(cast.head)
    client.post(f"{cast.page}approve/", {"version": 2})
    client.force_login(cast.office)

    clicks = [client.post(f"{cast.page}approve/", {"version": 3}).status_code for _ in range(2)]

    assert clicks == [302, 409]
    assert Measure.objects.get().status == "closed"
    assert JournalEntry.objects.filter(verb="close").count() == 1
