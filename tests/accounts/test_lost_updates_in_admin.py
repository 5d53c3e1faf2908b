"""The admin site: who opened a row before somebody else saved it is told so, and saves nothing."""

import re

import pytest
from django.core import signing
from django.utils import timezone

from accounts.models import JournalEntry, Role, RoleAssignment, Unit
from accounts.opened import SALT
from rectification.models import FindingArea, Inspection, ReviewStage, Workday
from tests.factories import PLANNED, InspectionFactory, UserFactory, bureau, person, stages, unit

pytestmark = pytest.mark.django_db


def opened(client, address):
    """The form's fields as a browser would send them, read from the page."""
    form = client.get(address).context["adminform"].form
    data = {"_opened": token(client.get(address))}
    for bound in form:
        value = bound.value()
        if value not in (None, False):
            data[bound.html_name] = "on" if value is True else str(value)
    for formset in client.get(address).context["inline_admin_formsets"]:
        for bound in (*formset.formset.management_form, *(f for x in formset.formset for f in x)):
            data[bound.html_name] = "" if bound.value() is None else str(bound.value())
    return data


def token(answer):
    return re.search(r'name="_opened" value="([^"]+)"', answer.content.decode())[1]


@pytest.fixture
def admins(client):
    root = bureau()
    return person(Role.SYSTEM_ADMIN, root, name="系统甲"), person(
        Role.SYSTEM_ADMIN, root, name="系统乙"
    )


def address_of(row):
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def rows():
    inspection = InspectionFactory(code="x25", inspected_unit=bureau())
    stages(inspection)
    return {
        "unit": (unit("河湖管理处", parent=bureau()), "short_name"),
        "user": (UserFactory(name="孟晓川"), "position"),
        "inspection": (inspection, "name"),
        "workday": (Workday.objects.create(day=PLANNED, is_working=False), "name"),
    }


@pytest.mark.parametrize("kind", ["unit", "user", "inspection", "workday"])
def test_a_stale_save_is_refused_with_both_values_and_keeps_what_was_typed(client, admins, kind):
    row, column = rows()[kind]
    first, second = admins
    client.force_login(first)
    mine = opened(client, address_of(row))
    client.force_login(second)
    theirs = opened(client, address_of(row))
    assert client.post(address_of(row), {**theirs, column: "先存的值"}).status_code == 302
    before = JournalEntry.objects.count()
    client.force_login(first)

    answer = client.post(address_of(row), {**mine, column: "后存的值"})

    html = answer.content.decode()
    row.refresh_from_db()
    assert answer.status_code == 409
    assert getattr(row, column) == "先存的值"
    assert JournalEntry.objects.count() == before
    assert "系统乙" in html
    (difference,) = answer.context["conflict"].differences
    assert difference[1:] == ("先存的值", "后存的值")
    assert answer.context["adminform"].form[column].value() == "后存的值"
    again = {**mine, column: "后存的值", "_opened": token(answer)}
    assert client.post(address_of(row), again).status_code == 302
    row.refresh_from_db()
    assert getattr(row, column) == "后存的值"


def test_a_stale_end_of_a_role_is_refused(client):
    root, today = bureau(), timezone.localdate().isoformat()
    held = person(Role.LIAISON, root).assignments.get()
    client.force_login(person(Role.SECURITY_ADMIN, root, name="安全甲"))
    mine = opened(client, address_of(held))
    client.post(address_of(held), {**mine, "ended_on": today})

    answer = client.post(address_of(held), {**mine, "ended_on": ""})

    assert answer.status_code == 409
    assert RoleAssignment.objects.get(pk=held.pk).ended_on is not None


def test_a_stage_that_somebody_changed_meanwhile_makes_the_whole_form_late(client, admins):
    inspection, _ = rows()["inspection"]
    client.force_login(admins[0])
    mine = opened(client, address_of(inspection))
    client.post(address_of(inspection), {**mine, "stages-0-name": "处长初审"})

    answer = client.post(address_of(inspection), {**mine, "stages-0-name": "科长初审"})

    assert answer.status_code == 409
    assert answer.context["conflict"].differences[0][1:] == ("处长初审", "科长初审")
    assert inspection.stages.order_by("order").first().name == "处长初审"


@pytest.mark.parametrize("forged", ["", "x", "eyJhIjoxfQ:1xxxxx:yyyy"])
def test_a_form_without_its_state_saves_nothing(client, admins, forged):
    row, _ = rows()["unit"]
    client.force_login(admins[0])
    mine = opened(client, address_of(row))

    answer = client.post(address_of(row), {**mine, "short_name": "新简称", "_opened": forged})

    assert answer.status_code == 409
    assert "缺少版本信息" in answer.content.decode()
    assert Unit.objects.get(pk=row.pk).short_name == ""


def test_a_wrong_form_in_time_keeps_its_state(client, admins):
    row, _ = rows()["unit"]
    client.force_login(admins[0])
    mine = opened(client, address_of(row))

    answer = client.post(address_of(row), {**mine, "name": ""})

    assert answer.status_code == 200
    assert token(answer) == mine["_opened"]


def test_the_state_holds_no_password(client, admins):
    person_of_a_secret = UserFactory(name="孟晓川", password="md5$salt$0123456789abcdef")
    client.force_login(admins[0])
    signed = token(client.get(address_of(person_of_a_secret)))

    state = signing.loads(signed, salt=SALT)

    assert state[""]["name"] == "孟晓川"
    assert "0123456789abcdef" not in str(state)


# Stages ------------------------------------------------------------------------------------------


def stage_data(client, inspection, stages):
    data = opened(client, address_of(inspection))
    data |= {"stages-TOTAL_FORMS": len(stages)}
    for index, (order, name) in enumerate(stages):
        data |= {
            f"stages-{index}-order": order,
            f"stages-{index}-name": name,
            f"stages-{index}-role": "office",
            f"stages-{index}-id": data.get(f"stages-{index}-id", ""),
            f"stages-{index}-inspection": inspection.pk,
        }
    return data


def test_a_third_stage_is_added(client, admins):
    inspection, _ = rows()["inspection"]
    client.force_login(admins[0])
    wanted = [(1, "单位负责人初审"), (2, "整改办复核"), (3, "分管领导审核")]

    client.post(address_of(inspection), stage_data(client, inspection, wanted))

    assert [each.name for each in inspection.stages.order_by("order")] == [n for _, n in wanted]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ([(1, "初审"), (2, "复核"), (2, "审定")], "顺序不能重复"),
        ([(number, f"第{number}级") for number in range(1, 7)], "两到五级"),
    ],
)
def test_stages_that_cannot_be_are_refused_in_words(client, admins, wanted, says):
    inspection, _ = rows()["inspection"]
    client.force_login(admins[0])

    answer = client.post(address_of(inspection), stage_data(client, inspection, wanted))

    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert inspection.stages.count() == 2


def test_an_inspection_of_one_stage_is_not_made(client, admins):
    client.force_login(admins[0])
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
        "stages-TOTAL_FORMS": 1,
        "stages-INITIAL_FORMS": 0,
        "stages-0-order": 1,
        "stages-0-name": "唯一一级",
        "stages-0-role": "office",
        "areas-TOTAL_FORMS": 0,
        "areas-INITIAL_FORMS": 0,
    }

    answer = client.post("/admin/rectification/inspection/add/", form)

    assert "审核环节要设两到五级，现在有1级" in answer.content.decode()
    assert not Inspection.objects.exists()
    assert not ReviewStage.objects.exists()
    assert not FindingArea.objects.exists()
