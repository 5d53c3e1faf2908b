from django.urls import path, register_converter

from rectification.views import (
    actions,
    desk,
    evidence,
    evidence_files,
    ledger,
    measures,
    problems,
    rounds,
)


class CodeConverter:
    """The code of a problem or a measure: anything that a workbook may call one, but no control
    character, which a database refuses to look up."""

    regex = r"[^/\x00-\x1f\x7f]{1,60}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(CodeConverter, "code")

HERE = "i/<slug:inspection>/"
PROBLEM = f"{HERE}problems/<code:code>/"
MEASURE = f"{HERE}measures/<code:code>/"
EVIDENCE = f"{HERE}evidence/<int:number>/"
ROUND = f"{HERE}dispatch/<int:number>/"

app_name = "rectification"
urlpatterns = [
    path("desk/", desk.desk, name="desk"),
    path(f"{HERE}problems/", problems.problem_list, name="problem_list"),
    path(PROBLEM, problems.problem_detail, name="problem_detail"),
    path(f"{PROBLEM}accept/", problems.problem_accept, name="problem_accept"),
    path(f"{HERE}measures/", measures.measure_list, name="measure_list"),
    path(MEASURE, measures.measure_detail, name="measure_detail"),
    path(f"{MEASURE}report/", actions.measure_report, name="measure_report"),
    path(f"{MEASURE}submit/", actions.measure_submit, name="measure_submit"),
    path(f"{MEASURE}withdraw/", actions.measure_withdraw, name="measure_withdraw"),
    path(f"{MEASURE}approve/", actions.measure_approve, name="measure_approve"),
    path(f"{MEASURE}send-back/", actions.measure_send_back, name="measure_send_back"),
    path(f"{MEASURE}reopen/", actions.measure_reopen, name="measure_reopen"),
    path(f"{PROBLEM}archive/", evidence_files.problem_archive, name="problem_archive"),
    path(f"{MEASURE}evidence/", evidence.evidence_add, name="evidence_add"),
    path(f"{HERE}evidence/", evidence.evidence_list, name="evidence_list"),
    path(EVIDENCE, evidence.evidence_detail, name="evidence_detail"),
    path(f"{EVIDENCE}version/", evidence.evidence_version, name="evidence_version"),
    path(f"{EVIDENCE}amend/", evidence.evidence_amend, name="evidence_amend"),
    path(f"{EVIDENCE}withdraw/", evidence.evidence_withdraw, name="evidence_withdraw"),
    path(f"{EVIDENCE}link/", evidence.evidence_link, name="evidence_link"),
    path(f"{EVIDENCE}unlink/<code:code>/", evidence.evidence_unlink, name="evidence_unlink"),
    path(f"{EVIDENCE}<int:version>/file/", evidence_files.evidence_file, name="evidence_file"),
    path(
        f"{EVIDENCE}<int:version>/preview/<int:page>/",
        evidence_files.evidence_preview,
        name="evidence_preview",
    ),
    path(f"{HERE}dispatch/", rounds.round_list, name="round_list"),
    path(ROUND, rounds.round_detail, name="round_detail"),
    path(f"{ROUND}close/", rounds.round_close, name="round_close"),
    path(f"{HERE}ledger/", ledger.ledger, name="ledger"),
    path(f"{HERE}ledger/import/", ledger.ledger_import, name="ledger_import"),
    path(f"{HERE}ledger/import/confirm/", ledger.ledger_confirm, name="ledger_confirm"),
    path(f"{HERE}ledger/export/", ledger.ledger_export, name="ledger_export"),
]
