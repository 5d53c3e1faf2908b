"""成效: the registers of institutional outcomes, accountability and money, read by everybody in
scope and kept by the office. One view for each act; the address says which register."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rectification import access, permissions, registering
from rectification.models import (
    AccountabilityAction,
    AccountabilityKind,
    Evidence,
    InstitutionalOutcome,
    MoneyKind,
    OutcomeKind,
    RecoveredMoney,
    Register,
    in_ten_thousands,
)
from rectification.register_forms import (
    AccountabilityForm,
    MoneyForm,
    OutcomeForm,
    Place,
    RegisterFilters,
    RegisterForm,
    RegisterWithdrawForm,
)
from rectification.views.conflicts import Conflict, again
from rectification.views.listing import answer, listing, part
from rectification.views.refusals import note_secrecy


@dataclass(frozen=True)
class Kind:
    """One register: `name` begins the names of its addresses."""

    name: str
    model: type[Register]
    form: type[RegisterForm]
    template: str

    @property
    def rows(self) -> Any:
        return self.model._default_manager

    @property
    def label(self) -> str:
        return self.model.WORD


KINDS = {
    each.name: each
    for each in (
        Kind("outcome", InstitutionalOutcome, OutcomeForm, "rectification/outcome_list.html"),
        Kind(
            "accountability",
            AccountabilityAction,
            AccountabilityForm,
            "rectification/accountability_list.html",
        ),
        Kind("money", RecoveredMoney, MoneyForm, "rectification/money_list.html"),
    )
}


@require_safe
def register_list(request, inspection, register):
    found = access.inspection(request.user, inspection)
    kind, paths = KINDS[register], permissions.scope_of(request.user)
    visible = kind.rows.filter(inspection=found).visible_within(paths)
    form = RegisterFilters.read(request.GET, choices={})
    rows = visible.matching(form.kept["q"]) if "q" in form.kept else visible
    if kind.name == "outcome":
        rows = rows.with_claims(paths)
    url = reverse(f"rectification:{register}_list", args=[found.code])
    page = listing(request, rows.for_list(), url=url, form=form)
    may_write = permissions.may_run(request.user, found)
    context = {
        "nav": "outcomes",
        "inspection": found,
        "listing": page,
        "rows": _with_files(page.rows, paths) if kind.name == "outcome" else page.rows,
        "totals": _totals(kind, visible.standing()),
        "tabs": _tabs(found, paths, kind),
        "is_part": not permissions.may_oversee(request.user, found),
        "as_of": timezone.localdate(),
        "new_url": reverse(f"rectification:{register}_new", args=[found.code]) if may_write else "",
    }
    return answer(request, kind.template, context)


@require_http_methods(["GET", "HEAD", "POST"])
def register_new(request, inspection, register):
    found = access.run(request.user, inspection)
    kind, place = KINDS[register], _place(request, found)
    form = kind.form(request.POST if request.method == "POST" else None, place=place)
    if request.method == "POST" and form.is_valid():
        row = kind.model(inspection=found, **form.values(kind.model))
        try:
            registering.enter(row, by=request.user, at=timezone.now(), claims=_claims(form))
        except (registering.RegisterRefused, ValidationError) as refusal:
            _refuse(form, refusal)
        else:
            messages.success(request, f"已登记{kind.label}：{row}")
            return redirect(f"rectification:{register}_list", found.code)
    _note(request, form, f"{found.code}/{register}-new", kind)
    return _form_page(request, kind, form)


@require_http_methods(["GET", "HEAD", "POST"])
def register_amend(request, inspection, register, number):
    row = _row(request, inspection, register, number)
    kind, place = KINDS[register], _place(request, row.inspection)
    if request.method != "POST":
        return _form_page(request, kind, kind.form(place=place, row=row), row=row)
    form = kind.form(request.POST, place=place, row=row)
    if not form.is_valid():
        _note(request, form, row.subject_code, kind)
        return _form_page(request, kind, form, row=row)
    try:
        _amend(request, row, form)
    except registering.StaleRegister as refusal:
        return _conflict(request, _row(request, inspection, register, number), form, kind, refusal)
    except (registering.RegisterRefused, ValidationError) as refusal:
        _refuse(form, refusal)
        return _form_page(request, kind, form, row=row)
    messages.success(request, f"已修改{kind.label}：{row}")
    return redirect(f"rectification:{register}_list", row.inspection.code)


@require_POST
def register_withdraw(request, inspection, register, number):
    row = _row(request, inspection, register, number)
    kind = KINDS[register]
    form = RegisterWithdrawForm(request.POST, auto_id="withdraw-%s")
    blank = kind.form(place=_place(request, row.inspection), row=row)
    if not form.is_valid():
        _note(request, form, row.subject_code, kind)
        return _form_page(request, kind, blank, row=row, withdraw=form)
    try:
        registering.withdraw(row, by=request.user, at=timezone.now(), **form.cleaned_data)
    except registering.RegisterRefused as refusal:
        row = _row(request, inspection, register, number)
        conflict = Conflict.with_row(form, {}, subject=_subject(row), sentence=str(refusal))
        blank = kind.form(place=blank.place, row=row)
        form = again(form, version=row.version)
        return _form_page(request, kind, blank, row=row, withdraw=form, conflict=conflict)
    messages.success(request, f"已撤下{kind.label}：{row}")
    return redirect(f"rectification:{register}_list", row.inspection.code)


def _amend(request, row, form):
    for name, value in form.values(type(row)).items():
        setattr(row, name, value)
    registering.amend(
        row,
        by=request.user,
        at=timezone.now(),
        why=form.cleaned_data["why"],
        version=form.cleaned_data["version"],
        claims=_claims(form),
    )


def _conflict(request, row, form, kind, refusal):
    standing = kind.form(place=form.place, row=row).initial
    conflict = Conflict.with_row(form, standing, subject=_subject(row), sentence=str(refusal))
    form = again(form, version=row.version)
    return _form_page(request, kind, form, row=row, conflict=conflict)


def _form_page(request, kind, form, *, row=None, withdraw=None, conflict=None):
    found = form.place.inspection
    blank = RegisterWithdrawForm(
        initial={"version": row.version if row else 1}, auto_id="withdraw-%s"
    )
    back = reverse(f"rectification:{kind.name}_list", args=[found.code])
    standing = row is not None and not row.is_withdrawn
    context = {
        "nav": "outcomes",
        "inspection": found,
        "crumbs": [(kind.label, back)],
        "title": f"修改{kind.label}" if row else f"登记{kind.label}",
        "row": row,
        "form": form,
        "withdraw_form": (withdraw or blank) if standing else None,
        "withdraw_url": _url(kind, "withdraw", found, row) if standing else "",
        "is_outcome": kind.name == "outcome",
        "conflict": conflict,
        "back_url": back,
    }
    template = part(request, "rectification/register_form.html", "page")
    return render(request, template, context, status=409 if conflict else 200)


def _row(request, inspection, register, number):
    """A row of the register, for the office that keeps it. Raises Http404."""
    found = access.run(request.user, inspection)
    if number > 2**62:
        raise Http404
    rows = KINDS[register].rows.filter(inspection=found)
    return get_object_or_404(rows.select_related("inspection__inspected_unit"), pk=number)


def _place(request, found):
    return Place(found, permissions.scope_of(request.user), timezone.localdate())


def _claims(form):
    if not form.CLAIMS:
        return None
    return registering.Claims(
        tuple(form.cleaned_data["measures"]), tuple(form.cleaned_data["problems"])
    )


def _refuse(form, refusal):
    sentences = refusal.messages if isinstance(refusal, ValidationError) else [str(refusal)]
    for sentence in dict.fromkeys(sentences):
        form.add_error(None, sentence)


def _note(request, form, code, kind):
    if form.is_bound:
        note_secrecy(form, kind=kind.model.PREFIX, code=code, by=request.user, at=timezone.now())


def _subject(row):
    return (row.PREFIX, row.subject_code)


def _url(kind, act, found, row):
    return reverse(f"rectification:{kind.name}_{act}", args=[found.code, row.pk])


def _with_files(rows, paths):
    """The outcomes, each with `file_title`: empty without a file that the person may see."""
    keys = {row.evidence_id for row in rows if row.evidence_id}
    pieces = Evidence.objects.visible_within(paths).in_bulk(keys)
    for row in rows:
        row.file_title = str(pieces.get(row.evidence_id, ""))
    return rows


def _tabs(found, paths, current):
    tabs = []
    for kind in KINDS.values():
        rows = kind.rows.filter(inspection=found).visible_within(paths)
        url = reverse(f"rectification:{kind.name}_list", args=[found.code])
        tabs.append((kind.label, url, rows.standing().count(), kind is current))
    return tabs


def _totals(kind, rows):
    """A strip: what each kind comes to; zero where zero was entered, a dash where nothing was."""
    if kind.name == "outcome":
        counts = {each: rows.filter(kind=each).count() for each in OutcomeKind}
        whole = (f"{sum(counts.values())}项", "制度成果", "")
        return [whole, *((f"{number}项", each.label, "") for each, number in counts.items())]
    if kind.name == "accountability":
        return _strip(rows.totals("people"), AccountabilityKind, says="{}人".format)
    return _strip(rows.totals("amount"), MoneyKind, says=in_ten_thousands)


def _strip(sums, kinds, *, says):
    whole = says(sum(sums.values())) if sums else "—"
    of_kinds = ((says(sums[each]) if each in sums else "—", each.label, "") for each in kinds)
    return [(whole, "合计", ""), *of_kinds]
