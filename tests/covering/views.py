"""A scenario for each view that writes, and for each form of the admin site."""

import re

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts.models import Role, RoleAssignment, Unit, User
from rectification.models import Inspection, Measure, Problem, ReviewStage, Workday
from tests.covering import scenario
from tests.covering.verbs import accepted, applied, closed
from tests.factories import (
    DispatchRoundFactory,
    MeasureFactory,
    UserFactory,
    bureau,
    person,
    unit,
)
from tests.rectification.test_amending import measure_data, problem_data
from tests.rectification.test_ledger import ROW, workbook
from tests.rectification.test_ledger_views import hidden
from tests.reports.newsroom import draft
from tests.reports.test_recording import TEXT

DUE = "2025-08-31"
OLD, NEW = "一个足够长的口令", "新的口令一样足够长的"


def done(answer):
    """A verb that was carried out answers with a way on."""
    errors = re.findall(r"errorlist.*?</ul>", answer.content.decode())
    assert answer.status_code == 302, errors or answer.content.decode()[:2000]


def post(stage, by, path, **form):
    client = stage.client(by)
    return client.post(path, form)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


# Of a measure and a problem -----------------------------------------------------------------------


def of_measure(verb, *, by, before=None, name="", **form):
    """The scenario of a verb on the measure's page: prepared by `before`, done by `by`."""
    name = name or "_".join(verb.replace("-", "/").split("/"))

    @scenario(f"view rectification:measure_{name}")
    def act(stage):
        cast = stage.cast
        if before:
            before(cast)
        version = fresh(cast.measure).version
        yield
        person = getattr(cast, by)
        done(post(stage, person, f"{cast.page}{verb}/", **{"version": version, **form}))


of_measure("report", by="liaison", text="完成初稿。")
of_measure("submit", by="liaison", statement="制度已印发。", evidence_note="见档案")
of_measure("resubmit", by="liaison", before=applied, statement="已执行。", evidence_note="见档案")
of_measure("withdraw", by="liaison", before=applied, why="材料不全")
of_measure("approve", by="head", before=applied, opinion="同意")
of_measure("send-back", by="head", before=applied, ground="late", reason="节点未达到", due_on=DUE)


@scenario("view rectification:measure_reopen")
def reopen(stage):
    cast = stage.cast
    accepted(cast)
    by = person(Role.OFFICE, cast.inspection.inspected_unit)  # who had no hand in it
    version = fresh(cast.measure).version
    yield
    done(post(stage, by, f"{cast.page}reopen/", version=version, why="又发生了"))


@scenario("view rectification:problem_accept")
def accept(stage):
    cast = stage.cast
    closed(cast)
    version = fresh(cast.problem).version
    yield
    path = f"{cast.base}problems/P-900/accept/"
    done(post(stage, cast.executive, path, version=version, why="有成效"))


@scenario("view rectification:measure_bulk")
def bulk(stage):
    cast = stage.cast
    MeasureFactory(problem=cast.problem, code="M-900-2", lead_unit=cast.division)
    yield
    form = {"chosen": ["1:M-900-1", "1:M-900-2"], "verb": "nil_return"}
    answer = post(stage, cast.liaison, f"{cast.base}bulk/", **form)
    assert len(answer.context["outcome"].done) == 2


@scenario("view rectification:measure_amend")
def measure_amend(stage):
    cast = stage.cast
    form = measure_data(cast, deadline="2025年10月底前", why="汛期推迟")
    yield
    done(post(stage, cast.office, f"{cast.page}amend/", **form))


@scenario("view rectification:problem_amend")
def problem_amend(stage):
    cast = stage.cast
    form = problem_data(cast, wording="巡查还是不到位。")
    yield
    done(post(stage, cast.office, f"{cast.base}problems/P-900/amend/", **form))


@scenario("view rectification:round_close")
def close(stage):
    cast = stage.cast
    DispatchRoundFactory(inspection=cast.inspection, number=1)
    yield
    done(post(stage, cast.office, f"{cast.base}dispatch/1/close/"))


# The ledger ---------------------------------------------------------------------------------------


def planned(stage):
    root = stage.cast.inspection.inspected_unit
    for name in ("河湖处", "财务处", "监测站"):
        unit(name, parent=root)
    file = SimpleUploadedFile("台账.xlsx", workbook(ROW))
    return post(stage, stage.cast.office, f"{stage.cast.base}ledger/import/", file=file)


@scenario("view rectification:ledger_import", rows=False, entries=False)
def ledger_import(stage):
    assert stage.cast
    yield
    file = SimpleUploadedFile("台账.xlsx", workbook(ROW))
    path = f"{stage.cast.base}ledger/import/"
    assert post(stage, stage.cast.office, path, file=file).status_code == 200


@scenario("view rectification:ledger_confirm")
def ledger_confirm(stage):
    ticket = hidden(planned(stage))
    yield
    done(post(stage, stage.cast.office, f"{stage.cast.base}ledger/import/confirm/", **ticket))
    assert Measure.objects.count() == 2


@scenario("view rectification:ledger_export", rows=False)
def ledger_export(stage):
    client = stage.client(stage.cast.liaison)
    yield
    assert client.get(f"{stage.cast.base}ledger/export/").status_code == 200


# Reports ------------------------------------------------------------------------------------------

REPORTS = "/i/x25/reports/"


@scenario("view reports:draft_new")
def draft_new(stage):
    by = stage.room.office
    yield
    done(post(stage, by, f"{REPORTS}new/", slug="x25-report", on="2025-07-31"))


@scenario("view reports:draft_title")
def draft_title(stage):
    report = draft(stage.room)
    yield
    path = f"{REPORTS}{report.slug}/title/"
    done(post(stage, stage.room.office, path, version=report.version, title="整改通报"))


@scenario("view reports:draft_section")
def draft_section(stage):
    report = draft(stage.room)
    section = report.sections.filter(kind="prose").order_by("order")[0]
    yield
    path = f"{REPORTS}{report.slug}/sections/{section.order}/"
    form = {"version": section.version, "heading": section.heading, "text": "另一段文字。"}
    done(post(stage, stage.room.office, path, **form))


@scenario("view reports:draft_publish")
def draft_publish(stage):
    report = draft(stage.room)
    yield
    path = f"{REPORTS}{report.slug}/publish/"
    done(post(stage, stage.room.office, path, version=report.version))


@scenario("view reports:report_import", rows=False, entries=False)
def report_import(stage):
    by = person(Role.OFFICE, bureau())
    yield
    assert post(stage, by, "/import/report/", text=TEXT).status_code == 200


@scenario("view reports:report_confirm")
def report_confirm(stage):
    by = person(Role.OFFICE, bureau())
    ticket = post(stage, by, "/import/report/", text=TEXT).context["ticket"]
    yield
    form = {"ticket": ticket, "slug": "x25", "unit": bureau().pk}
    done(post(stage, by, "/import/report/confirm/", **form))
    assert Problem.objects.exists()


# People and the journal ---------------------------------------------------------------------------


def somebody():
    return User.objects.create_user("lin", password=OLD, name="林某")


@scenario("view accounts:sign_in")
def sign_in(stage):
    user = somebody()
    client = stage.client(user)
    client.logout()
    yield
    done(client.post("/accounts/sign-in/", {"username": user.username, "password": OLD}))


@scenario("view accounts:sign_out", rows=False)
def sign_out(stage):
    client = stage.client(somebody())
    yield
    done(client.post("/accounts/sign-out/"))


@scenario("view accounts:password_change")
def password_change(stage):
    user = somebody()
    yield
    form = {"old_password": OLD, "new_password1": NEW, "new_password2": NEW}
    done(post(stage, user, "/accounts/password/", **form))


@scenario("view accounts:journal_verify", rows=False)
def journal_verify(stage):
    auditor = person(Role.AUDIT_ADMIN, bureau())
    yield
    done(post(stage, auditor, "/accounts/journal/verify/"))


@scenario("view accounts:journal_export", rows=False)
def journal_export(stage):
    client = stage.client(person(Role.AUDIT_ADMIN, bureau()))
    yield
    assert client.get("/accounts/journal/export/").status_code == 200


# The admin site -----------------------------------------------------------------------------------


def of_admin(model, verb, *, by, form, row=None):
    """The scenario of a form of the admin site. `row` makes the row that is changed, `form` says
    what is sent; it is given the row, or None."""

    @scenario(f"admin {model._meta.model_name} {verb}")
    def act(stage):
        keeper = person(by, bureau())
        changed = row() if row else None
        client = stage.client(keeper)
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        page = f"{base}{changed.pk}/change/" if changed else f"{base}add/"
        sent = {"_opened": client.get(page).context.get("opened", ""), **form(changed)}
        yield
        done(client.post(page, sent))


def unit_form(row):
    return {"name": "滨江分局", "kind": "sub_bureau", "parent": bureau().pk, "order": 1} | (
        {"is_active": "on"} if row is None else {}
    )


def user_form(row):
    if row is None:
        passwords = {"password1": NEW, "password2": NEW, "usable_password": "true"}
        return {"username": "wang", "name": "王某", "unit": bureau().pk} | passwords
    return {"username": row.username, "name": "改名", "unit": bureau().pk, "is_active": "on"}


def role_form(row):
    today = timezone.localdate().isoformat()
    if row is not None:
        return {"ended_on": today}
    place = {"user": UserFactory().pk, "unit": bureau().pk}
    return {**place, "role": Role.LIAISON, "started_on": today}


def inspection_form(row):
    """With a stage and an area that are entered in the same form."""
    stages = list(ReviewStage.objects.filter(inspection=row)) if row else []
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
        "extension_first_role": Role.OFFICE,
        "extension_second_role": Role.EXECUTIVE,
        "stages-TOTAL_FORMS": len(stages),
        "stages-INITIAL_FORMS": len(stages),
        "areas-TOTAL_FORMS": 1,
        "areas-INITIAL_FORMS": 0,
        "areas-0-order": 1,
        "areas-0-name": "聚焦政治责任方面",
    }
    for number, each in enumerate(stages):
        fields = {
            "id": each.pk,
            "order": each.order,
            "name": f"{each.name}（改）",
            "role": each.role,
        }
        form |= {f"stages-{number}-{name}": value for name, value in fields.items()}
        form[f"stages-{number}-inspection"] = row.pk
    return form


def workday_form(row):
    return {"day": "2026-10-01", "is_working": "" if row is None else "on", "name": "国庆节"}


def with_stages():
    made = Inspection.objects.create(
        code="x27",
        name="2027年巡察",
        level="city",
        inspecting_body="市委第一巡察组",
        inspected_unit=bureau(),
        feedback_date="2026-01-20",
    )
    ReviewStage.objects.set_up(made)
    return made


def a_role():
    user = UserFactory()
    return RoleAssignment.objects.create(
        user=user, role=Role.LIAISON, unit=bureau(), started_on=timezone.localdate()
    )


SYSTEM, SECURITY = Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN
of_admin(Unit, "add", by=SYSTEM, form=unit_form)
of_admin(Unit, "change", by=SYSTEM, form=unit_form, row=lambda: unit("分局", parent=bureau()))
of_admin(User, "add", by=SYSTEM, form=user_form)
of_admin(User, "change", by=SYSTEM, form=user_form, row=UserFactory)
of_admin(RoleAssignment, "add", by=SECURITY, form=role_form)
of_admin(RoleAssignment, "change", by=SECURITY, form=role_form, row=a_role)
of_admin(Inspection, "add", by=SYSTEM, form=inspection_form)
of_admin(Inspection, "change", by=SYSTEM, form=inspection_form, row=with_stages)
of_admin(Workday, "add", by=SYSTEM, form=workday_form)
of_admin(
    Workday,
    "change",
    by=SYSTEM,
    form=workday_form,
    row=lambda: Workday.objects.create(day="2026-10-01", is_working=False, name="国庆"),
)


@scenario("admin user password")
def user_password(stage):
    user = somebody()
    client = stage.client(person(SYSTEM, bureau()))
    yield
    form = {"password1": NEW, "password2": NEW, "usable_password": "true"}
    done(client.post(f"/admin/accounts/user/{user.pk}/password/", form))
