"""A document becomes rows and comes back as itself."""

from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rectification.models import Measure, Problem
from reports.document import Document, Group, Item, Section, SectionKind, StatedFigure
from reports.models import NextStep, Origin, PublishedItem, Report
from reports.reading import read_file
from reports.recording import Place
from reports.rendering import to_json, to_text
from reports.storing import document_of, store
from tests.factories import NOON, MeasureFactory, ProblemFactory, bureau
from tests.reports.test_recording import TEXT, reading, recorded

PUBLISHED = sorted((Path(__file__).parent / "published").glob("*.txt"))
pytestmark = pytest.mark.django_db


def test_the_rows_give_the_document_back():
    document = reading()
    report = recorded(document)

    back = document_of(Report.objects.get(pk=report.pk))

    assert back == document
    assert to_text(back) == TEXT
    assert to_json(back) == to_json(document)


def test_reading_the_rows_asks_as_often_for_a_long_report_as_for_a_short_one(
    django_assert_num_queries,
):
    one = recorded(slug="one")
    long = replace(reading(), sections=reading().sections * 3)
    three = recorded(long, slug="three")

    for report in (one, three):
        fresh = Report.objects.select_related("inspection").get(pk=report.pk)
        with django_assert_num_queries(3):
            document_of(fresh)


def test_the_real_report_comes_back_as_it_was_read(shared):
    source = (shared / "seed" / "report.txt").read_bytes()
    document = read_file(source, name="report.txt").document

    report = recorded(document)

    assert document_of(Report.objects.get(pk=report.pk)) == document
    assert Problem.objects.count() == 48
    assert Problem.objects.closed().count() == 16
    assert PublishedItem.objects.count() == 166
    assert NextStep.objects.count() == 30
    assert not Measure.objects.exists()


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_the_report_of_any_bureau_comes_back_as_it_was_read(path):
    document = read_file(path.read_bytes(), name=path.name).document
    place = Place(unit=bureau(), feedback_date=date(2025, 1, 20))
    document = replace(document, feedback_date=document.feedback_date or place.feedback_date)

    report = recorded(document, place=place, at=NOON.replace(year=2030))

    assert document_of(Report.objects.get(pk=report.pk)) == document
    assert to_text(document_of(report)) == path.read_bytes().decode()
    assert [p.wording for p in document.problems] == list(
        Problem.objects.order_by("code").values_list("wording", flat=True)
    )
    assert "" not in [problem.title for problem in Problem.objects.all()]


words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
blanks = st.text(" 　\n\t", max_size=300)
items = st.builds(Item, text=words, marker=words, gap=blanks, line=st.integers(0, 9999))
sections = st.builds(
    Section,
    kind=st.sampled_from(SectionKind),
    line=st.integers(0, 9999),
    gap=blanks,
    level=st.integers(0, 6),
    marker=words,
    continues=st.booleans(),
    heading=words,
    text=words,
    group=st.sampled_from(Group),
    wording=words,
    lead_gap=blanks,
    lead=words,
    items=st.lists(items, max_size=3).map(tuple),
    next_gap=blanks,
    next_step=words,
    lead_unit=words,
    deadline=words,
)
figures = st.builds(
    StatedFigure,
    key=st.sampled_from(["problems", "rate", "outcomes"]),
    value=st.decimals(0, 999999, places=2),
    line=st.integers(0, 9999),
    text=words,
    as_of=st.none() | st.dates(),
    as_of_phrase=words,
)
documents = st.builds(
    Document,
    sections=st.lists(sections, max_size=6).map(tuple),
    stated=st.lists(figures, unique_by=lambda figure: figure.key).map(tuple),
    tail=blanks,
)
serial = count()


def stored(document: Document) -> Report:
    problem = Problem.objects.first() or ProblemFactory()
    report = Report.objects.create(
        inspection=problem.inspection,
        slug=f"r-{next(serial)}",
        origin=Origin.COMPOSED,
        tail=document.tail,
        created_at=NOON,
    )
    store(document, report=report, problems=[problem] * len(document.problems))
    return report


@given(documents)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_document_comes_back_section_by_section(document):
    back = document_of(Report.objects.get(pk=stored(document).pk))

    assert (back.sections, back.stated, back.tail) == (
        document.sections,
        document.stated,
        document.tail,
    )


# Stored from elsewhere --------------------------------------------------------------------------


def test_a_composed_item_names_its_measures():
    measure = MeasureFactory()
    section = Section(kind=SectionKind.PROBLEM, items=(Item(text="甲。"), Item(text="乙。")))
    report = Report.objects.create(
        inspection=measure.inspection, slug="c", origin=Origin.COMPOSED, created_at=NOON
    )

    document = Document(sections=(section,))
    store(document, report=report, problems=[measure.problem], measures=[[measure], []])

    first, second = PublishedItem.objects.order_by("order")
    assert list(first.measures.all()) == [measure]
    assert not second.measures.exists()
    assert measure.problem.report_sections.get().report == report


@pytest.mark.parametrize("how_many", [0, 2])
def test_every_problem_section_has_its_row(how_many):
    problem = ProblemFactory()
    report = Report.objects.create(
        inspection=problem.inspection, slug="c", origin=Origin.COMPOSED, created_at=NOON
    )

    with pytest.raises(ValueError, match="problems than the document has"):
        store(
            Document(sections=(Section(kind=SectionKind.PROBLEM),)),
            report=report,
            problems=[problem] * how_many,
        )
