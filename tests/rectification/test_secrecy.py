"""A refused mark of secrecy is recorded, without the content."""

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
