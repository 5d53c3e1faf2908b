"""Two who work in a round at once: one file is kept; each report is before the end, or late."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts import journal
from rectification import deciding, dispatching, looking_back, returning, scheduling, workflow
from rectification.models import (
    DispatchReturn,
    DispatchRound,
    Inspection,
    Measure,
    ProgressEntry,
)
from rectification.returning import Seen
from rectification.workflow import Told
from tests.factories import MeasureFactory
from tests.rectification.calendar.test_scheduling import settings
from tests.rectification.rounds import ANCHOR, LATER, line_of
from tests.rectification.test_looking_back import asked, closed_measures
from tests.rectification.test_race import attempt, together

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a race needs PostgreSQL"),
]


def test_of_eight_who_file_one_line_one_is_kept(cast, opened):
    def file(number):
        told = Told(f"第{number}稿")
        return attempt(
            lambda: returning.file(line_of(cast), told, by=cast.liaison, at=ANCHOR, seen=Seen(1, 1))
        )

    assert together(8, file) == ["done"] + ["stale"] * 7
    assert line_of(cast).entry == ProgressEntry.objects.get()
    assert journal.first_fault() is None


def test_two_units_that_file_on_one_measure_at_once_are_both_kept(cast):
    cast.measure.supporting_units.add(cast.elsewhere)
    dispatching.open_due(at=ANCHOR)

    def file(number):
        unit, by = ((cast.division, cast.liaison), (cast.elsewhere, cast.stranger))[number]
        line = line_of(cast, unit)
        told = Told(f"{unit}的进展")
        return attempt(lambda: returning.file(line, told, by=by, at=ANCHOR, seen=Seen(1, 1)))

    assert together(2, file) == ["done", "done"]
    assert DispatchReturn.objects.filter(state="filed").count() == 2


def test_of_eight_drafts_one_is_kept(cast, opened):
    def keep(number):
        told = Told(f"第{number}稿")
        return attempt(
            lambda: returning.keep_draft(line_of(cast), told, by=cast.liaison, at=ANCHOR, version=1)
        )

    assert together(8, keep) == ["done"] + ["stale"] * 7
    assert line_of(cast).version == 2


def test_each_report_is_before_the_end_of_a_round_or_late(cast):
    for number in range(2, 8):
        MeasureFactory(problem=cast.problem, lead_unit=cast.division, code=f"M-900-{number}")
    dispatching.open_due(at=ANCHOR)
    lines = list(DispatchReturn.objects.order_by("measure__code"))

    def act(number):
        if number == 7:
            dispatching.close(DispatchRound.objects.get(), by=cast.office, at=ANCHOR + LATER)
            return "done"
        line = DispatchReturn.objects.select_related("measure", "unit", "round").get(
            pk=lines[number].pk
        )
        told = Told("进展")
        if number % 2:
            measure = Measure.objects.get(pk=line.measure_id)
            return attempt(
                lambda: workflow.report(
                    measure, told, unit=line.unit, by=cast.liaison, at=ANCHOR, version=1
                )
            )
        seen = Seen(1, 1)
        return attempt(lambda: returning.file(line, told, by=cast.liaison, at=ANCHOR, seen=seen))

    assert together(8, act) == ["done"] * 8
    for line in DispatchReturn.objects.all():
        assert line.state == "filed"
        assert line.is_late == (line.closed_state == "waiting"), line
    assert journal.first_fault() is None


def test_opening_ends_the_round_before_it_whoever_else_ends_it_or_reports(cast, opened):
    def act(number):
        if number == 0:
            round = DispatchRound.objects.get(number=1)
            try:
                dispatching.close(round, by=cast.office, at=ANCHOR + LATER)
            except dispatching.DispatchRefused:
                return "refused"
            return "done"
        if number == 1:
            seen = Seen(1, 1)
            line = DispatchReturn.objects.select_related("measure", "unit", "round").get(
                round=opened
            )
            return attempt(
                lambda: returning.file(line, Told("进展"), by=cast.liaison, at=ANCHOR, seen=seen)
            )
        dispatching.open_due(at=ANCHOR + timedelta(days=14))
        return "done"

    together(6, act)

    assert list(DispatchRound.objects.values_list("number", "state")) == [
        (1, "closed"),
        (2, "open"),
    ]
    first, second = DispatchReturn.objects.order_by("round__number")
    assert first.closed_state
    assert second.state == "waiting"
    assert connection.vendor == "postgresql"
    assert journal.first_fault() is None


def test_eight_ticks_ask_once_for_what_was_entered_meanwhile(cast, opened):
    MeasureFactory(problem=cast.problem, lead_unit=cast.elsewhere)

    together(8, lambda _: len(dispatching.open_due(at=ANCHOR)))

    assert DispatchReturn.objects.count() == 2
    assert journal.first_fault() is None


def ends(cast, round):
    dispatching.close(round, by=cast.office, at=ANCHOR + LATER)


def opens_the_next(cast, round):
    dispatching.open_due(at=ANCHOR + timedelta(days=14))


def changes_the_rhythm(cast, round):
    wished = settings(rhythm="weekly")
    scheduling.set_rhythm(cast.inspection, wished, version=1, by=cast.office, at=ANCHOR + LATER)


def decides(cast, round):
    matter = deciding.Matter(cast.division, cast.measure, "请落实经费。")
    deciding.decide(round, matter, by=cast.office, at=ANCHOR + LATER)


def draws(cast, round):
    closed_measures(cast, 3)
    looking_back.draw(cast.inspection, asked(2), seed="s", by=cast.office, at=ANCHOR + LATER)


@pytest.mark.parametrize("act", [ends, opens_the_next, changes_the_rhythm, decides, draws])
def test_nobody_waits_in_a_circle_with_who_holds_a_measure_and_then_the_inspection(
    cast, opened, act
):
    """As a letter does when it is issued, and evidence when it is given."""

    def acts():
        try:
            act(cast, opened)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Measure.objects.select_for_update(of=("self",)).get(pk=cast.measure.pk)
            other = pool.submit(acts)
            time.sleep(0.5)  # it waits for the measure by now
            Inspection.objects.held(cast.inspection.pk)
        other.result()
    assert journal.first_fault() is None
