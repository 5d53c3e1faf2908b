"""The door that every view uses. What you may not see is not there: 404, for foreign and absent."""

from datetime import date

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import User
from rectification import permissions
from rectification.models import (
    DispatchRound,
    Evidence,
    Inspection,
    LookBack,
    LookBackItem,
    Measure,
    Problem,
)


def inspection(user: User, code: str) -> Inspection:
    """One whose organisation, or a part of it, the person may see."""
    visible = Inspection.objects.visible_within(permissions.scope_of(user))
    return get_object_or_404(visible.select_related("inspected_unit"), code=code)


def overseen(user: User, code: str) -> Inspection:
    """One that the person may see as a whole: dashboard, dispatch, reports."""
    found = inspection(user, code)
    if not permissions.may_oversee(user, found):
        raise Http404
    return found


def run(user: User, code: str) -> Inspection:
    """One whose ledger and reports the person keeps."""
    found = inspection(user, code)
    if not permissions.may_run(user, found):
        raise Http404
    return found


def problem(user: User, inspection_code: str, code: str) -> Problem:
    visible = Problem.objects.visible_within(permissions.scope_of(user)).select_related(
        "inspection__inspected_unit", "area", "lead_unit", "lead_executive"
    )
    return get_object_or_404(visible, inspection__code=inspection_code, code=code)


def measure(user: User, inspection_code: str, code: str, *, on: date) -> Measure:
    visible = (
        Measure.objects.visible_within(permissions.scope_of(user))
        .select_related(
            "inspection__inspected_unit",
            "problem__lead_executive",
            "lead_unit",
            "responsible_executive",
            "person_in_charge",
        )
        .prefetch_related("supporting_units")
        .with_behind(on=on)
    )
    return get_object_or_404(visible, inspection__code=inspection_code, code=code)


def evidence(user: User, inspection_code: str, number: int) -> Evidence:
    """A piece that serves, or once served, a measure that the person may see."""
    visible = Evidence.objects.visible_within(permissions.scope_of(user))
    rows = visible.select_related("inspection__inspected_unit", "unit", "withdrawn_by")
    return get_object_or_404(rows, inspection__code=inspection_code, number=number)


def round(user: User, inspection_code: str, number: int) -> DispatchRound:
    whole = overseen(user, inspection_code)
    return get_object_or_404(whole.rounds.select_related("inspection"), number=number)


def look_back(user: User, inspection_code: str, number: int) -> LookBack:
    whole = overseen(user, inspection_code)
    rows = whole.look_backs.select_related("inspection__inspected_unit", "unit", "by")
    return get_object_or_404(rows.select_related("on_behalf_of"), number=number)


def look_back_item(user: User, inspection_code: str, number: int, code: str) -> LookBackItem:
    found = look_back(user, inspection_code, number)
    rows = found.items.for_list().select_related("look_back__inspection__inspected_unit")
    return get_object_or_404(rows, measure__code=code)
