"""A document under a report as rows, and the rows as the same document again."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import models

from rectification.models import Measure, Problem
from reports import document as values
from reports.document import Document, Group, SectionKind
from reports.models import NextStep, PublishedItem, Report, ReportSection, StatedFigure
from reports.reading.front import facts_of
from reports.reading.origin import cited_titles
from reports.rendering import to_text


def store(
    document: Document,
    *,
    report: Report,
    problems: Sequence[Problem],
    measures: Sequence[Sequence[Measure]] = (),
) -> None:
    """Write the document's sections, items, next steps and stated figures under a saved report.

    `problems` are the rows of `document.problems`, one each; `measures`, where given, the measures
    behind each of `document.items`. Call it in a transaction. Raises ValueError if counts differ.
    """
    rows = iter(problems)
    sections = ReportSection.objects.bulk_create(
        _section_row(section, report=report, order=order, problems=rows)
        for order, section in enumerate(document.sections, start=1)
    )
    if next(rows, None) is not None:
        raise ValueError("more problems than the document has")
    pairs = list(zip(sections, document.sections, strict=True))
    items = PublishedItem.objects.bulk_create(
        PublishedItem(section=row, order=order, **_own(PublishedItem, item))
        for row, section in pairs
        for order, item in enumerate(section.items, start=1)
    )
    if measures:
        _link(items, measures)
    NextStep.objects.bulk_create(
        NextStep(section=row, gap=section.next_gap, text=section.next_step)
        for row, section in pairs
        if section.next_gap or section.next_step
    )
    StatedFigure.objects.bulk_create(
        StatedFigure(report=report, **_own(StatedFigure, figure)) for figure in document.stated
    )


def document_of(report: Report) -> Document:
    """The value that the rows stand for: the inverse of `store`."""
    rows = report.sections.order_by("order").select_related("next_step").prefetch_related("items")
    sections = tuple(_section_value(row) for row in rows)
    text = to_text(Document(sections=sections))
    inspection = report.inspection
    return Document(
        sections=sections,
        title=report.title,
        facts=facts_of(list(sections)),
        inspecting_body=report.inspecting_body,
        inspected_unit=report.inspected_unit,
        on_site_from=inspection.on_site_from,
        on_site_to=inspection.on_site_to,
        feedback_date=inspection.feedback_date,
        as_of=report.as_of,
        stated=tuple(_figure_value(row) for row in report.stated_figures.order_by("pk")),
        cited_titles=cited_titles(text)[0],
        tail=report.tail,
    )


def _own(model: type[models.Model], value: object) -> dict[str, Any]:
    """The fields of a value that the model has under the same names."""
    columns = {field.name for field in model._meta.concrete_fields}
    return {name: held for name, held in vars(value).items() if name in columns}


def _section_row(
    section: values.Section, *, report: Report, order: int, problems: Iterable[Problem]
) -> ReportSection:
    row = ReportSection(
        report=report,
        order=order,
        **_own(ReportSection, section),
        stated_lead_unit=section.lead_unit,
        stated_deadline=section.deadline,
    )
    if section.kind == SectionKind.PROBLEM:
        row.problem = next(iter(problems), None)
        if row.problem is None:
            raise ValueError("fewer problems than the document has")
    return row


def _link(items: Sequence[PublishedItem], measures: Sequence[Sequence[Measure]]) -> None:
    through = PublishedItem.measures.through
    through.objects.bulk_create(
        through(publisheditem_id=item.pk, measure_id=measure.pk)
        for item, behind in zip(items, measures, strict=True)
        for measure in behind
    )


def _section_value(row: ReportSection) -> values.Section:
    step = getattr(row, "next_step", None)
    return values.Section(
        kind=SectionKind(row.kind),
        line=row.line,
        gap=row.gap,
        level=row.level,
        marker=row.marker,
        continues=row.continues,
        heading=row.heading,
        text=row.text,
        group=Group(row.group),
        wording=row.wording,
        lead_gap=row.lead_gap,
        lead=row.lead,
        items=tuple(
            values.Item(text=item.text, marker=item.marker, gap=item.gap, line=item.line)
            for item in row.items.all()
        ),
        next_gap=step.gap if step else "",
        next_step=step.text if step else "",
        lead_unit=row.stated_lead_unit,
        deadline=row.stated_deadline,
    )


def _figure_value(row: StatedFigure) -> values.StatedFigure:
    whole = row.value == row.value.to_integral_value()
    return values.StatedFigure(
        key=row.key,
        value=row.value.quantize(Decimal(1)) if whole else row.value.normalize(),
        line=row.line,
        text=row.text,
        as_of=row.as_of,
        as_of_phrase=row.as_of_phrase,
    )
