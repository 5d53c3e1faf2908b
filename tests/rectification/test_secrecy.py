"""A refused mark of secrecy is recorded, without the content, whichever door it came through."""

import importlib
import inspect
import pkgutil

import pytest
import time_machine
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

import accounts
import rectification
import reports
from accounts.models import JournalEntry
from rectification import handing_over
from rectification.forms import Prose
from rectification.look_back_forms import ItemForm
from rectification.models import LookBackItem, Measure
from rectification.rhythm_forms import DayForm
from reports.draft_forms import PublishForm, SectionForm, TitleForm
from reports.forms import ReportSourceForm
from tests.factories import NOON
from tests.rectification.test_ledger import HEADER, ROW, workbook
from tests.rectification.tried import FORMS, TEXT, TRIED_ELSEWHERE, drawn
from tests.rectification.tried_letters import OF_LETTERS
from tests.rectification.tried_points import POINTS
from tests.reports.newsroom import draft, newsroom

MARKED = "机密★10年 关于某工程"
# Forms of which the fields differ from row to row, or that others build on; where they are tried.
OF_THEIR_OWN = {
    SectionForm: "test_a_marked_draft_is_refused",
    TitleForm: "test_a_marked_draft_is_refused",
    PublishForm: "its notice: tests/reports/test_draft_views.py",
    ReportSourceForm: "test_a_marked_report_is_refused",
    DayForm: "of no inspection: tests/rectification/calendar/test_calendar_page.py",
}


@pytest.fixture(autouse=True)
def _own_noon(settings, tmp_path):
    settings.MEDIA_ROOT, settings.DATA_DIR = tmp_path / "files", tmp_path
    with time_machine.travel(NOON, tick=False):
        yield


def post(user, address, data):
    client = Client()
    client.force_login(user)
    return client.post(address, data)


def assert_recorded(answer, *, by, begins=""):
    entry = JournalEntry.objects.get(verb="refuse_secret")
    assert "密级" in answer.content.decode()
    assert entry.by == by
    assert entry.subject_code.startswith(begins)
    assert "某工程" not in str(list(JournalEntry.objects.values()))
    return entry


@pytest.mark.parametrize("tried", [*FORMS, *POINTS, *OF_LETTERS], ids=lambda each: each.name)
def test_a_marked_text_is_refused_and_the_refusal_recorded_without_the_content(cast, tried):
    tried.prepare(cast)
    name = tried.fields(TEXT)[-1 if tried.name in {"accountability", "money"} else 0]
    by = getattr(cast, tried.by)

    answer = post(by, f"{cast.base}{tried.address}", {**tried.good(cast), name: MARKED})

    entry = assert_recorded(answer, by=by, begins="x25")
    assert entry.after in ({"where": tried.form.base_fields[name].label}, {"door": "evidence"})


def test_a_marked_finding_of_a_look_back_is_refused(cast):
    drawn(cast)
    item = LookBackItem.objects.get()
    found = {"version": 1, "yes_1": "yes", "yes_2": "yes", "result": "consolidated"}
    address = f"{cast.base}lookback/1/measures/{item.measure.code}/record/"

    answer = post(cast.office, address, {**found, "note_2": MARKED})

    assert assert_recorded(answer, by=cast.office).after == {"where": "第2项说明"}


def test_a_marked_reason_for_handing_everything_over_is_refused(cast):
    Measure.objects.update(person_in_charge=cast.head)
    seen = handing_over.seal(handing_over.everything_of(cast.head, cast.inspection))
    asked = {"former": cast.head.pk, "to": cast.liaison.pk, "on": "2025-06-30", "seen": seen}

    answer = post(cast.office, f"{cast.base}handover/confirm/", {**asked, "why": MARKED})

    assert_recorded(answer, by=cast.office, begins="x25")


def test_a_marked_workbook_is_refused_and_not_kept_for_a_confirmation(cast):
    row = [MARKED if name == "整改措施" else cell for name, cell in zip(HEADER, ROW, strict=True)]
    file = SimpleUploadedFile("台账.xlsx", workbook(row))

    answer = post(cast.office, f"{cast.base}ledger/import/", {"file": file})

    assert_recorded(answer, by=cast.office, begins="x25")
    assert "ticket" not in answer.content.decode()


@pytest.mark.django_db
def test_a_marked_report_is_refused():
    room = newsroom()

    answer = post(room.office, "/import/report/", {"text": f"{MARKED}\n关于巡察整改进展情况的通报"})

    assert_recorded(answer, by=room.office)


@pytest.mark.django_db
def test_a_marked_draft_is_refused():
    room = newsroom()
    report = draft(room)
    address = f"/i/x25/reports/{report.slug}/title/"

    answer = post(room.office, address, {"version": report.version, "title": MARKED})

    assert_recorded(answer, by=room.office)


# No door without a line -----------------------------------------------------------------------


def modules():
    for package in (accounts, rectification, reports):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in found.name and "management" not in found.name:
                yield importlib.import_module(found.name)


def forms_with_prose():
    """Every form class of the house with a field of Prose, by its class or by what it builds."""
    for module in modules():
        for _, each in inspect.getmembers(module, inspect.isclass):
            if each.__module__ == module.__name__ and issubclass(each, forms.BaseForm):
                fields = each.base_fields.values()
                builds = "Prose(" in inspect.getsource(each) or "Line(" in inspect.getsource(each)
                if builds or any(isinstance(field, Prose) for field in fields):
                    yield each


def test_every_form_that_takes_a_text_is_tried():
    tried = (
        {each.form for each in (*FORMS, *POINTS, *OF_LETTERS)}
        | TRIED_ELSEWHERE.keys()
        | OF_THEIR_OWN.keys()
    )
    # What others are built from is tried as them.
    forgotten = [
        each
        for each in forms_with_prose()
        if each not in tried and not any(issubclass(other, each) for other in tried)
    ]
    assert forgotten == []


def test_a_form_that_nobody_tried_is_found(monkeypatch):
    """Sabotage."""

    monkeypatch.delitem(TRIED_ELSEWHERE, ItemForm)

    with pytest.raises(AssertionError):
        test_every_form_that_takes_a_text_is_tried()
