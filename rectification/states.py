"""The law as data: states, and the moves between them. Nothing else in the project decides this.

Two axes that are never mixed (domain, section 2): the status of work, which is stored and moves,
and the kind of time. Overdue, near and behind schedule are derived from a day and never stored.
"""

from dataclasses import dataclass

from django.db import models


class WorkStatus(models.TextChoices):
    NOT_STARTED = "not_started", "未启动"
    UNDER_WAY = "under_way", "推进中"
    IN_REVIEW = "in_review", "待审核"
    SENT_BACK = "sent_back", "已退回"
    CLOSED = "closed", "已销号"
    REBOUNDED = "rebounded", "已反弹"
    NOT_APPLICABLE = "not_applicable", "不再适用"


FINISHED = (WorkStatus.CLOSED, WorkStatus.NOT_APPLICABLE)
NOT_ASKED = (*FINISHED, WorkStatus.IN_REVIEW)  # by a round: what is in review cannot be reported
CAME_BACK = (WorkStatus.SENT_BACK, WorkStatus.REBOUNDED)


class ProblemStatus(models.TextChoices):
    UNDER_WAY = "under_way", "整改中"
    CLOSED = "closed", "已完成"
    REBOUNDED = "rebounded", "已反弹"


class TimeKind(models.TextChoices):
    IMMEDIATE = "immediate", "立行立改"
    DATED = "dated", "限期"
    LONG_TERM = "long_term", "长期坚持"


class Precision(models.TextChoices):
    """How exactly a deadline was agreed. The stored day is always the last day of it."""

    DAY = "day", "日"
    TEN_DAYS = "ten_days", "旬"
    MONTH = "month", "月"
    QUARTER = "quarter", "季度"
    YEAR = "year", "年"
    NONE = "none", "无"


PERIODS = tuple(each for each in Precision.values if each != Precision.NONE)


class ReturnGround(models.TextChoices):
    """The two grounds of 回炉返工."""

    LATE = "late", "未达序时"
    BELOW_STANDARD = "below_standard", "未达要求"


class RequestOutcome(models.TextChoices):
    PENDING = "pending", "审核中"
    APPROVED = "approved", "已通过"
    RETURNED = "returned", "已退回"
    WITHDRAWN = "withdrawn", "已撤回"
    LAPSED = "lapsed", "已失效"


class Decision(models.TextChoices):
    APPROVE = "approve", "通过"
    RETURN = "return", "退回"


class ExtensionState(models.TextChoices):
    REQUESTED = "requested", "待初审"
    ENDORSED = "endorsed", "待审定"
    GRANTED = "granted", "已同意"
    REFUSED = "refused", "未同意"
    WITHDRAWN = "withdrawn", "已撤回"
    LAPSED = "lapsed", "已失效"


EXTENSION_PENDING = (ExtensionState.REQUESTED, ExtensionState.ENDORSED)


class Verdict(models.TextChoices):
    """What is decided on an extension, at either of its two steps."""

    AGREE = "agree", "同意"
    REFUSE = "refuse", "不同意"


class Basis(models.TextChoices):
    """Which deadline a list or a figure of time goes by."""

    AGREED = "agreed", "现行时限"
    ORIGINAL = "original", "原定时限"


class Rhythm(models.TextChoices):
    """How often an inspection dispatches, from its anchor on."""

    EVERY_DAYS = "every_days", "每若干天"
    WEEKLY = "weekly", "每周"
    HALF_MONTHLY = "half_monthly", "每半月"
    MONTHLY = "monthly", "每月"


class CalendarSource(models.TextChoices):
    """Where the rest days and the make-up working days of a year come from."""

    COMPUTED = "computed", "按法定节日推算"
    PACKAGE = "package", "随软件提供"
    NOTICE = "notice", "放假通知导入"
    BY_HAND = "by_hand", "人工登记"


class RoundState(models.TextChoices):
    OPEN = "open", "进行中"
    CLOSED = "closed", "已结束"
    SUPERSEDED = "superseded", "错过未开"


class ReturnState(models.TextChoices):
    """How far a unit is with one line of a round."""

    WAITING = "waiting", "未报"
    TO_CONFIRM = "to_confirm", "待确认"
    TURNED_BACK = "turned_back", "退回修改"
    FILED = "filed", "已报"


UNREPORTED = (ReturnState.WAITING, ReturnState.TURNED_BACK)  # without a report that may count


class PointState(models.TextChoices):
    """What was decided in a meeting, until the office says that it is settled."""

    OPEN = "open", "待答复"
    ANSWERED = "answered", "已答复"
    SETTLED = "settled", "已办结"
    WITHDRAWN = "withdrawn", "已撤销"


POINT_PENDING = (PointState.OPEN, PointState.ANSWERED)


class ExemptionState(models.TextChoices):
    """An application that a measure is 不再适用."""

    REQUESTED = "requested", "待审批"
    GRANTED = "granted", "已批准"
    REFUSED = "refused", "未批准"
    WITHDRAWN = "withdrawn", "已撤回"
    LAPSED = "lapsed", "已失效"


class NoticeState(models.TextChoices):
    """What becomes of a message. The last four are outcomes: one for each message, and only one."""

    DUE = "due", "待发送"
    SENDING = "sending", "发送中"
    SENT = "sent", "已发出"
    SUPPRESSED = "suppressed", "未发送"
    FAILED = "failed", "发送失败"
    HELD = "held", "待核实"


OUTCOMES = (NoticeState.SENT, NoticeState.SUPPRESSED, NoticeState.FAILED, NoticeState.HELD)
FOR_THE_OFFICE = (NoticeState.HELD, NoticeState.FAILED)  # which may send them again


class LetterState(models.TextChoices):
    """How far a letter of supervision is. A proposal is nobody's business but the office's."""

    PROPOSED = "proposed", "待签发"
    ISSUED = "issued", "待签收"
    ACKNOWLEDGED = "acknowledged", "已签收"
    ANSWERED = "answered", "已回复"
    SETTLED = "settled", "已办结"
    LAPSED = "lapsed", "不再需要"
    WITHDRAWN = "withdrawn", "已撤销"


LETTER_UNANSWERED = (LetterState.ISSUED, LetterState.ACKNOWLEDGED)
LETTER_OPEN = (*LETTER_UNANSWERED, LetterState.ANSWERED)
LETTER_UNISSUED = (LetterState.PROPOSED, LetterState.LAPSED)


STAYS = ""  # the target of a move that is on record and changes no status


@dataclass(frozen=True)
class Move:
    """From any of `sources` to `target` (or STAYS); `says` is the verb as the pages name it."""

    sources: frozenset[str]
    target: str
    says: str
    needs_reason: bool = False

    def leads_to(self, status: str) -> str:
        """The status after this move from `status`."""
        return self.target or status


_OPEN = frozenset(
    {
        WorkStatus.NOT_STARTED,
        WorkStatus.UNDER_WAY,
        WorkStatus.SENT_BACK,
        WorkStatus.REBOUNDED,
    }
)

MEASURE_MOVES = {
    "plan": Move(frozenset({""}), WorkStatus.NOT_STARTED, "立项"),
    "report": Move(_OPEN, WorkStatus.UNDER_WAY, "更新进展"),
    "nil_return": Move(_OPEN, STAYS, "零报告"),
    "submit": Move(_OPEN, WorkStatus.IN_REVIEW, "申请销号"),
    "withdraw": Move(
        frozenset({WorkStatus.IN_REVIEW}), WorkStatus.UNDER_WAY, "撤回申请", needs_reason=True
    ),
    "resubmit": Move(frozenset({WorkStatus.IN_REVIEW}), STAYS, "修改申请"),
    "lapse": Move(
        frozenset({WorkStatus.IN_REVIEW}), WorkStatus.UNDER_WAY, "申请失效", needs_reason=True
    ),
    "send_back": Move(
        frozenset({WorkStatus.IN_REVIEW, WorkStatus.UNDER_WAY, WorkStatus.NOT_STARTED}),
        WorkStatus.SENT_BACK,
        "退回",
        needs_reason=True,
    ),
    "close": Move(frozenset({WorkStatus.IN_REVIEW}), WorkStatus.CLOSED, "销号"),
    "reopen": Move(
        frozenset({WorkStatus.CLOSED}), WorkStatus.REBOUNDED, "认定反弹", needs_reason=True
    ),
    "confirm": Move(frozenset({WorkStatus.CLOSED}), STAYS, "回头看巩固"),
    "exempt": Move(_OPEN, WorkStatus.NOT_APPLICABLE, "认定不再适用", needs_reason=True),
    "reinstate": Move(
        frozenset({WorkStatus.NOT_APPLICABLE}),
        WorkStatus.UNDER_WAY,
        "恢复整改",
        needs_reason=True,
    ),
}

PROBLEM_MOVES = {
    "plan": Move(frozenset({""}), ProblemStatus.UNDER_WAY, "立项"),
    "close": Move(
        frozenset({ProblemStatus.UNDER_WAY, ProblemStatus.REBOUNDED}),
        ProblemStatus.CLOSED,
        "验收销号",
    ),
    "reopen": Move(
        frozenset({ProblemStatus.CLOSED}), ProblemStatus.REBOUNDED, "重新整改", needs_reason=True
    ),
}

LETTER_MOVES = {
    "propose": Move(frozenset({"", LetterState.LAPSED}), LetterState.PROPOSED, "拟发"),
    "reword": Move(frozenset({LetterState.PROPOSED}), STAYS, "修改文字"),
    "issue": Move(frozenset({"", LetterState.PROPOSED}), LetterState.ISSUED, "签发"),
    "acknowledge": Move(frozenset({LetterState.ISSUED}), LetterState.ACKNOWLEDGED, "签收"),
    "answer": Move(
        frozenset({LetterState.ACKNOWLEDGED, LetterState.ANSWERED}),
        LetterState.ANSWERED,
        "回复",
        needs_reason=True,
    ),
    "settle": Move(frozenset(LETTER_OPEN), LetterState.SETTLED, "办结"),
    "withdraw": Move(
        frozenset({LetterState.PROPOSED, *LETTER_OPEN}),
        LetterState.WITHDRAWN,
        "撤销",
        needs_reason=True,
    ),
    "lapse": Move(
        frozenset({LetterState.PROPOSED}), LetterState.LAPSED, "不再需要", needs_reason=True
    ),
}
