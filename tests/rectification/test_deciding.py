"""议定事项: decided, answered, carried over, settled, withdrawn; by whom, and on which version."""

from datetime import timedelta

import pytest

from accounts.models import JournalEntry, Role
from rectification import deciding, queries, rounds_told, timeline
from rectification.moving import MoveRefused, StaleSave
from rectification.states import PointState
from tests.factories import (
    NOON,
    DispatchRoundFactory,
    InspectionFactory,
    MeasureFactory,
    MeetingPointFactory,
    bureau,
    person,
    unit,
)

LATER = NOON + timedelta(days=14)


@pytest.fixture
def round(cast):
    return DispatchRoundFactory(inspection=cast.inspection, number=1)


@pytest.fixture
def point(cast, round):
    return MeetingPointFactory(
        round=round, unit=cast.division, measure=cast.measure, by=cast.office
    )


def close(round, *, at=NOON):
    round.state, round.closed_at = "closed", at
    round.save()


def matter(cast, text="请落实巡查经费。", **other):
    return deciding.Matter(**{"unit": cast.division, "measure": cast.measure, "text": text} | other)


def decide(cast, round, **said):
    return deciding.decide(round, matter(cast, **said), by=cast.office, at=NOON)


def test_a_point_is_numbered_and_on_record(cast, round):
    first, second = decide(cast, round), decide(cast, round, text="请报送台账。", measure=None)

    assert (first.number, second.number, second.measure) == (1, 2, None)
    entry = JournalEntry.objects.filter(verb="decide").first()
    assert (entry.subject_kind, entry.subject_code, entry.by) == ("point", "x25/1", cast.office)
    assert entry.after["text"] == "请落实巡查经费。"


@pytest.mark.parametrize("who", ["liaison", "head", "executive", "supervisor", "stranger"])
def test_nobody_but_the_office_decides_settles_or_withdraws(cast, round, point, who):
    by = getattr(cast, who)
    with pytest.raises(MoveRefused, match="只能由整改办记录"):
        deciding.decide(round, matter(cast), by=by, at=NOON)
    for verb in (deciding.settle, deciding.withdraw):
        with pytest.raises(MoveRefused, match="只能由整改办办结或撤销"):
            verb(point, why="已落实", by=by, at=NOON, version=1)


@pytest.mark.parametrize("who", ["head", "office", "executive", "supervisor", "stranger"])
def test_nobody_but_a_liaison_of_its_unit_answers(cast, point, who):
    with pytest.raises(MoveRefused, match="只能由承办单位的填报员答复"):
        deciding.answer(point, text="已办", by=getattr(cast, who), at=NOON, version=1)

    assert not point.answers.exists()


def test_a_point_of_somebody_elses_unit_or_measure_is_refused(cast, round):
    foreign = InspectionFactory(inspected_unit=bureau("清河市教育局"))
    away = unit("基础教育处", parent=foreign.inspected_unit)
    twin = MeasureFactory(problem__inspection=foreign, code="M-900-1")

    with pytest.raises(MoveRefused, match="不是本次巡察的单位"):
        decide(cast, round, unit=away)
    with pytest.raises(MoveRefused, match="不是本次巡察的措施"):
        decide(cast, round, measure=twin)
    with pytest.raises(MoveRefused, match="不能为空"):
        decide(cast, round, text=" ")


def test_a_double_click_decides_once(cast, round):
    decide(cast, round)

    with pytest.raises(MoveRefused, match="已经记为议定事项1"):
        decide(cast, round)


def test_a_round_just_closed_still_takes_points_and_an_older_one_does_not(cast, round):
    close(round)
    assert decide(cast, round).round == round
    following = DispatchRoundFactory(inspection=cast.inspection, number=2)

    with pytest.raises(MoveRefused, match="已经过去"):
        decide(cast, round, text="迟到的事项")
    assert decide(cast, following, text="新的事项").number == 2


def test_a_missed_round_takes_no_points(cast):
    missed = DispatchRoundFactory(inspection=cast.inspection, number=1, state="superseded")

    with pytest.raises(MoveRefused, match="已经过去"):
        decide(cast, missed)


@pytest.mark.parametrize("verb", [deciding.settle, deciding.withdraw])
@pytest.mark.parametrize("who", ["own", "deputy", "principal"])
def test_whoever_answered_neither_settles_nor_withdraws(cast, point, client, verb, who):
    both = person(Role.OFFICE, cast.inspection.inspected_unit, name="两职")
    both.assignments.create(role=Role.LIAISON, unit=cast.division, started_on="2025-01-01")
    answers = by = both
    if who == "deputy":
        answers = person(Role.SUPERVISOR, cast.elsewhere)
        answers.acting_for = both
    if who == "principal":
        by = cast.office
        by.acting_for = both
    deciding.answer(point, text="已办", by=answers, at=NOON, version=1)

    with pytest.raises(MoveRefused, match="整改办的另一位同事"):
        verb(point, why="已落实", by=by, at=NOON, version=2)

    client.force_login(both)
    page = client.get(f"{cast.base}points/{point.number}/").content.decode()
    assert "settle" not in page
    assert "withdraw" not in page
    by = person(Role.OFFICE, cast.inspection.inspected_unit, name="另一位")
    verb(point, why="已落实", by=by, at=NOON, version=2)


def test_a_row_that_was_read_before_another_answered_is_stale_whatever_version_is_said(cast, point):
    stale = type(point).objects.get(pk=point.pk)
    deciding.answer(point, text="已办", by=cast.liaison, at=NOON, version=1)

    with pytest.raises(StaleSave):
        deciding.settle(stale, why="已落实", by=cast.office, at=NOON, version=2)


def test_answers_are_added_and_never_overwritten(cast, round, point):
    deciding.answer(point, text="正在办理。", by=cast.liaison, at=NOON, version=1)
    close(round)
    deciding.answer(point, text="已办好。", by=cast.liaison, at=LATER, version=2)

    told = [(each.text, each.round) for each in point.answers.all()]
    assert told == [("正在办理。", round), ("已办好。", None)]
    assert (point.state, point.version) == (PointState.ANSWERED, 3)


def test_whoever_answers_or_settles_what_somebody_changed_meanwhile_is_told(cast, point):
    deciding.answer(point, text="正在办理。", by=cast.liaison, at=NOON, version=1)

    with pytest.raises(StaleSave, match="被别人处理过"):
        deciding.settle(point, why="已落实", by=cast.office, at=NOON, version=1)
    with pytest.raises(StaleSave, match="被别人处理过"):
        deciding.answer(point, text="另一个答复", by=cast.liaison, at=NOON, version=1)
    assert point.answers.count() == 1


@pytest.mark.parametrize(
    ("verb", "state"),
    [(deciding.settle, PointState.SETTLED), (deciding.withdraw, PointState.WITHDRAWN)],
)
def test_what_is_over_needs_a_reason_and_stays_over(cast, point, verb, state):
    with pytest.raises(MoveRefused, match="要写明理由"):
        verb(point, why=" ", by=cast.office, at=NOON, version=1)
    verb(point, why="已落实", by=cast.office, at=NOON, version=1)

    assert (point.state, point.ended_by, point.ended_why) == (state, cast.office, "已落实")
    with pytest.raises(StaleSave, match="没有保存"):
        deciding.answer(point, text="已办", by=cast.liaison, at=NOON, version=2)
    with pytest.raises(StaleSave, match="没有保存"):
        deciding.settle(point, why="再办结", by=cast.office, at=NOON, version=2)
    assert JournalEntry.objects.filter(subject_kind="point").get().why == "已落实"


def test_an_open_point_comes_back_in_each_next_round_until_it_is_settled(cast, round, point):
    close(round)
    second = DispatchRoundFactory(inspection=cast.inspection, number=2, opened_at=LATER)
    deciding.answer(point, text="已办好。", by=cast.liaison, at=LATER, version=1)
    close(second, at=LATER)
    third_day = LATER + timedelta(days=14)
    third = DispatchRoundFactory(inspection=cast.inspection, number=3, opened_at=third_day)
    deciding.settle(point, why="已落实", by=cast.office, at=third_day, version=2)
    close(third, at=third_day)
    fourth_day = third_day + timedelta(days=14)
    fourth = DispatchRoundFactory(inspection=cast.inspection, number=4, opened_at=fourth_day)

    told = {
        each.number: [(p.state, p.carried) for p in rounds_told.sheet(each, at=fourth_day).points]
        for each in (round, second, third, fourth)
    }

    assert told == {
        1: [("open", False)],
        2: [("answered", True)],
        3: [("settled", True)],
        4: [],
    }


def test_a_point_is_on_the_desk_of_who_must_answer_in_each_round_anew(cast, round, point):
    def desks():
        people = (cast.liaison, cast.head, cast.office, cast.stranger)
        return [[*queries.desk(each, on=NOON.date()).to_answer] for each in people]

    assert desks() == [[point], [], [], []]
    deciding.answer(point, text="正在办理。", by=cast.liaison, at=NOON, version=1)
    assert desks() == [[], [], [], []]
    close(round)
    assert desks() == [[], [], [], []]
    DispatchRoundFactory(inspection=cast.inspection, number=2, opened_at=LATER)
    assert desks() == [[point], [], [], []]
    deciding.settle(point, why="已落实", by=cast.office, at=LATER, version=2)
    assert desks() == [[], [], [], []]


def test_a_point_about_a_measure_is_in_its_story(cast, point):
    deciding.answer(point, text="正在办理。", by=cast.liaison, at=NOON, version=1)
    deciding.settle(point, why="已落实", by=cast.office, at=LATER, version=2)

    story = timeline.story(cast.measure, on=LATER.date())

    told = [(each.title, each.text) for each in story if "议定事项" in each.title]
    assert told == [
        ("议定事项1已办结", "已落实"),
        ("答复议定事项1", "正在办理。"),
        ("议定事项1", "请会同财务处落实巡查经费。"),
    ]


def test_a_deputy_answers_in_the_name_of_the_liaison(cast, point):
    deputy = person(Role.SUPERVISOR, cast.elsewhere)
    deputy.acting_for = cast.liaison

    answer = deciding.answer(point, text="已办", by=deputy, at=NOON, version=1)

    assert (answer.by, answer.on_behalf_of) == (deputy, cast.liaison)
