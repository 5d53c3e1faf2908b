from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rectification import closing, returning, workflow
from rectification.models import DispatchRound, InstitutionalOutcome, Problem
from rectification.states import RoundState, WorkStatus
from tests.factories import (
    NOON,
    DispatchRoundFactory,
    FindingAreaFactory,
    InspectionFactory,
    MeasureFactory,
    MilestoneFactory,
    NoticeFactory,
    ProblemFactory,
    round_with_lines,
)

TODAY = NOON.date()


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


def grow(cast, count):
    """As many problems, measures, milestones, reports, applications and lines of the one open round
    as asked for, and a round that was missed."""
    here = {"inspection": cast.inspection}
    round = DispatchRound.objects.open().first() or DispatchRoundFactory(**here, number=1)
    missed = DispatchRound.objects.count() + 1
    DispatchRoundFactory(**here, number=missed, state=RoundState.SUPERSEDED)
    NoticeFactory(
        inspection=cast.inspection, round=round, unit=cast.division, recipient=cast.liaison
    )
    for number in range(Problem.objects.count(), Problem.objects.count() + count):
        area = FindingAreaFactory(inspection=cast.inspection)
        problem = ProblemFactory(
            inspection=cast.inspection,
            area=area,
            lead_unit=cast.division,
            lead_executive=cast.executive,
        )
        for kind in range(4):
            measure = MeasureFactory(
                problem=problem,
                lead_unit=cast.division,
                person_in_charge=cast.liaison,
                deadline=TODAY + timedelta(days=(5, -5, 50, 50)[kind]),
                code=f"M-{number}-{kind}",
            )
            measure.supporting_units.add(cast.elsewhere)
            MilestoneFactory(measure=measure)
            if kind == 0:
                apply_for(measure, cast)
            if kind == 1:
                send_back(measure, cast)
            if kind == 2:
                told = workflow.Told("进展", difficulty="困难", nil_return=True)
                workflow.report(
                    measure, told, unit=measure.lead_unit, by=cast.liaison, at=NOON, version=1
                )
        done = ProblemFactory(inspection=cast.inspection, lead_unit=cast.division)
        MeasureFactory(
            problem=done,
            lead_unit=cast.division,
            status=WorkStatus.CLOSED,
            closed_on=TODAY,
            code=f"M-{number}-done",
        )
    returning.expect(round, at=NOON)


def apply_for(measure, cast):
    closing.submit(
        measure,
        statement="完成",
        evidence_note="见档案",
        by=cast.liaison,
        at=NOON,
        version=1,
    )


def send_back(measure, cast):
    why = workflow.Return("late", "未达到节点", date(2025, 8, 10))
    workflow.send_back(measure, why, by=cast.office, at=NOON, version=1)


def queries_of(client, url):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("liaison", "/desk/"),
        ("head", "/desk/"),
        ("office", "/desk/"),
        ("executive", "/desk/"),
        ("office", "/i/x25/problems/"),
        ("liaison", "/i/x25/problems/"),
        ("office", "/i/x25/measures/"),
        ("liaison", "/i/x25/measures/?light=overdue"),
        ("office", "/i/x25/dispatch/"),
    ],
)
def test_one_row_and_three_take_the_same_number_of_queries(cast, client, who, path):
    client.force_login(getattr(cast, who))
    grow(cast, 1)
    with_one = queries_of(client, path)
    grow(cast, 2)

    with_more = queries_of(client, path)

    assert with_more == with_one
    assert with_one <= 27


def test_the_rows_of_a_round_do_not_multiply_its_queries(cast, client):
    client.force_login(cast.office)
    counts = []
    for number in (1, 3):
        DispatchRound.objects.open().update(state=RoundState.CLOSED, closed_at=NOON)
        round = DispatchRoundFactory(inspection=cast.inspection, number=number)
        for _ in range(number):
            measure = MeasureFactory(problem=cast.problem, lead_unit=cast.division)
            told = workflow.Told("进展", difficulty="困难")
            workflow.report(
                measure, told, unit=measure.lead_unit, by=cast.liaison, at=NOON, version=1
            )
        counts.append(queries_of(client, f"/i/x25/dispatch/{round.number}/"))

    assert counts[1] <= counts[0] + 1  # one more: the round before, to go back to


@pytest.fixture
def measures(cast):
    """One measure in each situation, by name."""
    make = {
        "overdue": {"deadline": date(2025, 7, 30)},
        "today": {"deadline": TODAY},
        "near": {"deadline": date(2025, 8, 10)},
        "later": {"deadline": date(2025, 8, 11)},
        "closed": {"status": "closed", "closed_on": TODAY, "deadline": date(2025, 6, 30)},
        "returned": {"status": "sent_back"},
    }
    made = {
        name: MeasureFactory(problem=cast.problem, lead_unit=cast.division, code=name, **fields)
        for name, fields in make.items()
    }
    MilestoneFactory(measure=made["later"], due_on=date(2025, 7, 1))
    cast.measure.lead_unit = cast.elsewhere
    cast.measure.save()
    return made


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("light=overdue", {"overdue"}),
        ("light=near", {"today", "near"}),
        ("light=behind", {"later"}),
        ("closed=yes", {"closed"}),
        ("closed=no", {"overdue", "today", "near", "later", "returned", "M-900-1"}),
        ("status=sent_back", {"returned"}),
        ("q=overd", {"overdue"}),
        ("q=河湖巡查&light=near", {"today", "near"}),
        ("unit={elsewhere}", {"M-900-1"}),
        ("unit={division}&status=closed", {"closed"}),
        ("kind=long_term", set()),
    ],
)
def test_filters_narrow_the_list(cast, client, measures, query, codes):
    client.force_login(cast.office)
    query = query.format(elsewhere=cast.elsewhere.pk, division=cast.division.pk)

    context = client.get(f"/i/x25/measures/?{query}").context

    assert {row.measure.code for row in context["rows"]} == codes
    assert context["listing"].page.paginator.count == len(codes)


@pytest.mark.parametrize("path", ["measures", "problems"])
def test_an_empty_list_leads_on_whoever_may_import(cast, client, path):
    empty = InspectionFactory(code="x26", inspected_unit=cast.inspection.inspected_unit)
    for who, shown in ((cast.office, True), (cast.supervisor, False)):
        client.force_login(who)
        html = client.get(f"/i/{empty.code}/{path}/").content.decode()
        assert ("/i/x26/ledger/import/" in html) is shown
        assert (">导入通报</a>" in html) is (shown and path == "problems")


def test_a_problem_says_how_many_of_its_measures_are_overdue(cast, client, measures):
    client.force_login(cast.office)

    answer = client.get("/i/x25/problems/")

    assert [problem.measures_overdue for problem, _ in answer.context["rows"]] == [1]
    assert "超期1条" in answer.content.decode()


def test_closing_a_round_is_quiet_until_all_have_reported_and_difficulties_fold(cast, client):
    round = round_with_lines(cast.inspection, number=1)
    for number in range(6):
        measure = MeasureFactory(problem=cast.problem, lead_unit=cast.division)
        told = workflow.Told("进展", difficulty=f"困难之{number}")
        workflow.report(measure, told, unit=measure.lead_unit, by=cast.liaison, at=NOON, version=1)
    client.force_login(cast.office)
    page = f"/i/x25/dispatch/{round.number}/"
    before = client.get(page).content.decode()
    workflow.report(
        cast.measure,
        workflow.Told("进展"),
        unit=cast.measure.lead_unit,
        by=cast.liaison,
        at=NOON,
        version=1,
    )
    after = client.get(page).content.decode()

    assert 'class="button button-quiet" href="#close-round"' in before
    assert 'class="button" href="#close-round"' in after
    assert before.index("困难之4") < before.index("<summary>全部6条") < before.index("困难之5")


def test_each_tab_counts_what_it_opens(cast, client, measures):
    client.force_login(cast.office)

    tabs = client.get("/i/x25/measures/?q=河湖").context["tabs"]

    assert {tab.label: tab.number for tab in tabs}["超期"] == 1
    for tab in tabs:
        opened = client.get(tab.url).context
        assert opened["listing"].page.paginator.count == tab.number
        assert [each.label for each in opened["tabs"] if each.is_current] == [tab.label]


def test_each_tab_of_problems_counts_what_it_opens(cast, client):
    ProblemFactory(inspection=cast.inspection, status="closed", closed_on=TODAY)
    waiting = ProblemFactory(inspection=cast.inspection)
    MeasureFactory(problem=waiting, status="closed", closed_on=TODAY)
    client.force_login(cast.office)

    tabs = client.get("/i/x25/problems/").context["tabs"]

    numbers = {tab.label: tab.number for tab in tabs}
    assert numbers == {"全部": 3, "整改中": 2, "待验收": 1, "已反弹": 0, "已完成": 1, "屡查屡犯": 0}
    for tab in tabs:
        assert client.get(tab.url).context["listing"].page.paginator.count == tab.number


def test_a_chip_takes_its_own_filter_off_and_keeps_the_others(cast, client, measures):
    client.force_login(cast.office)

    chips = client.get("/i/x25/measures/?q=河湖&light=near&page=1").context["listing"].chips

    assert [chip.label for chip in chips] == ["搜索：河湖", "时限情况：临期"]
    assert chips[0].url == "/i/x25/measures/?light=near"


def test_pages_hold_fifty_rows_and_keep_the_filters(cast, client):
    for number in range(51):
        MeasureFactory(problem=cast.problem, lead_unit=cast.division, code=f"N-{number}")
    client.force_login(cast.office)

    first = client.get("/i/x25/measures/?q=N-").context["listing"]
    second = client.get(first.next_url).context["listing"]

    assert first.next_url == "/i/x25/measures/?q=N-&page=2"
    assert (first.summary, second.summary) == ("第 1–50 条，共 51 条", "第 51–51 条，共 51 条")
    assert second.previous_url == "/i/x25/measures/?q=N-"
    assert not {row.pk for row in first.rows} & {row.pk for row in second.rows}


def test_the_unfinished_come_before_the_closed(cast, client, measures):
    client.force_login(cast.office)

    rows = client.get("/i/x25/measures/").context["rows"]

    assert [row.measure.code for row in rows][0] == "overdue"
    assert [row.measure.code for row in rows][-1] == "closed"


@pytest.mark.parametrize("path", ["/i/x25/measures/", "/i/x25/problems/"])
def test_htmx_is_given_the_results_alone(cast, client, path):
    client.force_login(cast.office)

    whole = client.get(path).content.decode()
    part = client.get(path, headers={"HX-Request": "true"}).content.decode()

    assert "<html" in whole
    assert "<html" not in part
    assert part.strip().startswith('<div id="results">')
    assert part.strip() in whole


def test_the_address_that_htmx_leaves_behind_holds_no_empty_filters(cast, client):
    client.force_login(cast.office)

    part = client.get("/i/x25/measures/?q=&light=near&unit=", headers={"HX-Request": "true"})

    assert part.headers["HX-Push-Url"] == "/i/x25/measures/?light=near"


def test_a_search_without_a_find_says_what_to_do(client, cast):
    client.force_login(cast.office)

    html = client.get("/i/x25/measures/?q=没有这样的文字").content.decode()

    assert "没有符合条件的措施" in html
    assert "清除筛选" in html


def test_a_liaison_sees_only_what_the_own_unit_leads_or_supports(cast, client):
    supported = MeasureFactory(problem=cast.problem, lead_unit=cast.division, code="M-S")
    supported.supporting_units.add(cast.elsewhere)
    client.force_login(cast.stranger)

    rows = client.get("/i/x25/measures/").context["rows"]
    page = client.get("/i/x25/problems/P-900/")

    assert [row.measure.code for row in rows] == ["M-S"]
    assert [row.measure.code for row in page.context["measures"]] == ["M-S"]
    assert "另有 1 条措施由其他单位承担" in page.content.decode()
    assert "M-900-1" not in page.content.decode()


def test_problems_are_listed_as_the_ledger_numbers_them(cast, client):
    for code in ("10", "2"):
        ProblemFactory(inspection=cast.inspection, code=code)
    client.force_login(cast.office)

    listed = client.get(f"{cast.base}problems/").context["listing"].rows

    assert [problem.code for problem in listed] == ["2", "10", "P-900"]


def test_a_problem_shows_the_outcomes_of_the_persons_own_measures_alone(cast, client):
    foreign = MeasureFactory(problem=cast.problem, lead_unit=cast.elsewhere)
    for title, measure in (("巡查制度", cast.measure), ("泵站规程", foreign)):
        outcome = InstitutionalOutcome.objects.create(
            inspection=cast.inspection, title=title, issued_on=date(2025, 5, 1)
        )
        outcome.measures.add(measure)
    client.force_login(cast.liaison)

    shown = client.get(f"{cast.base}problems/P-900/").content.decode()

    assert "巡查制度" in shown
    assert "泵站规程" not in shown
