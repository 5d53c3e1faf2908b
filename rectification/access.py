"""The door that every view uses. What you may not see is not there: 404, for foreign and absent."""

from datetime import date

from django.http import Http404
from django.shortcuts import get_object_or_404

from accounts.models import Role, User
from accounts.rights import rights_of
from rectification import permissions
from rectification.models import (
    DispatchReturn,
    DispatchReturnQuerySet,
    DispatchRound,
    Evidence,
    Inspection,
    LookBack,
    LookBackItem,
    Measure,
    MeetingPoint,
    Problem,
    Rung,
    SupervisionAction,
)
from rectification.states import RoundState


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


def calendar(user: User) -> None:
    """The working calendar, for those who keep it."""
    if not permissions.may_keep_calendar(user):
        raise Http404


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
    return get_object_or_404(
        whole.rounds.select_related("inspection__inspected_unit"), number=number
    )


def held_round(user: User, inspection_code: str, number: int) -> DispatchRound:
    """The same where it was held: one that was missed has no sheet."""
    found = round(user, inspection_code, number)
    if found.state == RoundState.SUPERSEDED:
        raise Http404
    return found


def point(user: User, inspection_code: str, number: int) -> MeetingPoint:
    """A point of a meeting that the person oversees, or that was put to a unit of theirs."""
    visible = MeetingPoint.objects.visible_within(permissions.scope_of(user)).for_list()
    return get_object_or_404(visible, inspection__code=inspection_code, number=number)


def round_to_answer(user: User, inspection_code: str, number: int) -> DispatchRound:
    """A round that was held, for those who report or confirm in it for a unit."""
    found = inspection(user, inspection_code)
    if not permissions.may_answer_rounds(user, found):
        raise Http404
    rounds = found.rounds.held().select_related("inspection__inspected_unit")
    return get_object_or_404(rounds, number=number)


def return_line(user: User, round: DispatchRound, pk: int) -> DispatchReturn:
    """A line of a unit that the person reports for or heads."""
    return get_object_or_404(return_lines(user, round), pk=pk)


def return_lines(user: User, round: DispatchRound) -> DispatchReturnQuerySet:
    """The lines of the units that the person reports for or heads."""
    paths = rights_of(user).paths(Role.LIAISON, Role.UNIT_HEAD)
    rows = DispatchReturn.objects.filter(round=round).of_units_within(paths)
    related = ("round__inspection", "measure__lead_unit", "measure__inspection", "unit", "entry")
    rows = rows.select_related(*related, "entry__by", "drafted_by")
    return rows.prefetch_related("measure__supporting_units")


def look_back(user: User, inspection_code: str, number: int) -> LookBack:
    whole = overseen(user, inspection_code)
    rows = whole.look_backs.select_related("inspection__inspected_unit", "unit", "by")
    return get_object_or_404(rows.select_related("on_behalf_of"), number=number)


def look_back_item(user: User, inspection_code: str, number: int, code: str) -> LookBackItem:
    found = look_back(user, inspection_code, number)
    rows = found.items.for_list().select_related("look_back__inspection__inspected_unit")
    return get_object_or_404(rows, measure__code=code)


def letter(user: User, inspection_code: str, number: int) -> SupervisionAction:
    """A letter to a unit of the person, once it is issued; or any of what they oversee."""
    rows = permissions.letters_of(user).select_related(
        "inspection__inspected_unit",
        "unit",
        "rung",
        "measure__inspection",
        "measure__lead_unit",
        "measure__problem__lead_executive",
        "measure__person_in_charge",
        "measure__responsible_executive",
    )
    return get_object_or_404(rows, inspection__code=inspection_code, number=number)


def rung(user: User, inspection_code: str, pk: int) -> Rung:
    """A rung of a ladder that the person keeps."""
    kept = run(user, inspection_code)
    rows = Rung.objects.select_related("inspection__inspected_unit")
    return get_object_or_404(rows, inspection=kept, pk=pk)
