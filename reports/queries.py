"""Answers about drafts that span models, for those who write them: inside the house only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Concat

from accounts.models import JournalEntry
from rectification.models import Inspection, Measure, ProgressEntry
from reports.models import Publication, Report, ReportSection


@dataclass(frozen=True)
class DraftLine:
    """A draft in the list: who changed it last, and which version of it stands, if any."""

    report: Report
    changed_at: datetime
    changed_by: str
    published: Publication | None

    @property
    def is_ahead(self) -> bool:
        """Changed since it was published."""
        return self.published is not None and self.report.version > self.published.draft_version


@dataclass(frozen=True)
class Filed:
    """One report of a unit on a measure."""

    on: date
    text: str
    difficulty: str
    next_step: str


@dataclass(frozen=True)
class Source:
    """A measure behind a section. `is_used`: one of the section's items tells of it."""

    measure: Measure
    is_used: bool
    filed: tuple[Filed, ...] = ()

    @property
    def latest(self) -> Filed | None:
        return self.filed[0] if self.filed else None


def drafts_of(inspection: Inspection) -> tuple[DraftLine, ...]:
    """All drafts of an inspection, the last one first, in two queries."""
    code = Concat(Value(f"{inspection.code}/"), OuterRef("slug"))
    entries = JournalEntry.objects.filter(subject_kind="report", subject_code=code)
    last = entries.order_by("-sequence")
    reports = list(
        Report.objects.filter(inspection=inspection)
        .select_related("inspection")
        .annotate(
            changed_at=Subquery(last.values("at")[:1]),
            changed_by=Subquery(last.values("by__name")[:1]),
        )
        .order_by("-created_at", "-pk")
    )
    current = Publication.objects.current().for_list().filter(report__in=reports)
    published = {publication.report_id: publication for publication in current}
    return tuple(
        DraftLine(
            report,
            report.changed_at or report.created_at,
            report.changed_by or "",
            published.get(report.pk),
        )
        for report in reports
    )


def sources_of(section: ReportSection) -> tuple[Source, ...]:
    """The measures of the section's problem, with what was filed by the draft's day."""
    if section.problem_id is None:
        return ()
    measures = list(
        Measure.objects.filter(problem=section.problem_id)
        .select_related("inspection", "lead_unit")
        .order_by("code")
    )
    filed = _filed(measures, on=section.report.as_of)
    used = set(section.items.values_list("measures", flat=True))
    return tuple(
        Source(measure, measure.pk in used, tuple(filed.get(measure.pk, ())))
        for measure in measures
    )


def measures_behind(sections: Iterable[ReportSection]) -> dict[int, list[Measure]]:
    """The measures of each problem that the sections tell of, by the problem's key."""
    problems = {section.problem_id for section in sections if section.problem_id}
    measures: dict[int, list[Measure]] = {}
    for measure in Measure.objects.filter(problem__in=problems).order_by("code"):
        measures.setdefault(measure.problem_id, []).append(measure)
    return measures


def _filed(measures: Iterable[Measure], *, on: date | None) -> dict[int, list[Filed]]:
    entries = ProgressEntry.objects.filter(measure__in=measures, nil_return=False).latest_first()
    if on is not None:
        entries = entries.filter(reported_on__lte=on)
    filed: dict[int, list[Filed]] = {}
    for entry in entries:
        words = Filed(entry.reported_on, entry.text, entry.difficulty, entry.next_step)
        filed.setdefault(entry.measure_id, []).append(words)
    return filed
