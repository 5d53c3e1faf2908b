"""Each figure once: what it is called, what it means, what it counts, which list lies behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

from django.db.models import Q

from rectification.models import Inspection
from rectification.states import ProblemStatus, WorkStatus
from reports.figures.standing import OPEN

Condition: TypeAlias = Callable[[Inspection, date], Q]


@dataclass(frozen=True)
class Figure:
    """One definition. `condition` narrows the rows of `standing`; `meaning` is for the reader.

    `query` is that of the measure or problem list which shows the same rows today, or None where
    those lists have no such filter.
    """

    key: str
    label: str
    unit: str
    meaning: str
    condition: Condition
    query: str | None = None


def measure_figure(key: str) -> Figure | None:
    """The figure about measures of this key, age bands included."""
    return _BY_KEY.get(key)


def problem_figure(key: str) -> Figure | None:
    return next((figure for figure in PROBLEM_FIGURES if figure.key == key), None)


def _all(inspection: Inspection, on: date) -> Q:
    return Q()


def _standing_at(*statuses: str) -> Condition:
    return lambda inspection, on: Q(status_then__in=statuses)


def _overdue(inspection: Inspection, on: date) -> Q:
    return Q(status_then__in=OPEN, deadline_then__lt=on)


def _overdue_original(inspection: Inspection, on: date) -> Q:
    return Q(status_then__in=OPEN, original_deadline__lt=on)


def _near(inspection: Inspection, on: date) -> Q:
    until = on + timedelta(days=inspection.near_days)
    return Q(status_then__in=OPEN, deadline_then__range=(on, until))


def _behind(inspection: Inspection, on: date) -> Q:
    return Q(status_then__in=OPEN, is_behind=True)


def _scheduled(inspection: Inspection, on: date) -> Q:
    return Q(original_deadline__lte=on)


def _overdue_for(least: int, most: int | None, column: str) -> Condition:
    """Overdue for at least so many days, and at most so many where there is a limit."""

    def condition(inspection: Inspection, on: date) -> Q:
        band = Q((f"{column}__lte", on - timedelta(days=least)))
        if most is not None:
            band &= Q((f"{column}__gte", on - timedelta(days=most)))
        return Q(status_then__in=OPEN) & band

    return condition


def _of_status(status: WorkStatus, meaning: str) -> Figure:
    query = f"status={status.value}"
    return Figure(status.value, status.label, "条", meaning, _standing_at(status), query)


def _age_band(label: str, least: int, most: int | None = None) -> Figure:
    return Figure(
        key=f"overdue_{least}",
        label=label,
        unit="条",
        meaning=f"截至当日未销号、超过当日有效的整改时限{label}的措施。时限当天不算超期。",
        condition=_overdue_for(least, most, "deadline_then"),
    )


def _age_band_original(label: str, least: int, most: int | None = None) -> Figure:
    return Figure(
        key=f"overdue_original_{least}",
        label=f"按原定时限{label}",
        unit="条",
        meaning=f"截至当日未销号、超过原定整改时限{label}的措施，不论是否延期。",
        condition=_overdue_for(least, most, "original_deadline"),
    )


OVERDUE = Figure(
    "overdue",
    "超期",
    "条",
    "截至当日未销号、且超过当日有效的整改时限（延期批准之前按延期前的）的措施。时限当天不算超期。",
    _overdue,
    "light=overdue",
)

OVERDUE_ORIGINAL = Figure(
    "overdue_original",
    "按原定时限超期",
    "条",
    "截至当日未销号、且超过原定整改时限的措施，不论是否延期。时限当天不算超期。",
    _overdue_original,
    "light=overdue&basis=original",
)

NEAR = Figure(
    "near",
    "临期",
    "条",
    "截至当日未销号、离当日有效的整改时限不超过提醒天数的措施，含时限当天。",
    _near,
    "light=near",
)

MEASURE_FIGURES = (
    Figure("total", "措施总数", "条", "截至当日列入整改方案的全部措施，含不再适用的。", _all, ""),
    Figure(
        "done",
        "已销号",
        "条",
        "截至当日状态为“已销号”的措施。回头看认定反弹的，从反弹之日起不再计入。",
        _standing_at(WorkStatus.CLOSED),
        f"status={WorkStatus.CLOSED.value}",
    ),
    Figure(
        "unfinished",
        "未销号",
        "条",
        "截至当日既未销号、也未认定不再适用的措施。",
        _standing_at(*OPEN),
        "closed=no",
    ),
    _of_status(WorkStatus.NOT_STARTED, "截至当日已列入方案、还没有报送过进展的措施。"),
    _of_status(WorkStatus.UNDER_WAY, "截至当日正在整改、没有申请销号的措施。"),
    _of_status(WorkStatus.IN_REVIEW, "截至当日已申请销号、还没有审核结论的措施。"),
    _of_status(WorkStatus.SENT_BACK, "截至当日退回后还没有重新报送的措施。"),
    _of_status(WorkStatus.REBOUNDED, "截至当日销号后经回头看认定反弹、还没有重新整改的措施。"),
    _of_status(WorkStatus.NOT_APPLICABLE, "截至当日经批准不再适用的措施。"),
    OVERDUE,
    OVERDUE_ORIGINAL,
    NEAR,
    Figure(
        "behind",
        "未达序时",
        "条",
        "截至当日未销号、且达到的进度低于到期时间节点应达进度的措施。节点当天不算。",
        _behind,
        "light=behind",
    ),
    Figure(
        "scheduled",
        "序时应完成",
        "条",
        "原定整改时限在截至当日或之前的措施，不论是否已销号。没有时限的（长期坚持等）不计入。",
        _scheduled,
    ),
    Figure(
        "returned",
        "曾被退回",
        "条",
        "截至当日至少被退回一次的措施，不论现在状态如何。",
        lambda inspection, on: Q(was_returned=True),
    ),
    Figure(
        "decided",
        "首次申请已有结论",
        "条",
        "截至当日第一次有结论的销号申请已经审结（销号或退回）的措施。",
        lambda inspection, on: Q(first_decision__isnull=False),
    ),
    Figure(
        "passed_first",
        "一次通过",
        "条",
        "截至当日第一次有结论的销号申请就获准销号的措施；与“首次申请已有结论”相比得一次通过率。",
        lambda inspection, on: Q(first_decision=WorkStatus.CLOSED),
    ),
)

AGE_BANDS = (
    _age_band("1至10天", 1, 10),
    _age_band("11至30天", 11, 30),
    _age_band("31至60天", 31, 60),
    _age_band("60天以上", 61),
)

ORIGINAL_AGE_BANDS = (
    _age_band_original("1至10天", 1, 10),
    _age_band_original("11至30天", 11, 30),
    _age_band_original("31至60天", 31, 60),
    _age_band_original("60天以上", 61),
)

PROBLEM_FIGURES = (
    Figure("total", "问题总数", "个", "截至当日登记在册的全部反馈问题。", _all, ""),
    Figure(
        "done",
        "已完成",
        "个",
        "截至当日整改成效已经验收的问题。措施全部销号而成效未验收的，不算完成。",
        _standing_at(ProblemStatus.CLOSED),
        f"status={ProblemStatus.CLOSED.value}",
    ),
    Figure(
        "awaiting",
        "待验收",
        "个",
        "截至当日措施已全部销号（或不再适用）、成效还没有验收的问题。",
        lambda inspection, on: Q(all_measures_finished=True) & ~Q(status_then=ProblemStatus.CLOSED),
        "waiting=yes",
    ),
    Figure(
        "rebounded",
        "已反弹",
        "个",
        "截至当日因措施反弹而重新整改的问题。",
        _standing_at(ProblemStatus.REBOUNDED),
        f"status={ProblemStatus.REBOUNDED.value}",
    ),
)

OUTCOMES = (
    "截至当日印发的制度成果，按制度名称计；几条措施共有一项的，只计一次。"
    "名称中的书名号、空格和全角半角不计，撤下的不计。"
)
EXTENSIONS = "截至当日累计批准延期的次数；一条措施延期几次计几次，不含台账里直接调整的时限。"
REWORK_ROUNDS = "截至当日累计退回的次数；一条措施退回几次计几次。"
ACCOUNTABILITY = "截至当日登记的问责人数，按处理方式计；登记0人显示0人，没有登记显示—，撤下的不计。"
MONEY = (
    "截至当日登记的追缴、清退、挽回资金，按类别计；登记0元显示0万元，没有登记显示—，撤下的不计。"
)
RATES = "完成率＝已销号的措施÷措施总数；销号率＝已完成的问题÷问题总数。均保留一位小数，四舍五入。"

DEFINITIONS = (
    ("完成率、销号率", RATES),
    *((f"措施·{figure.label}", figure.meaning) for figure in MEASURE_FIGURES),
    *((f"问题·{figure.label}", figure.meaning) for figure in PROBLEM_FIGURES),
    ("制度成果", OUTCOMES),
    ("累计退回", REWORK_ROUNDS),
    ("累计延期", EXTENSIONS),
    ("问责", ACCOUNTABILITY),
    ("追缴挽回资金", MONEY),
)

_BY_KEY = {figure.key: figure for figure in (*MEASURE_FIGURES, *AGE_BANDS, *ORIGINAL_AGE_BANDS)}
