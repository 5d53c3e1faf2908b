"""Every list page takes the same number of queries for one row as for three: also the next one.

Which pages these are is read from the addresses, so that a list page without rows here fails.
"""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from rectification.models import Evidence, EvidenceUse, EvidenceVersion, InstitutionalOutcome
from reports.models import Origin, Publication, Report
from tests.factories import NOON
from tests.rectification.conftest import cast  # noqa: F401  # the people around one measure
from tests.rectification.test_lists import grow
from tests.test_consistency import our_urls

LISTS = sorted(name for name, _ in our_urls() if name.endswith("_list"))
ALSO = ["rectification:desk", "rectification:round_detail", "reports:dashboard"]
ARGUMENTS = {"inspection": "x25", "number": 1}


@pytest.mark.parametrize("name", [*LISTS, *ALSO])
def test_one_row_and_three_take_the_same_number_of_queries(cast, client, name):  # noqa: F811
    client.force_login(cast.office)
    plant(cast, 1)
    client.get(address_of(name))  # what is read once in a process is read
    with_one, queries_for_one = shown(client, name)
    plant(cast, 2)

    with_three, queries_for_three = shown(client, name)

    assert len(with_three) > len(with_one), "the page does not show the rows that were added"
    assert queries_for_three <= queries_for_one


def plant(cast, count: int) -> None:  # noqa: F811
    """As many further problems, measures, rounds, outcomes, returns and published reports."""
    grow(cast, count)
    first = Report.objects.count()
    for number in range(first, first + count):
        outcome = InstitutionalOutcome.objects.create(
            inspection=cast.inspection, title=f"巡查办法{number}", issued_on=date(2025, 6, 30)
        )
        outcome.measures.add(cast.measure)
        published(cast, f"report-{number}")
        piece_of_evidence(cast, number + 1)


def piece_of_evidence(cast, number: int) -> None:  # noqa: F811
    piece = Evidence.objects.create(
        inspection=cast.inspection,
        number=number,
        title="巡查办法",
        kind="document",
        dated_on=date(2025, 6, 30),
        unit=cast.division,
    )
    EvidenceVersion.objects.create(
        evidence=piece, number=1, name="a.pdf", size=1, key=f"{number}", by=cast.office, at=NOON
    )
    EvidenceUse.objects.create(evidence=piece, measure=cast.measure, by=cast.office, at=NOON)


def published(cast, slug: str) -> None:  # noqa: F811
    report = Report.objects.create(
        inspection=cast.inspection,
        slug=slug,
        title=slug,
        origin=Origin.COMPOSED,
        created_at=NOON,
        created_by=cast.office,
    )
    Publication.objects.create(
        report=report,
        number=1,
        draft_version=1,
        title=slug,
        article="<article></article>",
        figures=[],
        published_at=NOON,
        published_by=cast.office,
    )


def address_of(name: str) -> str:
    (pattern,) = [pattern for each, pattern in our_urls() if each == name]
    return reverse(name, kwargs={key: ARGUMENTS[key] for key in pattern.pattern.converters})


def shown(client, name: str) -> tuple[bytes, int]:
    """The page, and how many queries it took."""
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address_of(name))
    assert answer.status_code == 200
    return answer.content, len(queries)
