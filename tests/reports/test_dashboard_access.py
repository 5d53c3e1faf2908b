"""Who sees the dashboard and the lists behind it, and what they cost."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from rectification import returning
from rectification.models import DispatchRound
from tests import factories
from tests.reports.lively import ON, lively

pytestmark = pytest.mark.django_db


# Who ---------------------------------------------------------------------------------------------

PAGES = ["", "measures/overdue/", "problems/done/", "outcomes/", "returns/"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", [Role.OFFICE, Role.EXECUTIVE, Role.PARTY_GROUP, Role.SUPERVISOR])
def test_who_oversees_the_inspection_sees_it(client, inspection, role, path):
    client.force_login(factories.person(role, inspection.inspected_unit))

    assert client.get(f"/i/x25/dashboard/{path}").status_code == 200


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "role", [Role.LIAISON, Role.UNIT_HEAD, Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN]
)
def test_for_everybody_else_it_is_not_there(client, inspection, role, path):
    client.force_login(factories.person(role, inspection.inspected_unit))

    assert client.get(f"/i/x25/dashboard/{path}").status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_another_house_and_nobody_do_not_see_it(client, inspection, path):
    elsewhere = factories.unit("云州市林业局")
    foreign = f"/i/x25/dashboard/{path}"
    assert client.get(foreign).status_code == 302

    client.force_login(factories.person(Role.PARTY_GROUP, elsewhere))

    assert client.get(foreign).status_code == 404
    assert client.get(f"/i/absent/dashboard/{path}").status_code == 404


def test_a_unit_of_another_house_is_not_named(client, inspection, leader):
    foreign = factories.MeasureFactory(
        problem__inspection=factories.InspectionFactory(
            inspected_unit=factories.unit("云州市林业局")
        )
    )

    answer = client.get("/i/x25/dashboard/measures/total/", {"unit": foreign.lead_unit.pk})

    assert answer.status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_it_is_read_only(client, inspection, leader, path):
    assert client.post(f"/i/x25/dashboard/{path}").status_code == 405


# Cost --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_three_times_as_much_takes_no_more_queries(
    client, inspection, leader, path, django_assert_num_queries
):
    address = f"/i/x25/dashboard/{path}?on=2025-07-31"
    factories.DispatchRoundFactory(inspection=inspection)
    lively(inspection, on=ON)
    returning.expect(DispatchRound.objects.get(), at=factories.NOON)
    with CaptureQueriesContext(connection) as once:
        client.get(address)
    for _ in range(2):
        lively(inspection, on=ON)

    with django_assert_num_queries(len(once)):
        client.get(address)

    assert len(once) <= 37
