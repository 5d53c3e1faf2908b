from django.urls import URLPattern, path, register_converter

from rectification.views import (
    actions,
    amending,
    bulk,
    calendar_feed,
    channels,
    desk,
    evidence,
    evidence_files,
    exempting,
    extensions,
    handovers,
    ladder,
    ledger,
    letters,
    lookback,
    measures,
    notices,
    points,
    problems,
    recurrence,
    registers,
    returns,
    rhythm,
    round_sheets,
    rounds,
    supervision,
    working_calendar,
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
CHANNELS = "desk/channels/"
UNIT_CHANNELS = "units/<int:unit>/channels/"
LETTER = f"{HERE}supervision/<int:number>/"
RUNG = f"{HERE}ladder/<int:number>/"
POINT = f"{HERE}points/<int:number>/"
RETURN = f"{ROUND}report/<int:line>/"
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
    path("desk/notices/", notices.notice_list, name="notice_list"),
    path("desk/notices/read/", notices.notice_read_all, name="notice_read_all"),
    path("desk/notices/<int:pk>/read/", notices.notice_read, name="notice_read"),
    path(CHANNELS, channels.channel_list, name="channel_list"),
    path(f"{CHANNELS}mail/", channels.channel_mail, name="channel_mail"),
    path(f"{CHANNELS}mail/mute/", channels.channel_mute, name="channel_mute"),
    path(f"{CHANNELS}mail/try/", channels.channel_try_account, name="channel_try_account"),
    path(f"{CHANNELS}enter/", channels.channel_enter, name="channel_enter"),
    path(f"{CHANNELS}<int:pk>/end/", channels.channel_end, name="channel_end"),
    path(f"{CHANNELS}<int:pk>/try/", channels.channel_try, name="channel_try"),
    path(f"{CHANNELS}calendar/", channels.feed_renew, name="feed_renew"),
    path(f"{CHANNELS}calendar/end/", channels.feed_revoke, name="feed_revoke"),
    path(UNIT_CHANNELS, channels.unit_channel_list, name="unit_channel_list"),
    path(f"{UNIT_CHANNELS}enter/", channels.unit_channel_enter, name="unit_channel_enter"),
    path("calendar/<str:token>.ics", calendar_feed.calendar_feed, name="calendar_feed"),
    path(f"{HERE}notices/", notices.fate_list, name="fate_list"),
    path(f"{HERE}notices/export/", notices.fate_export, name="fate_export"),
    path(
        f"{HERE}notices/send-again/",
        notices.fate_send_all_again,
        name="fate_send_all_again",
    ),
    path(f"{HERE}notices/<int:pk>/send-again/", notices.fate_send_again, name="fate_send_again"),
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
    path(f"{HERE}supervision/", supervision.letter_list, name="letter_list"),
    path(f"{HERE}supervision/new/", supervision.letter_new, name="letter_new"),
    path(f"{HERE}supervision/bulk/", letters.letter_bulk, name="letter_bulk"),
    path(LETTER, supervision.letter_detail, name="letter_detail"),
    path(f"{LETTER}word/", letters.letter_word, name="letter_word"),
    path(f"{LETTER}reword/", letters.letter_reword, name="letter_reword"),
    path(f"{LETTER}issue/", letters.letter_issue, name="letter_issue"),
    path(f"{LETTER}acknowledge/", letters.letter_acknowledge, name="letter_acknowledge"),
    path(f"{LETTER}answer/", letters.letter_answer, name="letter_answer"),
    path(f"{LETTER}settle/", letters.letter_settle, name="letter_settle"),
    path(f"{LETTER}withdraw/", letters.letter_withdraw, name="letter_withdraw"),
    path(f"{HERE}ladder/", ladder.rung_list, name="rung_list"),
    path(f"{HERE}ladder/new/", ladder.rung_new, name="rung_new"),
    path(f"{RUNG}amend/", ladder.rung_amend, name="rung_amend"),
    path(f"{RUNG}end/", ladder.rung_end, name="rung_end"),
    path(f"{HERE}rhythm/", rhythm.rhythm, name="rhythm"),
    path(f"{HERE}rhythm/change/", rhythm.rhythm_change, name="rhythm_change"),
    path("calendar/", working_calendar.calendar_page, name="calendar"),
    path("calendar/day/", working_calendar.calendar_day, name="calendar_day"),
    path("calendar/day/remove/", working_calendar.calendar_day_remove, name="calendar_day_remove"),
    path("calendar/announce/", working_calendar.calendar_announce, name="calendar_announce"),
    path("calendar/import/", working_calendar.calendar_import, name="calendar_import"),
    path("calendar/import/confirm/", working_calendar.calendar_confirm, name="calendar_confirm"),
    path(f"{ROUND}sheet/", round_sheets.round_sheet, name="round_sheet"),
    path(f"{ROUND}sheet/word/", round_sheets.round_sheet_word, name="round_sheet_word"),
    path(f"{ROUND}sheet/excel/", round_sheets.round_sheet_excel, name="round_sheet_excel"),
    path(f"{ROUND}points/", points.point_decide, name="point_decide"),
    path(POINT, points.point_detail, name="point_detail"),
    path(f"{POINT}answer/", points.point_answer, name="point_answer"),
    path(f"{POINT}settle/", points.point_settle, name="point_settle"),
    path(f"{POINT}withdraw/", points.point_withdraw, name="point_withdraw"),
    path(f"{ROUND}report/", returns.round_report, name="round_report"),
    path(f"{ROUND}report/all/", returns.return_all, name="return_all"),
    path(f"{ROUND}report/all/file/", returns.return_file_all, name="return_file_all"),
    path(f"{ROUND}report/confirm/", returns.return_confirm, name="return_confirm"),
    path(f"{RETURN}file/", returns.return_file, name="return_file"),
    path(f"{RETURN}draft/", returns.return_draft, name="return_draft"),
    path(f"{RETURN}turn-back/", returns.return_turn_back, name="return_turn_back"),
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
