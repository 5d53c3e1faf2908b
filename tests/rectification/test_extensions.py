"""延期: asked for in time, decided by two others, never forgotten."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import JournalEntry, Role, User
from rectification import extending, permissions, planning, timeline, workflow
from rectification.extending import Wish
from rectification.models import DeadlineChange, Extension, ExtensionDecision, Measure
from rectification.moving import MoveRefused, StaleSave
from rectification.states import Precision
from tests.factories import NOON, person
from tests.rectification.extending import ask, grant, noon_of

DEADLINE = date(2025, 9, 30)  # of the cast's measure: 2025年9月底前
WISH = Wish(date(2025, 10, 31), Precision.MONTH, "汛期无法施工。")


def decide(extension, verdict, *, by, at=NOON, opinion="同意。", version=None):
    extending.decide(
        extension,
        verdict,
        opinion=opinion,
        by=by,
        at=at,
        version=extension.version if version is None else version,
    )


def request(cast, *, wish=WISH, by=None, at=NOON, version=1):
    return extending.request(cast.measure, wish, by=by or cast.liaison, at=at, version=version)


# Asking ------------------------------------------------------------------------------------------


def test_a_request_keeps_the_old_and_the_new_deadline_and_changes_nothing_yet(cast):
    extension = request(cast)

    cast.measure.refresh_from_db()
    assert (extension.number, extension.state) == (1, "requested")
    assert (extension.from_phrase, extension.asked_phrase) == ("2025年9月底前", "2025年10月底前")
    assert (cast.measure.deadline, cast.measure.version) == (DEADLINE, 1)
    assert not DeadlineChange.objects.exists()
    assert JournalEntry.objects.get(verb="request_extension").why == WISH.reason


def test_on_the_day_of_the_deadline_one_may_ask_and_on_the_day_after_no_more(cast):
    with pytest.raises(MoveRefused, match="已经过了"):
        request(cast, at=noon_of(DEADLINE + timedelta(days=1)))

    assert request(cast, at=noon_of(DEADLINE)).is_pending


def test_the_day_of_the_deadline_ends_at_midnight_in_shanghai(cast):
    with pytest.raises(MoveRefused, match="已经过了"):
        request(cast, at=datetime(2025, 9, 30, 16, 1, tzinfo=UTC))

    assert request(cast, at=datetime(2025, 9, 30, 15, 59, tzinfo=UTC)).is_pending


@pytest.mark.parametrize("who", ["head", "office", "executive", "supervisor", "stranger"])
def test_nobody_but_the_liaison_of_the_lead_unit_asks(cast, who):
    with pytest.raises(MoveRefused, match="牵头单位的填报员"):
        request(cast, by=getattr(cast, who))


def test_the_liaison_of_a_supporting_unit_does_not_ask(cast):
    cast.measure.supporting_units.add(cast.elsewhere)

    with pytest.raises(MoveRefused, match="牵头单位的填报员"):
        request(cast, by=cast.stranger)


@pytest.mark.parametrize("day", [DEADLINE, DEADLINE - timedelta(days=1)])
def test_the_new_deadline_is_later_than_the_old_one(cast, day):
    with pytest.raises(MoveRefused, match="晚于现在的整改时限（2025年9月底前）"):
        request(cast, wish=replace(WISH, deadline=day))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"status": "closed", "closed_on": date(2025, 7, 1)}, "已是“已销号”"),
        ({"status": "not_applicable"}, "已是“不再适用”"),
        (
            {
                "time_kind": "immediate",
                "deadline": None,
                "original_deadline": None,
                "precision": "none",
                "original_precision": "none",
            },
            "没有约定的整改时限",
        ),
    ],
)
def test_what_is_finished_or_has_no_deadline_is_not_postponed(cast, fields, says):
    Measure.objects.filter(pk=cast.measure.pk).update(**fields)

    with pytest.raises(MoveRefused, match=says):
        request(cast)


def test_of_two_requests_for_one_measure_the_second_is_told(cast):
    request(cast)

    with pytest.raises(StaleSave, match="已有一份延期申请在审批"):
        request(cast)

    assert Extension.objects.count() == 1


def test_the_database_keeps_a_second_pending_request_out(cast):
    first = request(cast)
    first.pk, first.number = None, 2

    with pytest.raises(IntegrityError), transaction.atomic():
        first.save(force_insert=True)


def test_a_request_made_on_an_older_version_is_stale(cast):
    workflow.report(
        cast.measure,
        workflow.Told("进展"),
        unit=cast.measure.lead_unit,
        by=cast.liaison,
        at=NOON,
        version=1,
    )

    with pytest.raises(StaleSave, match="被别人改过"):
        request(cast, version=1)


# Deciding ----------------------------------------------------------------------------------------


def test_two_agreements_move_the_deadline_and_leave_the_original_one(cast):
    extension = request(cast)

    decide(extension, "agree", by=cast.office)
    assert extension.state == "endorsed"
    assert Measure.objects.get(pk=cast.measure.pk).deadline == DEADLINE
    decide(extension, "agree", by=cast.executive)

    measure = Measure.objects.get(pk=cast.measure.pk)
    assert extension.state == "granted"
    assert (measure.deadline, measure.precision) == (WISH.deadline, WISH.precision)
    assert (measure.original_deadline, measure.original_precision) == (DEADLINE, "month")
    assert (measure.times_postponed, measure.version) == (1, 2)
    change = DeadlineChange.objects.get()
    assert (change.from_deadline, change.to_deadline) == (DEADLINE, WISH.deadline)
    assert (change.extension, change.by, change.on) == (extension, cast.executive, NOON.date())
    verbs = list(JournalEntry.objects.order_by("sequence").values_list("verb", flat=True))
    assert verbs[-4:] == ["request_extension", "endorse_extension", "grant_extension", "extend"]


@pytest.mark.parametrize("step", [1, 2])
def test_a_refusal_at_either_step_ends_the_request_and_moves_nothing(cast, step):
    extension = request(cast)
    if step == 2:
        decide(extension, "agree", by=cast.office)

    by = cast.office if step == 1 else cast.executive
    decide(extension, "refuse", by=by, opinion="理由不充分。")

    assert extension.state == "refused"
    assert Measure.objects.get(pk=cast.measure.pk).deadline == DEADLINE
    assert extension.decisions.last().opinion == "理由不充分。"


def test_a_refusal_needs_a_reason(cast):
    with pytest.raises(MoveRefused, match="写明理由"):
        decide(request(cast), "refuse", by=cast.office, opinion=" ")


def test_the_steps_belong_to_the_roles_that_the_inspection_chose(cast):
    cast.inspection.extension_first_role = Role.UNIT_HEAD
    cast.inspection.extension_second_role = Role.PARTY_GROUP
    cast.inspection.save()
    group = person(Role.PARTY_GROUP, cast.inspection.inspected_unit)
    extension = request(cast)

    for wrong in (cast.office, group, cast.executive):
        with pytest.raises(MoveRefused, match="不能由您审批"):
            decide(extension, "agree", by=wrong)
    decide(extension, "agree", by=cast.head)
    with pytest.raises(MoveRefused, match="不能由您审批"):
        decide(extension, "agree", by=cast.executive)
    decide(extension, "agree", by=group)

    assert extension.state == "granted"


def both(cast, *roles):
    """Somebody who holds several roles, as happens in a small bureau."""
    first, *others = roles
    user = person(first, cast.inspection.inspected_unit)
    for role in others:
        user.assignments.create(role=role, unit=user.unit, started_on=date(2025, 2, 10))
    return user


def test_whoever_asked_does_not_decide(cast):
    liaison = both(cast, Role.LIAISON, Role.OFFICE, Role.EXECUTIVE)
    extension = request(cast, by=liaison)

    assert not permissions.may_decide_extension(liaison, extension)
    with pytest.raises(MoveRefused):
        decide(extension, "agree", by=liaison)


def test_whoever_reported_on_the_measure_does_not_decide(cast):
    reporter = both(cast, Role.LIAISON, Role.OFFICE)
    workflow.report(
        cast.measure,
        workflow.Told("进展"),
        unit=cast.measure.lead_unit,
        by=reporter,
        at=NOON,
        version=1,
    )
    extension = request(cast, version=2)

    assert not permissions.may_decide_extension(reporter, extension)
    assert permissions.may_decide_extension(cast.office, extension)


def test_whoever_decided_the_first_step_does_not_decide_the_second(cast):
    everything = both(cast, Role.OFFICE, Role.EXECUTIVE)
    extension = request(cast)
    decide(extension, "agree", by=everything)

    with pytest.raises(MoveRefused):
        decide(extension, "agree", by=everything)
    assert permissions.may_decide_extension(cast.executive, extension)


def deputy_of(other: User, cast, *roles) -> User:
    deputy = both(cast, *roles)
    deputy.acting_for = other
    return deputy


def test_a_deputy_is_barred_by_the_hand_of_whom_they_act_for(cast):
    liaison = both(cast, Role.LIAISON, Role.EXECUTIVE)
    extension = request(cast, by=liaison)
    decide(extension, "agree", by=cast.office)

    assert not permissions.may_decide_extension(deputy_of(liaison, cast, Role.EXECUTIVE), extension)
    assert not permissions.may_decide_extension(
        deputy_of(cast.office, cast, Role.EXECUTIVE), extension
    )
    assert permissions.may_decide_extension(
        deputy_of(cast.executive, cast, Role.EXECUTIVE), extension
    )


def test_what_a_deputy_did_is_also_the_hand_of_whom_they_acted_for(cast):
    absent = both(cast, Role.OFFICE, Role.EXECUTIVE)
    extension = request(cast)
    decide(extension, "agree", by=deputy_of(absent, cast, Role.OFFICE))

    assert ExtensionDecision.objects.get().on_behalf_of == absent
    assert not permissions.may_decide_extension(absent, extension)


def test_a_decision_on_another_version_than_was_read_is_stale(cast):
    extension = request(cast)
    second = person(Role.OFFICE, cast.inspection.inspected_unit)
    decide(Extension.objects.get(), "agree", by=cast.office)

    with pytest.raises(StaleSave, match="现在是“待审定”"):
        decide(extension, "refuse", by=second, opinion="不同意。", version=1)

    assert ExtensionDecision.objects.count() == 1


def test_a_request_is_not_granted_once_the_deadline_was_changed_otherwise(cast):
    extension = request(cast)
    decide(extension, "agree", by=cast.office)
    Measure.objects.filter(pk=cast.measure.pk).update(deadline=date(2025, 10, 15))

    with pytest.raises(MoveRefused, match="在申请之后改成了"):
        decide(extension, "agree", by=cast.executive)

    assert not DeadlineChange.objects.exists()


# Taking back, lapsing ----------------------------------------------------------------------------


def test_whoever_asked_takes_the_request_back_and_may_ask_again(cast):
    extension = request(cast)

    with pytest.raises(MoveRefused, match="申请人撤回"):
        extending.withdraw(extension, why="误报", by=cast.office, at=NOON, version=1)
    extending.withdraw(extension, why="能按期完成。", by=cast.liaison, at=NOON, version=1)

    assert (extension.state, extension.settled_why) == ("withdrawn", "能按期完成。")
    assert request(cast).number == 2


def test_what_closes_a_measure_lets_a_pending_request_lapse(cast):
    extension = request(cast)

    extending.lapse(cast.measure, by=cast.office, at=NOON, why="措施已销号。")

    extension.refresh_from_db()
    assert (extension.state, extension.settled_by) == ("lapsed", cast.office)
    assert JournalEntry.objects.get(verb="lapse_extension").why == "措施已销号。"
    extending.lapse(cast.measure, by=cast.office, at=NOON, why="措施已销号。")
    assert JournalEntry.objects.filter(verb="lapse_extension").count() == 1


# History -----------------------------------------------------------------------------------------


def test_there_is_no_limit_to_postponing_and_nothing_is_overwritten(cast):
    phrases = []
    for number in range(1, 13):
        extension = ask(cast.measure, cast, on=NOON, days=10)
        phrases.append((extension.from_deadline, extension.deadline))
        grant(extension, cast, on=NOON)
        assert extension.number == number

    measure = Measure.objects.get(pk=cast.measure.pk)
    changes = list(DeadlineChange.objects.values_list("from_deadline", "to_deadline"))
    assert changes == phrases
    assert measure.deadline == DEADLINE + timedelta(days=120)
    assert (measure.original_deadline, measure.times_postponed) == (DEADLINE, 12)


def test_the_story_tells_each_step_with_both_dates(cast):
    extension = request(cast)
    decide(extension, "agree", by=cast.office)
    decide(extension, "agree", by=cast.executive)
    refused = ask(cast.measure, cast, on=NOON + timedelta(days=1))
    decide(refused, "refuse", by=cast.office, at=NOON + timedelta(days=2), opinion="不再延。")

    moments = timeline.story(cast.measure, on=NOON.date())

    told = [(each.title, each.muted) for each in moments if "延期" in each.title]
    second = "由2025年10月底前延至2025年11月30日前"
    assert told == [
        ("延期初审不同意", second),
        ("第2次申请延期", second),
        ("延期审定同意，延期生效", "由2025年9月底前延至2025年10月底前"),
        ("延期初审同意", "由2025年9月底前延至2025年10月底前"),
        ("第1次申请延期", "由2025年9月底前延至2025年10月底前"),
    ]


def test_a_deadline_changed_in_the_plan_is_a_dated_row_too_and_ends_a_request(cast):
    extension = request(cast)
    measure = Measure.objects.get(pk=cast.measure.pk)
    before = planning.content_of(measure, planning.MEASURE_CONTENT)
    measure.deadline, measure.precision = date(2025, 12, 31), Precision.YEAR

    planning.amend_measure(measure, before=before, by=cast.office, at=NOON, why="导入整改台账")

    extension.refresh_from_db()
    change = DeadlineChange.objects.get()
    assert (change.from_phrase, change.to_phrase) == ("2025年9月底前", "2025年底前")
    assert (change.extension, measure.times_postponed, extension.state) == (None, 1, "lapsed")


def test_an_amendment_of_other_content_writes_no_change_of_the_deadline(cast):
    measure = Measure.objects.get(pk=cast.measure.pk)
    before = planning.content_of(measure, planning.MEASURE_CONTENT)
    measure.target = "制度印发。"

    planning.amend_measure(measure, before=before, by=cast.office, at=NOON, why="补目标")

    assert not DeadlineChange.objects.exists()
    assert measure.times_postponed == 0
