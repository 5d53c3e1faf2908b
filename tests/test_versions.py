"""Every model that anybody edits is protected against lost updates, and this list says how.

A new model fails here until somebody has decided: it carries a version, it is edited in the admin
site (whose forms carry the state they were opened on), or nobody edits it and it says why.
"""

from django.apps import apps
from django.contrib import admin
from django.db import models

from accounts.admin import GrantedAdmin

# Nobody edits these: rows are added, or a verb moves their state by compare-and-swap on it.
NOT_EDITED = {
    "accounts.JournalEntry": "added only; triggers refuse anything else",
    "accounts.JournalHead": "moves under its lock with each entry",
    "rectification.CalendarFeed": "added; ended once",
    "rectification.CloseoutRequest": "added; its outcome and stage are claimed on the old ones",
    "rectification.ContactPoint": "added; ended once",
    "rectification.DeadlineChange": "added only",
    "rectification.DispatchRound": "opened by the clock; closed by a claim on its state",
    "rectification.EvidenceUse": "added; ended once",
    "rectification.EvidenceVersion": "added only",
    "rectification.ExtensionDecision": "added only",
    "rectification.Handover": "added only",
    "rectification.LetterStep": "added only",
    "rectification.LookBackItem": "its result is recorded once, by a claim on the empty one",
    "rectification.MeasureEvent": "added only",
    "rectification.Milestone": "comes with the plan; there is no form for it",
    "rectification.Notice": "added; its state is claimed on the old one",
    "rectification.PointAnswer": "added only",
    "rectification.ProblemEvent": "added only",
    "rectification.ProgressEntry": "added only",
    "rectification.RequestEvidence": "added only",
    "rectification.Review": "added only",
    "rectification.Rework": "added; answered once",
    "rectification.RoundSheet": "frozen",
    "reports.NextStep": "saved with its section, under that version",
    "reports.PageCount": "counted up by the database",
    "reports.PublishedItem": "saved with its section, under that version",
    "reports.Publication": "frozen",
    "reports.StatedFigure": "comes with an imported report; there is no form for it",
}


def our_models():
    found = (
        apps.get_app_config(app).get_models() for app in ("accounts", "rectification", "reports")
    )
    return [model for each in found for model in each]


def in_the_admin_site():
    """The models that its forms edit, those of inlines among them."""
    found = set()
    for model, site in admin.site._registry.items():
        assert isinstance(site, GrantedAdmin), f"{model} is edited without GrantedAdmin"
        found.add(model)
        found |= {inline.model for inline in site.inlines}
    return found


def has_version(model):
    """A number that goes up with each save, not a reference to some version."""
    return any(
        field.name == "version" and isinstance(field, models.PositiveIntegerField)
        for field in model._meta.concrete_fields
    )


def unprotected(not_edited):
    """The models that are edited, or may be, and that nothing protects."""
    return {
        model._meta.label
        for model in our_models()
        if not has_version(model)
        and model not in in_the_admin_site()
        and model._meta.label not in not_edited
    }


def test_every_model_has_a_version_or_a_form_with_its_state_or_is_not_edited():
    assert unprotected(NOT_EDITED) == set()


def test_the_list_names_no_model_that_is_gone_and_none_that_has_a_version():
    labels = {model._meta.label for model in our_models() if not has_version(model)}

    assert set(NOT_EDITED) - labels == set()


def test_a_new_model_without_protection_would_be_found():
    without_one = {label: why for label, why in NOT_EDITED.items() if not label.endswith("Review")}

    assert unprotected(without_one) == {"rectification.Review"}
