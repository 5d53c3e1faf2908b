"""Every form of the ledger that takes a text: where it is sent, by whom, and a good answer to it.

A new form with Prose fields is missed by tests/rectification/test_secrecy.py until it has its line.
"""

from datetime import date
from typing import Any

from django import forms
from django.test import Client

from rectification import closing, permissions
from rectification.amend_forms import AmendMeasureForm, AmendProblemForm
from rectification.closing_forms import (
    AskExemptionForm,
    DecideExemptionForm,
    HandOverEverythingForm,
    HandOverForm,
    ReinstateForm,
    WithdrawExemptionForm,
)
from rectification.evidence_forms import (
    AmendForm,
    LinkForm,
    UnlinkForm,
    UploadForm,
    WithdrawEvidenceForm,
)
from rectification.extension_forms import DecideExtensionForm, ExtendForm, WithdrawExtensionForm
from rectification.forms import (
    AcceptForm,
    ApproveForm,
    BulkForm,
    ReopenForm,
    ReportForm,
    ResubmitForm,
    SendBackForm,
    SubmitForm,
    WithdrawForm,
)
from rectification.look_back_forms import DecideForm, ItemForm, LookBackForm
from rectification.models import Evidence, Inspection, Measure, Problem
from rectification.register_forms import (
    AccountabilityForm,
    MoneyForm,
    OutcomeForm,
    RegisterWithdrawForm,
)
from tests.factories import NOON, InspectionFactory, ProblemFactory
from tests.rectification.evidence.conftest import planted
from tests.rectification.extending import ask as ask_extension
from tests.rectification.test_exempting import asked as ask_exemption
from tests.rectification.test_looking_back import closed_measures, draw
from tests.rectification.tried_in_rounds import DRAFTS, IN_A_ROUND
from tests.rectification.trying import (
    CHOICE,
    DATE,
    DAY,
    EXTRA,
    KEY,
    NUMBER,
    TEXT,
    VERSION,
    Tried,
    under_way,
)

__all__ = ["CHOICE", "DATE", "DAY", "EXTRA", "KEY", "NUMBER", "TEXT", "VERSION", "Tried"]


def measure_of(cast):
    return {
        "version": 1,
        "text": cast.measure.text,
        "lead_unit": cast.division.pk,
        "time_kind": "dated",
        "deadline": "2025年9月底前",
        "why": "按方案调整",
    }


MEASURE, PROBLEM = "measures/M-900-1/", "problems/P-900/"
OF_THE_PLAN = [
    Tried(
        "report",
        f"{MEASURE}report/",
        "liaison",
        ReportForm,
        lambda _: {"version": 1, "text": "进展"},
    ),
    Tried(
        "submit",
        f"{MEASURE}submit/",
        "liaison",
        SubmitForm,
        lambda _: {"version": 1, "statement": "完成", "evidence_note": "见档案"},
    ),
    Tried(
        "send_back",
        f"{MEASURE}send-back/",
        "office",
        SendBackForm,
        lambda _: {
            "version": 1,
            "ground": "late",
            "reason": "原因",
            "due_on": "2999-01-01",
        },
        {CHOICE: ("ground",)},
    ),
    Tried(
        "amend measure",
        f"{MEASURE}amend/",
        "office",
        AmendMeasureForm,
        measure_of,
        {
            NUMBER: ("review_every_months",),
            DATE: ("deadline",),
            CHOICE: ("time_kind",),
            KEY: ("lead_unit", "supporting_units", "responsible_executive", "person_in_charge"),
        },
    ),
    Tried(
        "amend problem",
        f"{PROBLEM}amend/",
        "office",
        AmendProblemForm,
        lambda cast: {"version": 1, "wording": cast.problem.wording},
        {KEY: ("area", "lead_executive", "lead_unit")},
        PROBLEM,
    ),
    Tried(
        "outcome",
        "outcomes/new/",
        "office",
        OutcomeForm,
        lambda cast: {
            "title": "巡查办法",
            "kind": "new",
            "issued_on": "2025-06-30",
            "measures": [cast.measure.pk],
        },
        {DATE: ("issued_on",), CHOICE: ("kind",), KEY: ("measures", "problems", "evidence")},
        "outcomes/",
    ),
    Tried(
        "accountability",
        "accountability/new/",
        "office",
        AccountabilityForm,
        lambda _: {"kind": "talk", "people": "0", "day": "2025-06-30"},
        {NUMBER: ("people",), DATE: ("day",), CHOICE: ("kind",), KEY: ("problem",)},
        "accountability/",
    ),
    Tried(
        "money",
        "money/new/",
        "office",
        MoneyForm,
        lambda _: {"kind": "averted", "amount": "0", "day": "2025-06-30"},
        {NUMBER: ("amount",), DATE: ("day",), CHOICE: ("kind",), KEY: ("problem",)},
        "money/",
    ),
]


# The way to close-out ----------------------------------------------------------------------------


def version(cast: Any) -> int:
    return int(Measure.objects.get(pk=cast.measure.pk).version)


def apply_for(cast: Any) -> None:
    claim = {"statement": "完成", "evidence_note": "见档案"}
    closing.submit(cast.measure, **claim, by=cast.liaison, at=NOON, version=1)


def close(cast: Any) -> None:
    Inspection.objects.update(reviewers_may_repeat=True)  # the office may look back at its own
    apply_for(cast)
    for by in (cast.head, cast.office):
        request = permissions.pending_request(Measure.objects.get(pk=cast.measure.pk))
        assert request is not None
        closing.approve(request, by=by, at=NOON, opinion="", version=request.measure.version)


def to(verb: str, by: str, form: type[forms.Form], before: Any = under_way, **good: Any) -> Tried:
    """A verb of the measure."""
    return Tried(
        name=verb,
        address=f"{MEASURE}{verb}/",
        by=by,
        form=form,
        good=lambda cast: {"version": version(cast), **good},
        before=before,
    )


CLOSE_OUT = [
    to("withdraw", "liaison", WithdrawForm, apply_for, why="材料不全"),
    to("resubmit", "liaison", ResubmitForm, apply_for, statement="完成", evidence_note="档案"),
    to("approve", "head", ApproveForm, apply_for, opinion="同意"),
    to("reopen", "office", ReopenForm, close, why="又有垃圾"),
    Tried(
        "accept",
        f"{PROBLEM}accept/",
        "executive",
        AcceptForm,
        lambda cast: {"version": Problem.objects.get().version, "why": "有成效"},
        shown_at=PROBLEM,
        before=close,
    ),
    Tried(
        "bulk",
        "bulk/",
        "liaison",
        BulkForm,
        lambda _: {"verb": "nil_return", "note": "", "chosen": ["1:M-900-1"]},
        done=200,
    ),
]


# Wishes, and names that pass on -------------------------------------------------------------------


def extension_asked(cast: Any) -> None:
    ask_extension(cast.measure, cast, on=NOON)


def exempted(cast: Any) -> None:
    Measure.objects.update(status="not_applicable")


def passing_on(cast: Any) -> dict[str, Any]:
    return {
        "version": version(cast),
        "field": "person_in_charge",
        "to_person": cast.head.pk,
        "on": "2025-06-30",
        "why": "调岗",
    }


WISHES = [
    to("extend", "liaison", ExtendForm, deadline="2025年12月底前", reason="汛期"),
    to("extension/decide", "office", DecideExtensionForm, extension_asked, decision="agree"),
    to("extension/withdraw", "liaison", WithdrawExtensionForm, extension_asked, why="不用了"),
    to("exemption/ask", "liaison", AskExemptionForm, reason="河段已移交"),
    to(
        "exemption/decide",
        "executive",
        DecideExemptionForm,
        ask_exemption,
        decision="grant",
        opinion="属实",
    ),
    to("exemption/withdraw", "liaison", WithdrawExemptionForm, ask_exemption, why="不用了"),
    to("reinstate", "office", ReinstateForm, exempted, why="又归我们"),
    Tried(
        "hand over",
        f"{MEASURE}hand-over/",
        "office",
        HandOverForm,
        passing_on,
        {DAY: ("on",), CHOICE: ("field",), KEY: ("to_person",)},
    ),
    Tried(
        "hand a problem over",
        f"{PROBLEM}hand-over/",
        "office",
        HandOverForm,
        lambda cast: passing_on(cast) | {"version": 1, "field": "lead_executive"},
        {DAY: ("on",), CHOICE: ("field",), KEY: ("to_person",)},
        PROBLEM,
    ),
]


# Looking back, and evidence -----------------------------------------------------------------------


def drawn(cast: Any) -> None:
    closed_measures(cast, 1)
    draw(cast, 1)


def earlier(cast: Any) -> None:
    root, day = cast.inspection.inspected_unit, date(2020, 5, 20)
    before = InspectionFactory(code="x20", inspected_unit=root, feedback_date=day)
    ProblemFactory(inspection=before, code="P-001", wording=cast.problem.wording)


def piece(cast: Any) -> None:
    planted(Client(), cast)


LOOKING_BACK = [
    Tried(
        "draw",
        "lookback/draw/",
        "office",
        LookBackForm,
        lambda _: {"name": "三季度", "scope": "all", "checklist": "还在吗"},
        {DAY: ("closed_until",), CHOICE: ("scope",), KEY: ("unit",)},
        "lookback/",
        close,
        ("checklist",),
    ),
    Tried(
        "recurrence",
        f"{PROBLEM}recurrence/decide/",
        "office",
        DecideForm,
        lambda _: {
            "inspection": "x20",
            "earlier": "P-001",
            "version": 0,
            "decision": "linked",
            "why": "同一条河段",
        },
        {CHOICE: ("decision",)},
        f"{PROBLEM}recurrence/",
        earlier,
    ),
]
SAID = {"title": "制度", "kind": "document", "dated_on": "2025-06-30", "document_number": "1号"}
PIECE = "evidence/1/"
EVIDENCE = [
    Tried(
        "amend evidence",
        f"{PIECE}amend/",
        "liaison",
        AmendForm,
        lambda _: {"version": Evidence.objects.get().version, **SAID},
        {DAY: ("dated_on",), CHOICE: ("kind",)},
        PIECE,
        piece,
    ),
    Tried(
        "withdraw evidence",
        f"{PIECE}withdraw/",
        "liaison",
        WithdrawEvidenceForm,
        lambda _: {"version": Evidence.objects.get().version, "why": "错传"},
        {},
        PIECE,
        piece,
    ),
    Tried(
        "unlink",
        f"{PIECE}unlink/M-900-1/",
        "liaison",
        UnlinkForm,
        lambda _: {"why": "错传"},
        shown_at=PIECE,
        before=piece,
    ),
]
NEW_FORMS = [*CLOSE_OUT, *WISHES, *LOOKING_BACK, *EVIDENCE, *IN_A_ROUND]
FORMS = [*OF_THE_PLAN, *NEW_FORMS, *DRAFTS]
# Those whose text is tried elsewhere, and where.
TRIED_ELSEWHERE = {
    UploadForm: "the fields of AmendForm; tests/rectification/evidence/test_uploading.py",
    LinkForm: "a code that names a measure; tests/rectification/evidence/test_keeping.py",
    ItemForm: "fields of its own checklist; test_secrecy.py",
    HandOverEverythingForm: "after a preview; test_secrecy.py",
    RegisterWithdrawForm: "test_secrecy.py",
}
