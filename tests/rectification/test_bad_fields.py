"""E1 of the corpus, every item against every form that takes such a field.

The table says of each item what it is; a new item of the corpus fails until it has a line. Refused
is: the form again, a sentence at the field, nothing written, the value escaped.
"""

import re
from typing import Any

import pytest
from django import forms
from django.db import transaction
from django.test import Client
from django.utils.html import escape

from accounts.models import JournalEntry
from rectification.models import (
    AccountabilityAction,
    CloseoutRequest,
    InstitutionalOutcome,
    Measure,
    MeasureEvent,
    Problem,
    ProgressEntry,
    RecoveredMoney,
)
from rectification.register_forms import Day
from tests.conftest import FULL
from tests.rectification.test_bad_input import DESCRIBED, NOT_TEXT, corpus
from tests.rectification.tried import (
    CHOICE,
    DATE,
    EXTRA,
    KEY,
    NUMBER,
    OF_THE_PLAN,
    TEXT,
    VERSION,
)

CHINESE = re.compile(r"[\u4e00-\u9fff]")

# What each item is beside a text, and how it is sent; an item in no line here is a text alone.
ALSO: dict[str, tuple[str, Any]] = {
    "１２ (full-width digits)": (NUMBER, "１２"),
    "三十二 in a number field": (NUMBER, "三十二"),
    "109／161": (NUMBER, "109／161"),
    "-1": (NUMBER, "-1"),
    "NaN": (NUMBER, "NaN"),
    "Infinity": (NUMBER, "Infinity"),
    "1_000": (NUMBER, "1_000"),
    "1,000": (NUMBER, "1,000"),
    "0.100000000000000000000000000001": (NUMBER, "0.100000000000000000000000000001"),
    "100.01 for a percentage": (NUMBER, "100.01"),
    "2024-02-30": (DATE, "2024-02-30"),
    "0000-00-00": (DATE, "0000-00-00"),
    "2025年2月25日": (DATE, "2025年2月25日"),
    "2月25日 (no year)": (DATE, "2月25日"),
    "2025.2.25": (DATE, "2025.2.25"),
    "20250225": (DATE, "20250225"),
    "2025-02-25T24:00:00": (DATE, "2025-02-25T24:00:00"),
    "1988-07-01 00:30 Asia/Shanghai (DST year)": (DATE, "1988-07-01 00:30"),
    "deadline 1970-01-01": (DATE, "1970-01-01"),
    'status "已完成 " (trailing space)': (CHOICE, "已完成 "),
    "status not in the list": (CHOICE, "bogus"),
    "extra field is_public=1 (mass assignment)": (EXTRA, {"is_public": "1", "status": "closed"}),
    "extra field unit_id=OTHER": (EXTRA, {"unit_id": "999", "inspection": "999", "by": "1"}),
    "version missing": (VERSION, None),
    "version=-1": (VERSION, "-1"),
    "version one behind (stale)": (VERSION, "1"),
    "pk=-1": (KEY, "-1"),
    "pk=1e3": (KEY, "1e3"),
}
TEXTS = {
    '"" (empty)',
    "one space",
    "U+200B only",
    "U+FEFF only",
    'JSON "\\ud800" lone surrogate',
    "1 MB of 整",
    "max_length+1 CJK characters",
    "𠮷 (U+20BB7, 4 bytes)",
    'U+202E + "gpj.exe"',
    "one letter + 1,000 combining marks",
    "<script>alert(1)</script>",
    "javascript:alert(1) in a link field",
    "{{7*7}}",
    "${7*7}",
    "'; DROP TABLE measure;--",
    "%00",
    "../../etc/passwd",
    "@SUM(1+1)",
    "＝1+1 (full-width equals)",
    "\\r\\nBcc: x@evil in the subject",
    "%s%s%s%n",
    "</textarea><script>",
    "<!-- unclosed",
    "<div hx-get=/logout hx-trigger=load>",
    "<a hx-post=/measures/1/delete hx-trigger=revealed>",
    "关于““环境就是民生”的责任意识不够强”问题 (nested quotes, from the seed)",
    "“unbalanced quote",
    "ID card number 32120219800101001X in free text",
    "markdown [x](javascript:1)",
    "200 kB single line without a break",
}
HUGE = {"1 MB of 整", "200 kB single line without a break"}  # seconds each: one field of a form
# A number or a date that people write, in one of the fields that take it.
TAKEN_NUMBERS = {"amount": {"１２", "100.01"}, "people": {"１２"}, "review_every_months": {"１２"}}
TAKEN_DAYS = {"2025年2月25日", "2025.2.25"}
TAKEN_DEADLINES = {*TAKEN_DAYS, "2月25日"}  # a missing year is that of the feedback


VERSIONED = [
    each for each in OF_THE_PLAN if each.name not in {"outcome", "accountability", "money"}
]
every_form = pytest.mark.parametrize("tried", OF_THE_PLAN, ids=lambda each: each.name)


def ledger():
    tables = (ProgressEntry, CloseoutRequest, MeasureEvent, JournalEntry)
    registers = (InstitutionalOutcome, AccountabilityAction, RecoveredMoney)
    return (
        [list(table.objects.order_by("pk").values()) for table in (Measure, Problem)],
        [table.objects.count() for table in (*tables, *registers)],
    )


def sent(cast, tried, changes):
    """The answer to a good form with these changes, and what of the page it led to; undone."""
    client = Client(raise_request_exception=False)
    client.force_login(getattr(cast, tried.by))
    data = {k: v for k, v in {**tried.good(cast), **changes}.items() if v is not None}
    before = ledger()
    with transaction.atomic():
        answer = client.post(f"{cast.base}{tried.address}", data)
        changed = ledger() != before
        live = changed and any("<" in str(value) for value in changes.values())
        page = client.get(f"{cast.base}{tried.shown_at}").content.decode() if live else ""
        transaction.set_rollback(True)
    return answer, changed, page


def assert_refused(cast, tried, name, value):
    answer, changed, _ = sent(cast, tried, {name: value})
    html = answer.content.decode()
    assert answer.status_code == 200, (name, value[:60])
    assert not changed, (name, value[:60])
    errors = [str(error) for form in forms_of(answer) for error in form.errors.get(name, [])]
    assert errors, (name, value[:60])
    assert all(CHINESE.search(error) for error in errors), errors
    assert_escaped(html, value)


def forms_of(answer):
    values = (value for each in answer.context for some in each.dicts for value in some.values())
    found = [value for value in values if isinstance(value, forms.Form) and value.is_bound]
    return list({id(form): form for form in found}.values())


def assert_escaped(html, value):
    for dangerous in ("<script>alert", "</textarea><script", "<!-- ", "<div hx-get", "<a hx-post"):
        if dangerous in str(value):
            assert str(value) not in html
            assert not html or escape(value) in html


def of(kind):
    """The items of this kind, as they are sent."""
    return [value for kind_of, value in ALSO.values() if kind_of == kind]


@pytest.mark.parametrize("item", corpus("E1"))
def test_every_item_of_the_corpus_has_its_line(item):
    assert (item in ALSO) != (item in TEXTS)


def is_refused(tried, name, text):
    each = tried.form.base_fields[name]
    if not isinstance(text, str):
        return False
    if text in NOT_TEXT and text not in {"", " ", "\u200b", "\ufeff", "整" * 4001}:
        return True
    unseen = not text.strip(" \u200b\ufeff")
    return (unseen and each.required) or len(text.strip()) > each.max_length


@every_form
def test_a_text_is_refused_with_a_sentence_or_kept_and_escaped(cast, tried):
    tried.prepare(cast)
    # One field of a form does for a short run, all being of one class; see also test_bad_input.py.
    at_most = None if FULL else int(tried.name not in {"report", "submit"})
    for number, name in enumerate(tried.fields(TEXT)[:at_most]):
        # What is a number or a date elsewhere is a text like any other: one field shows it.
        items = TEXTS - HUGE if number else [*TEXTS, *ALSO]
        for text in (DESCRIBED.get(item, item) for item in items):
            if is_refused(tried, name, text):
                assert_refused(cast, tried, name, text)
                continue
            answer, changed, page = sent(cast, tried, {name: text})
            assert (answer.status_code, changed) == (302, True), (name, text)
            assert_nothing_live(page)


def assert_nothing_live(page):
    """The page need not show the text; where it does, as text."""
    for dangerous in ("<script>alert", "</textarea><script", "<div hx-get", "<a hx-post"):
        assert dangerous not in page


@every_form
def test_a_number_is_one_in_plain_digits_or_refused(cast, tried):
    for name in tried.fields(NUMBER):
        for value in of(NUMBER):
            if value in TAKEN_NUMBERS[name]:
                assert sent(cast, tried, {name: value})[0].status_code == 302, value
            else:
                assert_refused(cast, tried, name, value)


@every_form
def test_a_day_exists_and_is_near_or_is_refused(cast, tried):
    for name in tried.fields(DATE):
        taken = TAKEN_DAYS if isinstance(tried.form.base_fields[name], Day) else TAKEN_DEADLINES
        for value in of(DATE):
            if value in taken:
                assert sent(cast, tried, {name: value})[0].status_code == 302, value
            else:
                assert_refused(cast, tried, name, value)


@every_form
def test_a_choice_and_a_key_are_on_the_list_or_refused(cast, tried):
    for kind in (CHOICE, KEY):
        for name in tried.fields(kind):
            for value in (*of(CHOICE), *of(KEY), "9" * 40, "1\x00"):
                assert_refused(cast, tried, name, value)


@every_form
def test_no_text_in_any_field_is_an_error_of_ours(cast, tried):
    names = [name for kind in (NUMBER, DATE, CHOICE, KEY) for name in tried.fields(kind)]
    texts = [DESCRIBED.get(item, item) for item in TEXTS - HUGE]
    # A form looks at each field whatever the others are: all at once in a short run.
    for tampered in [[name] for name in names] if FULL else [names] if names else []:
        for text in texts:
            answer, changed, _ = sent(cast, tried, dict.fromkeys(tampered, text))
            assert answer.status_code in {200, 302}, (tampered, str(text)[:60])
            assert changed == (answer.status_code == 302), (tampered, str(text)[:60])


@every_form
def test_fields_that_a_form_does_not_have_change_nothing(cast, tried):
    Measure.objects.update(status="under_way")
    client = Client()
    client.force_login(getattr(cast, tried.by))
    more = {name: value for extra in of(EXTRA) for name, value in extra.items()}
    more |= {"withdrawn_at": "2025-01-01", "version_": "9", "closed_on": "2025-01-01", "code": "X"}

    answer = client.post(f"{cast.base}{tried.address}", {**tried.good(cast), **more})

    assert answer.status_code == 302
    measure, problem = Measure.objects.get(), Problem.objects.get()
    assert (measure.code, measure.closed_on, measure.lead_unit) == ("M-900-1", None, cast.division)
    assert (problem.code, problem.closed_on, problem.inspection) == ("P-900", None, cast.inspection)
    assert measure.status != "closed"
    for register in (InstitutionalOutcome, AccountabilityAction, RecoveredMoney):
        for row in register.objects.all():
            assert (row.inspection, row.withdrawn_at) == (cast.inspection, None)


@pytest.mark.parametrize("tried", VERSIONED, ids=lambda each: each.name)
def test_a_version_is_the_present_one_or_nothing_is_saved(cast, tried):
    missing, negative, stale = of(VERSION)
    Measure.objects.update(status="under_way")

    for version in (missing, negative):
        answer, changed, _ = sent(cast, tried, {"version": version})
        assert (answer.status_code, changed) == (200, False)
        assert "没有保存" in answer.content.decode()
    Measure.objects.update(version=2)
    Problem.objects.update(version=2)
    answer, changed, _ = sent(cast, tried, {"version": stale})

    assert (answer.status_code, changed) == (409, False)
