"""How a unit kept to a round: in time, late by so many days, or missing."""

from datetime import date, datetime, timedelta

import pytest

from rectification.models import DispatchReturn, ProgressEntry
from rectification.states import WorkStatus
from reports import figures
from tests import factories

pytestmark = pytest.mark.django_db

ON = date(2025, 7, 31)
CLOSED = datetime(2025, 7, 24, 18, tzinfo=factories.SHANGHAI)


@pytest.mark.parametrize(
    ("reported", "closed", "says"),
    [
        ([21, 24], True, "按时"),
        ([19, 26], True, "迟报2天"),
        ([19, 26], False, "按时"),
        ([21], True, "未报1条"),
        ([], False, "未报2条"),
    ],
)
def test_a_unit_reported_in_time_or_late_or_not(reported, closed, says):
    problem = factories.ProblemFactory()
    ending = {"state": "closed", "closed_at": CLOSED}
    round = factories.DispatchRoundFactory(
        inspection=problem.inspection, **(ending if closed else {})
    )
    lead = factories.unit(parent=problem.inspection.inspected_unit)
    liaison = factories.UserFactory(unit=lead)
    measures = factories.MeasureFactory.create_batch(2, problem=problem, lead_unit=lead)
    for measure, day in zip(measures, reported, strict=False):
        ProgressEntry.objects.create(
            measure=measure,
            round=round,
            unit=lead,
            text="已完成初稿。",
            by=liaison,
            reported_on=date(2025, 7, day),
            at=factories.NOON,
            measure_version=1,
        )

    (row,) = figures.unit_rows(problem.inspection, on=ON, round=round)

    assert row.discipline is not None
    assert row.discipline.says == says


def test_nothing_is_asked_of_a_unit_whose_measures_are_closed():
    measure = factories.MeasureFactory(status=WorkStatus.CLOSED, closed_on=date(2025, 6, 1))
    round = factories.DispatchRoundFactory(inspection=measure.inspection)

    (row,) = figures.unit_rows(measure.inspection, on=ON, round=round)

    assert row.discipline is None


@pytest.fixture
def line():
    """Of a unit that helps with a measure; the lead unit has reported in time."""
    round = factories.DispatchRoundFactory(state="closed", closed_at=CLOSED)
    problem = factories.ProblemFactory(inspection=round.inspection)
    measure, own = (factories.MeasureFactory(problem=problem) for _ in range(2))
    leads = factories.DispatchReturnFactory(round=round, measure=measure)
    factories.filed(leads, by=factories.UserFactory(), at=CLOSED - timedelta(days=2))
    DispatchReturn.objects.update(closed_state="filed")
    return factories.DispatchReturnFactory(
        round=round, measure=measure, unit=own.lead_unit, leads=False
    )


@pytest.mark.parametrize(
    ("at_the_close", "now", "says"),
    [
        ("to_confirm", "filed", "按时"),  # its head turned it back, and it came again
        ("waiting", "filed", "迟报3天"),
        ("turned_back", "filed", "迟报3天"),
        ("turned_back", "turned_back", "未报1条"),
    ],
)
def test_what_came_after_the_close_is_late_where_the_unit_owed_it(line, at_the_close, now, says):
    by = factories.UserFactory()
    if at_the_close != "waiting":
        factories.filed(line, by=by, at=CLOSED - timedelta(days=1))
    factories.filed(line, by=by, at=CLOSED + timedelta(days=3))
    DispatchReturn.objects.filter(pk=line.pk).update(
        closed_state=at_the_close, state=now, is_late=True, turned_back_why="太短"
    )

    rows = figures.unit_rows(line.round.inspection, on=ON, round=line.round)

    found = {row.unit: row.discipline for row in rows}
    assert [each.says for each in (found[line.unit], found[line.measure.lead_unit])] == [
        says,
        "按时",
    ]


def test_a_unit_that_only_supports_has_its_row_with_what_it_owes():
    round = factories.DispatchRoundFactory()
    measure = factories.MeasureFactory(
        problem=factories.ProblemFactory(inspection=round.inspection)
    )
    helper = factories.unit(parent=round.inspection.inspected_unit)
    measure.supporting_units.add(helper)
    factories.DispatchReturnFactory(round=round, measure=measure)
    factories.DispatchReturnFactory(round=round, measure=measure, unit=helper, leads=False)

    rows = {row.unit: row for row in figures.unit_rows(round.inspection, on=ON, round=round)}

    assert (rows[helper].total, rows[helper].rate.says) == (0, "—")
    assert rows[helper].discipline.says == "未报1条"
