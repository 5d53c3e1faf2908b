from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from rectification import access, clock, permissions, queries, selection, timeline
from rectification.forms import (
    ApproveForm,
    MeasureFilters,
    ReopenForm,
    ReportForm,
    SendBackForm,
    SubmitForm,
    Versioned,
    WithdrawForm,
)
from rectification.models import DispatchRound, Measure
from rectification.states import TimeKind
from rectification.views.evidence_card import evidence_card
from rectification.views.listing import answer, import_url, listing, part

SITUATION = ("status", "closed", "light")  # the filters that the tabs set


@require_safe
def measure_list(request, inspection):
    found = access.inspection(request.user, inspection)
    on = timezone.localdate()
    visible = Measure.objects.visible_within(permissions.scope_of(request.user))
    visible = visible.filter(inspection=found)
    form = MeasureFilters.read(request.GET, choices=selection.measure_choices(visible))
    rows = selection.measures(visible, form.kept, on=on).for_list(on=on)
    url = reverse("rectification:measure_list", args=[found.code])
    page = listing(request, rows, url=url, form=form)
    context = {
        "nav": "measures",
        "inspection": found,
        "listing": page,
        "rows": queries.rows(page.rows, on=on),
        "tabs": _tabs(page, visible, on=on),
        "as_of": on,
        "import_url": import_url(request.user, found),
    }
    return answer(request, "rectification/measure_list.html", context)


def _tabs(page, visible, *, on):
    others = {name: value for name, value in page.form.kept.items() if name not in SITUATION}
    counts = selection.tally_measures(selection.measures(visible, others, on=on), on=on)
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


@require_safe
def measure_detail(request, inspection, code):
    measure = access.measure(request.user, inspection, code, on=timezone.localdate())
    return measure_page(request, measure)


def measure_page(request, measure, *, filled=None, conflict=None, evidence=None, status=200):
    """The page of a measure; `filled` holds forms that came back by name, `conflict` says why,
    `evidence` is the card of the evidence where an upload was refused."""
    on = timezone.localdate()
    pending = permissions.pending_request(measure)
    told = measure.progress.filter(nil_return=False).latest_first().first()
    round = DispatchRound.objects.open().filter(inspection=measure.inspection).last()
    forms = offered_forms(request.user, measure, pending=pending, told=told)
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
        "steps": queries.review_steps(pending) if pending else (),
        "pending": pending,
        "came_back": _came_back(measure, on=on),
        "events": timeline.story(measure, on=on),
        "facts": _facts(measure),
        "milestones": [(each, each.is_missed(on=on)) for each in measure.milestones.all()],
        "report_title": _report_title(measure, round),
        "next_url": _next_url(request.user, measure, round, on=on) if "report" in forms else "",
        "refused": any(form.is_bound and form.errors for form in forms.values()),
        "prefilled": _prefilled(told, on=on),
        "conflict": conflict,
        "evidence": evidence or evidence_card(request.user, measure),
        **{f"{name}_form": form for name, form in forms.items()},
    }
    template = part(request, "rectification/measure_detail.html", "page")
    return render(request, template, context, status=status)


def offered_forms(user, measure, *, pending, told):
    """The forms of what this person may do with the measure now, by the name of the verb."""
    version = {"version": measure.version}
    forms: dict[str, Versioned] = {}
    if permissions.may_report(user, measure):
        last = {name: getattr(told, name, "") for name in ("text", "difficulty", "next_step")}
        forms["report"] = ReportForm(initial={**version, **last}, auto_id="report-%s")
    if permissions.may_submit(user, measure):
        forms["submit"] = SubmitForm(initial=version, auto_id="submit-%s")
    if pending and permissions.may_withdraw(user, pending):
        forms["withdraw"] = WithdrawForm(initial=version, auto_id="withdraw-%s")
    if pending and permissions.may_review(user, pending):
        forms["approve"] = ApproveForm(initial=version, auto_id="approve-%s")
    if permissions.may_send_back(user, measure):
        forms["send_back"] = SendBackForm(initial=version, auto_id="send-back-%s")
    if permissions.may_reopen(user, measure):
        forms["reopen"] = ReopenForm(initial=version, auto_id="reopen-%s")
    return forms


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
    """The last return or rebound in a sentence, while the measure stands there; else empty."""
    if measure.status not in queries.CAME_BACK:
        return ""
    event = measure.events.filter(verb__in=["send_back", "reopen"]).order_by("pk").last()
    return f"{clock.short_day(event.on, on=on)}{event.says}。{event.why}" if event else ""


def _facts(measure):
    kind = TimeKind(measure.time_kind).label
    phrase = measure.deadline_phrase
    units = "、".join(str(unit) for unit in measure.supporting_units.all())
    facts = [
        ("问题", measure.problem.code, measure.problem.title, _problem_url(measure)),
        ("整改目标", measure.target, "", ""),
        ("牵头单位", measure.lead_unit, "", ""),
        ("配合单位", units, "", ""),
        ("牵头领导", measure.problem.lead_executive, "", ""),
        ("责任领导", measure.responsible_executive, "", ""),
        ("责任人", measure.person_in_charge, "", ""),
        ("整改时限", phrase, kind if kind != phrase else "", ""),
    ]
    if measure.deadline != measure.original_deadline:
        facts.append(("原定时限", measure.original_phrase, "", ""))
    if measure.review_every_months:
        facts.append(("复查周期", f"每{measure.review_every_months}个月", "", ""))
    if measure.closed_on:
        day = measure.closed_on
        facts.append(("销号日期", f"{day.year}年{day.month}月{day.day}日", "", ""))
    outcomes = "、".join(str(outcome) for outcome in measure.outcomes.all())
    facts.append(("制度成果", outcomes, "", ""))
    return facts
