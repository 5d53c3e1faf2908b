"""Taking in a published report: what it says was done before this system is recorded as such.

All of it or nothing, with the report named as the source. The rows of the text itself are made by
`reports.storing`.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from accounts import journal
from accounts.journal import Act
from accounts.models import Role, RoleAssignment, Unit, UnitKind, User
from accounts.rights import rights_of
from rectification import clock, permissions
from rectification.models import Inspection, Problem, ProblemEvent, ReviewStage, Rung
from rectification.models.inspection import Level
from rectification.states import ProblemStatus
from reports.document import Document, Group, Section
from reports.models import RESERVED_SLUGS, Origin, Report
from reports.rendering import to_text
from reports.storing import store

PARTY_BODY = re.compile("^(?:中共|中国共产党)?(.+?)(?:党组|党委|党总支|党支部)$")
LEVELS = (
    ("中央", Level.CENTRAL),
    ("省委", Level.PROVINCE),
    ("自治区", Level.PROVINCE),
    ("市委", Level.CITY),
    ("县委", Level.COUNTY),
    ("区委", Level.COUNTY),
    ("旗委", Level.COUNTY),
)


class RecordingRefused(Exception):
    """The document cannot be taken in. The message is for the user; nothing was written."""


@dataclass(frozen=True)
class Place:
    """Where a report belongs, as far as somebody decided it; what is None follows the document.

    `inspection` is one that exists and holds no problems yet, else a new one is made for `unit`.
    """

    unit: Unit | None = None
    inspection: Inspection | None = None
    feedback_date: date | None = None


def may_record(user: User) -> bool:
    """Take in a report: the rectification office of any bureau."""
    return rights_of(user).holds(Role.OFFICE)


def unit_name(document: Document) -> str:
    """The organisation whose party group was inspected: 中共云州市水务局党组 → 云州市水务局."""
    found = PARTY_BODY.match(document.inspected_unit)
    return found[1] if found else document.inspected_unit


def record(
    document: Document,
    *,
    slug: str,
    source_name: str,
    place: Place,
    by: User | None,
    at: datetime,
) -> Report:
    """Make a published report into rows, all or none. Raises RecordingRefused.

    `by` is nobody where a command acts for the house. Items never become measures.
    """
    arrival = _Arrival(document, slug, source_name, place, by, at)
    try:
        with transaction.atomic():
            return _record(arrival)
    except IntegrityError as error:
        raise RecordingRefused(
            "刚刚有人用同样的网址名或同一份文件导入了报告，这一次没有写入任何内容，请刷新后再看。"
        ) from error


@dataclass(frozen=True)
class _Arrival:
    document: Document
    slug: str
    source_name: str
    place: Place
    by: User | None
    at: datetime

    @property
    def day(self) -> date:
        return clock.day_of(self.at)

    @property
    def source_hash(self) -> str:
        return hashlib.sha256(to_text(self.document).encode()).hexdigest()

    @property
    def name(self) -> str:
        """How problems name this report as the source of their state."""
        title = self.document.title[:180]
        return f"报告《{title}》" if title else f"（无标题）通报 {self.slug}"


def _record(arrival: _Arrival) -> Report:
    _refuse(arrival)
    inspection, acts = _inspection(arrival)
    document = arrival.document
    report = Report(
        inspection=inspection,
        slug=arrival.slug,
        title=document.title,
        origin=Origin.IMPORTED,
        inspecting_body=document.inspecting_body,
        inspected_unit=document.inspected_unit,
        as_of=document.as_of,
        tail=document.tail,
        source_name=arrival.source_name[:200],
        source_hash=arrival.source_hash,
        created_by=arrival.by,
        created_at=arrival.at,
    )
    _check(report)
    report.save()
    problems = _problems(arrival, inspection)
    store(document, report=report, problems=problems)
    acts += [_problem_act(problem, arrival) for problem in problems]
    journal.append_all([*acts, _report_act(report, arrival)], by=arrival.by, at=arrival.at)
    return report


def _refuse(arrival: _Arrival) -> None:
    """Raise RecordingRefused for what can be said before anything is made."""
    if arrival.by is not None and not may_record(arrival.by):
        raise RecordingRefused("只有整改办可以导入报告。")
    if not re.fullmatch("[a-z0-9-]{1,30}", arrival.slug):
        raise RecordingRefused("网址名要用 1 到 30 个小写字母、数字或短横线。")
    if arrival.slug in RESERVED_SLUGS:
        raise RecordingRefused(f"网址名不能用“{arrival.slug}”，请换一个。")
    if not arrival.document.problems:
        raise RecordingRefused("没有读到任何反馈问题，不能登记。请核对是否为完整的通报。")
    same = Report.objects.filter(source_hash=arrival.source_hash).first()
    if same is not None:
        raise RecordingRefused(f"同样内容的报告已经导入过（网址名“{same.slug}”），不能重复导入。")
    if Report.objects.filter(slug=arrival.slug).exists():
        raise RecordingRefused(f"网址名“{arrival.slug}”已有报告使用，请换一个。")


def _inspection(arrival: _Arrival) -> tuple[Inspection, list[Act]]:
    """The inspection that the report tells of, and what was done to have it."""
    given = arrival.place.inspection
    if given is not None:
        inspection = Inspection.objects.select_for_update(no_key=True).get(pk=given.pk)
        if arrival.by is not None and not permissions.may_run(arrival.by, inspection):
            raise RecordingRefused("这次巡察的台账不由您管理，不能导入。")
        if inspection.problems.exists():
            raise RecordingRefused(f"“{inspection}”已经登记了问题，不能再导入报告。")
        return inspection, []
    feedback = _feedback_date(arrival)
    if Inspection.objects.filter(code=arrival.slug).exists():
        raise RecordingRefused(f"代号“{arrival.slug}”已有巡察使用，请换一个网址名。")
    unit, acts = _unit(arrival)
    document = arrival.document
    inspection = Inspection(
        code=arrival.slug,
        name=f"{document.inspecting_body or '巡察'} {feedback.year}年反馈",
        level=_level(document.inspecting_body),
        inspecting_body=document.inspecting_body,
        inspected_unit=unit,
        on_site_from=document.on_site_from,
        on_site_to=document.on_site_to,
        feedback_date=feedback,
    )
    _check(inspection, but=["inspecting_body"] if not document.inspecting_body else [])
    inspection.save()
    ReviewStage.objects.set_up(inspection)
    Rung.objects.set_up(inspection)
    after = {"unit": unit.name, "feedback_date": feedback}
    return inspection, [*acts, Act("import", "inspection", inspection.code, {}, after)]


def _feedback_date(arrival: _Arrival) -> date:
    day = arrival.document.feedback_date or arrival.place.feedback_date
    if day is None:
        raise RecordingRefused("报告没有写明反馈日期，请在导入时填写。")
    if day > arrival.day:
        raise RecordingRefused(f"反馈日期 {day} 晚于今天，请核对。")
    return day


def _unit(arrival: _Arrival) -> tuple[Unit, list[Act]]:
    """The inspected unit: the one decided on, else the one of that name, else a new bureau."""
    name = unit_name(arrival.document)
    unit = arrival.place.unit or Unit.objects.filter(name=name).first()
    if unit is None:
        return _planted(name, arrival)
    if not unit.is_active:
        raise RecordingRefused(f"单位“{unit.name}”已停用，不能作为被巡察单位。")
    if arrival.by is not None and not rights_of(arrival.by).covers(unit, Role.OFFICE):
        raise RecordingRefused(f"您不是“{unit.name}”的整改办，不能为它导入报告。")
    return unit, []


def _planted(name: str, arrival: _Arrival) -> tuple[Unit, list[Act]]:
    """A new bureau; whoever imports becomes its rectification office, or could not see it."""
    if not name:
        raise RecordingRefused("报告没有写明被巡察单位，请在导入时选择单位。")
    _check(Unit(name=name, kind=UnitKind.BUREAU), but=["path"])
    unit = Unit.objects.plant(name=name, parent=None, kind=UnitKind.BUREAU)
    acts = [Act("import", "unit", str(unit.pk), {}, {"name": name})]
    if arrival.by is not None:
        RoleAssignment.objects.create(
            user=arrival.by, role=Role.OFFICE, unit=unit, started_on=arrival.day
        )
        after = {"role": Role.OFFICE, "unit": name}
        acts.append(Act("assign", "user", str(arrival.by.pk), {}, after, arrival.name))
        arrival.by.__dict__.pop("rights", None)
    return unit, acts


def _level(inspecting_body: str) -> Level:
    return next((level for word, level in LEVELS if word in inspecting_body), Level.OTHER)


def _problems(arrival: _Arrival, inspection: Inspection) -> list[Problem]:
    """The problems with their events: planned, and closed where the report calls them finished."""
    document = arrival.document
    closed_on = _closed_on(arrival, inspection)
    rows = [
        Problem(
            inspection=inspection,
            code=f"P-{number:03}",
            wording=section.wording,
            public_wording="" if section.wording else section.heading.rstrip("。：:"),
            **_closed(section, closed_on=closed_on, source=arrival.name),
        )
        for number, section in enumerate(document.problems, start=1)
    ]
    for row in rows:
        _check(row, but=["inspection", "wording"])
    problems = Problem.objects.bulk_create(rows)
    events = [_event(p, "plan", on=inspection.feedback_date, arrival=arrival) for p in problems]
    closed = [problem for problem in problems if problem.status == ProblemStatus.CLOSED]
    on = closed_on or max(arrival.day, inspection.feedback_date)
    events += [_event(problem, "close", on=on, arrival=arrival) for problem in closed]
    ProblemEvent.objects.bulk_create(events)
    return problems


def _closed_on(arrival: _Arrival, inspection: Inspection) -> date | None:
    """The last day of 截至, or the day of recording if earlier; None where 截至 cannot be true."""
    as_of = arrival.document.as_of
    if as_of is None or as_of < inspection.feedback_date:
        return None
    return min(as_of, max(arrival.day, inspection.feedback_date))


def _closed(section: Section, *, closed_on: date | None, source: str) -> dict[str, Any]:
    if section.group != Group.FINISHED:
        return {"status": ProblemStatus.UNDER_WAY}
    return {"status": ProblemStatus.CLOSED, "closed_on": closed_on, "closed_source": source}


def _event(problem: Problem, verb: str, *, on: date, arrival: _Arrival) -> ProblemEvent:
    closes = verb == "close"
    return ProblemEvent(
        problem=problem,
        verb=verb,
        from_status=ProblemStatus.UNDER_WAY if closes else "",
        to_status=ProblemStatus.CLOSED if closes else ProblemStatus.UNDER_WAY,
        on=on,
        at=arrival.at,
        by=arrival.by,
        why=f"系统启用前已完成，依据：{arrival.name}" if closes else f"依据：{arrival.name}",
    )


def _problem_act(problem: Problem, arrival: _Arrival) -> Act:
    after = {"status": problem.status, "closed_on": problem.closed_on}
    return Act("import", "problem", problem.subject_code, {}, after, f"依据：{arrival.name}")


def _report_act(report: Report, arrival: _Arrival) -> Act:
    document = arrival.document
    after = {
        "source_name": report.source_name,
        "source_hash": report.source_hash,
        "problems": len(document.problems),
        "finished": len(document.in_group(Group.FINISHED)),
        "items": len(document.items),
    }
    return Act("import", "report", report.subject_code, {}, after)


def _check(row: models.Model, *, but: Iterable[str] = ()) -> None:
    """Let the model judge a row before it is written. Raises RecordingRefused with the columns."""
    try:
        row.full_clean(exclude=but, validate_unique=False)
    except ValidationError as error:
        names = {field.name: field.verbose_name for field in row._meta.concrete_fields}
        faults = [
            f"{names[name]}：{'；'.join(messages)}" if name in names else "；".join(messages)
            for name, messages in error.message_dict.items()
        ]
        raise RecordingRefused("不能登记。" + " ".join(faults)) from error
