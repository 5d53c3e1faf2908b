from django.contrib import messages
from django.db.models.functions import Length
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from rectification import (
    access,
    clock,
    moments,
    permissions,
    queries,
    recurring,
    selection,
    timeline,
    workflow,
)
from rectification.forms import AcceptForm, ProblemFilters
from rectification.models import InstitutionalOutcome, Measure, Problem
from rectification.moving import MoveRefused, StaleSave
from rectification.states import ProblemStatus
from rectification.views.conflicts import Conflict, again
from rectification.views.listing import amend_url, answer, import_url, listing, part
from rectification.views.measures import bases
from rectification.views.refusals import note_secrecy

SITUATION = ("status", "closed", "waiting", "recurring")  # the filters that the tabs set


@require_safe
def problem_list(request, inspection):
    found = access.inspection(request.user, inspection)
    visible = Problem.objects.visible_within(permissions.scope_of(request.user))
    visible = visible.filter(inspection=found)
    form = ProblemFilters.read(request.GET, choices=selection.problem_choices(visible))
    on = timezone.localdate()
    rows = selection.problems(visible, form.kept).for_list()
    rows = rows.counting_overdue(on=on, basis=selection.basis_of(form.kept))
    linked = recurring.linked_within(request.user).values("problem")
    if "recurring" in form.kept:
        rows = rows.filter(pk__in=linked)
    url = reverse("rectification:problem_list", args=[found.code])
    page = listing(request, rows, url=url, form=form)
    ledger_import = import_url(request.user, found)
    context = {
        "nav": "problems",
        "inspection": found,
        "listing": page,
        "rows": [(problem, _percent(problem)) for problem in page.rows],
        "bases": bases(page),
        "tabs": _tabs(page, visible, linked),
        "as_of": on,
        "import_url": ledger_import,
        "report_import_url": reverse("reports:report_import") if ledger_import else "",
    }
    return answer(request, "rectification/problem_list.html", context)


def _tabs(page, visible, linked):
    others = {name: value for name, value in page.form.kept.items() if name not in SITUATION}
    rows = selection.problems(visible, others)
    counts = selection.tally_problems(rows)
    choices = [
        ("全部", counts.total, {}),
        ("整改中", counts.unfinished, {"closed": "no"}),
        ("待验收", counts.waiting, {"waiting": "yes"}),
        ("已反弹", counts.rebounded, {"status": "rebounded"}),
        ("已完成", counts.closed, {"closed": "yes"}),
        ("屡查屡犯", rows.filter(pk__in=linked).count(), {"recurring": "yes"}),
    ]
    return [page.tab(label, count, sets=sets, of=SITUATION) for label, count, sets in choices]


def _percent(problem):
    count = problem.measures_count
    return problem.measures_done * 100 // count if count else 0


@require_safe
def problem_detail(request, inspection, code):
    return problem_page(request, access.problem(request.user, inspection, code))


@require_POST
def problem_accept(request, inspection, code):
    problem = access.problem(request.user, inspection, code)
    form = AcceptForm(request.POST, auto_id="accept-%s")
    if not form.is_valid():
        note_secrecy(
            form, kind="problem", code=problem.subject_code, by=request.user, at=timezone.now()
        )
        return problem_page(request, problem, filled=form)
    try:
        workflow.accept(problem, by=request.user, at=timezone.now(), **form.cleaned_data)
    except (MoveRefused, StaleSave) as refusal:
        problem = access.problem(request.user, inspection, code)
        conflict = Conflict.of(problem, form, sentence=str(refusal))
        filled = again(form, version=problem.version)
        return problem_page(request, problem, filled=filled, conflict=conflict, status=409)
    messages.success(request, f"{problem.code} 已验收销号")
    return redirect("rectification:problem_detail", inspection, code)


def problem_page(request, problem, *, filled=None, conflict=None, status=200):
    """The page of a problem; `filled` is a form that came back, `conflict` why."""
    on = timezone.localdate()
    visible = Measure.objects.visible_within(permissions.scope_of(request.user))
    in_order = visible.filter(problem=problem).for_list(on=on).order_by(Length("code"), "code")
    measures = queries.rows(in_order, on=on)
    done = sum(row.measure.is_finished for row in measures)
    waiting = Problem.objects.filter(pk=problem.pk).awaiting_acceptance()
    may_accept = permissions.may_accept(request.user, problem) and waiting.exists()
    blank = AcceptForm(initial={"version": problem.version}, auto_id="accept-%s")
    shown = [row.measure for row in measures]
    outcomes = InstitutionalOutcome.objects.filter(measures__in=shown).distinct()
    context = {
        "nav": "problems",
        "inspection": problem.inspection,
        "problem": problem,
        "crumbs": [("问题", reverse("rectification:problem_list", args=[problem.inspection.code]))],
        "facts": _facts(problem),
        "measures": measures,
        "measures_done": f"已完成 {done} / {len(measures)} 条" if measures else "",
        "elsewhere": problem.measures.count() - len(measures),
        "outcomes": outcomes,
        "events": timeline.problem_story(problem),
        "kin": recurring.kin_of(problem, to=request.user),
        "may_link": permissions.may_run(request.user, problem.inspection),
        "accept_form": (filled or blank) if may_accept else None,
        "conflict": conflict,
        "amend_url": amend_url(request.user, problem, kind="problem"),
        "may_hand_over": permissions.may_hand_over(request.user, problem.inspection),
    }
    template = part(request, "rectification/problem_detail.html", "page")
    return render(request, template, context, status=status)


def _facts(problem):
    closed = problem.closed_on
    former = moments.former_names(problem)
    facts = [
        ("反馈方面", problem.area, "", ""),
        ("问题类型", problem.category, "", ""),
        ("牵头领导", problem.lead_executive, former["lead_executive"], ""),
        ("牵头单位", problem.lead_unit, former["lead_unit"], ""),
        ("反馈日期", clock.in_full(problem.inspection.feedback_date), "", ""),
        ("完成日期", clock.in_full(closed) if closed else "", "", ""),
    ]
    if problem.closed_source and problem.status == ProblemStatus.CLOSED:
        facts.append(("完成依据", problem.closed_source, "系统启用前已完成", ""))
    return facts
