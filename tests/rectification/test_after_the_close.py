"""What is kept at the close of a round, and what stands beside it when things go on."""

from datetime import timedelta

import pytest

from accounts.models import Role, RoleAssignment
from rectification import deciding, dispatching, moving, queries, returning, rounds_told
from rectification.deciding import Matter
from rectification.models import DispatchReturn, DispatchRound, Inspection, Measure
from rectification.round_list import round_rows
from rectification.workflow import Told
from tests.factories import person
from tests.rectification.rounds import ANCHOR, LATER, file, line_of

CLOSE = ANCHOR + LATER
NEXT_DAY = ANCHOR + timedelta(days=1)


def sheet(at=NEXT_DAY):
    return rounds_told.sheet(DispatchRound.objects.get(), at=at)


@pytest.fixture
def confirmed_by_heads(cast):
    Inspection.objects.update(returns_need_confirmation=True)


@pytest.mark.parametrize("minutes", [-60, 0, 1, 300])
def test_a_report_counts_with_its_text_whatever_its_clock_said(cast, opened, minutes):
    """Filed while the tick that closes is under way, or before the clock went back."""
    file(cast, at=CLOSE + timedelta(minutes=minutes))

    dispatching.close(opened, by=cast.office, at=CLOSE)

    (line,) = sheet().lines
    assert (line.said, line.progress, line.difficulty) == ("已报", "完成初稿。", "经费未到位")


def test_the_sheet_says_what_answers_the_line_and_not_a_later_nil_return(cast, opened):
    file(cast)
    file(cast, Told("无变化", nil_return=True))

    dispatching.close(opened, by=cast.office, at=CLOSE)

    (line,) = sheet().lines
    assert (line.said, line.progress) == ("已报", "完成初稿。")


def test_a_late_report_that_its_head_turned_back_is_none(cast, opened, confirmed_by_heads):
    dispatching.close(opened, by=cast.office, at=CLOSE)
    file(cast, at=NEXT_DAY)
    (line,) = sheet().lines
    assert line.late == "2025年2月18日补报，待确认"
    assert [(each.on, each.next_step) for each in sheet().late] == [
        ("2025年2月18日，待确认", "征求意见")
    ]

    row = line_of(cast)
    returning.turn_back(row, by=cast.head, at=NEXT_DAY, why="缺数字", version=row.version)

    (line,) = sheet().lines
    (counted,) = round_rows(cast.inspection)
    assert (line.said, line.late, sheet().late, counted.late) == ("未报", "", (), 0)


@pytest.mark.parametrize(
    ("verb", "says", "reported"),
    [("confirm", "2025年2月18日由负责人确认", 1), ("turn_back", "结束后由负责人退回", 0)],
)
def test_what_the_head_makes_of_a_report_that_waited_at_the_close(
    cast, opened, confirmed_by_heads, verb, says, reported
):
    file(cast)
    dispatching.close(opened, by=cast.office, at=CLOSE)
    assert sheet().lines[0].since == ""
    row, why = line_of(cast), {"why": "缺数字"} if verb == "turn_back" else {}

    getattr(returning, verb)(row, by=cast.head, at=NEXT_DAY, version=row.version, **why)

    (line,) = sheet().lines
    (counted,) = round_rows(cast.inspection)
    assert (line.said, line.since, line.late) == ("待确认", says, "")
    assert (counted.expected, counted.reported) == (1, reported)


def test_a_point_of_after_the_close_is_shown_as_it_stands_now(cast, opened):
    dispatching.close(opened, by=cast.office, at=CLOSE)
    matter = Matter(cast.division, None, "请落实经费。")
    point = deciding.decide(opened, matter, by=cast.office, at=NEXT_DAY)
    deciding.answer(point, text="已落实", by=cast.liaison, at=NEXT_DAY, version=1)

    (later,) = sheet().later

    assert (later.says, [each.text for each in later.answers]) == ("已答复", ["已落实"])


@pytest.mark.parametrize("change", ["closed", "in_review", "not_applicable", "passed on"])
def test_what_was_turned_back_is_owed_only_while_the_unit_works_on_it(
    cast, opened, confirmed_by_heads, change
):
    file(cast)
    row = line_of(cast)
    returning.turn_back(row, by=cast.head, at=ANCHOR, why="缺数字", version=row.version)
    assert DispatchReturn.objects.asked().unreported().exists()

    if change == "passed on":
        Measure.objects.update(lead_unit=cast.elsewhere)
    else:
        closed_on = ANCHOR.date() if change == "closed" else None
        Measure.objects.update(status=change, closed_on=closed_on)

    assert not DispatchReturn.objects.asked().exists()


# Whose report it is -------------------------------------------------------------------------------


@pytest.fixture
def both_roles(cast):
    """Liaison and head of one unit."""
    user = person(Role.LIAISON, cast.division, name="周八")
    since = ANCHOR.date()
    RoleAssignment.objects.create(
        user=user, role=Role.UNIT_HEAD, unit=cast.division, started_on=since
    )
    return user


def test_who_has_reported_does_not_confirm_it(cast, opened, confirmed_by_heads, both_roles):
    file(cast, by=both_roles)
    row = line_of(cast)

    for act in (
        lambda: returning.confirm(row, by=both_roles, at=ANCHOR, version=row.version),
        lambda: returning.turn_back(row, by=both_roles, at=ANCHOR, why="x", version=row.version),
    ):
        with pytest.raises(moving.MoveRefused, match="您办理的.*另一位负责人.*安全管理员"):
            act()
    (mine,), (others,) = queries.round_parts(both_roles), queries.round_parts(cast.head)
    assert (mine.to_confirm, others.to_confirm) == (0, 1)
    returning.confirm(row, by=cast.head, at=ANCHOR, version=row.version)


def test_who_acts_for_the_one_that_reported_does_not_confirm_it_either(
    cast, opened, confirmed_by_heads, both_roles
):
    file(cast, by=both_roles)
    row, stand_in = line_of(cast), person(Role.SUPERVISOR, cast.division)
    stand_in.acting_for = both_roles

    with pytest.raises(moving.MoveRefused, match="您办理的"):
        returning.confirm(row, by=stand_in, at=ANCHOR, version=row.version)
