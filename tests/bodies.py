"""What a person with the right would send to each address of the matrix of rights."""

from typing import Any

from tests.belongings import DAY, FURTHER, LATER

# What a person with the right would send; everywhere else nothing is sent.
BODIES: dict[str, dict[str, Any]] = {
    "rectification:measure_report": {"version": 1, "text": "完成巡查两次。"},
    "rectification:measure_submit": {"version": 1, "statement": "已完成。"},
    "rectification:measure_resubmit": {
        "version": 1,
        "statement": "已全部完成。",
        "evidence_note": "材料在档案室。",
    },
    "rectification:measure_withdraw": {"version": 1, "why": "材料不全。"},
    "rectification:measure_approve": {"version": 1, "opinion": "同意。"},
    "rectification:measure_send_back": {
        "version": 1,
        "ground": "late",
        "reason": "未按时完成。",
        "due_on": LATER,
    },
    "rectification:measure_reopen": {"version": 1, "why": "回头看发现反弹。"},
    "rectification:problem_accept": {"version": 1, "why": "整改到位。"},
    "rectification:measure_extend": {"version": 1, "deadline": FURTHER, "reason": "汛期。"},
    "rectification:measure_extension_decide": {"version": 1, "decision": "agree"},
    "rectification:measure_extension_withdraw": {"version": 1, "why": "不需要延期。"},
    "rectification:measure_ask_exemption": {"version": 1, "reason": "机构已撤并。"},
    "rectification:measure_decide_exemption": {
        "version": 1,
        "decision": "grant",
        "opinion": "情况属实。",
    },
    "rectification:measure_withdraw_exemption": {"version": 1, "why": "继续整改。"},
    "rectification:measure_reinstate": {"version": 1, "why": "职责已恢复。"},
    "rectification:calendar_day": {
        "version": 0,
        "year": 2031,
        "day": "2031-01-06",
        "is_working": "no",
    },
    "rectification:calendar_announce": {"version": 0, "year": 2031},
    "rectification:point_answer": {"version": 1, "text": "已列入预算。"},
    "rectification:point_settle": {"version": 1, "why": "已落实。"},
    "rectification:point_withdraw": {"version": 1, "why": "重复。"},
    "rectification:evidence_amend": {
        "version": 1,
        "title": "巡查办法",
        "kind": "document",
        "dated_on": DAY,
    },
    "rectification:evidence_withdraw": {"version": 1, "why": "传错了。"},
    "rectification:evidence_link": {"code": "M-001-5"},
    "rectification:evidence_unlink": {"why": "传错了。"},
    "rectification:letter_reword": {
        "version": 1,
        "title": "督办函",
        "matter": "已超期。",
        "demand": "请整改。",
    },
    "rectification:letter_issue": {"version": 1},
    "rectification:letter_acknowledge": {"version": 1},
    "rectification:letter_answer": {"version": 1, "text": "已整改。"},
    "rectification:letter_settle": {"version": 1, "why": "同意。"},
    "rectification:letter_withdraw": {"version": 1, "why": "发错了。"},
    "rectification:rung_end": {"version": 1},
    "rectification:return_file": {"version": 1, "measure_version": 1, "text": "完成巡查两次。"},
    "rectification:return_draft": {"version": 1, "measure_version": 1, "text": "完成巡查。"},
    "rectification:return_turn_back": {"version": 1, "why": "缺少数字。"},
}
