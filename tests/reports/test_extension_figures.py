"""Figures of a past day stay what they were, however often a deadline is moved afterwards."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from rectification.models import DeadlineChange, Measure
from rectification.states import Basis
from reports import figures
from tests.factories import NOON, MeasureFactory
from tests.rectification.conftest import cast  # noqa: F401  # the people around one measure
from tests.rectification.extending import ask, grant, noon_of
from tests.reports import histories

DAYS_LATER = st.integers(1, 40)


def told(inspection, on):
    """Every figure of a day that has to do with deadlines."""
    return (
        figures.count_measures(inspection, on=on),
        figures.count_extensions(inspection, on=on),
        figures.overdue_by_age(inspection, on=on),
        figures.overdue_by_age(inspection, on=on, basis=Basis.ORIGINAL),
        [(row.measure.code, row.days, row.reason) for row in _longest(inspection, on)],
        [row.overdue for row in figures.unit_rows(inspection, on=on, round=None)],
    )


def _longest(inspection, on):
    return figures.longest_overdue(inspection, on=on, most=50)


@pytest.mark.django_db
@given(history=histories.histories(), on=histories.DAYS, later=st.lists(DAYS_LATER, max_size=3))
def test_any_past_day_gives_the_same_answer_after_later_changes(history, on, later):
    with transaction.atomic():
        inspection = histories.write(history)
        by = histories.User.objects.first() or histories.factories.UserFactory()
        # What was changed on a later day already stays: a change is written on its own day.
        days = (day for each in history.measures for day, _ in each.postponed)
        last = max([on, *days])
        before = told(inspection, on)

        for number, days_later in enumerate(later, start=1):
            for measure in Measure.objects.filter(deadline__isnull=False):
                postpone(measure, by, last + timedelta(days=number), days_later)

        assert told(inspection, on) == before
        transaction.set_rollback(True)


def postpone(measure, by, on, days):
    was, measure.deadline = measure.deadline, measure.deadline + timedelta(days=days)
    measure.save()
    DeadlineChange.objects.create(
        measure=measure,
        from_deadline=was,
        from_precision=measure.precision,
        to_deadline=measure.deadline,
        to_precision=measure.precision,
        by=by,
        at=noon_of(on),
        on=on,
    )


def test_an_extension_by_its_verbs_leaves_the_past_overdue(cast):  # noqa: F811
    measure = cast.measure  # 2025年9月底前
    granted_on = date(2025, 9, 30)
    near = figures.count_measures(cast.inspection, on=date(2025, 9, 25))

    grant(ask(measure, cast, on=noon_of(granted_on)), cast, on=noon_of(granted_on))

    assert figures.count_measures(cast.inspection, on=date(2025, 9, 25)) == near
    assert near.near == 1
    counted = figures.count_measures(cast.inspection, on=date(2025, 10, 5))
    assert (counted.overdue, counted.overdue_original) == (0, 1)
    counts = [
        figures.count_extensions(cast.inspection, on=day) for day in (date(2025, 9, 29), granted_on)
    ]
    assert counts == [0, 1]


def test_an_overdue_measure_names_the_deadline_of_the_day_asked_about(cast):  # noqa: F811
    for day in (date(2025, 9, 20), date(2025, 10, 20)):
        grant(ask(cast.measure, cast, on=noon_of(day), days=30), cast, on=noon_of(day))

    (row,) = figures.longest_overdue(cast.inspection, on=date(2025, 12, 4), most=5)

    assert row.days == 5
    assert row.reason == "原定2025年9月底前，延至2025年11月29日前，未启动"


def test_the_number_of_extensions_opens_the_list_of_them_for_a_unit_too(cast, client):  # noqa: F811
    for _ in range(2):
        grant(ask(cast.measure, cast, on=NOON), cast, on=NOON)
    MeasureFactory(problem=cast.problem, lead_unit=cast.elsewhere)
    client.force_login(cast.office)
    page = "/i/x25/dashboard/extensions/"

    html = client.get(page).content.decode()
    of_unit = client.get(f"{page}?unit={cast.division.pk}").content.decode()
    of_other = client.get(f"{page}?unit={cast.elsewhere.pk}").content.decode()
    earlier = client.get(f"{page}?on=2025-07-30").content.decode()

    assert "累计延期2次" in html
    assert "累计延期2次" in of_unit
    assert "累计延期0次" in of_other
    assert "累计延期0次" in earlier
    dashboard = client.get("/i/x25/dashboard/?on=2025-07-31").content.decode()
    assert "累计延期2次" in dashboard
    assert f"/dashboard/extensions/?on=2025-07-31&amp;unit={cast.division.pk}" in dashboard
