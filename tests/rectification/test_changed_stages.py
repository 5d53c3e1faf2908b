"""The system administrator changes the stages while an application is on its way through them."""

import pytest

from accounts.models import Role, RoleAssignment
from rectification import moving
from rectification.models import Review, ReviewStage
from tests.factories import NOON, person
from tests.rectification.test_closing import apply_for, approve, fresh

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_at_the_second(cast):
    request = apply_for(cast.measure, by=cast.liaison)
    approve(cast.measure, by=cast.head)
    return request


def order(cast, **places):
    """Stages by role at these places, the last first."""
    for role, place in sorted(places.items(), key=lambda each: -each[1]):
        cast.inspection.stages.filter(role=role).update(order=place)


def test_stages_in_another_order_are_asked_once_each(cast, request_at_the_second):
    order(cast, unit_head=5)
    order(cast, office=1)

    approve(cast.measure, by=cast.office)

    assert fresh(cast.measure).status == "closed"
    assert Review.objects.standing().count() == 2


def test_a_stage_that_comes_before_is_not_left_out(cast, request_at_the_second):
    order(cast, unit_head=2, office=3)
    ReviewStage.objects.create(
        inspection=cast.inspection, order=1, name="分管领导初核", role=Role.EXECUTIVE
    )

    with pytest.raises(moving.MoveRefused, match="分管领导初核.*没有通过"):
        approve(cast.measure, by=cast.office)

    assert fresh(cast.measure).status == "in_review"


def test_a_stage_that_comes_after_is_asked(cast, request_at_the_second):
    ReviewStage.objects.create(
        inspection=cast.inspection, order=3, name="党组会审定", role=Role.PARTY_GROUP
    )

    approve(cast.measure, by=cast.office)
    assert fresh(cast.measure).status == "in_review"
    approve(cast.measure, by=person(Role.PARTY_GROUP, cast.inspection.inspected_unit))

    assert fresh(cast.measure).status == "closed"


def test_a_stage_of_another_role_is_decided_by_that_role(cast, request_at_the_second):
    cast.inspection.stages.filter(order=2).update(role=Role.EXECUTIVE)

    with pytest.raises(moving.MoveRefused):
        approve(cast.measure, by=cast.office)
    approve(cast.measure, by=cast.executive)

    assert fresh(cast.measure).status == "closed"


def test_a_reviewer_who_may_repeat_no_longer_stops_in_the_middle(cast):
    both = person(Role.UNIT_HEAD, cast.division)
    root = cast.inspection.inspected_unit
    RoleAssignment.objects.create(user=both, role=Role.OFFICE, unit=root, started_on=NOON.date())
    type(cast.inspection).objects.update(reviewers_may_repeat=True)
    apply_for(cast.measure, by=cast.liaison)
    approve(cast.measure, by=both)
    type(cast.inspection).objects.update(reviewers_may_repeat=False)

    with pytest.raises(moving.MoveRefused):
        approve(cast.measure, by=type(both).objects.get(pk=both.pk))
