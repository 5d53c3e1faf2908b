from datetime import date, timedelta

import pytest

from rectification import closing, permissions, timeline, workflow
from rectification.models import Measure
from tests.factories import NOON, MilestoneFactory

TODAY = NOON.date()


def fresh(row):
    return type(row).objects.get(pk=row.pk)


@pytest.fixture
def lived(cast):
    """A measure that was reported, applied for, returned, applied for again and closed."""

    def at(day):
        return NOON - timedelta(days=10 - day)

    def submit(day, version):
        closing.submit(
            fresh(cast.measure),
            statement=f"完成情况{day}",
            evidence_note="印发件",
            by=cast.liaison,
            at=at(day),
            version=version,
        )

    told = workflow.Told("完成初稿", difficulty="经费不足", next_step="征求意见")
    workflow.report(
        cast.measure, told, unit=cast.measure.lead_unit, by=cast.liaison, at=at(1), version=1
    )
    submit(2, 2)
    why = workflow.Return("below_standard", "没有印发文件", date(2025, 8, 10))
    workflow.send_back(fresh(cast.measure), why, by=cast.head, at=at(3), version=3)
    submit(4, 4)
    for day, reviewer in ((5, cast.head), (6, cast.office)):
        request = permissions.pending_request(fresh(cast.measure))
        version = request.measure.version
        closing.approve(request, by=reviewer, at=at(day), opinion="同意", version=version)
    return fresh(cast.measure)


def test_the_story_is_told_newest_first_and_each_thing_once(lived):
    assert [moment.title for moment in timeline.story(lived, on=TODAY)] == [
        "销号",
        "整改办复核通过",
        "单位负责人初审通过",
        "第2次申请销号",
        "第1次退回",
        "申请销号",
        "进展",
        "立项",
    ]


def test_a_return_carries_its_reason_and_its_ground(lived):
    (returned,) = [m for m in timeline.story(lived, on=TODAY) if m.title == "第1次退回"]

    assert (returned.text, returned.tag, returned.tone) == ("没有印发文件", "未达要求", "near")


def test_a_report_carries_difficulty_and_next_step(lived):
    (told,) = [m for m in timeline.story(lived, on=TODAY) if m.title == "进展"]

    assert told.muted == "困难：经费不足\n下一步：征求意见"
    assert (told.who, told.when) == ("填报员甲", "2025年7月22日")


@pytest.mark.parametrize(
    ("due_on", "reached_on", "tags"),
    [
        (date(2025, 7, 1), date(2025, 7, 1), [("按时", "done")]),
        (date(2025, 7, 1), date(2025, 7, 5), [("迟4天", "near")]),
        (date(2025, 7, 1), None, [("未达到", "near")]),
        (TODAY, None, []),
        (date(2025, 9, 1), None, []),
    ],
)
def test_a_milestone_appears_when_it_was_reached_or_missed(cast, due_on, reached_on, tags):
    MilestoneFactory(measure=cast.measure, due_on=due_on, reached_on=reached_on)

    moments = timeline.story(cast.measure, on=TODAY)

    assert [(m.tag, m.tag_tone) for m in moments if m.title.startswith("节点")] == tags


def test_what_a_problem_went_through_is_on_its_page(cast):
    Measure.objects.update(status="closed", closed_on=TODAY)
    workflow.accept(cast.problem, by=cast.executive, at=NOON, why="成效明显", version=1)
    measure = fresh(cast.measure)
    workflow.reopen(measure, by=cast.office, at=NOON + timedelta(days=1), why="反弹", version=1)

    titles = [moment.title for moment in timeline.problem_story(cast.problem)]

    assert titles == ["重新整改", "验收销号", "立项"]
