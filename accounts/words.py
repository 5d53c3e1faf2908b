"""The journal in words: verbs, subjects, fields and values as the audit administrator reads them.

One table for all apps, since the journal names its subjects by kind and code. A test finds every
verb that the code writes and wants a word for it here.
"""

from collections.abc import Mapping
from typing import Any

VERBS = {
    # of a measure, a problem, a round
    "accept": "验收销号",
    "amend": "修改",
    "approve": "审核通过",
    "assign": "授予角色",
    "close": "销号或结束",
    "confirm": "回头看巩固",
    "enter": "登记",
    "exempt": "认定不再适用",
    "hand_over": "责任交接",
    "import": "导入",
    "import_ledger": "导入台账",
    "lapse": "申请失效",
    "nil_return": "零报告",
    "open": "开始调度",
    "plan": "立项",
    "reinstate": "恢复整改",
    "reopen": "认定反弹",
    "report": "更新进展",
    "resubmit": "修改申请",
    "send_back": "退回",
    "submit": "申请销号",
    "withdraw": "撤回申请",
    # of an extension, and of an application for 不再适用
    "endorse_extension": "延期初审同意",
    "extend": "延长时限",
    "grant_extension": "同意延期",
    "lapse_extension": "延期申请失效",
    "refuse_extension": "不同意延期",
    "request_extension": "申请延期",
    "withdraw_extension": "撤回延期申请",
    "granted": "批准不再适用",
    "lapsed": "不再适用申请失效",
    "refused": "不批准不再适用",
    "request": "申请不再适用",
    "withdrawn": "撤回不再适用申请",
    # of evidence
    "add_evidence": "上传材料",
    "add_version": "换新版",
    "amend_evidence": "修改材料说明",
    "download": "下载",
    "link_evidence": "关联措施",
    "preview": "预览",
    "refuse_secret": "拒收涉密内容",
    "unlink_evidence": "解除关联",
    "view": "查看",
    "withdraw_evidence": "撤下材料",
    # of a look-back and of 屡查屡犯
    "decide": "认定屡查屡犯",
    "draw": "抽取回头看",
    "record": "填写检查结果",
    # of a report
    "compose": "起草报告",
    "edit": "修改段落",
    "publish": "公开发布",
    "retitle": "修改标题",
    # of people and of the system itself
    "act": "开始代理",
    "appoint": "委托代理",
    "change_password": "修改本人密码",
    "end": "结束代理",
    "export": "导出",
    "load_demo": "装入演示台账",
    "rest": "停止代理",
    "set_password": "重设密码",
    "sign_in": "登录",
    "sign_in_failed": "登录失败",
    "sign_out": "退出登录",
    "verify": "核对日志",
}
# Where the same verb has another word for one kind of subject.
OF_KIND = {
    ("accountability", "withdraw"): "撤下",
    ("look_back", "close"): "结束回头看",
    ("measure", "close"): "销号",
    ("money", "withdraw"): "撤下",
    ("outcome", "withdraw"): "撤下",
    ("problem", "close"): "验收销号",
    ("problem", "export"): "导出整改档案",
    ("problem", "reopen"): "重新整改",
    ("round", "close"): "结束调度",
}
KINDS = {
    "accountability": "问责处理",
    "deputy": "代理",
    "evidence": "佐证材料",
    "exemption": "不再适用申请",
    "findingarea": "反馈方面",
    "inspection": "巡察",
    "journal": "审计日志",
    "look_back": "回头看",
    "measure": "措施",
    "money": "追缴挽回资金",
    "outcome": "制度成果",
    "problem": "问题",
    "recurrence": "屡查屡犯",
    "report": "报告",
    "reviewstage": "审核环节",
    "roleassignment": "角色",
    "round": "调度",
    "unit": "单位",
    "user": "人员",
    "workday": "工作日历",
}
FIELDS = {
    "amount": "金额",
    "answers": "检查要点",
    "area": "反馈方面",
    "article_hash": "网页校验码",
    "as_of": "截至",
    "category": "问题类型",
    "changed": "修改（条）",
    "closed_at": "结束时间",
    "closed_on": "销号日期",
    "closed_source": "销号依据",
    "closeoutrequest": "销号申请",
    "code": "编号",
    "data_hash": "数据校验码",
    "dated_on": "材料日期",
    "day": "日期",
    "deadline": "整改时限",
    "decision": "认定结果",
    "deputy": "代理人",
    "digest": "申请校验码",
    "document_number": "文号",
    "door": "入口",
    "email": "邮箱",
    "ended_at": "结束时间",
    "ended_on": "结束日期",
    "entries": "条数",
    "evidence": "制度文件",
    "feedback_date": "反馈日期",
    "files": "文件（个）",
    "filters": "筛选条件",
    "finished": "已完成（个）",
    "form": "格式",
    "from": "原时限或起始日期",
    "from_on": "开始日期",
    "heading": "小标题",
    "inspected_unit": "被巡察单位",
    "inspecting_body": "巡察组织",
    "is_active": "在用",
    "is_public": "可以公开",
    "is_working": "上班",
    "issued_on": "印发日期",
    "items": "公开事项",
    "kind": "类型",
    "lead": "导语",
    "lead_executive": "牵头领导",
    "lead_unit": "牵头单位",
    "measure": "措施",
    "measure_version": "措施版本",
    "measureevent": "状态变化",
    "measures": "措施（条）",
    "milestone": "时间节点",
    "name": "名称",
    "new": "新增（条）",
    "next_step": "下一步打算",
    "note": "说明",
    "number": "版次",
    "on": "日期",
    "on_behalf_of": "被代理人",
    "order": "顺序",
    "original_deadline": "原定时限",
    "original_precision": "原定时限精度",
    "outcome": "制度成果",
    "parent": "上级单位",
    "page": "页",
    "people": "人数",
    "person_in_charge": "责任人",
    "population_digest": "总体校验码",
    "population_size": "总体（条）",
    "position": "职务",
    "precision": "时限精度",
    "problem": "对应问题",
    "problems": "问题（个）",
    "progressentry": "整改进展",
    "public_wording": "公开表述",
    "requestevidence": "申请所附材料",
    "responsible_executive": "责任领导",
    "result": "结果",
    "review": "审核",
    "review_every_months": "复核周期（月）",
    "rework": "退回",
    "rework_round": "退回次数",
    "role": "角色",
    "sample": "抽中的措施",
    "sample_size": "抽取（条）",
    "scope": "范围",
    "score": "相似度",
    "section": "段落",
    "seed": "种子",
    "sha256": "文件校验码",
    "short_name": "简称",
    "source_hash": "来源校验码",
    "source_name": "来源文件",
    "stage": "审核环节",
    "started_on": "开始日期",
    "state": "状态",
    "status": "状态",
    "supporting_units": "配合单位",
    "target": "整改目标",
    "text": "内容",
    "text_hash": "文本校验码",
    "time_kind": "时限类型",
    "title": "标题",
    "title_key": "查重名称",
    "to": "新时限",
    "unchanged": "不变（条）",
    "unit": "单位",
    "until": "截止日期",
    "until_on": "截止日期",
    "user": "人员",
    "username": "登录名",
    "version": "版本",
    "where": "位置",
    "why": "理由",
    "withdrawn": "已撤下",
    "withdrawn_at": "撤下时间",
    "wording": "问题表述",
}
VALUES = {
    "not_started": "未启动",
    "under_way": "推进中",
    "in_review": "待审核",
    "sent_back": "已退回",
    "closed": "已销号",
    "rebounded": "已反弹",
    "not_applicable": "不再适用",
    "open": "进行中",
    "superseded": "错过未开",
    "immediate": "立行立改",
    "dated": "限期",
    "long_term": "长期坚持",
    "sample": "抽取检查",
    "consolidated": "巩固",
}
# A problem and a round have words of their own for the same state.
VALUES_OF_KIND = {
    ("problem", "under_way"): "整改中",
    ("problem", "closed"): "已完成",
    ("round", "closed"): "已结束",
}
LONGEST = 40  # characters; what is longer is content, of which the journal's page shows the length


def verb_in_words(verb: str, kind: str) -> str:
    return OF_KIND.get((kind, verb)) or VERBS.get(verb, verb)


def kind_in_words(kind: str) -> str:
    return KINDS.get(kind, kind)


def changes_in_words(
    kind: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[str, str, str]]:
    """Each field that differs: its name, what it was, what it became; no long text."""
    names = dict.fromkeys([*before, *after])
    return [
        (FIELDS.get(name, name), _shown(kind, before.get(name)), _shown(kind, after.get(name)))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _shown(kind: str, value: Any) -> str:
    """A value in a few words; of a long one its length alone."""
    if value is None or value in ("", [], {}):
        return "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        text = "、".join(str(each) for each in value)
    elif isinstance(value, dict):
        text = "、".join(f"{name}={each}" for name, each in value.items())
    else:
        text = str(value)
    word = VALUES_OF_KIND.get((kind, text)) or VALUES.get(text, text)
    return word if len(word) <= LONGEST else f"（{len(word)}字）"
