"""A look-back: drawn fairly, recorded by somebody who had no hand in it, and what it does."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts import journal
from accounts.models import JournalEntry, Role
from rectification import drawing, looking_back, moving, permissions, timeline, workflow
from rectification.models import (
    CloseoutRequest,
    LookBack,
    LookBackItem,
    Measure,
    MeasureEvent,
    Problem,
    ProgressEntry,
    Review,
    ReviewStage,
)
from rectification.states import MEASURE_MOVES, ProblemStatus, WorkStatus
from reports.figures import count_measures, count_problems
from tests.factories import NOON, MeasureFactory, ProblemFactory, person

DAY = NOON.date()
CHECKLIST = ("措施是否落实？", "制度是否在执行？")
HOLDS = [looking_back.Answer(CHECKLIST[0], True), looking_back.Answer(CHECKLIST[1], True, "已抽查")]
FAILS = [looking_back.Answer(CHECKLIST[0], False, "停了"), looking_back.Answer(CHECKLIST[1], False)]


def closed_measures(cast, count, *, unit=None, closed_on=date(2025, 6, 30)):
    return [
        MeasureFactory(
            problem=cast.problem,
            lead_unit=unit or cast.division,
            status=WorkStatus.CLOSED,
            closed_on=closed_on,
        )
        for _ in range(count)
    ]


def asked(size=None, **rest):
    return looking_back.Asked(name="三季度", checklist=CHECKLIST, size=size, **rest)


def draw(cast, size=None, *, seed="c0ffee", **rest):
    return looking_back.draw(
        cast.inspection, asked(size, **rest), seed=seed, by=cast.office, at=NOON
    )


def consolidated(note=""):
    return looking_back.Found("consolidated", HOLDS, note)


def rebounded(note="巡查又停了两个月"):
    return looking_back.Found("rebounded", FAILS, note)


def record(item, found, *, by, version=None):
    measure = Measure.objects.get(pk=item.measure_id)
    item = LookBackItem.objects.get(pk=item.pk)
    return looking_back.record(item, found, by=by, at=NOON, version=version or measure.version)


@pytest.fixture
def one(cast):
    """A look-back at one closed measure, and its item."""
    closed_measures(cast, 1)
    return draw(cast).items.get()


# Drawing -----------------------------------------------------------------------------------------


def test_a_sample_is_what_the_rule_draws_and_is_on_record_with_its_seed(cast):
    codes = [measure.code for measure in closed_measures(cast, 10)]

    look_back = draw(cast, 4)

    items = look_back.items.order_by("order")
    expected = drawing.draw(codes, size=4, seed="c0ffee")
    assert tuple(items.values_list("measure__code", flat=True)) == expected
    assert list(items.values_list("order", flat=True)) == [1, 2, 3, 4]
    assert (look_back.population_size, look_back.sample_size) == (10, 4)
    assert look_back.population_digest == drawing.digest(codes)
    entry = JournalEntry.objects.get(subject_kind="look_back")
    assert (entry.verb, entry.subject_code, entry.by) == ("draw", "x25/1", cast.office)
    assert entry.after["seed"] == "c0ffee"
    assert entry.after["sample"] == list(expected)
    assert journal.first_fault() is None


def test_all_closed_measures_are_drawn_and_no_others(cast):
    closed = closed_measures(cast, 3)

    look_back = draw(cast)

    assert look_back.scope == "all"
    drawn = look_back.items.values_list("measure", flat=True)
    assert sorted(drawn) == sorted(measure.pk for measure in closed)  # M-900-1 is not closed


def test_only_those_of_a_unit_closed_by_a_day_are_drawn_where_it_is_asked(cast):
    closed_measures(cast, 2, unit=cast.elsewhere)
    closed_measures(cast, 1, closed_on=date(2025, 7, 1))
    (wanted,) = closed_measures(cast, 1)

    look_back = draw(cast, unit=cast.division, closed_until=date(2025, 6, 30))

    assert look_back.items.get().measure == wanted


def test_a_measure_in_an_open_look_back_is_not_drawn_again_until_that_is_closed(cast):
    closed_measures(cast, 1)
    first = draw(cast)
    (other,) = closed_measures(cast, 1)

    assert draw(cast).items.get().measure == other
    with pytest.raises(moving.MoveRefused, match="没有可供回头看"):
        draw(cast)

    record(first.items.get(), consolidated(), by=cast.office)
    looking_back.close(first, by=cast.office, at=NOON, version=1)
    assert draw(cast).items.get().measure == first.items.get().measure


@pytest.mark.parametrize("size", [0, -1, 4])
def test_more_than_there_are_or_nothing_cannot_be_drawn(cast, size):
    closed_measures(cast, 3)

    with pytest.raises(moving.MoveRefused, match="有3条"):
        draw(cast, size)

    assert not LookBack.objects.exists()


@pytest.mark.parametrize("who", ["liaison", "head", "executive", "supervisor", "stranger"])
def test_only_the_office_draws_records_and_closes(cast, one, who):
    other = getattr(cast, who)

    with pytest.raises(moving.MoveRefused):
        looking_back.draw(cast.inspection, asked(), seed="x", by=other, at=NOON)
    with pytest.raises(moving.MoveRefused):
        record(one, consolidated(), by=other)
    with pytest.raises(moving.MoveRefused):
        looking_back.close(one.look_back, by=other, at=NOON, version=1)

    assert JournalEntry.objects.count() == 1


# Recording ---------------------------------------------------------------------------------------


def test_a_measure_that_holds_stays_closed_and_says_so(cast, one):
    record(one, consolidated("制度在用"), by=cast.office)

    measure = Measure.objects.get(pk=one.measure_id)
    assert (measure.status, measure.closed_on) == (WorkStatus.CLOSED, date(2025, 6, 30))
    event = measure.events.get(verb="confirm")
    assert (event.from_status, event.to_status) == (WorkStatus.CLOSED, WorkStatus.CLOSED)
    assert (event.says, event.why) == ("回头看巩固", "第1次回头看：制度在用")
    item = LookBackItem.objects.get()
    assert (item.result, item.event, item.by, item.on) == ("consolidated", event, cast.office, DAY)
    assert item.answers[1] == {"question": CHECKLIST[1], "yes": True, "note": "已抽查"}
    verbs = JournalEntry.objects.order_by("sequence").values_list("verb", flat=True)
    assert list(verbs) == ["draw", "confirm", "record"]
    newest = timeline.story(measure, on=DAY)[0]
    assert (newest.title, newest.tone, newest.text) == ("回头看巩固", "done", event.why)


def test_a_rebound_reopens_the_measure_and_its_problem_with_the_reason(cast, one):
    Problem.objects.filter(pk=cast.problem.pk).update(
        status=ProblemStatus.CLOSED, closed_on=date(2025, 7, 1)
    )

    record(one, rebounded(), by=cast.office)

    measure = Measure.objects.get(pk=one.measure_id)
    assert (measure.status, measure.closed_on) == (WorkStatus.REBOUNDED, None)
    event = measure.events.get(verb="reopen")
    assert event.why == "第1次回头看：巡查又停了两个月"
    assert LookBackItem.objects.get().event == event
    problem = Problem.objects.get(pk=cast.problem.pk)
    assert problem.status == ProblemStatus.REBOUNDED
    assert problem.events.get(verb="reopen").why == f"{measure.code} 反弹。"


def test_the_rates_fall_after_a_rebound_and_stay_as_they_were_before_it(cast):
    problem = ProblemFactory(
        inspection=cast.inspection, status=ProblemStatus.CLOSED, closed_on=date(2025, 7, 1)
    )
    closed = dict(lead_unit=cast.division, status=WorkStatus.CLOSED, closed_on=date(2025, 6, 30))
    for _ in range(2):
        MeasureFactory(problem=problem, **closed)
    before = DAY - timedelta(days=1)
    measures, problems = (
        count_measures(cast.inspection, on=DAY),
        count_problems(cast.inspection, on=DAY),
    )
    assert (measures.done, measures.total) == (2, 3)
    assert (problems.done, problems.total) == (1, 2)
    held, fallen = draw(cast).items.order_by("order")

    record(held, consolidated(), by=cast.office)
    assert count_measures(cast.inspection, on=DAY).done == 2
    record(fallen, rebounded(), by=cast.office)

    after = count_measures(cast.inspection, on=DAY)
    assert (after.done, after.rebounded, after.total) == (1, 1, 3)
    assert count_problems(cast.inspection, on=DAY).done == 0
    assert count_measures(cast.inspection, on=before).done == 2
    assert count_problems(cast.inspection, on=before).done == 1


def test_a_rebound_without_a_reason_is_refused(cast, one):
    with pytest.raises(moving.MoveRefused, match="理由"):
        record(one, rebounded(note=" "), by=cast.office)

    assert Measure.objects.get(pk=one.measure_id).status == WorkStatus.CLOSED


def test_a_checklist_is_answered_whole(cast, one):
    with pytest.raises(moving.MoveRefused, match="逐项"):
        record(one, looking_back.Found("consolidated", HOLDS[:1], ""), by=cast.office)
    with pytest.raises(moving.MoveRefused, match="检查结果"):
        record(one, looking_back.Found("great", HOLDS, ""), by=cast.office)


def test_a_result_is_written_once(cast, one):
    record(one, consolidated(), by=cast.office)
    second = person(Role.OFFICE, cast.inspection.inspected_unit)

    with pytest.raises(moving.MoveRefused, match="别人填过"):
        record(one, rebounded(), by=second)

    assert Measure.objects.get(pk=one.measure_id).status == WorkStatus.CLOSED


def test_a_result_for_another_version_than_was_read_is_stale(cast, one):
    with pytest.raises(moving.StaleSave):
        record(one, consolidated(), by=cast.office, version=7)

    assert LookBackItem.objects.get().result == ""
    assert not MeasureEvent.objects.filter(verb="confirm").exists()


def test_a_rebound_called_on_the_measures_own_page_is_linked_not_repeated(cast, one):
    measure = Measure.objects.get(pk=one.measure_id)
    workflow.reopen(measure, by=cast.office, at=NOON, why="群众举报", version=measure.version)

    with pytest.raises(moving.MoveRefused):
        record(one, consolidated(), by=cast.office)
    record(one, rebounded(), by=cast.office)

    event = MeasureEvent.objects.get(verb="reopen")
    assert LookBackItem.objects.get().event == event


def test_nothing_is_confirmed_that_is_not_closed(cast):
    assert MEASURE_MOVES["confirm"].sources == {WorkStatus.CLOSED}
    with pytest.raises(moving.MoveRefused):
        workflow.confirm(cast.measure, by=cast.office, at=NOON, why="", version=1)


# Who may not -------------------------------------------------------------------------------------


def reported_on(measure, by):
    ProgressEntry.objects.create(
        measure=measure,
        unit=measure.lead_unit,
        text="完成",
        by=by,
        at=NOON,
        reported_on=DAY,
        measure_version=1,
    )


def applied_for(measure, by):
    return CloseoutRequest.objects.create(
        measure=measure,
        number=1,
        statement="完成",
        measure_version=1,
        stage=ReviewStage.objects.first(),
        outcome="approved",
        applied_by=by,
        applied_at=NOON,
        applied_on=DAY,
    )


def reviewed(measure, by):
    request = applied_for(measure, person(Role.LIAISON, measure.lead_unit))
    Review.objects.create(
        request=request, stage=request.stage, decision="approve", by=by, at=NOON, on=DAY
    )


@pytest.mark.parametrize("hand", [reported_on, applied_for, reviewed])
@pytest.mark.parametrize("as_deputy", [False, True])
def test_whoever_had_a_hand_in_a_measure_does_not_judge_it(cast, one, hand, as_deputy):
    other = person(Role.OFFICE, cast.inspection.inspected_unit)
    hand(one.measure, cast.office)
    judge = other if as_deputy else cast.office
    if as_deputy:
        judge.acting_for = cast.office

    assert not permissions.may_look_back(judge, one.measure)
    with pytest.raises(moving.MoveRefused, match="回避"):
        record(one, consolidated(), by=judge)
    judge.acting_for = None
    if as_deputy:
        assert permissions.may_look_back(judge, one.measure)


def test_whoever_a_deputy_acted_for_does_not_judge_what_was_done_in_their_name(cast, one):
    deputy = person(Role.OFFICE, cast.inspection.inspected_unit)
    ProgressEntry.objects.create(
        measure=one.measure,
        unit=cast.division,
        text="进展",
        by=deputy,
        on_behalf_of=cast.office,
        reported_on=NOON.date(),
        at=NOON,
        measure_version=1,
    )

    assert not permissions.may_look_back(cast.office, one.measure)


def test_a_record_names_in_whose_name_it_was_made(cast, one):
    away = person(Role.OFFICE, cast.inspection.inspected_unit)
    cast.office.acting_for = away

    item = record(one, consolidated(), by=cast.office)

    assert (item.by, item.on_behalf_of) == (cast.office, away)


# Closing and constraints -------------------------------------------------------------------------


def test_a_look_back_closes_when_every_measure_has_its_result(cast, one):
    look_back = one.look_back
    with pytest.raises(moving.MoveRefused, match="还有1条"):
        looking_back.close(look_back, by=cast.office, at=NOON, version=1)
    record(one, consolidated(), by=cast.office)

    with pytest.raises(moving.StaleSave):
        looking_back.close(look_back, by=cast.office, at=NOON, version=2)
    looking_back.close(look_back, by=cast.office, at=NOON, version=1)

    assert (look_back.state, look_back.closed_at, look_back.version) == ("closed", NOON, 2)
    with pytest.raises(moving.StaleSave):
        looking_back.close(look_back, by=cast.office, at=NOON, version=1)
    assert JournalEntry.objects.filter(subject_kind="look_back", verb="close").count() == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": "some"},
        {"state": "closed"},
        {"sample_size": 0},
        {"sample_size": 9},
        {"seed": ""},
        {"population_digest": ""},
    ],
)
def test_the_database_refuses_a_look_back_that_cannot_be(one, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        LookBack.objects.update(**wrong)


@pytest.mark.parametrize("wrong", [{"result": "great"}, {"result": "consolidated"}, {"on": DAY}])
def test_the_database_refuses_a_result_without_a_signature(one, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        LookBackItem.objects.update(**wrong)
