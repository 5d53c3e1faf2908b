"""A refused mark of secrecy is recorded, without the content."""

import pytest
from django.test import Client

from accounts.models import JournalEntry
from rectification.models import Measure
from tests.rectification.test_bad_fields import TEXT, every_form


@every_form
def test_a_marked_text_is_refused_and_the_refusal_recorded_without_the_content(cast, tried):
    Measure.objects.update(status="under_way")
    client = Client()
    client.force_login(getattr(cast, tried.by))
    name = tried.fields(TEXT)[-1 if tried.name in {"accountability", "money"} else 0]
    marked = "机密★10年 关于某工程"

    answer = client.post(f"{cast.base}{tried.address}", {**tried.good(cast), name: marked})

    entry = JournalEntry.objects.get()
    assert "密级标志" in answer.content.decode()
    assert (entry.verb, entry.by) == ("refuse_secret", getattr(cast, tried.by))
    assert entry.subject_code.startswith("x25/")
    assert entry.after == {"where": tried.form.base_fields[name].label}
    assert "某工程" not in str(list(JournalEntry.objects.values()))


MARKED = "机密★10年 关于某工程"


@pytest.mark.parametrize(
    ("address", "by", "typed", "code"),
    [
        ("measures/M-900-1/extend/", "liaison", {"reason": MARKED}, "x25/M-900-1"),
        ("measures/M-900-1/exemption/ask/", "liaison", {"reason": MARKED}, "x25/M-900-1"),
        ("measures/M-900-1/hand-over/", "office", {"why": MARKED}, "x25/M-900-1"),
        ("problems/P-900/hand-over/", "office", {"why": MARKED}, "x25/P-900"),
        ("problems/P-900/recurrence/decide/", "office", {"why": MARKED}, "x25/P-900"),
        ("lookback/draw/", "office", {"name": MARKED}, "x25"),
        ("bulk/", "liaison", {"verb": "nil_return", "note": MARKED}, "x25"),
    ],
)
def test_every_other_door_records_it_too(cast, address, by, typed, code):
    client = Client()
    client.force_login(getattr(cast, by))

    client.post(f"{cast.base}{address}", {"version": 1, **typed})

    entry = JournalEntry.objects.get(verb="refuse_secret")
    assert (entry.subject_code, entry.by) == (code, getattr(cast, by))
    assert "某工程" not in str(list(JournalEntry.objects.values()))
