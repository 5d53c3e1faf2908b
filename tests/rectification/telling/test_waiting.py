"""What waits for everybody, asked in one sweep, is what each of them finds on their desk."""

from collections import Counter

import pytest

from accounts.models import User
from rectification import permissions, queries, waiting
from rectification.models import Extension, ExtensionDecision, Inspection, ReviewStage
from rectification.models.closeout import CloseoutRequest, Review
from tests.factories import NOON
from tests.two_bureaus import two_bureaus

TODAY = NOON.date()


@pytest.fixture
def everybody(db):
    two_bureaus()
    return list(User.objects.filter(is_active=True))


def in_one_sweep():
    return {
        (load.person.user.pk, load.inspection, name): count
        for load in waiting.loads(on=TODAY)
        for name, count in load.counts.items()
    }


def one_by_one(users):
    """The same from the law and the desk."""
    found = Counter()
    for user in users:
        for name, rows, way in (
            ("to_review", permissions.reviewable(user), "measure__inspection"),
            ("to_extend", permissions.decidable_extensions(user), "measure__inspection"),
            ("to_exempt", permissions.exemptions_to_decide(user), "measure__inspection"),
            ("to_accept", queries._to_accept(user), "inspection"),
        ):
            for inspection in rows.order_by().values_list(way, flat=True):
                found[user.pk, inspection, name] += 1
        desk = queries.desk(user, on=TODAY)
        for name, rows in (("overdue", desk.overdue), ("back", desk.came_back)):
            for row in rows:
                found[user.pk, row.measure.inspection_id, name] += 1
    return found


def decisions_and_desk():
    names = {"to_review", "to_extend", "to_exempt", "to_accept", "overdue", "back"}
    return {key: count for key, count in in_one_sweep().items() if key[2] in names}


def test_the_sweep_finds_what_each_desk_shows(everybody):
    expected = one_by_one(everybody)

    assert {name for *_, name in expected} >= {"to_review", "to_extend", "to_exempt", "to_accept"}
    assert decisions_and_desk() == expected


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
