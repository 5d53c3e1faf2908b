"""E1 of the corpus against the forms of close-out, wishes, handing over, looking back and evidence.

A short run sends some of it to each form, chosen by the seed; FULL=1 sends everything.
"""

import random

import pytest
import time_machine

from tests.conftest import FULL
from tests.factories import NOON
from tests.rectification.test_bad_fields import (
    ALSO,
    CHINESE,
    HUGE,
    TEXTS,
    assert_escaped,
    assert_nothing_live,
    forms_of,
    is_refused,
    of,
    sent,
)
from tests.rectification.test_bad_input import DESCRIBED
from tests.rectification.tried import CHOICE, DATE, DAY, KEY, NEW_FORMS, TEXT
from tests.rectification.tried_letters import OF_LETTERS
from tests.rectification.tried_points import POINTS

every_form = pytest.mark.parametrize(
    "tried", [*NEW_FORMS, *POINTS, *OF_LETTERS], ids=lambda each: each.name
)
ALWAYS = {"<script>alert(1)</script>", "one space", "%00", 'JSON "\\ud800" lone surrogate'}
SOME = 5
FAR_DAYS = ("0001-01-01", "9999-12-31", "10000-01-01", "2025-06-31")


@pytest.fixture(autouse=True)
def _own_noon(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "files"
    with time_machine.travel(NOON, tick=False):
        yield


def some(items):
    """A few of them for a short run; what takes seconds each in a full one alone."""
    if FULL:
        return sorted(items)
    small = sorted(set(items) - HUGE - ALWAYS)
    return sorted(ALWAYS & set(items)) + random.sample(small, min(SOME, len(small)))


@every_form
def test_a_text_is_refused_with_a_sentence_or_kept_and_escaped(cast, tried):
    tried.prepare(cast)
    for name in tried.fields(TEXT)[: None if FULL else 1]:
        for text in (DESCRIBED.get(item, item) for item in some({*TEXTS, *ALSO})):
            answer, changed, page = sent(cast, tried, {name: text})
            if not is_refused(tried, name, text):
                assert (answer.status_code, changed) == (tried.done, True), (name, text)
                assert_nothing_live(page)
                continue
            errors = [str(e) for form in forms_of(answer) for e in form.errors.get(name, [])]
            assert (answer.status_code, changed) == (200, False), (name, text[:60])
            assert errors or "没有提交" in answer.content.decode(), (name, text[:60])
            assert all(CHINESE.search(error) for error in errors), errors
            assert_escaped(answer.content.decode(), text)


@every_form
def test_nothing_in_any_other_field_is_an_error_of_ours(cast, tried):
    tried.prepare(cast)
    kinds = {CHOICE: CHOICE, KEY: KEY, DAY: DATE}
    for kind, items in kinds.items():
        values = [*of(items), *(DESCRIBED.get(each, each) for each in some(TEXTS - HUGE))]
        for name in tried.fields(kind):
            for value in (*values, "9" * 40, "1\x00", *(FAR_DAYS if kind == DAY else ())):
                answer, changed, _ = sent(cast, tried, {name: value})
                assert answer.status_code in {200, 302, 409}, (name, str(value)[:60])
                assert not changed or answer.status_code == tried.done, (name, str(value)[:60])


@every_form
def test_what_was_not_opened_on_the_present_version_is_not_saved(cast, tried):
    tried.prepare(cast)
    if "version" not in tried.form.base_fields:
        return
    for version in (None, "-1", "", "9" * 40, "１", "99"):
        answer, changed, _ = sent(cast, tried, {"version": version})
        if version == "１":  # a digit all the same
            assert answer.status_code in {200, 302, 409}
            continue
        assert (answer.status_code, changed) in {(200, False), (409, False)}, version
