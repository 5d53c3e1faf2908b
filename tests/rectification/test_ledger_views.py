"""The workbook in a browser: chosen, planned, confirmed; and what a confirmation refuses."""

import io
import re
from datetime import timedelta

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Role
from rectification.models import Measure
from tests import factories
from tests.rectification.test_ledger import ROW, workbook

pytestmark = pytest.mark.django_db

IMPORT = "/i/x25/ledger/import/"
CONFIRM = "/i/x25/ledger/import/confirm/"


@pytest.fixture
def office(client, settings, tmp_path):
    """The office, signed in, of a bureau that keeps its uploads in a folder of the test."""
    settings.MEDIA_ROOT = tmp_path
    inspection = factories.InspectionFactory(code="x25")
    for name in ("河湖处", "财务处", "监测站"):
        factories.unit(name, parent=inspection.inspected_unit)
    user = factories.person(Role.OFFICE, inspection.inspected_unit)
    client.force_login(user)
    return user


def upload(client, content, name="台账.xlsx"):
    return client.post(IMPORT, {"file": SimpleUploadedFile(name, content)})


def hidden(response):
    html = response.content.decode()
    found = re.findall(r'name="(ticket|digest)" value="([^"]+)"', html)
    return dict(found)


def test_a_workbook_is_planned_and_then_taken_over(client, office):
    planned = upload(client, workbook(ROW))
    assert (planned.status_code, Measure.objects.count()) == (200, 0)
    assert "新增 1 行" in planned.content.decode()

    done = client.post(CONFIRM, hidden(planned), follow=True)

    assert "新增1条措施" in done.content.decode()
    assert Measure.objects.get().code == "M-001-1"


def test_a_second_confirmation_is_refused(client, office):
    ticket = hidden(upload(client, workbook(ROW)))
    client.post(CONFIRM, ticket)

    again = client.post(CONFIRM, ticket)

    assert again.status_code == 409
    assert "已经确认过" in again.content.decode()
    assert Measure.objects.count() == 1


def test_a_late_confirmation_is_refused(client, office):
    ticket = hidden(upload(client, workbook(ROW)))

    with time_machine.travel(timezone.now() + timedelta(hours=2, minutes=1), tick=False):
        client.force_login(office)
        late = client.post(CONFIRM, ticket)

    assert late.status_code == 409
    assert "超过两小时" in late.content.decode()
    assert Measure.objects.count() == 0


def test_a_foreign_confirmation_is_refused(client, office):
    ticket = hidden(upload(client, workbook(ROW)))
    client.force_login(factories.person(Role.OFFICE, office.unit))

    foreign = client.post(CONFIRM, ticket)

    assert foreign.status_code == 409
    assert "不是您上传的" in foreign.content.decode()
    assert Measure.objects.count() == 0


def test_a_confirmation_after_the_ledger_changed_is_refused(client, office):
    first = hidden(upload(client, workbook(ROW)))
    second = hidden(upload(client, workbook(ROW)))
    client.post(CONFIRM, second)

    stale = client.post(CONFIRM, first)

    assert stale.status_code == 409
    assert "重新预览" in stale.content.decode()


@pytest.mark.parametrize("name", ["ticket", "digest"])
def test_a_forged_confirmation_is_refused(client, office, name):
    ticket = hidden(upload(client, workbook(ROW))) | {name: "../../etc/passwd"}

    assert client.post(CONFIRM, ticket).status_code == 409
    assert Measure.objects.count() == 0


def test_a_refused_row_offers_no_confirmation(client, office):
    planned = upload(client, workbook([*ROW[:3], "没有的处", *ROW[4:]]))

    html = planned.content.decode()
    assert "没有的处" in html
    assert "确认导入" not in html


@pytest.mark.parametrize(
    ("name", "content"), [("图.png", b"\x89PNG"), ("空.xlsx", b""), ("图.xlsx", b"\x89PNG")]
)
def test_a_file_that_is_no_workbook_is_answered_with_the_form(client, office, name, content):
    answer = upload(client, content, name)

    assert answer.status_code == 200
    assert "field-error" in answer.content.decode()


def test_the_export_holds_the_persons_own_measures_alone(client, office):
    client.post(
        CONFIRM,
        hidden(
            upload(
                client,
                workbook(
                    ROW, ["P-002", "二。", "外单位的措施。", "财务处", "", "立行立改", "", ""]
                ),
            )
        ),
    )
    river = Measure.objects.get(code="M-001-1").lead_unit
    client.force_login(factories.person(Role.LIAISON, river))

    answer = client.get("/i/x25/ledger/export/")

    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    cells = [str(cell.value) for row in book.active.iter_rows() for cell in row]
    assert "修订巡查制度。" in cells
    assert "外单位的措施。" not in cells


def test_a_liaison_has_no_import(client, office):
    unit = factories.unit("办公室", parent=office.unit)
    liaison = factories.person(Role.LIAISON, unit)
    client.force_login(liaison)

    assert (client.get(IMPORT).status_code, client.post(CONFIRM).status_code) == (404, 404)


def test_whoever_sees_no_problem_exports_none(client, office):
    client.post(CONFIRM, hidden(upload(client, workbook(ROW))))
    stranger = factories.unit("没有措施的处", parent=office.unit)
    client.force_login(factories.person(Role.LIAISON, stranger))

    answer = client.get("/i/x25/ledger/export/")

    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    cells = [str(cell.value) for row in book.active.iter_rows() for cell in row]
    assert "反馈问题" in cells
    assert ROW[1] not in cells
