"""What people, scripts and broken links send. Answered by a sentence; nothing half-written."""

import json
from pathlib import Path

import pytest
from django.test import Client
from django.urls import get_resolver
from django.utils.html import escape

from accounts.models import JournalEntry
from rectification.models import CloseoutRequest, Measure, MeasureEvent, ProgressEntry
from tests.factories import DispatchRoundFactory

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "bad-inputs.json"


def corpus(entry):
    """The items of one entry point, or one item that is skipped where the corpus is absent."""
    if not CORPUS.exists():
        absent = pytest.mark.skip(reason="../shared is not on this machine")
        return [pytest.param("", marks=absent, id=f"{entry} of the corpus")]
    entries = json.loads(CORPUS.read_text(encoding="utf-8"))
    (found,) = [value["items"] for key, value in entries.items() if key.startswith(f"{entry} ")]
    return found


# What an item describes instead of spelling it out.
DESCRIBED = {
    '"" (empty)': "",
    "one space": " ",
    "U+200B only": "\u200b",
    "U+FEFF only": "\ufeff",
    'JSON "\\ud800" lone surrogate': b"\xed\xa0\x80",
    "1 MB of 整": "整" * 350_000,
    "max_length+1 CJK characters": "整" * 4001,
    "𠮷 (U+20BB7, 4 bytes)": "𠮷",
    'U+202E + "gpj.exe"': "\u202egpj.exe",
    "one letter + 1,000 combining marks": "a" + "\u0301" * 1000,
    "１２ (full-width digits)": "１２",
    "＝1+1 (full-width equals)": "＝1+1",
    "\\r\\nBcc: x@evil in the subject": "进展\r\nBcc: x@evil",
    "%00": "\x00",
    'status "已完成 " (trailing space)': "已完成 ",
    "ID card number 32120219800101001X in free text": "经办人32120219800101001X",
    "200 kB single line without a break": "整" * 70_000,
}
NOT_TEXT = {  # what a report may well say
    "",
    " ",
    "\u200b",
    "\ufeff",
    "\x00",
    "整" * 350_000,
    "整" * 4001,
    "整" * 70_000,
    "\u202egpj.exe",
    "a" + "\u0301" * 1000,
    "经办人32120219800101001X",
}


@pytest.fixture
def sender(cast):
    """A client that answers 500 where a person would see it."""
    client = Client(raise_request_exception=False)
    client.force_login(cast.liaison)
    return client


def state_of_the_ledger():
    return (
        list(Measure.objects.order_by("pk").values()),
        [table.objects.count() for table in (ProgressEntry, CloseoutRequest, MeasureEvent)],
        JournalEntry.objects.exclude(verb="export").count(),  # what left, not what changed
    )


@pytest.mark.parametrize(("verb", "field"), [("report", "text"), ("submit", "statement")])
@pytest.mark.parametrize("item", corpus("E1"))
def test_a_text_is_refused_with_a_sentence_or_kept_and_escaped(cast, sender, verb, field, item):
    text = DESCRIBED.get(item, item)
    before = state_of_the_ledger()

    answer = sender.post(
        f"{cast.page}{verb}/", {"version": 1, "evidence_note": "见档案", field: text}
    )

    if text in NOT_TEXT:
        assert answer.status_code == 200
        assert answer.context[f"{verb}_form"].errors[field]
        assert state_of_the_ledger() == before
        return
    assert answer.status_code == 302
    html = sender.get(cast.page).content.decode()
    for dangerous in ("<script>", "<!-- ", "<div hx-get", "<a hx-post"):
        if dangerous in str(text):
            assert str(text) not in html
            assert escape(text) in html


@pytest.mark.parametrize("item", corpus("E1"))
def test_a_refused_text_comes_back_escaped(cast, sender, item):
    text = str(DESCRIBED.get(item, item)) + "<script>alert(1)</script>"

    answer = sender.post(f"{cast.page}report/", {"version": "0", "text": text})

    html = answer.content.decode()
    assert answer.status_code == 200
    assert "没有保存" in html
    assert "<script>alert(1)</script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


@pytest.mark.parametrize("version", [None, "", "-1", "0", "1e3", "NaN", "１", "9" * 5000, "\x00"])
def test_a_version_that_is_none_saves_nothing(cast, sender, version):
    data = {"text": "进展"} if version is None else {"text": "进展", "version": version}
    before = state_of_the_ledger()

    answer = sender.post(f"{cast.page}report/", data)

    if version == "１":  # a full-width 1 is a 1
        assert answer.status_code == 302
        return
    assert answer.status_code == 200
    assert "没有保存" in answer.content.decode()
    assert state_of_the_ledger() == before


@pytest.mark.parametrize("version", ["2", "999999999999999999999999"])
def test_a_version_that_is_not_the_present_one_is_a_conflict(cast, sender, version):
    before = state_of_the_ledger()

    answer = sender.post(f"{cast.page}report/", {"text": "进展", "version": version})

    assert answer.status_code == 409
    assert state_of_the_ledger() == before


def test_fields_that_a_form_does_not_have_change_nothing(cast, sender):
    more = {"is_public": "1", "unit_id": cast.elsewhere.pk, "status": "closed", "by": "1"}

    sender.post(f"{cast.page}report/", {"version": 1, "text": "进展", **more})

    entry = ProgressEntry.objects.get()
    assert (entry.unit, entry.by) == (cast.division, cast.liaison)
    assert Measure.objects.get().status == "under_way"


@pytest.mark.parametrize(
    "text",
    [
        "机密★1年",
        "秘密★",
        "绝密 ★ 长期",
        "关于会议的通知\n机密\n会议内容",
        "【秘密】会议纪要",
        "密级：机密",
        "秘密5年",
    ],
)
def test_a_text_with_a_mark_of_secrecy_is_refused(cast, sender, text):
    answer = sender.post(f"{cast.page}report/", {"version": 1, "text": text})

    assert "密级标志" in answer.content.decode()
    assert not ProgressEntry.objects.exists()


@pytest.mark.parametrize(
    "text", ["修订保密工作制度", "保护商业秘密和个人隐私", "开展机密文件管理自查"]
)
def test_words_about_secrecy_are_ordinary_words(cast, sender, text):
    sender.post(f"{cast.page}report/", {"version": 1, "text": text})

    assert ProgressEntry.objects.get().text == text


@pytest.mark.parametrize("ground", ["", "bogus", "late\x00", "LATE"])
def test_a_return_needs_one_of_the_grounds(cast, ground):
    client = Client(raise_request_exception=False)
    client.force_login(cast.office)

    answer = client.post(
        f"{cast.page}send-back/",
        {"version": 1, "ground": ground, "reason": "原因", "due_on": "2999-01-01"},
    )

    assert answer.status_code == 200
    assert "退回依据" in answer.content.decode()
    assert Measure.objects.get().status == "not_started"


# Addresses --------------------------------------------------------------------------------------

FILTERS = (
    "q",
    "unit",
    "light",
    "status",
    "kind",
    "area",
    "category",
    "executive",
    "closed",
    "page",
)


@pytest.mark.parametrize("path", ["/i/x25/measures/", "/i/x25/problems/"])
def test_every_value_in_every_filter_is_answered(cast, path):
    client = Client(raise_request_exception=False)
    client.force_login(cast.office)
    spelt_out = [item for item in corpus("E1") if isinstance(item, str)]
    values = {*spelt_out, *DESCRIBED.values(), "-1", "0", "1e9", "yes\x00"}
    values = {value for value in values if len(value) <= 5000}  # ten of a megabyte prove no more

    for value in values:
        answer = client.get(path, dict.fromkeys(FILTERS, value))
        assert answer.status_code == 200, value
        assert b"<script>alert" not in answer.content


HERE = "/i/x25/"
ASK_NOTHING = ("/desk/notices/read/", "/desk/channels/")  # the post alone says all
GETS = {
    "/measures/0": f"{HERE}measures/0/",
    "/measures/-1": f"{HERE}measures/-1/",
    "/measures/1%00": f"{HERE}measures/1%00/",
    "/measures/1/..;/admin": f"{HERE}measures/1/..;/admin",
    "//measures/1": "//measures/1",
    "/measures/１ (full-width)": f"{HERE}measures/１/",
    "?page=0": f"{HERE}measures/?page=0",
    "?page=1e9": f"{HERE}measures/?page=1e9",
    "?page=abc": f"{HERE}measures/?page=abc",
    "?order=password": f"{HERE}measures/?order=password",
    "?order=-unit__user__password": f"{HERE}measures/?order=-unit__user__password",
    "?status__in=a,a,a x10,000": f"{HERE}measures/?status__in={'a,' * 10_000}",
    "?q= of 1 MB": f"{HERE}measures/?q={'a' * 1_000_000}",
    "?q=_": f"{HERE}measures/?q=_",
    "?q=\\": f"{HERE}measures/?q=%5C",
    "?q=^(a+)+$": f"{HERE}measures/?q=%5E(a%2B)%2B%24",
    "?q=U+0000": f"{HERE}measures/?q=%00",
    "?date__lte=9999-12-31": f"{HERE}measures/?date__lte=9999-12-31",
    "?date=2025-13-01": f"{HERE}measures/?date=2025-13-01",
    "?lang=../../x": f"{HERE}measures/?lang=../../x",
    "?next=//evil": "/accounts/sign-in/?next=//evil",
    "1,001 parameters": f"{HERE}measures/?{'&'.join(f'a{n}=1' for n in range(1001))}",
    "URL of 64 kB": f"{HERE}measures/{'a' * 65_536}/",
    "overlong UTF-8 %c0%af": f"{HERE}measures/%c0%af/",
    "/.git/config, /.env, /db.sqlite3, /media/, /static/../settings.py": "/.git/config",
    "/admin/doc/, /__debug__/, /silk/, /flower/": "/__debug__/",
}
HEADERS = {
    "Host: evil.example": {"Host": "evil.example"},
    "Host: 127.0.0.1:99999": {"Host": "127.0.0.1:99999"},
    "no Host": {"Host": ""},
    "X-Forwarded-Host: evil": {"X-Forwarded-Host": "evil"},
    "X-Original-URL: /admin": {"X-Original-URL": "/admin"},
    "X-Rewrite-URL: /admin": {"X-Rewrite-URL": "/admin"},
    "Cookie of 1,000 pairs": {"Cookie": "; ".join(f"a{n}=1" for n in range(1000))},
    "Accept-Language of 10 kB (regex cost)": {"Accept-Language": "zh-" * 3400},
    "If-Modified-Since: garbage": {"If-Modified-Since": "garbage"},
    "HX-Request: true without session": {"HX-Request": "true", "Cookie": ""},
    "HX-Request: true forged from another origin": {
        "HX-Request": "true",
        "Origin": "https://evil.example",
    },
    "HX-Current-URL: javascript:": {"HX-Current-URL": "javascript:alert(1)", "Cookie": ""},
}
ELSEWHERE = {  # has a test of its own, or is the web server's or the browser's to answer
    "every URL with ?format=json",
    "GET with a body",
    "OPTIONS on every URL",
    "PUT/DELETE/PATCH/TRACE on every URL",
    "Content-Length + Transfer-Encoding",
    "Transfer-Encoding: xchunked",
    "500 duplicate headers",
    "HX-Boosted on a download",
    "htmx fragment cached then Back pressed",
    "history snapshot in localStorage after log-out",
    "two htmx posts of one row within 10 ms",
    "double click on 销号",
}


@pytest.mark.parametrize("item", corpus("E5"))
def test_every_address_of_the_corpus_is_answered_without_an_error(cast, item):
    client = Client(raise_request_exception=False)
    client.force_login(cast.office)
    if item in ELSEWHERE:
        return
    address = GETS.get(item, f"{HERE}measures/")

    answer = client.get(address, headers=HEADERS.get(item, {}))

    assert item in GETS or item in HEADERS
    assert answer.status_code in {200, 301, 302, 400, 401, 403, 404, 405}
    assert b"Traceback" not in answer.content
    if answer.status_code in {301, 302}:
        assert answer.url.startswith("/")
        assert not answer.url.startswith("//")


@pytest.fixture
def addresses(cast):
    """Every address of the daily work, with something behind it."""
    DispatchRoundFactory(inspection=cast.inspection, number=1)
    values = {"<slug:inspection>": "x25", "<int:number>": "1"}
    found = []
    for each in get_resolver("rectification.urls").url_patterns:
        route = str(each.pattern)
        for name, value in values.items():
            route = route.replace(name, value)
        code = "P-900" if "problems/" in route else "M-900-1"
        found.append("/" + route.replace("<code:code>", code))
    return found


def test_every_address_answers_every_method(cast, sender, addresses):
    before = state_of_the_ledger()

    for path in addresses:
        for method in ("options", "put", "delete", "patch", "trace"):
            assert getattr(sender, method)(path).status_code in {403, 404, 405}, (method, path)
        with_format = sender.get(f"{path}?format=json")
        with_body = sender.generic("GET", path, data="x" * 100)
        assert {with_format.status_code, with_body.status_code} <= {200, 404, 405}
        for answer in (with_format, with_body):
            assert answer.getvalue() is not None  # reads an archive to its end, which closes it
        if not path.startswith(ASK_NOTHING):
            assert sender.post(path).status_code in {200, 400, 403, 404, 405, 409, 422}, path

    assert state_of_the_ledger() == before


@pytest.mark.parametrize("number", ["0", "-1", "9" * 30, "9" * 5000, "１", "1%00", "x"])
def test_a_round_that_cannot_be_is_not_there(cast, number):
    client = Client(raise_request_exception=False)
    client.force_login(cast.office)

    assert client.get(f"/i/x25/dispatch/{number}/").status_code == 404


def test_a_filter_that_cannot_be_read_is_named_and_left_out(cast, sender):
    answer = sender.get("/i/x25/measures/?status=bogus&unit=99999&light=near")

    html = answer.content.decode()
    assert "筛选条件“牵头单位、状态”无法识别，已忽略。" in html
    assert [chip.label for chip in answer.context["listing"].chips] == ["时限情况：临期"]


def test_a_search_for_a_wildcard_finds_the_character_alone(cast, sender):
    assert sender.get("/i/x25/measures/?q=_").context["rows"] == ()
    assert sender.get("/i/x25/measures/?q=%25").context["rows"] == ()
    assert len(sender.get("/i/x25/measures/?q=河湖").context["rows"]) == 1
