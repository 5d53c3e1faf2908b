"""The verbs of a draft: start one from the ledger, change its title, change one of its sections.

Each claims the report's row first, so that of an edit and a publication at the same moment one is
wholly before the other, and what was published is exactly what one version of the draft said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F

from accounts import journal
from accounts.journal import Act
from accounts.models import User
from rectification import clock, permissions
from rectification.models import Inspection, Measure, Problem
from reports.composing import Composed, ComposingRefused, compose
from reports.document import Document, SectionKind
from reports.models import (
    RESERVED_SLUGS,
    NextStep,
    Origin,
    PublishedItem,
    Report,
    ReportSection,
)
from reports.prose import Prose, prose_of
from reports.reading.grammar import grammar
from reports.storing import document_of, store

FIXED = frozenset({SectionKind.TITLE})  # changed with the report's title


class EditRefused(Exception):
    """The draft cannot be changed so, or not by this person. The message is for the user."""


class StaleDraft(Exception):
    """Somebody saved this piece after it had been opened. Nothing was written."""


@dataclass(frozen=True)
class Wording:
    """The words of one section as an author leaves them. `items` are (primary key, text); a new
    one has no key, and one whose text is empty is dropped (the journal keeps its words)."""

    heading: str = ""
    text: str = ""
    lead: str = ""
    items: tuple[tuple[int | None, str], ...] = ()
    next_step: str = ""


@transaction.atomic
def start(
    inspection: Inspection,
    *,
    slug: str,
    on: date,
    by: User,
    at: datetime,
    prose: Prose | None = None,
) -> Report:
    """A new draft from the ledger as of the end of `on`; it begins with the prose handed in, else
    with that of the last report. Raises EditRefused; then nothing was written."""
    if not permissions.may_run(by, inspection):
        raise EditRefused("只有整改办可以起草报告。")
    if on > clock.day_of(at):
        raise EditRefused("截至日期不能晚于今天。")
    composed = _composed(inspection, on=on, prose=prose or _last_prose(inspection))
    report = _draft(composed.document, inspection, slug=slug, by=by, at=at)
    _save(report)
    _store(composed, report)
    act = Act("compose", "report", report.subject_code, {}, {"as_of": on, "title": report.title})
    journal.append(act, by=by, at=at)
    return report


@transaction.atomic
def retitle(report: Report, title: str, *, by: User, at: datetime, version: int) -> None:
    """Change the title, also where the text begins with it. Raises EditRefused, StaleDraft."""
    _require(report, by)
    title = title.strip()
    if not title:
        raise EditRefused("标题不能为空。")
    before = {"title": report.title}
    rows = Report.objects.filter(pk=report.pk, version=version)
    if not rows.update(version=F("version") + 1, title=title):
        raise StaleDraft(f"“{report}”在您打开之后被别人改过，您的标题没有保存。")
    report.sections.filter(kind=SectionKind.TITLE).update(text=title, version=F("version") + 1)
    report.refresh_from_db()
    act = Act("retitle", "report", report.subject_code, before, {"title": title})
    journal.append(act, by=by, at=at)


@transaction.atomic
def edit(section: ReportSection, wording: Wording, *, by: User, at: datetime, version: int) -> None:
    """Change the words of one section as it stood at `version`. Raises EditRefused, StaleDraft."""
    report = section.report
    _require(report, by)
    if section.kind in FIXED:
        raise EditRefused("标题请在报告页修改。")
    Report.objects.filter(pk=report.pk).update(version=F("version") + 1)
    claimed = ReportSection.objects.filter(pk=section.pk, version=version).update(
        version=F("version") + 1
    )
    section.refresh_from_db()
    if not claimed:
        raise StaleDraft("这一段在您打开之后被别人改过，您的内容没有保存。")
    before = words_of(section)
    _refuse_empty(section, wording)
    _set_words(section, wording)
    _set_items(section, wording.items)
    _set_next_step(section, wording.next_step)
    after = words_of(section)
    act = Act("edit", "report", report.subject_code, before, after)
    journal.append(act, by=by, at=at)


def words_of(section: ReportSection) -> dict[str, Any]:
    """A section's place and all its words, as the journal keeps them."""
    step = NextStep.objects.filter(section=section).first()
    return {
        "section": section.order,
        "heading": section.heading,
        "text": section.text,
        "lead": section.lead,
        "items": list(section.items.order_by("order").values_list("text", flat=True)),
        "next_step": step.text if step else "",
    }


def suggested_slug(inspection: Inspection, *, on: date) -> str:
    """An address nobody uses yet: the inspection's code and the month."""
    wanted = f"{inspection.code}-{on:%Y%m}"
    taken = set(Report.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    further = (f"{wanted}-{n}" for n in range(2, len(taken) + 3))
    return next(slug for slug in (wanted, *further) if slug not in taken)


def _composed(inspection: Inspection, *, on: date, prose: Prose | None) -> Composed:
    try:
        return compose(inspection, on=on, prose=prose)
    except ComposingRefused as error:
        raise EditRefused(str(error)) from error


def _draft(
    document: Document, inspection: Inspection, *, slug: str, by: User, at: datetime
) -> Report:
    return Report(
        inspection=inspection,
        slug=slug,
        title=document.title,
        origin=Origin.COMPOSED,
        inspecting_body=document.inspecting_body,
        inspected_unit=document.inspected_unit,
        as_of=document.as_of,
        tail=document.tail,
        created_by=by,
        created_at=at,
    )


def _store(composed: Composed, report: Report) -> None:
    problems = Problem.objects.in_bulk(composed.problems)
    measures = Measure.objects.in_bulk([pk for behind in composed.measures for pk in behind])
    store(
        composed.document,
        report=report,
        problems=[problems[pk] for pk in composed.problems],
        measures=[[measures[pk] for pk in behind] for behind in composed.measures],
    )


def _last_prose(inspection: Inspection) -> Prose | None:
    last = Report.objects.filter(inspection=inspection).order_by("-created_at", "-pk").first()
    return prose_of(document_of(last)) if last else None


def _save(report: Report) -> None:
    if report.slug in RESERVED_SLUGS:
        raise EditRefused(f"网址名不能用“{report.slug}”，请换一个。")
    try:
        report.full_clean()
        with transaction.atomic():
            report.save()
    except ValidationError as error:
        raise EditRefused("".join(error.messages)) from error
    except IntegrityError as error:  # somebody took the address just now
        raise EditRefused("这个网址名已有报告使用，请换一个。") from error


def _require(report: Report, by: User) -> None:
    if not permissions.may_run(by, report.inspection):
        raise EditRefused("只有整改办可以修改报告。")


def _set_words(section: ReportSection, wording: Wording) -> None:
    """Heading, text and lead; what a problem's heading quotes follows its heading."""
    if section.kind == SectionKind.PROBLEM and wording.heading != section.heading:
        quoted = grammar().wording(wording.heading, numbered=bool(section.marker))
        section.wording = quoted or ""
    if section.lead and not wording.lead:
        section.items.filter(order=1, gap="").update(gap=section.lead_gap)
        section.lead_gap = ""
    section.heading, section.text, section.lead = wording.heading, wording.text, wording.lead
    section.save(update_fields=["heading", "text", "lead", "lead_gap", "wording"])


def _set_items(section: ReportSection, wanted: Sequence[tuple[int | None, str]]) -> None:
    """Change, add and drop items; one that is not named stays, as somebody just added it."""
    items = {item.pk: item for item in section.items.order_by("order")}
    first_gap = next((item.gap for item in items.values()), "" if section.lead else "\n")
    last = max((item.order for item in items.values()), default=0)
    for pk, text in wanted:
        if pk is None and text:
            last += 1
            PublishedItem.objects.create(section=section, order=last, text=text)
        elif pk is not None and pk not in items:
            raise StaleDraft("这一段的事项在您打开之后被别人改过，您的内容没有保存。")
        elif pk is not None and not text:
            _drop(items[pk])
        elif pk is not None:
            PublishedItem.objects.filter(pk=pk).update(text=text)
    if set(section.items.values_list("pk", flat=True)) != set(items):
        _mark(section, first_gap=first_gap)


def _drop(item: PublishedItem) -> None:
    """Out of the draft: a draft is no history, and the journal has the words."""
    item.measures.clear()
    item.delete()


def _mark(section: ReportSection, *, first_gap: str) -> None:
    """After items came or went: one is a plain paragraph, several are counted."""
    items = list(section.items.order_by("order"))
    style = next((item.marker for item in items if item.marker), "一是")
    for at, item in enumerate(items):
        item.marker = style if len(items) > 1 else ""
        item.gap = item.gap if at else first_gap
    PublishedItem.objects.bulk_update(items, ["marker", "gap"])


def _set_next_step(section: ReportSection, text: str) -> None:
    step = NextStep.objects.filter(section=section)
    if not text:
        step.delete()
    elif not step.update(text=text):
        gap = "" if section.items.exists() or section.lead else "\n"
        NextStep.objects.create(section=section, gap=gap, text=text)


def _refuse_empty(section: ReportSection, wording: Wording) -> None:
    """A heading or a paragraph without words would leave a hole in the text."""
    has_heading = section.kind in (SectionKind.HEADING, SectionKind.PROBLEM)
    if not (wording.heading if has_heading else wording.text).strip():
        raise EditRefused(f"{'标题' if has_heading else '这一段'}不能为空。")
