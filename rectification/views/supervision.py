"""督办: the list of letters, a letter, its Word file, and a new one by hand."""

from dataclasses import dataclass

from django.contrib import messages
from django.forms import Form
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from rectification import access, clock, letterbook, letters, moments, permissions, supervising
from rectification.models import (
    LETTERS,
    LetterKind,
    Measure,
    rung_for,
)
from rectification.moving import MoveRefused
from rectification.states import LetterState
from rectification.supervising.drafting import matter_of
from rectification.supervision_forms import (
    AcknowledgeForm,
    AnswerForm,
    BulkLetterForm,
    IssueForm,
    LetterFilters,
    LetterForm,
    RewordForm,
    SettleForm,
    WithdrawLetterForm,
)
from rectification.views.letter_card import line_of, lines_of
from rectification.views.listing import answer, listing, part
from rectification.views.refusals import note_secrecy

SITUATION = ("state", "situation")  # the filters that the tabs set
WAY = (
    ("propose", "拟发"),
    ("issue", "签发"),
    ("acknowledge", "签收"),
    ("answer", "回复"),
    ("settle", "办结"),
)
REACHED = {  # the place of each state on that way
    LetterState.PROPOSED: 0,
    LetterState.ISSUED: 1,
    LetterState.ACKNOWLEDGED: 2,
    LetterState.ANSWERED: 3,
    LetterState.SETTLED: 4,
}


# The list ----------------------------------------------------------------------------------------


@require_safe
def letter_list(request, inspection):
    found = access.inspection(request.user, inspection)
    on = timezone.localdate()
    visible = permissions.letters_of(request.user).filter(inspection=found)
    form = LetterFilters.read(request.GET, choices=letterbook.choices(visible))
    rows = letterbook.narrowed(visible, form.kept, on=on).for_list()
    url = reverse("rectification:letter_list", args=[found.code])
    page = listing(request, rows, url=url, form=form)
    oversees = permissions.may_oversee(request.user, found)
    runs = permissions.may_run(request.user, found)
    here = [found.code]
    context = {
        "nav": "supervision",
        "inspection": found,
        "listing": page,
        "rows": lines_of(request.user, page.rows, on=on),
        "tabs": _tabs(page, visible, oversees=oversees, on=on),
        "as_of": on,
        "ladder_url": reverse("rectification:rung_list", args=here) if oversees else "",
        "new_url": reverse("rectification:letter_new", args=here) if runs else "",
        "bulk_form": BulkLetterForm() if runs else None,
        "may_choose": runs and any(each.is_proposed for each in page.rows),
    }
    return answer(request, "rectification/letter_list.html", context)


def _tabs(page, visible, *, oversees, on):
    others = {name: value for name, value in page.form.kept.items() if name not in SITUATION}
    counts = letterbook.tally(letterbook.narrowed(visible, others, on=on), on=on)
    choices = [
        ("全部", counts.total, {}),
        ("办理中", counts.open, {"situation": letterbook.OPEN}),
        ("超期未回复", counts.late, {"situation": letterbook.LATE}),
        ("已回复", counts.answered, {"state": LetterState.ANSWERED.value}),
        ("已办结", counts.settled, {"state": LetterState.SETTLED.value}),
    ]
    if oversees:
        choices.insert(1, ("待签发", counts.proposed, {"state": LetterState.PROPOSED.value}))
    return [page.tab(label, count, sets=sets, of=SITUATION) for label, count, sets in choices]


# A letter ----------------------------------------------------------------------------------------


@require_safe
def letter_detail(request, inspection, number):
    return letter_page(request, access.letter(request.user, inspection, number))


def letter_page(request, letter, *, filled=None, conflict=None, status=200):
    """The page of a letter; `filled` holds forms that came back by name, `conflict` says why."""
    on, found = timezone.localdate(), letter.inspection
    forms = _offered(request.user, letter)
    forms |= {name: form for name, form in (filled or {}).items() if name in forms}
    oversees = permissions.may_oversee(request.user, found)
    steps = list(letter.steps.select_related("by", "on_behalf_of"))
    context = {
        "nav": "supervision",
        "inspection": found,
        "crumbs": [("督办", reverse("rectification:letter_list", args=[found.code]))],
        "letter": letter,
        "line": line_of(letter, on=on),
        "said": _said(letter),
        "steps": _way(letter, steps),
        "events": moments.of_letter(letter, steps, inside=oversees),
        "facts": _facts(request.user, letter, oversees=oversees),
        "refused": any(form.is_bound and form.errors for form in forms.values()),
        "conflict": conflict,
        **{f"{name}_form": form for name, form in forms.items()},
    }
    template = part(request, "rectification/letter_detail.html", "page")
    return render(request, template, context, status=status)


def _offered(user, letter):
    """The forms that this person may use now, by the name of the verb."""
    version = {"version": letter.version}
    forms: dict[str, Form] = {}
    if permissions.may_issue(user, letter):
        text = {name: getattr(letter, name) for name in ("title", "matter", "demand")}
        text["answer_days"] = letter.answer_days
        forms["issue"] = IssueForm(initial=version, auto_id="issue-%s")
        forms["reword"] = RewordForm(initial={**version, **text}, auto_id="reword-%s")
    if permissions.may_acknowledge(user, letter):
        forms["acknowledge"] = AcknowledgeForm(initial=version, auto_id="acknowledge-%s")
    if permissions.may_answer(user, letter):
        forms["answer"] = AnswerForm(initial=version, auto_id="answer-%s")
    if permissions.may_settle(user, letter):
        forms["settle"] = SettleForm(initial=version, auto_id="settle-%s")
        forms["settle"].fields["why"].required = letter.is_unanswered
    if permissions.may_withdraw_letter(user, letter):
        forms["withdraw"] = WithdrawLetterForm(initial=version, auto_id="withdraw-%s")
    return forms


def _said(letter):
    """The text of the letter as it is printed; of a proposal as it would be."""
    asks = letters.asks_by(letter.due_on) if letter.due_on else ""
    if letter.answer_days and not letter.is_issued:
        asks = f"请于签发之日起{letter.answer_days}天内签收并书面回复。"
    return {
        "sender": letter.sender or letter.inspection.sender,
        "reference": letter.reference or f"{letter.inspection.letter_word}〔签发时编号〕",
        "addressee": letter.addressee or letter.unit.name,
        "lines": letters.body_of(letter.matter, letter.demand, asks),
        "day": clock.in_full(letter.issued_on) if letter.issued_on else "（签发日期）",
    }


@dataclass(frozen=True)
class WayStep:
    """A step of the letter's way, for components/steps.html."""

    name: str
    state: str
    note: str


def _way(letter, steps):
    """Where the letter is; empty where it ended before its way did."""
    reached = REACHED.get(LetterState(letter.state))
    if reached is None:
        return ()
    done = {step.verb: step for step in steps}
    way = []
    for place, (verb, name) in enumerate(WAY):
        state = "done" if place <= reached else "current" if place == reached + 1 else "todo"
        step = done.get(verb) if place <= reached else None
        note = f"{step.who} {step.on.month}月{step.on.day}日" if step else ""
        way.append(WayStep(name, state, note))
    return tuple(way)


def _facts(user, letter, *, oversees):
    code = letter.inspection.code
    facts = [("主送单位", letter.addressee or letter.unit, "", "")]
    if letter.measure:
        visible = Measure.objects.visible_within(permissions.scope_of(user))
        seen = visible.filter(pk=letter.measure_id).exists()
        url = reverse("rectification:measure_detail", args=[code, letter.measure.code])
        facts.append(
            (
                "有关措施",
                letter.measure.code,
                letter.measure.title if seen else "",
                url if seen else "",
            )
        )
    if letter.due_on:
        facts.append(("回复期限", clock.in_full(letter.due_on), "", ""))
    if letter.rung and letter.for_deadline:
        note = f"从{clock.in_full(letter.for_deadline)}算起"
        facts.append(("督办阶梯", letter.rung.when, note, ""))
    if oversees and letter.passed_over:
        facts.append(("略过的级次", letter.passed_over, "到达更高一级时没有再发", ""))
    if oversees and letter.digest:
        facts.append(("内容校验码", letter.digest, "SHA-256，签发时固定", ""))
    return facts


# A new one, by hand ------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def letter_new(request, inspection):
    found = access.run(request.user, inspection)
    kind = request.POST.get("kind") or request.GET.get("kind")
    kind = kind if kind in LETTERS else LetterKind.ORDER.value
    measure = found.measures.filter(code=request.GET.get("measure", "")[:60].replace("\x00", ""))
    about = measure.select_related("lead_unit").first()
    if request.method == "POST":
        form = LetterForm(request.POST, inspection=found)
        if form.is_valid() and (letter := _proposed(request, found, form)):
            messages.success(request, f"已存为待签发：{letter}")
            return redirect("rectification:letter_detail", found.code, letter.number)
        note_secrecy(
            form,
            kind="letter",
            code=f"{found.code}/new",
            by=request.user,
            at=timezone.now(),
        )
    else:
        form = LetterForm(inspection=found, initial=_usual(found, kind, about))
    url = reverse("rectification:letter_new", args=[found.code])
    about_it = f"&measure={about.code}" if about else ""
    context = {
        "nav": "supervision",
        "inspection": found,
        "crumbs": [("督办", reverse("rectification:letter_list", args=[found.code]))],
        "form": form,
        "kind": (kind, LetterKind(kind).label),
        "kinds": [
            (LetterKind(each).label, f"{url}?kind={each}{about_it}", None, each == kind)
            for each in LETTERS
        ],
    }
    return render(request, "rectification/letter_new.html", context)


def _usual(inspection, kind, measure):
    matter = matter_of(measure, on=timezone.localdate()) if measure else ""
    days = rung_for(inspection, kind).answer_days
    said = supervising.usual_wording(kind, matter=matter, answer_days=days)
    text = {"title": said.title, "matter": said.matter, "demand": said.demand}
    return {"kind": kind, "measure": measure, "answer_days": days, **text}


def _proposed(request, found, form):
    """The letter; None where it was refused, which the form says."""
    asked = form.cleaned_data
    try:
        return supervising.propose(
            found,
            asked["kind"],
            form.wording,
            unit=form.addressee,
            measure=asked["measure"],
            by=request.user,
            at=timezone.now(),
        )
    except MoveRefused as refusal:
        form.add_error(None, str(refusal))
        return None
