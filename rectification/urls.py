from django.urls import URLPattern, path, register_converter

from rectification.views import (
    actions,
    amending,
    bulk,
    desk,
    evidence,
    evidence_files,
    exempting,
    extensions,
    handovers,
    ledger,
    lookback,
    measures,
    problems,
    recurrence,
    registers,
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
LOOK_BACK = f"{HERE}lookback/<int:number>/"


def register(address: str, name: str) -> list[URLPattern]:
    """The addresses of one register: its list, a new row, and of a row amending and withdrawing."""
    here, more = f"{HERE}{address}/", {"register": name}
    return [
        path(here, registers.register_list, more, name=f"{name}_list"),
        path(f"{here}new/", registers.register_new, more, name=f"{name}_new"),
        path(f"{here}<int:number>/amend/", registers.register_amend, more, name=f"{name}_amend"),
        path(
            f"{here}<int:number>/withdraw/",
            registers.register_withdraw,
            more,
            name=f"{name}_withdraw",
        ),
    ]


app_name = "rectification"
urlpatterns = [
    path("desk/", desk.desk, name="desk"),
    path(f"{HERE}problems/", problems.problem_list, name="problem_list"),
    path(PROBLEM, problems.problem_detail, name="problem_detail"),
    path(f"{PROBLEM}accept/", problems.problem_accept, name="problem_accept"),
    path(f"{HERE}bulk/", bulk.measure_bulk, name="measure_bulk"),
    path(f"{PROBLEM}amend/", amending.problem_amend, name="problem_amend"),
    path(f"{MEASURE}amend/", amending.measure_amend, name="measure_amend"),
    path(f"{HERE}measures/", measures.measure_list, name="measure_list"),
    path(MEASURE, measures.measure_detail, name="measure_detail"),
    path(f"{MEASURE}report/", actions.measure_report, name="measure_report"),
    path(f"{MEASURE}submit/", actions.measure_submit, name="measure_submit"),
    path(f"{MEASURE}resubmit/", actions.measure_resubmit, name="measure_resubmit"),
    path(f"{MEASURE}withdraw/", actions.measure_withdraw, name="measure_withdraw"),
    path(f"{MEASURE}approve/", actions.measure_approve, name="measure_approve"),
    path(f"{MEASURE}send-back/", actions.measure_send_back, name="measure_send_back"),
    path(f"{MEASURE}reopen/", actions.measure_reopen, name="measure_reopen"),
    path(f"{HERE}extensions/", extensions.extension_list, name="extension_list"),
    path(f"{MEASURE}extend/", extensions.measure_extend, name="measure_extend"),
    path(
        f"{MEASURE}extension/decide/",
        extensions.measure_extension_decide,
        name="measure_extension_decide",
    ),
    path(
        f"{MEASURE}extension/withdraw/",
        extensions.measure_extension_withdraw,
        name="measure_extension_withdraw",
    ),
    path(f"{MEASURE}exemption/ask/", exempting.measure_ask_exemption, name="measure_ask_exemption"),
    path(
        f"{MEASURE}exemption/decide/",
        exempting.measure_decide_exemption,
        name="measure_decide_exemption",
    ),
    path(
        f"{MEASURE}exemption/withdraw/",
        exempting.measure_withdraw_exemption,
        name="measure_withdraw_exemption",
    ),
    path(f"{MEASURE}reinstate/", exempting.measure_reinstate, name="measure_reinstate"),
    path(f"{MEASURE}hand-over/", handovers.measure_hand_over, name="measure_hand_over"),
    path(f"{PROBLEM}hand-over/", handovers.problem_hand_over, name="problem_hand_over"),
    path(f"{HERE}handover/", handovers.handover, name="handover"),
    path(f"{HERE}handover/confirm/", handovers.handover_confirm, name="handover_confirm"),
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
    path(f"{HERE}lookback/", lookback.lookback_list, name="lookback_list"),
    path(f"{HERE}lookback/new/", lookback.lookback_new, name="lookback_new"),
    path(f"{HERE}lookback/draw/", lookback.lookback_draw, name="lookback_draw"),
    path(LOOK_BACK, lookback.lookback_detail, name="lookback_detail"),
    path(f"{LOOK_BACK}close/", lookback.lookback_close, name="lookback_close"),
    path(f"{LOOK_BACK}measures/<code:code>/", lookback.lookback_item, name="lookback_item"),
    path(
        f"{LOOK_BACK}measures/<code:code>/record/", lookback.lookback_record, name="lookback_record"
    ),
    path(f"{PROBLEM}recurrence/", recurrence.problem_recurrence, name="problem_recurrence"),
    path(f"{PROBLEM}recurrence/decide/", recurrence.recurrence_decide, name="recurrence_decide"),
    *register("outcomes", "outcome"),
    *register("accountability", "accountability"),
    *register("money", "money"),
]
