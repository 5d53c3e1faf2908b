from django.urls import path, register_converter

from rectification.views import (
    actions,
    desk,
    exempting,
    handovers,
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
    path(f"{HERE}dispatch/", rounds.round_list, name="round_list"),
    path(ROUND, rounds.round_detail, name="round_detail"),
    path(f"{ROUND}close/", rounds.round_close, name="round_close"),
    path(f"{HERE}ledger/", ledger.ledger, name="ledger"),
    path(f"{HERE}ledger/import/", ledger.ledger_import, name="ledger_import"),
    path(f"{HERE}ledger/import/confirm/", ledger.ledger_confirm, name="ledger_confirm"),
    path(f"{HERE}ledger/export/", ledger.ledger_export, name="ledger_export"),
]
