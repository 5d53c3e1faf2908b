"""回头看: the look-backs of an inspection, a new one, what each measure of one came to."""

import secrets
from dataclasses import dataclass

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Unit
from rectification import access, clock, drawing, looking_back, moving, permissions
from rectification.look_back_forms import CloseForm, ItemForm, LookBackForm
from rectification.models import LookBack, LookBackItem, LookBackResult, Measure
from rectification.models.lookback import population
from rectification.views.conflicts import Conflict, Standing, again, last_act
from rectification.views.refusals import note_secrecy

RESULT_TONES = {"": "plain", LookBackResult.CONSOLIDATED: "done", LookBackResult.REBOUNDED: "near"}
REFUSALS = (moving.MoveRefused, moving.StaleSave)


@dataclass(frozen=True)
class Line:
    """A look-back in the list, in words."""

    look_back: LookBack
    checked: int
    measures: int

    @property
    def tone(self) -> str:
        return "run" if self.look_back.is_open else "done"

    @property
    def percent(self) -> int:
        return self.checked * 100 // max(1, self.measures)


@dataclass(frozen=True)
class ItemLine:
    """A measure of a look-back: its result, and whether this person may fill it in."""

    item: LookBackItem
    to_record: bool

    @property
    def tone(self) -> str:
        return RESULT_TONES[self.item.result]

    @property
    def label(self) -> str:
        return self.item.get_result_display() or "未检查"


@require_safe
def lookback_list(request, inspection):
    found = access.overseen(request.user, inspection)
    rows = found.look_backs.counting_results().select_related("unit", "inspection").latest_first()
    context = {
        "nav": "look_back",
        "inspection": found,
        "rows": [_line(each) for each in rows],
        "new_url": _url("new", found) if permissions.may_run(request.user, found) else "",
    }
    return render(request, "rectification/lookback_list.html", context)


@require_safe
def lookback_new(request, inspection):
    found = access.run(request.user, inspection)
    name = f"{timezone.localdate().year}年回头看"
    form = LookBackForm(units=_units(found), initial={"name": name})
    return _new_page(request, found, form)


@require_POST
def lookback_draw(request, inspection):
    found = access.run(request.user, inspection)
    form = LookBackForm(request.POST, units=_units(found))
    if not form.is_valid():
        note_secrecy(form, kind="inspection", code=found.code, by=request.user, at=timezone.now())
        return _new_page(request, found, form)
    asked = looking_back.Asked(
        **{name: form.cleaned_data[name] for name in form.fields if name != "scope"}
    )
    try:
        drawn = looking_back.draw(
            found, asked, seed=secrets.token_hex(16), by=request.user, at=timezone.now()
        )
    except moving.MoveRefused as refusal:
        form.add_error(None, str(refusal))
        return _new_page(request, found, form)
    messages.success(request, f"{drawn}已确定{drawn.sample_size}条措施")
    return redirect("rectification:lookback_detail", found.code, drawn.number)


@require_safe
def lookback_detail(request, inspection, number):
    return _page(request, access.look_back(request.user, inspection, number))


@require_POST
def lookback_close(request, inspection, number):
    access.run(request.user, inspection)
    look_back = access.look_back(request.user, inspection, number)
    form = CloseForm(request.POST)
    if not form.is_valid():
        return _page(request, look_back, refusal=form.non_field_errors()[0])
    version = form.cleaned_data["version"]
    try:
        looking_back.close(look_back, by=request.user, at=timezone.now(), version=version)
    except REFUSALS as refusal:
        look_back = access.look_back(request.user, inspection, number)
        return _page(request, look_back, refusal=str(refusal), status=409)
    messages.success(request, f"{look_back}已结束")
    return redirect("rectification:lookback_detail", inspection, number)


@require_safe
def lookback_item(request, inspection, number, code):
    item = access.look_back_item(request.user, inspection, number, code)
    return _item_page(request, item)


@require_POST
def lookback_record(request, inspection, number, code):
    access.run(request.user, inspection)
    item = access.look_back_item(request.user, inspection, number, code)
    form = ItemForm(request.POST, questions=item.look_back.checklist)
    if not form.is_valid():
        code = item.look_back.subject_code
        note_secrecy(form, kind="look_back", code=code, by=request.user, at=timezone.now())
        return _item_page(request, item, filled=form)
    found = looking_back.Found(
        result=form.cleaned_data["result"],
        answers=[looking_back.Answer(*each) for each in form.answers()],
        note=form.cleaned_data["note"],
    )
    version = form.cleaned_data["version"]
    try:
        looking_back.record(item, found, by=request.user, at=timezone.now(), version=version)
    except REFUSALS as refusal:
        item = access.look_back_item(request.user, inspection, number, code)
        conflict = Conflict.beside(_standing(item, form), form, sentence=str(refusal))
        filled = again(form, version=item.measure.version)
        return _item_page(request, item, filled=filled, conflict=conflict, status=409)
    messages.success(request, f"{code} 的检查结果已记录：{item.get_result_display()}")
    return redirect("rectification:lookback_detail", inspection, number)


def _line(row):
    return Line(row, row.items_checked, row.items_count)


def _new_page(request, inspection, form):
    context = {
        "nav": "look_back",
        "inspection": inspection,
        "crumbs": [("回头看", _url("list", inspection))],
        "form": form,
        "available": population(inspection, unit=None, closed_until=None).count(),
        "rule": drawing.RULE,
    }
    return render(request, "rectification/lookback_new.html", context)


def _page(request, look_back, *, refusal="", status=200):
    items = list(look_back.items.for_list())
    inspection = look_back.inspection
    runs = permissions.may_run(request.user, inspection)
    measures = Measure.objects.filter(look_back_items__look_back=look_back)
    barred = permissions.had_a_hand_in(request.user, measures) if runs else set()
    checked = sum(item.is_checked for item in items)
    context = {
        "nav": "look_back",
        "inspection": inspection,
        "look_back": look_back,
        "refusal": refusal,
        "crumbs": [("回头看", _url("list", inspection))],
        "figures": _figures(look_back, items, checked),
        "facts": _facts(look_back),
        "redrawn": looking_back.redraw(look_back),
        "rule": drawing.RULE,
        "lines": [
            ItemLine(item, runs and not item.is_checked and item.measure_id not in barred)
            for item in items
        ],
        "barred": sum(not item.is_checked and item.measure_id in barred for item in items),
        "close_form": (
            CloseForm(initial={"version": look_back.version})
            if runs and look_back.is_open and checked == len(items)
            else None
        ),
    }
    return render(request, "rectification/lookback_detail.html", context, status=status)


def _item_page(request, item, *, filled=None, conflict=None, status=200):
    look_back, measure = item.look_back, item.measure
    may = not item.is_checked and permissions.may_look_back(request.user, measure)
    blank = ItemForm(questions=look_back.checklist, initial={"version": measure.version})
    at = _url("detail", look_back.inspection, look_back.number)
    context = {
        "nav": "look_back",
        "inspection": look_back.inspection,
        "look_back": look_back,
        "item": item,
        "measure": measure,
        "crumbs": [("回头看", _url("list", look_back.inspection)), (str(look_back), at)],
        "form": (filled or blank) if may else None,
        "conflict": conflict,
        "facts": _item_facts(item),
        "tone": RESULT_TONES[item.result],
        "barred": permissions.may_run(request.user, look_back.inspection)
        and not item.is_checked
        and not may,
    }
    return render(request, "rectification/lookback_item.html", context, status=status)


def _figures(look_back, items, checked):
    held = sum(item.result == LookBackResult.CONSOLIDATED for item in items)
    rebounded = sum(item.result == LookBackResult.REBOUNDED for item in items)
    return [
        (f"{look_back.sample_size} / {look_back.population_size}", "抽取 / 总体（条）", ""),
        (f"{checked} / {len(items)}", "已检查 / 抽取", ""),
        (f"{held} / {checked}", "巩固 / 已检查", ""),
        (f"{rebounded} / {checked}", "反弹 / 已检查", ""),
    ]


def _facts(look_back):
    until = look_back.closed_until
    proxy = look_back.on_behalf_of
    drawn_at = timezone.localtime(look_back.at)
    return [
        ("范围", look_back.get_scope_display(), "", ""),
        ("牵头单位", look_back.unit or "全部单位", "", ""),
        ("销号日期截至", clock.in_full(until) if until else "不限", "", ""),
        ("抽取人", look_back.by.name, f"代{proxy.name}" if proxy else "", ""),
        ("抽取时间", f"{clock.in_full(drawn_at)} {drawn_at:%H:%M}", "", ""),
        ("种子", look_back.seed, "由系统随机产生，不能指定", ""),
        ("总体校验码", look_back.population_digest, "", ""),
    ]


def _item_facts(item):
    measure, proxy = item.measure, item.on_behalf_of
    codes = [item.look_back.inspection.code, measure.code]
    page = reverse("rectification:measure_detail", args=codes)
    closed = measure.closed_on
    facts = [
        ("措施", measure.code, measure.get_status_display(), page),
        ("整改措施", measure.text, "", ""),
        ("整改目标", measure.target, "", ""),
        ("问题", str(measure.problem), "", ""),
        ("牵头单位", measure.lead_unit, "", ""),
        ("销号日期", clock.in_full(closed) if closed else "", "", ""),
    ]
    if item.is_checked:
        note = f"代{proxy.name}" if proxy else ""
        facts += [("检查人", item.by.name, note, ""), ("检查日期", clock.in_full(item.on), "", "")]
    return facts


def _standing(item, form):
    """The result that somebody else recorded, if any."""
    texts = dict.fromkeys(form.fields, "") | {"result": item.result, "note": item.note}
    for number, answer in enumerate(item.answers, start=1):
        texts[f"yes_{number}"] = "yes" if answer["yes"] else "no"
        texts[f"note_{number}"] = answer["note"]
    return Standing(item.measure.version, texts, last_act(item.measure))


def _units(inspection):
    closed = Measure.objects.closed().filter(inspection=inspection)
    return Unit.objects.filter(pk__in=closed.order_by().values("lead_unit")).order_by("order", "pk")


def _url(name, inspection, *rest):
    return reverse(f"rectification:lookback_{name}", args=[inspection.code, *rest])
