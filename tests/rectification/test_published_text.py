from reports.document import SectionKind
from reports.models import NextStep, Origin, PublishedItem, Report, ReportSection
from tests.factories import NOON


def printed(cast, *, origin, slug):
    report = Report.objects.create(
        inspection=cast.inspection, slug=slug, title="整改通报", origin=origin, created_at=NOON
    )
    section = ReportSection.objects.create(
        report=report, order=1, kind=SectionKind.PROBLEM, problem=cast.problem
    )
    PublishedItem.objects.create(section=section, order=1, text=f"{slug}：修订了巡查办法。")
    NextStep.objects.create(section=section, text=f"{slug}：继续巡查。")


def test_the_page_of_a_problem_shows_what_an_imported_report_says_of_it(cast, client):
    printed(cast, origin=Origin.IMPORTED, slug="seed")
    printed(cast, origin=Origin.COMPOSED, slug="draft")
    client.force_login(cast.liaison)

    html = client.get("/i/x25/problems/P-900/").content.decode()

    assert "seed：修订了巡查办法。" in html
    assert "seed：继续巡查。" in html
    assert "draft：" not in html
