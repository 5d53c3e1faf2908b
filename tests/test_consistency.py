"""The habits of the house, checked over every file: what a reader may rely on without looking."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.management import get_commands, load_command_class
from django.db import models
from django.db.models import CheckConstraint, Q
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User

ROOT = Path(settings.BASE_DIR)
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
APPS = ("accounts", "rectification", "reports")
CODE = (*APPS, "config", "benchmarks", "tests")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Django itself shows these; the name is all that connects them.
OF_DJANGO = {
    "400.html",
    "403.html",
    "403_csrf.html",
    "404.html",
    "405.html",
    "413.html",
    "500.html",
}
OF_ADMIN = {  # shown by the admin site
    "admin/index.html",
    "admin/change_form.html",
    "admin/auth/user/add_form.html",
}

# The sign-in page turns away whoever is signed in, the password page whoever is not.
CALLERS = (AnonymousUser(), User(username="x"))

EXTENDS = re.compile(r'{%\s*extends "([^"]+)"')
INCLUDE = re.compile(r"{%\s*include\s+(.*?)\s*%}", re.DOTALL)
PASSED = re.compile(r"(\w+)=(?:\"[^\"]*\"|'[^']*'|\S+)")
STATIC_TAG = re.compile(r"{%\s*static ['\"]([^'\"]+)['\"]")
COLOUR = re.compile(
    r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})\b(?![-\w])|\b(?:rgba?|hsla?|oklch|lab)\("
    r"|(?<=[:\s])(?:white|black|red|green|blue|gr[ae]y|orange|yellow)(?=\s*[;\"'!])",
    re.IGNORECASE,
)


def said(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def named(file: Path) -> str:
    return str(file.relative_to(ROOT))


def templates() -> list[Path]:
    return sorted(TEMPLATES.rglob("*.html"))


def components() -> list[Path]:
    return sorted((TEMPLATES / "components").glob("*.html"))


def python_files() -> Iterator[Path]:
    for folder in CODE:
        yield from sorted((ROOT / folder).rglob("*.py"))


def without_comments(template: str) -> str:
    bare = re.sub(r"{#.*?#}", "", template, flags=re.DOTALL)
    return re.sub(r"{% comment %}.*?{% endcomment %}", "", bare, flags=re.DOTALL)


def included(template: str) -> list[str]:
    return [tag.split()[0].strip("\"'") for tag in INCLUDE.findall(template)]


# Templates ---------------------------------------------------------------------------------------


def test_every_template_is_shown_by_a_view_or_stands_in_one_that_is():
    code = "".join(said(file) for file in python_files() if "tests" not in file.parts)
    everything = {str(file.relative_to(TEMPLATES)) for file in templates()}
    to_follow = {name for name in everything if f'"{name}"' in code} | OF_DJANGO | OF_ADMIN
    used: set[str] = set()
    while to_follow:
        name = to_follow.pop()
        used.add(name)
        text = without_comments(said(TEMPLATES / name))
        to_follow |= {*EXTENDS.findall(text), *included(text)} - used

    assert sorted(everything - used) == []


@pytest.mark.parametrize("component", components(), ids=lambda file: file.stem)
def test_a_component_says_on_its_first_line_what_it_takes(component):
    first = said(component).split("\n", 1)[0]

    assert re.fullmatch(r"{# .*Takes:? .* #}", first), first


def test_components_are_included_with_only_and_with_what_they_say_they_take():
    wrong = []
    for file in templates():
        for tag in INCLUDE.findall(without_comments(said(file))):
            contract = said(TEMPLATES / tag.split()[0].strip("\"'")).split("\n", 1)[0]
            words = set(re.findall(r"\w+", contract))
            passed = {name for name in PASSED.findall(tag) if name not in words}
            if not tag.endswith(" only") or passed:
                wrong.append((named(file), tag, passed))

    assert wrong == []


@pytest.mark.parametrize(
    ("forbidden", "why"),
    [
        (r"\sstyle\s*=", "the pages' policy refuses inline styles"),
        (r"<style\b", "style sheets are files"),
        (r"<script\b(?![^>]*\ssrc=)[^>]*>", "scripts are files"),
        (r"\son[a-z]+\s*=", "behaviour hangs on data- attributes"),
        (r"\shx-on|hx-vals=['\"]js:|javascript:", "htmx may not evaluate"),
        (r"{%\s*endblock\s*%}", "blocks are closed by name"),
        (r"{%\s*endpartialdef\s*%}", "parts are closed by name"),
        (r"{%\s*autoescape off|\|safeseq\b", "nothing is trusted by default"),
        (COLOUR.pattern, "colours are in tokens.css"),
    ],
    ids=lambda text: text if " " in text and "\\" not in text else "",
)
def test_no_template_contains(forbidden, why):
    pattern = re.compile(forbidden, re.IGNORECASE)
    found = [
        (named(file), match.group())
        for file in templates()
        for match in pattern.finditer(without_comments(said(file)))
    ]

    assert found == [], why


def test_the_search_for_forbidden_things_would_find_them():
    for example in ("color: #fff;", "a { color: red; }", "fill='#a01c1c'", "rgb(0 0 0)"):
        assert COLOUR.search(example), example
    for example in ("#results", "var(--red)", "href='#facts'", "border-color: var(--near)"):
        assert not COLOUR.search(example), example


def test_every_address_of_a_page_is_asked_for_by_name():
    written = re.compile(r"(?:href|action|hx-get|hx-post)=\"/[^\"]")
    found = [
        named(file)
        for file in templates()
        if file.name not in OF_DJANGO and written.search(said(file))
    ]

    assert found == []


# Static files ------------------------------------------------------------------------------------


def test_only_the_tokens_name_a_colour():
    files = [*STATIC.rglob("*.css"), *STATIC.rglob("*.js")]
    found = [
        (named(file), match.group())
        for file in files
        if file.name != "tokens.css"
        for match in COLOUR.finditer(re.sub(r"/\*.*?\*/", "", said(file), flags=re.DOTALL))
    ]

    assert found == []


def test_a_picture_shows_the_colours_of_the_tokens():
    tokens = said(STATIC / "css" / "tokens.css").lower()
    colours = re.findall(r"#[0-9a-f]{6}\b|#[0-9a-f]{3}\b", said(STATIC / "icon.svg").lower())

    assert colours
    assert [colour for colour in colours if colour not in tokens] == []


def test_every_token_that_is_used_exists_and_every_one_that_exists_is_used():
    tokens = set(re.findall(r"(--[\w-]+)\s*:", said(STATIC / "css" / "tokens.css")))
    text = "".join(said(file) for file in STATIC.rglob("*.css"))
    own = set(re.findall(r"(--[\w-]+)\s*:", text))
    used = set(re.findall(r"var\((--[\w-]+)", text))

    assert sorted(used - own) == []
    assert sorted(tokens - used) == []


def test_every_static_file_is_referenced_and_every_reference_is_a_file():
    files = {str(file.relative_to(STATIC)) for file in STATIC.rglob("*") if file.is_file()}
    references = {name for file in templates() for name in STATIC_TAG.findall(said(file))}

    assert references == files


# The database refuses nonsense -------------------------------------------------------------------


def our_models() -> list[type[models.Model]]:
    return [model for app in APPS for model in apps.get_app_config(app).get_models()]


def names_in(condition: Q) -> set[str]:
    names: set[str] = set()
    for child in getattr(condition, "children", ()):  # an expression names no choices
        names |= names_in(child) if isinstance(child, Q) else {child[0].split("__")[0]}
    return names


def fields_with_choices() -> list[models.Field]:
    return [
        field for model in our_models() for field in model._meta.concrete_fields if field.choices
    ]


@pytest.mark.parametrize("field", fields_with_choices(), ids=str)
def test_a_field_with_choices_is_constrained_in_the_database(field):
    constraints = [
        constraint
        for constraint in field.model._meta.constraints
        if isinstance(constraint, CheckConstraint) and field.name in names_in(constraint.condition)
    ]

    assert constraints, f"nothing in the database stops a wrong {field}"


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model._meta.label)
def test_a_constraint_answers_with_a_sentence(model):
    silent = [
        constraint.name
        for constraint in model._meta.constraints
        if not CHINESE.search(str(constraint.violation_error_message))
        or not str(constraint.violation_error_message).endswith("。")
    ]

    assert silent == []


def test_no_row_goes_because_another_one_goes():
    found = [
        (str(field), field.remote_field.on_delete.__name__)
        for model in our_models()
        for field in model._meta.concrete_fields
        if field.remote_field and field.remote_field.on_delete is not models.PROTECT
    ]

    assert found == []


# Addresses and commands --------------------------------------------------------------------------


def our_urls(
    resolver: URLResolver | None = None, inside: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                yield from our_urls(pattern, pattern.namespace or inside)
        else:
            yield f"{inside}:{pattern.name}", pattern


@pytest.mark.parametrize(
    "pattern", [pytest.param(pattern, id=name) for name, pattern in our_urls()]
)
def test_an_address_says_which_methods_it_answers(pattern):
    request = RequestFactory().generic("PATCH", "/")
    request._dont_enforce_csrf_checks = True  # as Django's own test client says it
    arguments = dict.fromkeys(pattern.pattern.converters, "1")

    assert 405 in {_answer(pattern.callback, request, arguments, by=by) for by in CALLERS}


def _answer(view, request, arguments, *, by) -> int:
    """The status; 0 where the view went on to do something without asking for the method."""
    request.user = by
    try:
        return int(view(request, **arguments).status_code)
    except Exception:
        return 0


def test_no_two_addresses_have_one_name():
    names = [name for name, _ in our_urls()]

    assert sorted(names) == sorted(set(names))
    assert all(name.partition(":")[0] in APPS for name in names)


def our_commands() -> list[tuple[str, str]]:
    return [(app, name) for name, app in sorted(get_commands().items()) if app in APPS]


@pytest.mark.parametrize(("app", "name"), our_commands())
def test_a_command_says_in_chinese_what_it_does(app, name):
    command = load_command_class(app, name)

    assert CHINESE.search(command.help)


def test_a_row_is_locked_so_that_others_may_still_refer_to_it():
    """Else, on PostgreSQL, whoever writes a row with a foreign key to it waits at the commit, with
    the journal's head in hand: a circle."""
    locks = [
        ast.unparse(node)
        for file in python_files()
        if "tests" not in file.parts
        for node in ast.walk(ast.parse(said(file)))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "select_for_update"
    ]

    assert locks != []
    assert [lock for lock in locks if "no_key=True" not in lock] == []


# Size --------------------------------------------------------------------------------------------


def long_files() -> Iterator[tuple[str, int]]:
    sources = [*python_files(), *templates(), *STATIC.rglob("*.css"), *STATIC.rglob("*.js")]
    for file in sources:
        lines = said(file).count("\n")
        if "migrations" not in file.parts and lines > 400:
            yield named(file), lines


def test_a_file_is_a_chapter_of_400_lines_at_most():
    assert list(long_files()) == []


def test_a_function_has_50_lines_at_most():
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = [
        (named(file), node.name, (node.end_lineno or 0) - node.lineno + 1)
        for file in python_files()
        for node in ast.walk(ast.parse(said(file)))
        if isinstance(node, functions) and (node.end_lineno or 0) - node.lineno >= 50
    ]

    assert long == []


def test_no_module_is_named_after_nothing():
    nothing = {"utils", "helpers", "common", "core", "misc"}

    assert [named(file) for file in python_files() if file.stem in nothing] == []
