from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from rectification import access, clock, moments, permissions, queries, selection, timeline
from rectification.forms import BulkForm, MeasureFilters
from rectification.models import DispatchRound, Measure
from rectification.states import CAME_BACK, MEASURE_MOVES, Basis, TimeKind
from rectification.views.evidence_card import evidence_card
from rectification.views.extension_card import extension_card
from rectification.views.letter_card import letter_url, letters_of_measure, rung_light
from rectification.views.listing import amend_url, answer, import_url, listing, part
from rectification.views.offers import REDONE_WITHIN, offered_forms

SITUATION = ("status", "closed", "light")  # the filters that the tabs set


@require_safe
def measure_list(request, inspection):
    found = access.inspection(request.user, inspection)
    on = timezone.localdate()
    visible = Measure.objects.visible_within(permissions.scope_of(request.user))
    visible = visible.filter(inspection=found)
    form = MeasureFilters.read(request.GET, choices=selection.measure_choices(visible))
    basis = selection.basis_of(form.kept)
    rows = selection.measures(visible, form.kept, on=on).for_list(on=on, basis=basis)
    url = reverse("rectification:measure_list", args=[found.code])
    page = listing(request, rows, url=url, form=form)
    context = {
        "nav": "measures",
        "inspection": found,
        "listing": page,
        "rows": queries.rows(page.rows, on=on, basis=basis),
        "bases": bases(page),
        "by_original": basis == Basis.ORIGINAL,
        "extensions_url": _extensions_url(request.user, found),
        "tabs": _tabs(page, visible, on=on),
        "bulk_form": _bulk_form(request.user, found, on=on),
        "as_of": on,
        "import_url": import_url(request.user, found),
    }
    return answer(request, "rectification/measure_list.html", context)


def _bulk_form(user, inspection, *, on):
    verbs = permissions.bulk_verbs(user, inspection)
    return BulkForm(verbs=verbs, initial={"due_on": on + REDONE_WITHIN}) if verbs else None


def _tabs(page, visible, *, on):
    others = {name: value for name, value in page.form.kept.items() if name not in SITUATION}
    basis = selection.basis_of(others)
    found = selection.measures(visible, others, on=on)
    counts = selection.tally_measures(found, on=on, basis=basis)
    choices = [
        ("全部", counts.total, {}),
        ("未销号", counts.unfinished, {"closed": "no"}),
        ("超期", counts.overdue, {"light": "overdue"}),
        ("临期", counts.near, {"light": "near"}),
        ("未达序时", counts.behind, {"light": "behind"}),
        ("待审核", counts.in_review, {"status": "in_review"}),
        ("已退回", counts.sent_back, {"status": "sent_back"}),
        ("已销号", counts.closed, {"closed": "yes"}),
    ]
    return [page.tab(label, count, sets=sets, of=SITUATION) for label, count, sets in choices]


def bases(page):
    """The switch above a list: by the agreed or by the original deadline."""
    choices = [("按现行时限", {}), ("按原定时限", {"basis": Basis.ORIGINAL.value})]
    return [page.tab(label, None, sets=sets, of=("basis",)) for label, sets in choices]


def _extensions_url(user, inspection):
    """The way to the list of extensions, for those who oversee; else empty."""
    if not permissions.may_oversee(user, inspection):
        return ""
    return reverse("rectification:extension_list", args=[inspection.code])


@require_safe
def measure_detail(request, inspection, code):
    measure = access.measure(request.user, inspection, code, on=timezone.localdate())
    return measure_page(request, measure)


def measure_page(request, measure, *, filled=None, conflict=None, files_error="", status=200):
    """The page of a measure; `filled` holds forms that came back by name, `conflict` says why,
    `files_error` what was wrong with the files of an upload."""
    on = timezone.localdate()
    pending = permissions.pending_request(measure)
    told = measure.progress.filter(nil_return=False).latest_first().first()
    round = DispatchRound.objects.open().filter(inspection=measure.inspection).last()
    forms = offered_forms(request.user, measure, pending=pending, told=told, on=on)
    forms |= {name: form for name, form in (filled or {}).items() if name in forms}
    code = measure.inspection.code
    context = {
        "nav": "measures",
        "inspection": measure.inspection,
        "measure": measure,
        "problem": measure.problem,
        "crumbs": [
            ("问题", reverse("rectification:problem_list", args=[code])),
            (str(measure.problem), _problem_url(measure)),
        ],
        "light": measure.light(on=on),
        "rung": rung_light(measure, on=on),
        "steps": queries.review_steps(pending) if pending else (),
        "pending": pending,
        "claim_files": pending.evidence.select_related("version__evidence") if pending else (),
        "came_back": _came_back(measure, on=on),
        "events": timeline.story(measure, on=on),
        "facts": _facts(measure),
        "milestones": [(each, each.is_missed(on=on)) for each in measure.milestones.all()],
        "report_title": _report_title(measure, round),
        "is_reported": _is_reported(measure, round),
        "next_url": _next_url(request.user, measure, round, on=on) if "report" in forms else "",
        "refused": any(form.is_bound and form.errors for form in forms.values()),
        "extensions": extension_card(measure, forms),
        "prefilled": _prefilled(told, on=on),
        "conflict": conflict,
        "amend_url": amend_url(request.user, measure, kind="measure"),
        "exemption": permissions.pending_exemption(measure),
        "evidence": evidence_card(measure, forms, files_error=files_error),
        "letters": letters_of_measure(request.user, measure, on=on),
        "letter_url": letter_url(request.user, measure),
        **{f"{name}_form": form for name, form in forms.items()},
    }
    template = part(request, "rectification/measure_detail.html", "page")
    return render(request, template, context, status=status)


def _problem_url(measure):
    codes = [measure.inspection.code, measure.problem.code]
    return reverse("rectification:problem_detail", args=codes)


def _report_title(measure, round):
    if round is None:
        return "更新进展"
    day = f"{round.meeting_on.month}月{round.meeting_on.day}日"
    if measure.progress.filter(round=round).exists():
        return f"{round}（{day}）：本次已报送，可以补充"
    return f"{round}（{day}）报送"


def _is_reported(measure, round):
    """Whether the lead unit has answered the open round, and nothing came back since."""
    if round is None or measure.status in CAME_BACK:
        return False
    line = measure.returns.filter(round=round, unit=measure.lead_unit).first()
    if line is not None:
        return line.is_told
    return measure.progress.filter(round=round, unit=measure.lead_unit).exists()


def _next_url(user, measure, round, *, on):
    """From a measure that is reported to the next that is not; empty where none is left."""
    if round is None or not measure.progress.filter(round=round).exists():
        return ""
    following = queries.next_to_report(user, measure.inspection, on=on)
    if following is None:
        return ""
    page = reverse("rectification:measure_detail", args=[measure.inspection.code, following.code])
    return f"{page}#report"


def _prefilled(told, *, on):
    if told is None:
        return ""
    return f"已带入{clock.short_day(told.reported_on, on=on)}报送的内容。"


def _came_back(measure, *, on):
    """Why the measure is back with the unit, in a sentence; else empty.

    A return names the day by which the work is to be redone.
    """
    if why := _lapsed(measure):
        return f"销号申请已失效：{_ended(why)}请核对后重新申请。"
    if measure.status not in CAME_BACK:
        return ""
    event = measure.events.filter(verb__in=["send_back", "reopen"]).order_by("pk").last()
    if event is None:
        return ""
    rework = measure.reworks.open().first()
    due = f"返工期限{rework.due_phrase(on=on)}。" if rework and rework.due_on else ""
    return f"{clock.short_day(event.on, on=on)}{event.says}。{_ended(event.why)}{due}"


def _ended(sentence):
    """With a full stop, for something follows."""
    return sentence if sentence.endswith(("。", "！", "？")) or not sentence else f"{sentence}。"


def _lapsed(measure):
    """Why the last application lapsed, while no other has been made."""
    if measure.status not in MEASURE_MOVES["submit"].sources:
        return ""
    last = measure.requests.order_by("number").last()
    return last.lapsed_why if last else ""


def _facts(measure):
    kind = TimeKind(measure.time_kind).label
    phrase = measure.deadline_phrase
    units = "、".join(str(unit) for unit in measure.supporting_units.all())
    former = moments.former_names(measure)
    facts = [
        ("问题", measure.problem.code, measure.problem.title, _problem_url(measure)),
        ("整改目标", measure.target, "", ""),
        ("牵头单位", measure.lead_unit, former["lead_unit"], ""),
        ("配合单位", units, "", ""),
        ("牵头领导", measure.problem.lead_executive, "", ""),
        ("责任领导", measure.responsible_executive, former["responsible_executive"], ""),
        ("责任人", measure.person_in_charge, former["person_in_charge"], ""),
        ("整改时限", phrase, kind if kind != phrase else "", ""),
    ]
    if measure.deadline != measure.original_deadline:
        facts.append(("原定时限", measure.original_phrase, "", ""))
    if measure.review_every_months:
        facts.append(("复查周期", f"每{measure.review_every_months}个月", "", ""))
    if measure.closed_on:
        facts.append(("销号日期", clock.in_full(measure.closed_on), "", ""))
    outcomes = "、".join(str(outcome) for outcome in measure.outcomes.all())
    facts.append(("制度成果", outcomes, "", ""))
    return facts
