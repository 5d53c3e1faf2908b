import pytest

from accounts.models import Role
from tests import factories


@pytest.fixture
def inspection():
    return factories.InspectionFactory(code="x25")


@pytest.fixture
def leader(inspection, client):
    user = factories.person(Role.PARTY_GROUP, inspection.inspected_unit, name="局长")
    client.force_login(user)
    return user
