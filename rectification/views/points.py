"""议定事项: decided on the page of a round; answered, settled, withdrawn on a page of its own."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from rectification import access, deciding, moving, permissions
from rectification.point_forms import (
    AnswerPointForm,
    PointForm,
    SettlePointForm,
    WithdrawPointForm,
)
from rectification.views.conflicts import Conflict, Standing, again, last_amendment
from rectification.views.point_card import point_card
from rectification.views.refusals import note_secrecy
from rectification.views.round_page import round_page


@require_POST
def point_decide(request, inspection, number):
    access.run(request.user, inspection)
    round = access.round(request.user, inspection, number)
    form = PointForm(request.POST, inspection=round.inspection)
    now = timezone.now()
    if not form.is_valid():
        note_secrecy(form, kind="round", code=round.subject_code, by=request.user, at=now)
        return round_page(request, round, point_form=form)
    try:
        matter = deciding.Matter(**form.cleaned_data)
        point = deciding.decide(round, matter, by=request.user, at=now)
    except moving.MoveRefused as refusal:
        form.add_error(None, str(refusal))
        return round_page(request, round, point_form=form, status=409)
    messages.success(request, f"已记为{point}，由{point.unit}承办")
    page = reverse("rectification:round_detail", args=[inspection, number])
    return redirect(f"{page}#points")


@require_safe
def point_detail(request, inspection, number):
    return _page(request, access.point(request.user, inspection, number))


@require_POST
def point_answer(request, inspection, number):
    point = access.point(request.user, inspection, number)
    form = AnswerPointForm(request.POST, auto_id=f"answer-{number}-%s")

    def answer(**asked):
        deciding.answer(point, **asked, by=request.user, at=timezone.now())
        return f"已答复{point}"

    return _act(request, point, form, answer, name="answer")


@require_POST
def point_settle(request, inspection, number):
    point = access.point(request.user, inspection, number)
    form = SettlePointForm(request.POST, auto_id=f"settle-{number}-%s")

    def settle(**asked):
        deciding.settle(point, **asked, by=request.user, at=timezone.now())
        return f"{point}已办结"

    return _act(request, point, form, settle, name="settle")


@require_POST
def point_withdraw(request, inspection, number):
    point = access.point(request.user, inspection, number)
    form = WithdrawPointForm(request.POST, auto_id=f"withdraw-{number}-%s")

    def withdraw(**asked):
        deciding.withdraw(point, **asked, by=request.user, at=timezone.now())
        return f"{point}已撤销"

    return _act(request, point, form, withdraw, name="withdraw")


def _act(request, point, form, verb, *, name):
    """Carry the verb out; refused, show why and keep what was typed beside what stands now."""
    if not form.is_valid():
        code = point.subject_code
        note_secrecy(form, kind="point", code=code, by=request.user, at=timezone.now())
        return _page(request, point, filled={name: form})
    try:
        said = verb(**form.cleaned_data)
    except (moving.MoveRefused, moving.StaleSave) as refusal:
        point = access.point(request.user, point.inspection.code, point.number)
        standing = _standing(point, name)
        conflict = Conflict.beside(standing, form, sentence=str(refusal))
        filled = {name: again(form, version=point.version)}
        return _page(request, point, filled=filled, conflict=conflict, status=409)
    messages.success(request, said)
    return redirect("rectification:point_detail", point.inspection.code, point.number)


def _standing(point, name):
    """What the point says now: its last answer, or why it was ended."""
    last = list(point.answers.all())[-1:]
    texts = {"text": last[0].text if last else ""} if name == "answer" else {"why": point.ended_why}
    return Standing(point.version, texts, last_amendment("point", point.subject_code))


def _page(request, point, *, filled=None, conflict=None, status=200):
    inspection = point.inspection
    oversees = permissions.may_oversee(request.user, inspection)
    at = reverse("rectification:round_detail", args=[inspection.code, point.round.number])
    rounds = reverse("rectification:round_list", args=[inspection.code])
    context = {
        "nav": "rounds" if oversees else "desk",
        "inspection": inspection,
        "crumbs": [("调度", rounds), (str(point.round), at)] if oversees else [("待办", _desk())],
        "point": point,
        "card": point_card(
            request.user, point, round=inspection.rounds.open().last(), filled=filled
        ),
        "measure_url": _measure_url(request.user, point),
        "conflict": conflict,
    }
    return render(request, "rectification/point_detail.html", context, status=status)


def _desk():
    return reverse("rectification:desk")


def _measure_url(user, point):
    """The way to the measure, for whoever may see it."""
    if point.measure is None:
        return ""
    visible = type(point.measure).objects.visible_within(permissions.scope_of(user))
    if not visible.filter(pk=point.measure_id).exists():
        return ""
    return reverse("rectification:measure_detail", args=[point.inspection.code, point.measure.code])
