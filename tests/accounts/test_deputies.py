"""A deputy acts for somebody for a period: who may give it, what it gives, when it is over."""

import re
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client

from accounts import deputies
from accounts.deputies import DeputyRefused, Period
from accounts.models import (
    AbsenceKind,
    Deputy,
    JournalEntry,
    Role,
    RoleAssignment,
    User,
    signature,
)
from accounts.rights import rights_of
from tests.factories import NOON, PLANNED, SHANGHAI, UserFactory, bureau, person, unit

pytestmark = pytest.mark.django_db
TODAY = NOON.date()
MONTH = Period(TODAY, date(2025, 8, 30))
PAGE = "/accounts/deputies/"


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def pair():
    root = bureau()
    return person(Role.OFFICE, root, name="张三"), person(Role.LIAISON, root, name="李四")


def appointed(principal, deputy, period=MONTH):
    return deputies.appoint(deputy, period=period, why=AbsenceKind.LEAVE, by=principal, at=NOON)


def written():
    return list(JournalEntry.objects.values_list("verb", "by__name", "on_behalf_of__name"))


def act(client, row):
    client.force_login(row.deputy)
    return client.post(f"{PAGE}{row.pk}/act/")


def test_the_signature_names_both(pair):
    assert signature(pair[1], pair[0]) == "李四（代张三）"
    assert (signature(pair[1]), signature(None)) == ("李四", "")


def test_a_person_appoints_a_deputy_on_the_page_and_the_journal_says_so(client, pair):
    principal, deputy = pair
    client.force_login(principal)
    form = {"deputy": deputy.pk, "from_on": "2025-07-31", "until_on": "2025-08-30", "why": "leave"}

    answer = client.post(f"{PAGE}appoint/", form, follow=True)

    assert "李四" in answer.content.decode()
    row = Deputy.objects.get()
    assert (row.principal, row.deputy, row.given_by) == (principal, deputy, principal)
    assert written() == [("appoint", "张三", None)]


def test_a_refused_appointment_says_why_and_keeps_what_was_typed(client, pair):
    principal, deputy = pair
    client.force_login(principal)
    form = {"deputy": deputy.pk, "from_on": "2025-07-31", "until_on": "2026-07-30", "why": "leave"}

    answer = client.post(f"{PAGE}appoint/", form)

    assert answer.status_code == 409
    assert "最多92天" in answer.content.decode()
    assert "2026-07-30" in answer.content.decode()


@pytest.mark.parametrize(
    ("period", "says"),
    [
        (Period(TODAY, TODAY + timedelta(days=92)), "最多92天"),
        (Period(TODAY - timedelta(days=1), TODAY), "不能补办以前的"),
        (Period(TODAY + timedelta(days=1), TODAY), "不能早于开始日期"),
    ],
)
def test_a_period_is_of_today_or_later_in_order_and_short(pair, period, says):
    with pytest.raises(DeputyRefused, match=says):
        appointed(*pair, period)


def test_ninety_two_days_are_allowed(pair):
    assert appointed(*pair, Period(TODAY, TODAY + timedelta(days=91))).pk


def test_two_periods_of_one_pair_do_not_overlap(pair):
    first = appointed(*pair)

    with pytest.raises(DeputyRefused, match="时间不能重叠"):
        appointed(*pair, Period(date(2025, 8, 30), date(2025, 9, 1)))

    deputies.end(first, by=pair[0], at=NOON)
    assert appointed(*pair).pk


@pytest.mark.parametrize("wrong", ["long", "backwards", "self", "reason"])
def test_the_database_refuses_nonsense(pair, wrong):
    principal, deputy = pair
    row = Deputy(
        principal=principal,
        deputy=principal if wrong == "self" else deputy,
        from_on=TODAY,
        until_on=TODAY + timedelta(days={"long": 92, "backwards": -1}.get(wrong, 91)),
        why="?" if wrong == "reason" else AbsenceKind.LEAVE,
        given_by=principal,
        at=NOON,
    )

    with pytest.raises(ValidationError):
        row.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_who_may_be_a_deputy():
    root, other = bureau(), bureau("另一个局")
    division = unit("河湖管理处", parent=root)
    principal = person(Role.UNIT_HEAD, division, name="处长")
    colleague = UserFactory(unit=division, name="同处室的人")
    liaison = person(Role.LIAISON, unit("滨江分局", parent=root), name="有业务角色的人")
    UserFactory(unit=root, name="没有角色的人")
    person(Role.SYSTEM_ADMIN, division, name="管理员")
    person(Role.OFFICE, other, name="外单位的人")
    left = person(Role.LIAISON, division, name="离职的人")
    left.is_active = False
    left.save()
    mute = person(Role.LIAISON, division, name="不能登录的人")
    mute.set_unusable_password()
    mute.save()

    assert set(deputies.eligible(principal)) == {colleague, liaison}
    with pytest.raises(DeputyRefused, match="不能代理您"):
        appointed(principal, User.objects.get(name="外单位的人"))


def test_somebody_without_business_has_nothing_to_pass_on(pair):
    with pytest.raises(DeputyRefused, match="没有可以委托的事项"):
        appointed(UserFactory(unit=bureau()), pair[1])


def test_a_deputy_has_the_principals_rights_instead_of_the_own(pair):
    principal, deputy = pair
    assert rights_of(deputy).holds(Role.LIAISON)

    deputy.acting_for = principal

    assert [role for role, _ in rights_of(deputy).holdings] == [Role.OFFICE]
    deputy.acting_for = None
    assert [role for role, _ in rights_of(deputy).holdings] == [Role.LIAISON]


def test_an_administrators_rights_never_pass_on(pair):
    principal, deputy = pair
    RoleAssignment.objects.create(
        user=principal, role=Role.SECURITY_ADMIN, unit=bureau(), started_on=PLANNED
    )

    deputy.acting_for = principal

    assert not rights_of(deputy).holds(Role.SECURITY_ADMIN)
    assert rights_of(deputy).holds(Role.OFFICE)


def test_rights_are_not_passed_on_twice(pair, client):
    principal, deputy = pair
    third = person(Role.SUPERVISOR, bureau(), name="王五")
    appointed(principal, deputy)
    row = appointed(deputy, third)

    act(client, row)

    acting = client.get("/desk/").wsgi_request.user
    assert acting.acting_for == deputy
    assert [role for role, _ in rights_of(acting).holdings] == [Role.LIAISON]
    deputy.acting_for = principal
    with pytest.raises(DeputyRefused, match="不能再委托别人"):
        appointed(deputy, third)


def test_acting_is_chosen_shown_on_every_page_and_ended(client, pair):
    row = appointed(*pair)
    client.force_login(pair[1])
    assert "代张三办理" in client.get("/desk/").content.decode()

    act(client, row)
    page = client.get("/desk/")
    assert "您正在代理<strong>张三</strong>办理，记录会写明两人" in page.content.decode()
    assert page.wsgi_request.user.acting_for == pair[0]

    client.post(f"{PAGE}rest/")
    page = client.get("/desk/")
    assert "您正在代理" not in page.content.decode()
    assert page.wsgi_request.user.acting_for is None
    assert written() == [
        ("appoint", "张三", None),
        ("act", "李四", None),
        ("rest", "李四", None),
    ]


@pytest.mark.parametrize("how", ["expired", "ended", "left", "administrator"])
def test_what_is_over_is_out_at_the_next_request(client, pair, how):
    principal, deputy = pair
    row = appointed(principal, deputy)
    act(client, row)
    now = NOON
    if how == "expired":
        now = datetime(2025, 8, 31, 0, 1, tzinfo=SHANGHAI)
    elif how == "ended":
        deputies.end(row, by=principal, at=NOON)
    elif how == "left":
        User.objects.filter(pk=principal.pk).update(is_active=False)
    else:
        RoleAssignment.objects.create(
            user=deputy, role=Role.AUDIT_ADMIN, unit=bureau(), started_on=PLANNED
        )

    with time_machine.travel(now, tick=False):
        client.force_login(deputy) if how == "expired" else None
        session = client.session
        session["deputyship"] = row.pk
        session.save()
        page = client.get("/desk/")

    assert page.wsgi_request.user.acting_for is None
    assert "deputyship" not in client.session


def test_what_was_sent_too_late_is_not_done_in_the_own_name(client, pair):
    act(client, row := appointed(*pair))
    deputies.end(row, by=pair[0], at=NOON)

    answer = client.post("/i/x25/measures/M-1/report/", {"text": "进展"}, follow=True)

    assert answer.redirect_chain == [("/desk/", 302)]
    assert "代理已经结束，刚才的内容没有提交" in answer.content.decode()
    client.post(f"{PAGE}{row.pk}/act/")
    assert client.post("/accounts/sign-out/").status_code == 302


def test_the_last_day_counts_to_its_end(client, pair):
    act(client, appointed(*pair))
    late = datetime(2025, 8, 30, 23, 59, tzinfo=SHANGHAI)

    assert deputies.standing(pair[1], Deputy.objects.get().pk, on=late.date()) is not None


def test_nobody_acts_under_another_persons_deputyship_or_before_its_day(client, pair):
    row = appointed(*pair)
    later = appointed(*pair, Period(date(2025, 9, 1), date(2025, 9, 2)))
    stranger = person(Role.LIAISON, bureau())

    client.force_login(stranger)
    assert client.post(f"{PAGE}{row.pk}/act/").status_code == 404
    assert client.post(f"{PAGE}{row.pk}/end/").status_code == 404
    assert client.post(f"{PAGE}999/act/").status_code == 404
    assert act(client, later).status_code == 404


def test_the_own_account_stays_the_own(client, pair):
    old, new = "一个足够长的口令", "新的口令一样足够长的"
    principal, deputy = pair
    deputy.set_password(old)
    deputy.save()
    act(client, appointed(principal, deputy))
    form = {"old_password": old, "new_password1": new, "new_password2": new}

    client.post("/accounts/password/", form)

    assert User.objects.get(pk=deputy.pk).check_password(new)
    assert written()[-1] == ("change_password", "李四", None)
    assert "您正在代理" in client.get("/accounts/deputies/").content.decode()


def test_the_security_administrator_sees_and_ends_them(client, pair):
    row = appointed(*pair)
    client.force_login(person(Role.SECURITY_ADMIN, bureau(), name="安全员"))
    admin = "/admin/accounts/deputy/"
    assert "李四" in client.get(admin).content.decode()
    assert client.get(f"{admin}add/").status_code == 403

    client.post(admin, {"action": "end", "_selected_action": [row.pk]})

    row.refresh_from_db()
    assert row.ended_by.name == "安全员"
    assert written()[-1] == ("end", "安全员", None)


def test_a_deputyship_is_ended_once(client, pair):
    row = appointed(*pair)
    client.force_login(pair[0])

    client.post(f"{PAGE}{row.pk}/end/")
    answer = client.post(f"{PAGE}{row.pk}/end/", follow=True)

    assert "这项代理已经结束" in answer.content.decode()
    assert [verb for verb, *_ in written()] == ["appoint", "end"]


def test_what_another_tab_opened_in_the_own_name_is_not_sent_in_the_principals(pair):
    """And the other way round: nobody acts in a name that the page before them did not show."""
    row = appointed(*pair)
    client = Client(enforce_csrf_checks=True)
    client.force_login(row.deputy)

    def token():
        page = client.get(PAGE).content.decode()
        return {"csrfmiddlewaretoken": re.search(r'csrfmiddlewaretoken" value="(\w+)', page)[1]}

    own = token()
    assert client.post(f"{PAGE}{row.pk}/act/", own).status_code == 302
    assert client.post("/accounts/password/", own).status_code == 403

    as_deputy = token()
    assert client.post(f"{PAGE}rest/", as_deputy).status_code == 302
    answer = client.post("/accounts/password/", as_deputy)
    assert (answer.status_code, "代理" in answer.content.decode()) == (403, True)
