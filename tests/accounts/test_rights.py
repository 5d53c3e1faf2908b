import pytest

from accounts.models import Role, RoleAssignment, Unit, User, under
from accounts.rights import rights_of
from tests.factories import PLANNED, UserFactory, bureau, person, unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def tree():
    root = bureau()
    division = unit("河湖管理处", parent=root)
    section = unit("巡查科", parent=division)
    return root, division, section


def test_a_unit_lies_in_its_own_subtree_and_in_those_above(tree):
    root, division, section = tree

    assert set(Unit.objects.within([division.path])) == {division, section}
    assert set(Unit.objects.within([root.path, section.path])) == {root, division, section}


def test_nothing_lies_under_no_path(tree):
    assert not Unit.objects.filter(under([])).exists()


def test_a_longer_number_is_not_a_subtree():
    first = bureau()
    Unit.objects.filter(pk=first.pk).update(path="/1/")
    other = bureau("另一个局")
    Unit.objects.filter(pk=other.pk).update(path="/11/")

    assert list(Unit.objects.within(["/1/"])) == [first]


def test_a_role_reaches_down_and_not_up(tree):
    root, division, section = tree
    rights = rights_of(person(Role.LIAISON, division))

    assert rights.covers(section, Role.LIAISON)
    assert rights.covers(division, Role.LIAISON)
    assert not rights.covers(root, Role.LIAISON)
    assert not rights.covers(section, Role.OFFICE)


def test_an_ended_role_and_a_person_who_left_hold_nothing(tree):
    root = tree[0]
    former = person(Role.OFFICE, root)
    former.assignments.update(ended_on=PLANNED)
    left = person(Role.OFFICE, root)
    User.objects.filter(pk=left.pk).update(is_active=False)

    assert not rights_of(former).holds(Role.OFFICE)
    assert not rights_of(User.objects.get(pk=left.pk)).holds(Role.OFFICE)


def test_rights_are_read_once_for_a_request(tree, django_assert_num_queries):
    user = person(Role.OFFICE, tree[0])

    with django_assert_num_queries(1):
        rights_of(user)
        rights_of(user)


def test_a_role_may_be_held_again_after_it_ended(tree):
    user = person(Role.OFFICE, tree[0])
    user.assignments.update(ended_on=PLANNED)

    RoleAssignment.objects.create(user=user, role=Role.OFFICE, unit=tree[0], started_on=PLANNED)

    assert user.assignments.count() == 2


def test_a_name_that_two_people_bear_names_nobody():
    UserFactory(name="王芳")
    assert User.objects.named("王芳") is not None
    UserFactory(name="王芳")

    assert User.objects.named("王芳") is None
    assert User.objects.named("无此人") is None
