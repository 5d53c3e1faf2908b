"""From the ledger to a document: the facts arranged as a report, in the words that the units filed.

Only columns that disclosure.toml lets out are read. The organisational prose is the author's: it is
handed in, and where there is none yet, neutral sentences that the facts bear out stand in for it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from accounts.models import Unit
from rectification import clock
from rectification.models import Inspection, ProgressEntry
from rectification.models.inspection import Level
from rectification.states import FINISHED, ProblemStatus
from reports import figures, policy
from reports.document import Document, Fact, Group, Item, Section, SectionKind
from reports.numerals import chinese
from reports.prose import Passage, Prose
from reports.reading import ReportRefused, read_text
from reports.rendering import to_text

NO_WORDING = "【公开表述待拟】"
SUPERIORS = {
    Level.CENTRAL: "党中央",
    Level.PROVINCE: "省委",
    Level.CITY: "市委",
    Level.COUNTY: "县（区）委",
    Level.OTHER: "上级党组织",
}


class ComposingRefused(Exception):
    """The ledger does not hold what a report needs. The message is for the user."""


@dataclass(frozen=True)
class Composed:
    """A document and the rows that it was made from, by primary key: `problems` one for each of
    `document.problems`, `measures` those behind each of `document.items`."""

    document: Document
    problems: tuple[int, ...]
    measures: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class _Facts:
    """What the sentences about the whole are made of."""

    inspection: dict[str, Any]
    unit: str
    on: date
    problems: figures.Rate
    measures: figures.Rate
    outcomes: int

    @property
    def party_group(self) -> str:
        """The party group whose report it is: 中共云州市水务局党组."""
        name = self.unit if re.search("党组|党委|工委", self.unit) else f"{self.unit}党组"
        return name if name.startswith("中共") else f"中共{name}"


@dataclass(frozen=True)
class _Told:
    """What became of one measure: the words of its latest report that said something."""

    measure: int
    text: str
    next_step: str


@dataclass(frozen=True)
class _Problem:
    pk: int
    section: Section
    measures: tuple[tuple[int, ...], ...]


def compose(inspection: Inspection, *, on: date, prose: Prose | None = None) -> Composed:
    """The report as of the end of `on`. Raises ComposingRefused where there is nothing to tell."""
    facts = _facts(inspection, on=on)
    if not facts.problems.denominator:
        raise ComposingRefused(f"截至{_day(on)}，台账里还没有反馈问题，不能生成通报。")
    prose = prose or _neutral(facts)
    problems = _problems(inspection, on=on)
    sections = (
        *_opening(facts, prose),
        *_results(facts, problems),
        *_closing(facts, prose),
    )
    ordered = [*_of(problems, Group.FINISHED), *_of(problems, Group.CONTINUING)]
    return Composed(
        document=_document(facts, sections),
        problems=tuple(problem.pk for problem in ordered),
        measures=tuple(behind for problem in ordered for behind in problem.measures),
    )


def neutral_prose(inspection: Inspection, *, on: date) -> Prose:
    """Sentences for an author to replace, none of which says more than the ledger bears out."""
    return _neutral(_facts(inspection, on=on))


def stated_in(document: Document) -> Document:
    """The document with the figures that its own words state, read as a reader would read them."""
    try:
        stated = read_text(to_text(document)).document.stated
    except ReportRefused:
        stated = ()
    return replace(document, stated=stated)


# Facts -------------------------------------------------------------------------------------------


def _facts(inspection: Inspection, *, on: date) -> _Facts:
    row = next(policy.rows(Inspection.objects.filter(pk=inspection.pk)))
    unit = next(policy.rows(Unit.objects.filter(pk=row["inspected_unit"])))
    return _Facts(
        inspection=row,
        unit=unit["name"],
        on=on,
        problems=figures.count_problems(inspection, on=on).rate,
        measures=figures.count_measures(inspection, on=on).rate,
        outcomes=figures.count_outcomes(inspection, on=on),
    )


def _problems(inspection: Inspection, *, on: date) -> list[_Problem]:
    rows = policy.rows(figures.problems_as_of(inspection, on=on), derived=("status_then",))
    told = _told(inspection, on=on)
    problems = sorted(rows, key=lambda row: _natural(row["code"]))
    return [_problem(row, told.get(row["id"], [])) for row in problems]


def _told(inspection: Inspection, *, on: date) -> dict[int, list[_Told]]:
    """For each problem what its measures came to, in the order of the plan."""
    measures = sorted(
        policy.rows(figures.measures_as_of(inspection, on=on), derived=("status_then",)),
        key=lambda row: _natural(row["code"]),
    )
    latest = {row["measure"]: row for row in _entries(inspection, on=on)}
    told: dict[int, list[_Told]] = {}
    for row in measures:
        entry = latest.get(row["id"])
        if entry is None:
            continue
        finished = row["status_then"] in FINISHED
        next_step = "" if finished else _one_line(entry["next_step"])
        words = _Told(row["id"], _sentence(_one_line(entry["text"])), next_step)
        told.setdefault(row["problem"], []).append(words)
    return told


def _entries(inspection: Inspection, *, on: date) -> Iterator[dict[str, Any]]:
    """What was filed by the end of `on`, oldest first; a nil return tells nothing new."""
    filed = ProgressEntry.objects.filter(
        measure__inspection=inspection, reported_on__lte=on, nil_return=False
    )
    return policy.rows(filed.order_by("reported_on", "pk"))


# Sections ----------------------------------------------------------------------------------------


def _opening(facts: _Facts, prose: Prose) -> Iterator[Section]:
    yield Section(kind=SectionKind.TITLE, text=_title(facts))
    yield Section(kind=SectionKind.FACT, gap="\n", heading="信息来源：", text=facts.unit)
    yield _prose(_preamble(facts))
    yield _heading("整改工作组织情况", level=1)
    yield from _passage_sections(prose.organisation)


def _results(facts: _Facts, problems: Sequence[_Problem]) -> Iterator[Section]:
    yield _heading("整改落实情况", level=1)
    yield _prose(_summary(facts))
    for group, heading in (
        (Group.FINISHED, "已整改完成的事项"),
        (Group.CONTINUING, "按计划持续推进的事项"),
    ):
        members = _of(problems, group)
        if members:
            yield _heading(heading, level=2)
            yield from (problem.section for problem in members)


def _closing(facts: _Facts, prose: Prose) -> Iterator[Section]:
    yield _heading("下一步整改工作打算", level=1)
    yield from _passage_sections(prose.further)
    for line in prose.invitation.split("\n"):
        yield Section(kind=SectionKind.INVITATION, gap="\n", text=line)
    yield Section(kind=SectionKind.SIGNATURE, gap="\n", text=facts.party_group)
    yield Section(kind=SectionKind.DATE, gap="\n", text=_day(facts.on))


def _problem(row: dict[str, Any], told: Sequence[_Told]) -> _Problem:
    finished = row["status_then"] == ProblemStatus.CLOSED
    wording = row["public_wording"].strip().rstrip("。") or NO_WORDING
    merged = _merged(told)
    next_step = "" if finished else _next_step(told)
    section = Section(
        kind=SectionKind.PROBLEM,
        gap="\n",
        level=3,
        marker="1.",
        heading=f"关于“{_quoted(wording)}”问题的整改。",
        group=Group.FINISHED if finished else Group.CONTINUING,
        wording=_quoted(wording),
        items=_items([text for text, _ in merged]),
        next_gap="\n" if next_step and not merged else "",
        next_step=next_step,
    )
    return _Problem(row["id"], section, tuple(behind for _, behind in merged))


def _merged(told: Iterable[_Told]) -> list[tuple[str, tuple[int, ...]]]:
    """Each text once, with the measures that it tells of."""
    behind: dict[str, list[int]] = {}
    for words in told:
        behind.setdefault(words.text, []).append(words.measure)
    return [(text, tuple(measures)) for text, measures in behind.items()]


def _items(texts: Sequence[str]) -> tuple[Item, ...]:
    marker = "一是" if len(texts) > 1 else ""
    return tuple(
        Item(text=text, marker=marker, gap="" if at else "\n") for at, text in enumerate(texts)
    )


def _next_step(told: Iterable[_Told]) -> str:
    """“下一步，…。”, numbered from 一是 again where there is more than one."""
    steps = dict.fromkeys(_without_opening(words.next_step) for words in told if words.next_step)
    if len(steps) < 2:
        return "".join(f"下一步，{_sentence(step)}" for step in steps)
    numbered = (f"{chinese(n)}是{step.rstrip('。；')}" for n, step in enumerate(steps, start=1))
    return f"下一步，{'；'.join(numbered)}。"


def _document(facts: _Facts, sections: tuple[Section, ...]) -> Document:
    row = facts.inspection
    document = Document(
        sections=sections,
        title=_title(facts),
        facts=(Fact(label="信息来源", value=facts.unit),),
        inspecting_body=row["inspecting_body"],
        inspected_unit=facts.unit,
        on_site_from=row["on_site_from"],
        on_site_to=row["on_site_to"],
        feedback_date=row["feedback_date"],
        as_of=facts.on,
        tail="\n",
    )
    return stated_in(document)


# Sentences ---------------------------------------------------------------------------------------


def _title(facts: _Facts) -> str:
    return f"{facts.party_group}关于巡察整改进展情况的通报"


def _preamble(facts: _Facts) -> str:
    row = facts.inspection
    on_site = ""
    if row["on_site_from"] and row["on_site_to"]:
        on_site = f"于{_range(row['on_site_from'], row['on_site_to'])}"
    group = facts.party_group.removeprefix("中共")
    superior, body = SUPERIORS[Level(row["level"])], row["inspecting_body"] or "巡察组"
    return (
        f"根据{superior}统一部署，{body}{on_site}"
        f"对{group}开展巡察，{_day(row['feedback_date'])}反馈了巡察意见。"
        "按照党务公开的有关规定，现将整改进展情况通报如下。"
    )


def _summary(facts: _Facts) -> str:
    """Both rates with their denominators, as of the day."""
    problems, measures = facts.problems, facts.measures
    text = (
        f"截至{_day(facts.on)}，巡察反馈的{problems.denominator}个问题中，"
        f"{problems.numerator}个问题已整改完成，占{problems.says}；"
    )
    if measures.denominator:
        text += (
            f"共制定{measures.denominator}条整改措施，其中{measures.numerator}条整改措施已完成，"
            f"完成率{measures.says}；"
        )
    return f"{text}形成制度成果{facts.outcomes}项。{_rest(facts)}"


def _rest(facts: _Facts) -> str:
    left = facts.problems.denominator - facts.problems.numerator
    return f"其余{left}个问题正按整改方案继续推进。" if left else ""


def _neutral(facts: _Facts) -> Prose:
    row, left = facts.inspection, facts.problems.denominator - facts.problems.numerator
    organisation = [
        Passage("落实整改责任", "对照反馈意见逐项研究，建立整改台账，明确每个问题的整改责任。")
    ]
    if row["dispatch_anchor"]:
        series = clock.Series(
            row["dispatch_anchor"], row["dispatch_rhythm"], row["dispatch_every_days"]
        )
        text = f"整改进展{series.in_words}调度一次，未达到要求的退回重新整改。"
        organisation.append(Passage("定期调度进展", text))
    if facts.outcomes:
        text = f"把整改与完善制度结合起来，已以{facts.outcomes}项制度成果固定下来。"
        organisation.append(Passage("注重建章立制", text))
    further = [
        Passage("健全长效机制", "对整改中暴露的共性问题举一反三，完善制度，防止同类问题再次发生。"),
        Passage("适时开展“回头看”", "对已经完成的事项适时复查，发现反弹的，重新列入台账整改。"),
    ]
    if left:
        text = f"对其余{left}个问题，按照整改方案继续推进，完成一项、审核一项、销号一项。"
        further.insert(0, Passage("持续推进未完成事项", text))
    invitation = "欢迎社会各界对整改工作进行监督，如有意见建议，请向我单位反映。"
    return Prose(tuple(organisation), tuple(further), invitation)


# Small pieces ------------------------------------------------------------------------------------


def _heading(text: str, *, level: int) -> Section:
    marker = "一、" if level == 1 else "（一）"
    return Section(kind=SectionKind.HEADING, gap="\n", level=level, marker=marker, heading=text)


def _prose(text: str) -> Section:
    return Section(kind=SectionKind.PROSE, gap="\n", text=text)


def _passage_sections(passages: Iterable[Passage]) -> Iterator[Section]:
    for passage in passages:
        if passage.heading:
            yield _heading(passage.heading, level=2)
        yield from (_prose(line) for line in passage.text.split("\n"))


def _of(problems: Iterable[_Problem], group: Group) -> list[_Problem]:
    return [problem for problem in problems if problem.section.group == group]


def _natural(code: str) -> list[tuple[int, str]]:
    """M-001-2 before M-001-10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split("([0-9]+)", code)]


def _one_line(text: str) -> str:
    return re.sub(r"\s*\n\s*", "", text.strip())


def _sentence(text: str) -> str:
    return text if text[-1:] in "。！？…" else f"{text.rstrip('；;，,、.')}。"


def _without_opening(text: str) -> str:
    return re.sub("^下一步(?:打算)?[，,：:]?", "", text)


def _quoted(text: str) -> str:
    """Quotation marks within quotation marks, as GB/T 15834 sets them."""
    return text.translate(str.maketrans("“”", "‘’"))


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _range(first: date, last: date) -> str:
    until = _day(last) if first.year != last.year else f"{last.month}月{last.day}日"
    return f"{_day(first)}至{until}"
