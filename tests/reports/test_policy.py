"""Which columns may leave the house: every one has a decision, and composing sees no other."""

from datetime import date

import pytest

from accounts.models import Unit
from rectification.models import (
    AccountabilityAction,
    CloseoutRequest,
    Inspection,
    InstitutionalOutcome,
    Measure,
    Problem,
    ProgressEntry,
    RecoveredMoney,
)
from reports import policy
from tests.factories import MeasureFactory, ProblemFactory

COMPOSED_FROM = (Inspection, Unit, Problem, Measure, ProgressEntry)
DECIDED = (*COMPOSED_FROM, InstitutionalOutcome, AccountabilityAction, RecoveredMoney)


@pytest.mark.parametrize("model", DECIDED)
def test_every_column_that_a_report_is_composed_from_has_a_decision(model):
    assert policy.undecided(model) == frozenset()


@pytest.mark.parametrize("model", DECIDED)
def test_no_column_is_decided_twice_and_none_is_unknown(model):
    assert policy.decided_twice_or_unknown(model) == frozenset()


def test_the_file_decides_about_these_models_and_no_others():
    assert set(policy.POLICY) == {model.__name__ for model in DECIDED}


def test_a_model_without_a_decision_gives_no_rows():
    with pytest.raises(policy.NotDecided):
        policy.rows(CloseoutRequest.objects.all())


@pytest.mark.django_db
def test_rows_hold_no_column_that_is_kept():
    ProblemFactory(wording="内部表述", public_wording="公开表述")
    rows = list(policy.rows(Problem.objects.all()))
    assert rows[0]["public_wording"] == "公开表述"
    assert set(rows[0]) == {"public_wording", "id", "code", "status"}


def test_a_new_column_without_a_decision_is_found(monkeypatch):
    rules = policy.POLICY["Measure"]
    kept = [column for column in rules["keep"] if column != "target"]
    monkeypatch.setitem(policy.POLICY, "Measure", {**rules, "keep": kept})
    assert policy.undecided(Measure) == frozenset({"target"})


@pytest.mark.parametrize(
    ("model", "column"),
    [
        (ProgressEntry, "difficulty"),
        (ProgressEntry, "by"),
        (Problem, "wording"),
        (Problem, "lead_executive"),
        (Measure, "person_in_charge"),
        (Measure, "responsible_executive"),
    ],
)
def test_difficulties_names_and_the_wording_of_the_feedback_stay_in_the_house(model, column):
    assert column not in policy.publishable(model)


@pytest.mark.django_db
def test_annotations_come_only_when_they_are_asked_for():
    MeasureFactory()
    measures = Measure.objects.with_behind(on=date(2025, 7, 31))
    assert "is_behind" not in next(policy.rows(measures))
    assert next(policy.rows(measures, derived=("is_behind",)))["is_behind"] is False
