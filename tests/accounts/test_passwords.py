"""A new password is in the journal, whoever set it, and never the password itself."""

import pytest
from django.test import Client

from accounts.models import JournalEntry, Role, User
from tests import factories

pytestmark = pytest.mark.django_db

OLD, NEW = "一个足够长的口令", "新的口令一样足够长的"


@pytest.fixture
def someone():
    return User.objects.create_user("lin", password=OLD, name="林某")


def written():
    return list(JournalEntry.objects.values_list("verb", "subject_kind", "subject_code", "by"))


def test_an_own_new_password_is_in_the_journal(client, someone):
    client.force_login(someone)

    client.post(
        "/accounts/password/", {"old_password": OLD, "new_password1": NEW, "new_password2": NEW}
    )

    assert User.objects.get(pk=someone.pk).check_password(NEW)
    assert written() == [("change_password", "user", str(someone.pk), someone.pk)]


def test_a_refused_new_password_is_not_in_the_journal(client, someone):
    client.force_login(someone)

    client.post(
        "/accounts/password/", {"old_password": "错的", "new_password1": NEW, "new_password2": NEW}
    )

    assert written() == []


def test_a_password_set_by_the_administrator_is_in_the_journal(client, someone):
    administrator = factories.person(Role.SYSTEM_ADMIN, factories.bureau())
    client.force_login(administrator)

    client.post(
        f"/admin/accounts/user/{someone.pk}/password/",
        {"password1": NEW, "password2": NEW, "usable_password": "true"},
    )

    assert User.objects.get(pk=someone.pk).check_password(NEW)
    assert written() == [("set_password", "user", str(someone.pk), administrator.pk)]
    assert NEW not in str(list(JournalEntry.objects.values()))


def test_nobody_else_sets_a_password(someone):
    client = Client()
    client.force_login(factories.person(Role.SECURITY_ADMIN, factories.bureau()))

    answer = client.post(
        f"/admin/accounts/user/{someone.pk}/password/", {"password1": NEW, "password2": NEW}
    )

    assert answer.status_code == 403
    assert User.objects.get(pk=someone.pk).check_password(OLD)
