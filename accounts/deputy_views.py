"""Who acts for whom: appoint a deputy, end it, act under one, rest from it."""

from django.contrib import messages
from django.http import Http404
from django.middleware.csrf import rotate_token
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import deputies
from accounts.acting import SESSION_KEY
from accounts.forms import DeputyForm
from accounts.models import Deputy


@require_safe
def deputy_list(request):
    today = timezone.localdate()
    form = DeputyForm(request.user, initial={"from_on": today}, auto_id="deputy-%s")
    return _page(request, form)


@require_POST
def deputy_appoint(request):
    form = DeputyForm(request.user, request.POST, auto_id="deputy-%s")
    if not form.is_valid():
        return _page(request, form)
    asked = form.cleaned_data
    period = deputies.Period(asked["from_on"], asked["until_on"])
    try:
        row = deputies.appoint(
            asked["deputy"], period=period, why=asked["why"], by=request.user, at=timezone.now()
        )
    except deputies.DeputyRefused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, form, status=409)
    messages.success(request, f"已委托{row.deputy}代理，{row.period}")
    return redirect("accounts:deputy_list")


@require_POST
def deputy_end(request, pk):
    row = get_object_or_404(Deputy.objects.select_related("principal", "deputy"), pk=pk)
    if not deputies.may_end(request.user, row):
        raise Http404
    try:
        deputies.end(row, by=request.user, at=timezone.now())
    except deputies.DeputyRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{row}已结束")
    return redirect("accounts:deputy_list")


@require_POST
def deputy_act(request, pk):
    row = deputies.standing(request.user, pk, on=timezone.localdate())
    if row is None:
        raise Http404
    deputies.begin(row, by=request.user, at=timezone.now())
    request.session[SESSION_KEY] = row.pk
    rotate_token(request)  # a form that another tab opened in the own name is not sent in this one
    return redirect("rectification:desk")


@require_POST
def deputy_rest(request):
    row = getattr(request, "deputyship", None)
    if row is not None:
        deputies.rest(row, by=request.user, at=timezone.now())
        del request.session[SESSION_KEY]
        rotate_token(request)
        messages.success(request, f"已结束代理{row.principal}，现在办理的是您本人的事")
    return redirect("rectification:desk")


def _page(request, form, *, status=200):
    today = timezone.localdate()
    given = Deputy.objects.filter(principal=request.user).latest_first()
    received = Deputy.objects.filter(deputy=request.user).to_come(on=today).latest_first()
    context = {
        "nav": "",
        "form": form,
        "given": [(row, _standing(row, on=today), _endable(row, on=today)) for row in given],
        "received": [(row, row.is_valid(on=today)) for row in received],
    }
    return render(request, "accounts/deputy_list.html", context, status=status)


def _endable(row, *, on):
    return row.ended_at is None and row.until_on >= on


def _standing(row, *, on):
    """Where a deputyship stands, in a word and its tone."""
    if row.ended_at is not None:
        return "已提前结束", "plain"
    if row.until_on < on:
        return "已到期", "plain"
    if row.from_on > on:
        return "未开始", "plain"
    return "代理中", "run"
