"""The admin site: each administrator sees their own part, and every change is in the journal."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import JournalEntry, Role, RoleAssignment, Unit
from tests.factories import InspectionFactory, UserFactory, bureau, person, unit

pytestmark = pytest.mark.django_db

UNITS, PEOPLE = "/admin/accounts/unit/", "/admin/accounts/user/"
ROLES, JOURNAL = "/admin/accounts/roleassignment/", "/accounts/journal/"
INSPECTIONS = "/admin/rectification/inspection/"


@pytest.mark.parametrize(
    ("role", "open_to"),
    [
        (Role.SYSTEM_ADMIN, {UNITS, PEOPLE, INSPECTIONS}),
        (Role.SECURITY_ADMIN, {ROLES}),
        (Role.AUDIT_ADMIN, {JOURNAL}),
        (Role.OFFICE, set()),
        (Role.PARTY_GROUP, set()),
        (Role.LIAISON, set()),
    ],
)
def test_each_administrator_opens_their_own_part_alone(client, role, open_to):
    client.force_login(person(role, bureau()))

    found = {
        path
        for path in (UNITS, PEOPLE, ROLES, JOURNAL, INSPECTIONS)
        if client.get(path).status_code == 200
    }

    assert found == open_to


def test_the_pages_say_nothing_empty_and_nothing_in_english(client):
    client.force_login(person(Role.SYSTEM_ADMIN, bureau()))

    assert "recent-actions" not in client.get("/admin/").content.decode()
    page = client.get(f"{PEOPLE}add/").content.decode()
    assert "角色由安全管理员另行授予" in page
    assert "After you" not in page


def test_a_person_is_one_kind_of_administrator_at_most():
    user = person(Role.SYSTEM_ADMIN, bureau())
    second = RoleAssignment(
        user=user, role=Role.AUDIT_ADMIN, unit=bureau(), started_on=timezone.localdate()
    )

    with pytest.raises(ValidationError, match="三员分设"):
        second.full_clean()


def test_a_role_that_ended_is_gone_at_the_next_request(client):
    user = person(Role.AUDIT_ADMIN, bureau())
    client.force_login(user)
    assert client.get(JOURNAL).status_code == 200

    user.assignments.update(ended_on=timezone.localdate())

    assert client.get(JOURNAL).status_code == 404


def test_a_unit_is_planted_below_its_parent_and_the_change_is_in_the_journal(client):
    root = bureau()
    client.force_login(person(Role.SYSTEM_ADMIN, root))

    client.post(
        f"{UNITS}add/",
        {
            "name": "滨江分局",
            "kind": "sub_bureau",
            "parent": root.pk,
            "order": 1,
            "is_active": "on",
        },
    )

    made = Unit.objects.get(name="滨江分局")
    assert made.path == f"{root.path}{made.pk}/"
    entry = JournalEntry.objects.get()
    assert (entry.verb, entry.subject_kind, entry.after["parent"]) == ("enter", "unit", root.name)


def test_a_role_is_not_given_for_a_day_to_come(client):
    client.force_login(person(Role.SECURITY_ADMIN, bureau()))
    tomorrow = timezone.localdate() + timedelta(days=1)

    answer = client.post(
        f"{ROLES}add/",
        {
            "user": UserFactory().pk,
            "role": Role.LIAISON,
            "unit": unit(parent=bureau()).pk,
            "started_on": tomorrow.isoformat(),
        },
    )

    assert "不能填将来的日期" in answer.content.decode()
    assert not RoleAssignment.objects.filter(role=Role.LIAISON).exists()


def test_an_inspection_gets_the_usual_stages(client):
    client.force_login(person(Role.SYSTEM_ADMIN, bureau()))
    form = {
        "code": "x26",
        "name": "2026年巡察",
        "level": "city",
        "inspecting_body": "市委第一巡察组",
        "inspected_unit": bureau().pk,
        "feedback_date": "2026-01-20",
        "concentrated_months": 6,
        "dispatch_every_days": 14,
        "dispatch_rhythm": "every_days",
        "dispatch_at": "08:00",
        "near_days": 10,
        "letter_word": "整督",
        "extension_first_role": "office",
        "extension_second_role": "executive",
        "stages-TOTAL_FORMS": 0,
        "stages-INITIAL_FORMS": 0,
        "areas-TOTAL_FORMS": 0,
        "areas-INITIAL_FORMS": 0,
    }

    client.post(f"{INSPECTIONS}add/", form)

    made = InspectionFactory._meta.model.objects.get(code="x26")
    assert [stage.name for stage in made.stages.order_by("order")] == [
        "单位负责人初审",
        "整改办复核",
    ]


def test_nothing_is_deleted_in_the_admin_site(client):
    row = unit(parent=bureau())
    client.force_login(person(Role.SYSTEM_ADMIN, bureau()))

    assert client.post(f"{UNITS}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Unit.objects.filter(pk=row.pk).exists()


def test_nobody_gives_a_role_to_themselves(client):
    user = person(Role.SECURITY_ADMIN, bureau())
    client.force_login(user)

    client.post(
        f"{ROLES}add/",
        {
            "user": user.pk,
            "role": Role.OFFICE,
            "unit": bureau().pk,
            "started_on": timezone.localdate().isoformat(),
        },
    )

    assert [held.role for held in user.assignments.all()] == [Role.SECURITY_ADMIN]


def test_the_admin_site_has_no_sign_in_of_its_own(client):
    administrator = person(Role.SYSTEM_ADMIN, bureau())

    assert client.get("/admin/login/").url == "/accounts/sign-in/?next=%2Fadmin%2F"
    assert client.post("/admin/login/", {"username": "x", "password": "y"}).status_code == 405
    client.force_login(administrator)
    assert client.get("/admin/login/").url == "/admin/"


def test_an_own_password_is_changed_where_the_journal_hears_of_it(client):
    client.force_login(person(Role.SECURITY_ADMIN, bureau()))

    assert client.post("/admin/password_change/").url == "/accounts/password/"
    assert client.get("/admin/password_change/done/").url == "/accounts/password/done/"


def test_another_administrator_does_not_learn_which_rows_there_are(client):
    client.force_login(person(Role.SECURITY_ADMIN, bureau()))

    found = [client.get(f"{UNITS}{pk}/history/").status_code for pk in (bureau().pk, 404404)]

    assert found == [403, 403]


def test_an_address_with_an_empty_field_name_is_the_row(client):
    client.force_login(person(Role.SYSTEM_ADMIN, bureau()))

    assert client.get(f"{UNITS}{bureau().pk}/change/?_to_field=").status_code == 200
