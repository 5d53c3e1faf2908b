"""The subject of the journal under which a change of a row must be found: a line for each model."""

from datetime import date
from typing import Any

from django.db import models

from rectification.models import Workday

# No record of the work: the journal itself, the counter of a public page, Django's unused tables.
NOT_BUSINESS = {
    "accounts.JournalEntry",
    "accounts.JournalHead",
    "accounts.User_groups",
    "accounts.User_user_permissions",
    "reports.PageCount",
}
# What somebody is typing counts for nothing until it is filed; then the report is on record.
UNTOLD = {
    "rectification.DispatchReturn": {
        *("draft_text", "draft_difficulty", "draft_next_step", "drafted_at", "drafted_by_id"),
        "version",
    }
}
# Models that are subjects: their kind, and the attribute that is the code.
ROOTS = {
    "accounts.Deputy": ("deputy", "pk"),
    "accounts.RoleAssignment": ("roleassignment", "pk"),
    "accounts.Unit": ("unit", "pk"),
    "accounts.User": ("user", "pk"),
    "rectification.AccountabilityAction": ("accountability", "subject_code"),
    "rectification.CalendarYear": ("calendar", "year"),
    "rectification.CalendarFeed": ("calendar_feed", "pk"),
    "rectification.ContactPoint": ("contactpoint", "pk"),
    "rectification.DispatchRound": ("round", "subject_code"),
    "rectification.MeetingPoint": ("point", "subject_code"),
    "rectification.Evidence": ("evidence", "subject_code"),
    "rectification.Exemption": ("exemption", "subject_code"),
    "rectification.FindingArea": ("findingarea", "pk"),
    "rectification.Inspection": ("inspection", "code"),
    "rectification.InstitutionalOutcome": ("outcome", "subject_code"),
    "rectification.LookBack": ("look_back", "subject_code"),
    "rectification.Measure": ("measure", "subject_code"),
    "rectification.Notice": ("notice", "subject_code"),
    "rectification.Problem": ("problem", "subject_code"),
    "rectification.RecoveredMoney": ("money", "subject_code"),
    "rectification.Recurrence": ("recurrence", "subject_code"),
    "rectification.ReviewStage": ("reviewstage", "pk"),
    "rectification.Rung": ("rung", "subject_code"),
    "rectification.SupervisionAction": ("letter", "subject_code"),
    "rectification.Workday": ("workday", "pk"),
    "reports.Report": ("report", "subject_code"),
}
# Models that belong to one: the way there; `a|b`: whichever of them it has.
PARTS = {
    "rectification.CloseoutRequest": "measure",
    "rectification.DeadlineChange": "measure",
    "rectification.DispatchReturn": "round",
    "rectification.EvidenceUse": "evidence",
    "rectification.EvidenceVersion": "evidence",
    "rectification.InstitutionalOutcome_measures": "institutionaloutcome",
    "rectification.InstitutionalOutcome_problems": "institutionaloutcome",
    "rectification.LetterStep": "letter",
    "rectification.LookBackItem": "look_back",
    "rectification.Extension": "measure",
    "rectification.ExtensionDecision": "extension.measure",
    "rectification.Handover": "measure|problem",
    "rectification.MeasureEvent": "measure",
    "rectification.Measure_supporting_units": "measure",
    "rectification.Milestone": "measure",
    "rectification.PointAnswer": "point",
    "rectification.ProblemEvent": "problem",
    "rectification.ProgressEntry": "measure",
    "rectification.RequestEvidence": "request.measure",
    "rectification.Review": "request.measure",
    "rectification.Rework": "measure",
    "rectification.RoundSheet": "round",
    "reports.NextStep": "section.report",
    "reports.Publication": "report",
    "reports.PublishedItem": "section.report",
    "reports.PublishedItem_measures": "publisheditem.section.report",
    "reports.ReportSection": "report",
    "reports.StatedFigure": "report",
}


# Where an entry of the whole will do for a part that is a subject of its own.
WHOLES = {
    "accounts.RoleAssignment": "user",
    "rectification.FindingArea": "inspection",
    "rectification.ReviewStage": "inspection",
    "rectification.Rung": "inspection",
}
# Rows that go when their whole is changed; the entry keeps what they said.
MAY_GO = {
    "rectification.Measure_supporting_units",
    "rectification.InstitutionalOutcome_measures",
    "rectification.InstitutionalOutcome_problems",
    "rectification.Workday",
    "reports.NextStep",
    "reports.PublishedItem",
    "reports.PublishedItem_measures",
}


def subjects_of(row: models.Model) -> set[tuple[str, str]]:
    """Kind and code, of which one must have an entry. Raises KeyError for an unknown model."""
    subject: Any = row
    label = row._meta.label
    for step in PARTS[label].split(".") if label in PARTS else ():
        subject = next(filter(None, (getattr(subject, name) for name in step.split("|"))))
    label = subject._meta.label
    kind, code = ROOTS[label]
    found = {(kind, str(getattr(subject, code)))}
    if isinstance(subject, Workday):  # a part of its year, which is known by its number alone
        found.add(("calendar", str(date.fromisoformat(str(subject.day)).year)))
    if label in WHOLES:
        found |= subjects_of(getattr(subject, WHOLES[label]))
    return found
