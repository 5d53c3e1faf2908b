import re
from datetime import date, timedelta
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from accounts.models import Role
from rectification.models import CloseoutRequest, Exemption
from rectification.states import WorkStatus
from reports import figures
from reports.models import Origin, Report, StatedFigure
from tests import factories
from tests.reports.lively import ON, lively

pytestmark = pytest.mark.django_db


def page_of(client, on: date | None = ON, **query: str) -> str:
    asked = {"on": on.isoformat(), **query} if on else query
    answer = client.get("/i/x25/dashboard/", asked)
    assert answer.status_code == 200
    return answer.content.decode()


class Links(HTMLParser):
    """The links of a page with their text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.href, self.text = "", ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.href, self.text = dict(attrs).get("href") or "", ""

    def handle_data(self, data):
        self.text += data.strip()

    def handle_endtag(self, tag):
        if tag == "a":
            self.found.append((self.href, self.text))


def _numbers(html: str) -> list[tuple[str, int]]:
    """Each link inside the page's main part that is named by a number, with that number."""
    main = html[html.index("<main") : html.index("这些数字是怎么算的")]
    links = [(href, text, re.search(r"\d+(?=\D*$)", text)) for href, text in Links(main).found]
    return [
        (href, int(number.group()))
        for href, text, number in links
        if number and "%" not in text and "调度" not in text and _is_list(href)
    ]


def _is_list(href: str) -> bool:
    path = urlsplit(href).path
    return "/dashboard/" in path or path.endswith(("/measures/", "/problems/"))


def _rows(html: str) -> int:
    """How many rows the list says it has: the pager's 共N条, or the heading's number."""
    found = re.search(r"共\s*(\d+)\s*[条个项次]", html)
    return int(found.group(1)) if found else 0


# What it says ------------------------------------------------------------------------------------


def test_both_rates_stand_with_their_denominators_and_their_day(client, inspection, leader):
    problems = factories.ProblemFactory.create_batch(3, inspection=inspection)
    factories.MeasureFactory(
        problem=problems[0], status=WorkStatus.CLOSED, closed_on=date(2025, 4, 1)
    )
    factories.MeasureFactory.create_batch(2, problem=problems[1])

    html = page_of(client)

    assert "截至2025年7月31日" in html
    assert ">33.3%<" in html
    assert "1 / 3 条" in html
    assert ">0.0%<" in html
    assert "0 / 3 个" in html


def test_an_empty_inspection_says_so_and_divides_by_nothing(client, inspection, leader):
    html = page_of(client)

    assert html.count(">—<") == 4  # both rates, accountability and money
    assert "0 / 0 条" in html
    assert "还没有整改措施" in html
    assert "没有超期的措施" in html
    assert "没有等您决定的事项" in html


def test_what_a_report_states_stands_apart_from_what_is_counted(client, inspection, leader):
    report = Report.objects.create(
        inspection=inspection,
        slug="r",
        title="整改进展通报",
        origin=Origin.IMPORTED,
        created_at=factories.NOON,
    )
    StatedFigure.objects.create(report=report, key="rate", value="67.70", as_of=ON)
    StatedFigure.objects.create(report=report, key="measures", value="161", as_of=ON)

    html = page_of(client)

    assert "“整改进展通报”中的说法，截至2025年7月31日，未经台账核算" in html
    assert "67.7%" in html
    assert "0 / 0 条" in html


def test_stated_figures_of_different_days_each_say_their_day(client, inspection, leader):
    report = Report.objects.create(
        inspection=inspection, slug="r", origin=Origin.IMPORTED, created_at=factories.NOON
    )
    StatedFigure.objects.create(report=report, key="measures", value="161", as_of=ON)
    StatedFigure.objects.create(report=report, key="outcomes", value="25")

    html = page_of(client)

    assert "“（无标题）通报 r”中的说法，未经台账核算" in html
    assert "整改措施（条），截至2025年7月31日" in html
    assert "制度成果（项）<" in html


def test_a_composed_report_states_nothing(inspection):
    report = Report.objects.create(
        inspection=inspection, slug="r", origin=Origin.COMPOSED, created_at=factories.NOON
    )
    StatedFigure.objects.create(report=report, key="rate", value="67.70")

    assert figures.statements(inspection) == ()


def test_the_change_is_counted_from_the_last_dispatch(client, inspection, leader):
    problem = factories.ProblemFactory(inspection=inspection)
    factories.DispatchRoundFactory(inspection=inspection, number=12)
    for day in (date(2025, 7, 20), date(2025, 7, 25), date(2025, 7, 30)):
        factories.MeasureFactory(problem=problem, status=WorkStatus.CLOSED, closed_on=day)

    html = page_of(client)

    assert "第12次调度后" in html
    assert "2条" in html
    assert '<a href="/i/x25/dashboard/?on=2025-07-21">较上次调度</a>' in html


def test_the_oldest_overdue_measure_comes_first_with_its_reason(client, inspection, leader):
    lively(inspection, on=ON)

    html = page_of(client)

    days = re.findall(r"超(\d+)天", html)
    assert days == ["100", "45", "20", "3"]
    assert "原定2025年4月底前，未启动" in html


def test_what_waits_for_this_person_is_there_to_be_decided(client, inspection):
    factories.stages(inspection)
    waiting = factories.ProblemFactory(inspection=inspection, wording="岸线管护不严")
    factories.MeasureFactory(problem=waiting, status=WorkStatus.CLOSED, closed_on=date(2025, 4, 1))
    elsewhere = factories.ProblemFactory(wording="别处的问题")
    factories.MeasureFactory(
        problem=elsewhere, status=WorkStatus.CLOSED, closed_on=date(2025, 4, 1)
    )
    applied = factories.MeasureFactory(
        problem=factories.ProblemFactory(inspection=inspection),
        status=WorkStatus.IN_REVIEW,
        text="修订巡查制度",
    )
    CloseoutRequest.objects.create(
        measure=applied,
        number=1,
        statement="已完成。",
        measure_version=1,
        stage=inspection.stages.get(role=Role.OFFICE),
        applied_by=factories.UserFactory(),
        applied_at=factories.NOON,
        applied_on=timezone.localdate() - timedelta(days=6),
    )
    for role, shown, hidden in [
        (Role.PARTY_GROUP, "成效验收：岸线管护不严", "销号申请："),
        (Role.OFFICE, "销号申请：修订巡查制度", "成效验收："),
        (Role.SUPERVISOR, "没有等您决定的事项", "销号申请："),
    ]:
        client.force_login(factories.person(role, inspection.inspected_unit))

        html = page_of(client)

        assert shown in html
        assert hidden not in html
        assert "别处的问题" not in html
        assert ("整改办复核，已等待6天" in html) == (role == Role.OFFICE)


def test_an_application_for_not_applicable_waits_for_the_leader(client, inspection, leader):
    measure = factories.MeasureFactory(
        problem=factories.ProblemFactory(inspection=inspection), text="疏浚三河口"
    )
    Exemption.objects.create(
        measure=measure,
        number=1,
        reason="河道已改线。",
        by=factories.UserFactory(),
        at=factories.NOON,
        on=timezone.localdate() - timedelta(days=6),
    )

    html = page_of(client)

    assert "不再适用申请：疏浚三河口" in html
    assert "已等待6天" in html


def test_many_decisions_are_cut_and_the_rest_is_named(client, inspection, leader):
    for problem in factories.ProblemFactory.create_batch(5, inspection=inspection):
        factories.MeasureFactory(
            problem=problem, status=WorkStatus.CLOSED, closed_on=date(2025, 4, 1)
        )

    html = page_of(client)

    assert html.count("成效验收：") == 2
    assert "还有3件" in html


# What it opens -----------------------------------------------------------------------------------


def test_every_number_of_today_opens_a_list_of_as_many(client, inspection, leader):
    lively(inspection, on=timezone.localdate())

    numbers = _numbers(page_of(client, on=None))

    assert len(numbers) > 25
    assert {href: _rows(client.get(href).content.decode()) for href, _ in numbers} == dict(numbers)


def test_every_number_of_a_past_day_opens_the_rows_of_that_day(client, inspection, leader):
    lively(inspection, on=ON)

    numbers = _numbers(page_of(client))

    assert len(numbers) > 25
    assert all(parse_qs(urlsplit(href).query)["on"] == ["2025-07-31"] for href, _ in numbers)
    assert {href: _rows(client.get(href).content.decode()) for href, _ in numbers} == dict(numbers)


def test_the_rows_of_a_past_day_stand_as_they_stood(client, inspection, leader):
    measure = factories.MeasureFactory(
        problem=factories.ProblemFactory(inspection=inspection), deadline=date(2025, 6, 30)
    )
    measure.events.create(
        verb="close",
        from_status=WorkStatus.IN_REVIEW,
        to_status=WorkStatus.CLOSED,
        on=date(2025, 8, 5),
        at=factories.NOON,
    )

    before, after = (
        client.get("/i/x25/dashboard/measures/overdue/", {"on": day}).content.decode()
        for day in ("2025-07-31", "2025-08-05")
    )

    assert "超期1条" in before
    assert "原定2025年6月底前，未启动" in before
    assert "超期0条" in after


@pytest.mark.parametrize(
    "path",
    [
        "measures/nonsense/",
        "problems/overdue/",
        "measures/overdue/?unit=abc",
        "measures/overdue/?unit=999999",
        "measures/overdue/?unit=99999999999999999999999",
        "measures/overdue/?unit=%00",
    ],
)
def test_a_figure_or_unit_that_is_not_there_is_404(client, inspection, leader, path):
    assert client.get(f"/i/x25/dashboard/{path}").status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "abc", "1e9", "99999999", "\x00"])
def test_a_page_that_is_not_there_is_a_page_that_is(client, inspection, leader, page):
    factories.ProblemFactory(inspection=inspection)

    answer = client.get("/i/x25/dashboard/problems/total/", {"page": page})

    assert answer.status_code == 200
    assert "问题总数1个" in answer.content.decode()


# Bad days ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "on",
    [
        "2025-13-01",
        "0000",
        "0000-00-00",
        "yesterday",
        "2025-07-31'--",
        "\x00",
        "٢٠٢٥-٠٧-٣١",
        "9" * 500,
    ],
)
def test_what_is_no_day_is_named_and_today_is_shown(client, inspection, leader, on):
    answer = client.get("/i/x25/dashboard/", {"on": on})

    html = answer.content.decode()
    assert answer.status_code == 400
    assert "不是日期，请写成 2025-07-31 这样。下面是今天的情况。" in html
    assert f'value="{timezone.localdate().isoformat()}"' in html


@pytest.mark.parametrize(
    ("on", "says"),
    [
        ("9999-12-31", "这一天还没有到，下面是今天的情况。"),
        ("0001-01-01", "反馈日期是2025年1月20日，此前没有数据。"),
        ("2025-01-19", "反馈日期是2025年1月20日，此前没有数据。"),
    ],
)
def test_a_day_without_data_is_named_and_today_is_shown(client, inspection, leader, on, says):
    answer = client.get("/i/x25/dashboard/", {"on": on})

    assert answer.status_code == 400
    assert says in answer.content.decode()


def test_the_day_of_the_feedback_and_a_blank_are_fine(client, inspection, leader):
    assert client.get("/i/x25/dashboard/", {"on": "2025-01-20"}).status_code == 200
    assert client.get("/i/x25/dashboard/", {"on": "  "}).status_code == 200
