"""No change to a business row without an entry, for every verb, command and POST of the house."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.contrib import admin
from django.test import RequestFactory

from accounts import words
from accounts.models import JournalEntry
from tests.covering import (
    SCENARIOS,
    Stage,
    asking,
    business_models,
    calendar,
    commands,
    coverage,
    deciding,
    delivering,
    evidence,
    handing,
    looking,
    registers,
    returns,
    supervision,
    telling,
    verbs,
    views,
)
from tests.covering.subjects import PARTS, ROOTS
from tests.factories import NOON
from tests.rectification.conftest import cast  # noqa: F401  # a stage's people
from tests.reports.newsroom import newsroom
from tests.test_consistency import APPS, CALLERS, ROOT, _answer, our_commands, our_urls

pytestmark = pytest.mark.usefixtures("mail_is_set_up")

SCRIPTS = (
    verbs,
    views,
    commands,
    asking,
    calendar,
    deciding,
    delivering,
    evidence,
    handing,
    looking,
    registers,
    telling,
    supervision,
    returns,
)  # importing them registers their scenarios

# What writes rows and is no verb of its own: called inside a verb's transaction, or by a command.
WITHIN = {
    "accounts.journal.append": "the journal itself",
    "accounts.journal.append_all": "the journal itself",
    "rectification.calendar_keeping.keep_ahead": "prefill, for the years of the day",
    "rectification.delivery.again.send_all_again": "send_again, for each",
    "rectification.delivery.claiming.claim": "not over: what comes of it has an entry",
    "rectification.delivery.claiming.claim_doubtful": "the same",
    "rectification.delivery.claiming.give_back": "as it was before it was claimed",
    "rectification.delivery.claiming.doubt_all": "not over: what the look-up finds has an entry",
    "rectification.delivery.claiming.shorten": "a lease, no outcome",
    "rectification.delivery.claiming.show": "says why it waits, and it waits on",
    "rectification.closing.return_pending": "part of workflow.send_back",
    "rectification.notifications.announce": "part of dispatching.open_due",
    "rectification.notifications.post_by": "part of the verb that tries a way out",
    "rectification.notifications.post": "part of the verb that tells somebody something",
    "rectification.ledger.applying.plan": "rolled back",
    **{
        f"rectification.supervising.telling.{step}": "part of the verb of the letter"
        for step in ("issued", "acknowledged", "answered", "settled", "withdrawn")
    },
    "rectification.supervising.telling.proposed": "part of climbing.climb",
    "rectification.supervising.corresponding.enter": "part of propose and of climbing.climb",
    "rectification.supervising.corresponding.claim": "part of every verb of a letter",
    "rectification.uploads.keep": "a file that waits two hours for its confirmation",
}
WITHIN_PACKAGES = ("reports.demonstration",)  # filed in bulk by the command load_demo
READ_ONLY = {
    *("command figures", "command verify_journal", "command check", "command migrate"),
    *("command redraw_look_back", "command sweep_files", "command meeting_days"),
}
WRITES = {
    *("save", "create", "update", "set", "bulk_create", "bulk_update", "delete"),
    *("move_measure", "move_problem", "settle"),  # of other modules, and they write
    *("get_or_create", "update_or_create", "append", "append_all", "set_up", "plant"),
}


@pytest.fixture
def room(db):
    return newsroom()


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON):
        yield


@pytest.fixture(autouse=True)
def _own_files(tmp_path, settings):
    settings.MEDIA_ROOT, settings.DATA_DIR = tmp_path / "files", tmp_path
    settings.HEAD_FILE = tmp_path / "heads"


@pytest.fixture(scope="module")
def total(request) -> Iterator[dict[str, int]]:
    counts = {"verbs": 0, "rows": 0, "entries": 0}
    yield counts
    said = " ".join(f"{name}={count}" for name, count in counts.items())
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\njournal covers: {said}")


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_row_that_changes_has_an_entry(name, request, total):
    found = SCENARIOS[name]

    done = coverage(found, Stage(request.getfixturevalue))

    total["verbs"] += 1
    total["rows"] += done.rows
    total["entries"] += done.entries
    assert done.bare == ()
    assert (done.rows > 0) == found.rows
    assert (done.entries > 0) == found.entries
    assert _fields_without_a_word() == set(), "add the words to accounts/words.py"


def _fields_without_a_word() -> set[str]:
    """But for the models by which the demonstration counts what it loaded."""
    entries = JournalEntry.objects.values_list("before", "after")
    names = {name for sides in entries for side in sides for name in side}
    return names - words.FIELDS.keys() - {model._meta.model_name for model in apps.get_models()}


@pytest.mark.django_db
def test_the_twin_without_the_journal_is_found(request, monkeypatch):
    monkeypatch.setattr("accounts.journal.append", lambda *_, **__: None)

    done = coverage(SCENARIOS["rectification.workflow.report"], Stage(request.getfixturevalue))

    assert done.rows >= 3
    assert len(done.bare) == done.rows


def test_every_model_has_a_subject():
    assert {model._meta.label for model in business_models()} - PARTS.keys() - ROOTS.keys() == set()


# Nothing is left out -----------------------------------------------------------------------------


def test_every_verb_has_a_scenario():
    assert sorted(set(public_verbs()) - SCENARIOS.keys() - WITHIN.keys()) == []


def test_every_view_that_writes_has_a_scenario():
    assert sorted(set(writing_views()) - SCENARIOS.keys()) == []


def test_every_command_that_writes_has_a_scenario():
    found = {f"command {name}" for _, name in our_commands()}

    assert sorted(found - SCENARIOS.keys() - READ_ONLY) == []


def test_every_form_of_the_admin_site_has_a_scenario():
    names = (model._meta.model_name for model in admin.site._registry)
    found = {f"admin {name} {verb}" for name in names for verb in ("add", "change")}

    assert sorted(found - SCENARIOS.keys()) == []


def test_every_scenario_is_of_something_that_is_there():
    found = {*public_verbs(), *writing_views(), *(f"command {name}" for _, name in our_commands())}

    assert sorted(name for name in SCENARIOS.keys() - found if not name.startswith("admin ")) == []


def public_verbs() -> Iterator[str]:
    """Module-level functions that are given a person or a time, and come to write something."""
    for app in APPS:
        for file in sorted((ROOT / app).rglob("*.py")):
            module = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(
                ".__init__"
            )
            inside = module.split(".")
            if {"views", "management", "migrations", "models"} & set(inside):
                continue
            if module.startswith(WITHIN_PACKAGES) or module.endswith("_views"):
                continue
            functions = functions_of(ast.parse(file.read_text(encoding="utf-8")))
            for name in functions:
                is_verb = not name.startswith("_") and is_given_a_person_or_a_time(functions[name])
                if is_verb and calls_of(name, functions) & WRITES:
                    yield f"{module}.{name}"


def writing_views() -> Iterator[str]:
    """Those that answer a POST, and those that answer a GET and write all the same."""
    for name, pattern in our_urls():
        request = RequestFactory().post("/")
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]  # the test client's
        arguments = dict.fromkeys(pattern.pattern.converters, "1")
        answers_post = 405 not in {
            _answer(pattern.callback, request, arguments, by=by) for by in CALLERS
        }
        if answers_post or writes_an_entry(pattern.callback):
            yield f"view {name}"


def writes_an_entry(view) -> bool:
    view = inspect.unwrap(view)
    functions = functions_of(ast.parse(inspect.getsource(import_module(view.__module__))))
    return "append" in calls_of(view.__name__, functions) and "journal" in view.__globals__


def functions_of(tree: ast.Module) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


def is_given_a_person_or_a_time(function: ast.FunctionDef) -> bool:
    return bool({"by", "at"} & {argument.arg for argument in function.args.kwonlyargs})


def calls_of(name: str, functions: dict[str, ast.FunctionDef]) -> set[str]:
    """The last names of all that it calls, also through other functions of its module."""
    calls, to_follow = set(), [name]
    while to_follow:
        function = functions.get(to_follow.pop())
        for node in ast.walk(function) if function else ():
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).split(".")[-1]
                if called not in calls:
                    calls.add(called)
                    to_follow.append(called)
    return calls
