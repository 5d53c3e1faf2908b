"""What waits for everybody, asked in one sweep, is what each of them finds on their desk."""

from collections import Counter

import pytest

from accounts.models import User
from rectification import heaps, letterbook, permissions, queries, waiting
from rectification.models import (
    Extension,
    ExtensionDecision,
    Inspection,
    MeetingPoint,
    PointAnswer,
    ReviewStage,
)
from rectification.models.closeout import CloseoutRequest, Review
from tests.factories import NOON, person
from tests.two_bureaus import two_bureaus

TODAY = NOON.date()


@pytest.fixture
def everybody(db):
    two_bureaus()
    return list(User.objects.filter(is_active=True))


def in_one_sweep():
    return {
        (load.person.user.pk, load.inspection, name): count
        for load in waiting.loads(heaps.people(on=TODAY), on=TODAY)
        for name, count in load.counts.items()
    }


def one_by_one(users):
    """The same from the law and the desk."""
    found = Counter(key for user in users for key in (*decides(user), *does(user)))
    for user in users:
        for part in queries.round_parts(user):
            if part.round.is_open:
                found[user.pk, part.round.inspection_id, "unreported"] += part.left
                found[user.pk, part.round.inspection_id, "to_confirm"] += part.to_confirm
    return +found


def decides(user):
    for name, rows, way in (
        ("to_review", permissions.reviewable(user), "measure__inspection"),
        ("to_extend", permissions.decidable_extensions(user), "measure__inspection"),
        ("to_exempt", permissions.exemptions_to_decide(user), "measure__inspection"),
        ("to_accept", queries._to_accept(user), "inspection"),
    ):
        for inspection in rows.order_by().values_list(way, flat=True):
            yield user.pk, inspection, name


def does(user):
    desk, letters = queries.desk(user, on=TODAY), letterbook.waiting_for(user)
    for name, rows in (
        ("overdue", [row.measure for row in desk.overdue]),
        ("back", [row.measure for row in desk.came_back]),
        ("points", desk.to_answer),
        ("to_acknowledge", letters.to_acknowledge),
        ("to_answer", letters.to_answer),
        ("to_issue", letters.to_issue),
        ("to_close_letter", letters.to_settle),
    ):
        for row in rows:
            yield user.pk, row.inspection_id, name


NOT_ON_A_DESK = {"today", "near", "to_settle", "held"}


def decisions_and_desk():
    """But for what a person in charge hears of without a role: the desk shows it to the unit."""
    return {key: count for key, count in in_one_sweep().items() if key[2] not in NOT_ON_A_DESK}


def test_the_sweep_finds_what_each_desk_shows(everybody):
    expected = one_by_one(everybody)

    assert {name for *_, name in expected} >= {
        *("to_review", "to_extend", "to_exempt", "to_accept", "points", "unreported"),
        *("to_acknowledge", "to_answer", "to_issue", "to_close_letter"),
    }
    assert decisions_and_desk() == expected


def test_a_point_that_somebody_of_the_office_answered_waits_for_a_colleague(everybody):
    point = MeetingPoint.objects.pending().first()
    office, colleague = (person("office", point.inspection.inspected_unit) for _ in range(2))
    over = {"state": "settled", "ended_at": NOON, "ended_by": office, "ended_why": "已落实"}
    MeetingPoint.objects.exclude(pk=point.pk).update(**over)
    MeetingPoint.objects.filter(pk=point.pk).update(state="answered")
    PointAnswer.objects.create(point=point, text="已办", by=office, at=NOON)

    told = {user for user, _, name in in_one_sweep() if name == "to_settle"}

    assert colleague.pk in told
    assert office.pk not in told


def test_at_the_second_stage_and_step_too_and_with_hands_in_it(everybody):
    for request in CloseoutRequest.objects.pending():
        first = request.stage
        head = User.objects.filter(assignments__role="unit_head").first()
        Review.objects.create(
            request=request, stage=first, decision="approve", by=head, at=NOON, on=TODAY
        )
        request.stage = ReviewStage.objects.get(inspection=first.inspection, order=2)
        request.save()
    office = User.objects.filter(assignments__role="office").first()
    for extension in Extension.objects.pending():
        ExtensionDecision.objects.create(
            extension=extension, step=1, decision="agree", by=office, at=NOON, on=TODAY
        )
        extension.state = "endorsed"
        extension.save()
    Inspection.objects.update(extension_second_role="office")

    expected = one_by_one(everybody)

    assert expected
    assert decisions_and_desk() == expected
