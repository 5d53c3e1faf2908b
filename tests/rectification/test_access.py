"""What a person may not see is not there: a foreign thing and an absent one answer the same."""

import pytest
from django.urls import get_resolver

from accounts.models import Role
from rectification.models import Measure, ProgressEntry
from tests.factories import (
    DispatchRoundFactory,
    InspectionFactory,
    MeasureFactory,
    UserFactory,
    bureau,
    person,
    stages,
    unit,
)

LISTS = ("problems/", "measures/", "bulk/", "evidence/", "supervision/")
READING = (
    "problems/P-900/",
    "problems/P-900/archive/",
    "measures/M-900-1/",
    "evidence/1/",
    "evidence/1/1/file/",
    "evidence/1/1/preview/1/",
    "supervision/1/",
    "supervision/1/word/",
    "points/1/",
)
ANSWERING = ("dispatch/1/report/", "dispatch/1/report/all/")  # of those who work on the inspection
OVERSEEING = (
    "dispatch/",
    "dispatch/1/",
    "dispatch/1/sheet/",
    "dispatch/1/sheet/word/",
    "dispatch/1/sheet/excel/",
    "extensions/",
    "handover/",
    "rhythm/",
    "ladder/",
    "problems/P-900/recurrence/",
)
ACTING = (
    "problems/P-900/accept/",
    "problems/P-900/recurrence/decide/",
    "measures/M-900-1/report/",
    "bulk/",
    "measures/M-900-1/submit/",
    "measures/M-900-1/resubmit/",
    "measures/M-900-1/withdraw/",
    "measures/M-900-1/approve/",
    "measures/M-900-1/send-back/",
    "measures/M-900-1/reopen/",
    "measures/M-900-1/extend/",
    "measures/M-900-1/extension/decide/",
    "measures/M-900-1/extension/withdraw/",
    "measures/M-900-1/exemption/ask/",
    "measures/M-900-1/exemption/decide/",
    "measures/M-900-1/exemption/withdraw/",
    "measures/M-900-1/reinstate/",
    "measures/M-900-1/hand-over/",
    "problems/P-900/hand-over/",
    "handover/confirm/",
    "measures/M-900-1/evidence/",
    "evidence/1/version/",
    "evidence/1/amend/",
    "evidence/1/withdraw/",
    "evidence/1/link/",
    "evidence/1/unlink/M-900-1/",
    "dispatch/1/close/",
    "rhythm/change/",
    "dispatch/1/points/",
    "points/1/answer/",
    "points/1/settle/",
    "points/1/withdraw/",
    "dispatch/1/report/1/file/",
    "dispatch/1/report/1/draft/",
    "dispatch/1/report/1/turn-back/",
    "measures/M-900-1/amend/",
    "problems/P-900/amend/",
    "supervision/new/",
    "supervision/bulk/",
    *(
        f"supervision/1/{verb}/"
        for verb in ("reword", "issue", "acknowledge", "answer", "settle", "withdraw")
    ),
    "ladder/new/",
    "ladder/1/amend/",
    "ladder/1/end/",
    *(
        f"{register}/{act}/"
        for register in ("outcomes", "accountability", "money")
        for act in ("new", "1/amend", "1/withdraw")
    ),
)
OF_SEVERAL = ("dispatch/1/report/all/file/", "dispatch/1/report/confirm/")  # of their own lines
REGISTERS = ("outcomes/", "accountability/", "money/")


@pytest.fixture
def outsider(db):
    """The liaison of another organisation, which has an inspection of its own."""
    other = bureau("清河市教育局")
    InspectionFactory(code="other", inspected_unit=other)
    return person(Role.LIAISON, unit("基础教育处", parent=other))


def answers(client, method, path):
    response = getattr(client, method)(path, {"version": "1", "text": "不应保存"})
    return response.status_code, response.content


@pytest.mark.parametrize("path", [*READING, *OVERSEEING, *ANSWERING])
def test_a_foreign_page_answers_like_an_absent_one(cast, client, outsider, path):
    DispatchRoundFactory(inspection=cast.inspection, number=1)
    client.force_login(outsider)

    foreign = answers(client, "get", f"/i/x25/{path}")
    absent = answers(client, "get", f"/i/nowhere/{path}")

    assert foreign == absent
    assert foreign[0] == 404


@pytest.mark.parametrize("path", [*ACTING, *OF_SEVERAL])
def test_a_foreign_verb_answers_like_an_absent_one_and_changes_nothing(
    cast, client, outsider, path
):
    DispatchRoundFactory(inspection=cast.inspection, number=1)
    client.force_login(outsider)

    foreign = answers(client, "post", f"/i/x25/{path}")
    absent = answers(client, "post", f"/i/nowhere/{path}")

    assert foreign == absent
    assert foreign[0] == 404
    assert not ProgressEntry.objects.exists()
    assert Measure.objects.get(pk=cast.measure.pk).version == 1


@pytest.mark.parametrize("path", [*LISTS, *READING, *ACTING])
def test_another_unit_of_the_same_bureau_finds_nothing_of_it(cast, client, path):
    client.force_login(cast.stranger)
    method = "post" if path in ACTING else "get"

    status, body = answers(client, method, f"/i/x25/{path}")

    assert status == (200 if path in LISTS else 404)
    assert b"M-900-1" not in body
    assert cast.problem.wording.encode() not in body


def test_every_page_of_the_daily_work_is_in_these_tests():
    tried = {*LISTS, *READING, *ANSWERING, *OVERSEEING, *ACTING, *OF_SEVERAL, *REGISTERS}
    shapes = {
        path.replace("P-900", "<code:code>")
        .replace("M-900-1", "<code:code>")
        .replace("evidence/1/1/preview/1/", "evidence/1/1/preview/<int:page>/")
        .replace("evidence/1/1/", "evidence/1/<int:version>/")
        .replace("report/1/", "report/<int:line>/")
        .replace("/1/", "/<int:number>/")
        for path in tried
    }
    here = "i/<slug:inspection>/"
    patterns = get_resolver("rectification.urls").url_patterns

    routes = {str(each.pattern).removeprefix(here) for each in patterns}

    # these have tests of their own
    elsewhere = ("desk/", "ledger/", "lookback/", "notices/", "units/", "calendar/")
    assert {route for route in routes if not route.startswith(elsewhere)} == shapes


@pytest.mark.parametrize("path", ["/desk/", "/i/x25/problems/", "/i/x25/measures/M-900-1/"])
def test_a_visitor_is_sent_to_sign_in_and_comes_back(cast, client, path):
    response = client.get(path)

    assert response.status_code == 302
    assert response.url == f"/accounts/sign-in/?next={path}"


def test_a_supervisor_reads_everything_and_changes_nothing(cast, client):
    client.force_login(cast.supervisor)

    reading = (*LISTS, *REGISTERS, "problems/P-900/", "measures/M-900-1/", "dispatch/")
    for path in reading:
        html = client.get(f"/i/x25/{path}").content.decode()
        assert html.count('method="post"') == html.count("data-sign-out")
    refused = client.post(f"{cast.page}report/", {"version": "1", "text": "进展"})
    assert refused.status_code == 409
    assert not ProgressEntry.objects.exists()


@pytest.mark.parametrize(
    ("who", "labels"),
    [
        ("liaison", ["待办", "问题", "措施", "督办", "成效", "台账"]),
        (
            "office",
            [
                *("待办", "问题", "措施", "调度", "督办", "回头看", "成效", "台账", "报告"),
                *("总览", "工作日历"),
            ],
        ),
        ("executive", ["待办", "问题", "措施", "调度", "督办", "回头看", "成效", "台账", "总览"]),
        ("supervisor", ["待办", "问题", "措施", "调度", "督办", "回头看", "成效", "台账", "总览"]),
    ],
)
def test_the_menu_shows_what_the_person_may_open(cast, client, who, labels):
    client.force_login(getattr(cast, who))

    entries = client.get("/desk/").context["nav_entries"]

    assert [label for _, label, _ in entries] == labels
    for _, _, url in entries:
        assert client.get(url).status_code == 200


def test_a_person_without_a_role_is_told_whom_to_ask(client, db):
    newcomer = UserFactory(unit=bureau())
    InspectionFactory(inspected_unit=newcomer.unit)
    client.force_login(newcomer)

    response = client.get("/desk/")

    assert [label for _, label, _ in response.context["nav_entries"]] == ["待办"]
    assert "请联系安全管理员" in response.content.decode()


def test_the_office_of_a_city_sees_the_inspections_of_its_bureaus(cast, client):
    city = unit("云州市", kind="bureau")
    second = unit("市园林局", parent=city)
    InspectionFactory(code="yl", inspected_unit=second)
    InspectionFactory(code="yl2", inspected_unit=second)
    client.force_login(person(Role.SUPERVISOR, city))

    response = client.get("/i/yl/problems/")

    assert {code for code, _ in response.context["inspections"]} == {"yl", "yl2"}
    assert client.get("/i/x25/problems/").status_code == 404


def test_the_code_of_another_inspection_is_not_mixed_up(cast, client):
    second = InspectionFactory(code="x26", inspected_unit=cast.inspection.inspected_unit)
    stages(second)
    twin = MeasureFactory(problem__inspection=second, code="M-900-1", text="另一条同号措施")
    client.force_login(cast.office)

    assert client.get("/i/x26/measures/M-900-1/").context["measure"] == twin
    assert client.get(cast.page).context["measure"] == cast.measure
