"""A scenario for each verb and address by which something passes to another person."""

from datetime import date

from accounts import deputies
from accounts.models import AbsenceKind, Deputy, Role
from rectification import handing_over
from rectification.handing_over import Holding, Succession, Terms
from rectification.models import Handover, HandoverField, Measure, Problem
from tests.covering import scenario
from tests.covering.views import done, post
from tests.factories import NOON, UserFactory, bureau, person

TERMS = Terms(date(2025, 7, 31), "分工调整")
AS_SENT = {"on": "2025-07-31", "why": "分工调整"}


# 责任交接 -----------------------------------------------------------------------------------------


def named(cast):
    """Somebody who answers for the problem and the measure, and somebody who will."""
    zhang, li = (UserFactory(unit=cast.division, name=name) for name in ("张三", "李四"))
    Measure.objects.update(person_in_charge=zhang, responsible_executive=zhang)
    Problem.objects.update(lead_executive=zhang)
    for row in (cast.measure, cast.problem):
        row.refresh_from_db()
    return zhang, li


@scenario("rectification.handing_over.hand_over")
def hand_over(stage):
    """To a person, to a unit, and of a problem."""
    cast = stage.cast
    _, li = named(cast)
    yield
    for row, field, to in (
        (cast.measure, HandoverField.PERSON_IN_CHARGE, li),
        (cast.measure, HandoverField.LEAD_UNIT, cast.elsewhere),
        (cast.problem, HandoverField.LEAD_EXECUTIVE, li),
    ):
        given = {"terms": TERMS, "by": cast.office, "at": NOON, "version": row.version}
        handing_over.hand_over(Holding(row, field), to, **given)


@scenario("rectification.handing_over.hand_over_everything")
def hand_over_everything(stage):
    cast = stage.cast
    zhang, li = named(cast)
    succession = Succession(zhang, li, cast.inspection)
    seen = handing_over.seal(handing_over.everything_of(zhang, cast.inspection))
    yield
    given = {"terms": TERMS, "seen": seen, "by": cast.office, "at": NOON}
    assert len(handing_over.hand_over_everything(succession, **given)) == 3


@scenario("view rectification:measure_hand_over")
def measure_hand_over(stage):
    cast = stage.cast
    yield
    form = {"version": 1, "field": "lead_unit", "to_unit": cast.elsewhere.pk, **AS_SENT}
    done(post(stage, cast.office, f"{cast.page}hand-over/", **form))


@scenario("view rectification:problem_hand_over")
def problem_hand_over(stage):
    cast = stage.cast
    yield
    form = {"version": 1, "field": "lead_unit", "to_unit": cast.elsewhere.pk, **AS_SENT}
    done(post(stage, cast.office, f"{cast.base}problems/P-900/hand-over/", **form))


@scenario("view rectification:handover_confirm")
def handover_confirm(stage):
    cast = stage.cast
    zhang, li = named(cast)
    seen = handing_over.seal(handing_over.everything_of(zhang, cast.inspection))
    yield
    form = {"former": zhang.pk, "to": li.pk, "seen": seen, **AS_SENT}
    done(post(stage, cast.office, f"{cast.base}handover/confirm/", **form))
    assert Handover.objects.count() == 3


# 代理 ---------------------------------------------------------------------------------------------


def two():
    """Somebody of the office, and a liaison who can sign in."""
    root = bureau()
    principal, deputy = person(Role.OFFICE, root), person(Role.LIAISON, root)
    deputy.set_password("一个足够长的口令")
    deputy.save()
    return principal, deputy


def appointed(principal, deputy):
    period = deputies.Period(date(2025, 7, 31), date(2025, 8, 30))
    return deputies.appoint(deputy, period=period, why=AbsenceKind.LEAVE, by=principal, at=NOON)


@scenario("accounts.deputies.appoint")
def appoint(stage):
    principal, deputy = two()
    yield
    appointed(principal, deputy)


@scenario("accounts.deputies.end")
def end(stage):
    row = appointed(*two())
    yield
    deputies.end(row, by=row.principal, at=NOON)


@scenario("accounts.deputies.begin", rows=False)
def begin(stage):
    row = appointed(*two())
    yield
    deputies.begin(row, by=row.deputy, at=NOON)


@scenario("accounts.deputies.rest", rows=False)
def rest(stage):
    row = appointed(*two())
    yield
    deputies.rest(row, by=row.deputy, at=NOON)


PAGE = "/accounts/deputies/"


@scenario("view accounts:deputy_appoint")
def deputy_appoint(stage):
    principal, deputy = two()
    yield
    days = {"from_on": "2025-07-31", "until_on": "2025-08-30"}
    done(post(stage, principal, f"{PAGE}appoint/", deputy=deputy.pk, why="leave", **days))


@scenario("view accounts:deputy_end")
def deputy_end(stage):
    row = appointed(*two())
    yield
    done(post(stage, row.principal, f"{PAGE}{row.pk}/end/"))


@scenario("view accounts:deputy_act", rows=False)
def deputy_act(stage):
    row = appointed(*two())
    client = stage.client(row.deputy)
    yield
    done(client.post(f"{PAGE}{row.pk}/act/"))


@scenario("view accounts:deputy_rest", rows=False)
def deputy_rest(stage):
    row = appointed(*two())
    client = stage.client(row.deputy)
    done(client.post(f"{PAGE}{row.pk}/act/"))
    yield
    done(client.post(f"{PAGE}rest/"))


@scenario("admin deputy add", rows=False, entries=False)
def add_deputy(stage):
    """Given by the principal alone: there is no such form."""
    client = stage.client(person(Role.SECURITY_ADMIN, bureau()))
    yield
    assert client.post("/admin/accounts/deputy/add/").status_code == 403


@scenario("admin deputy change")
def end_deputy(stage):
    """Not changed either, but ended."""
    row = appointed(*two())
    client = stage.client(person(Role.SECURITY_ADMIN, bureau()))
    yield
    assert client.post(f"/admin/accounts/deputy/{row.pk}/change/").status_code == 403
    done(client.post("/admin/accounts/deputy/", {"action": "end", "_selected_action": [row.pk]}))
    assert Deputy.objects.get().ended_at
