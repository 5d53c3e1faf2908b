"""The verbs of a letter, each a POST from its page; and its Word file."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from accounts import journal
from accounts.journal import Act
from rectification import access, letters, moments, moving, permissions, supervising
from rectification.supervision_forms import (
    AT_ONCE,
    BULK,
    AcknowledgeForm,
    AnswerForm,
    BulkLetterForm,
    IssueForm,
    RewordForm,
    SettleForm,
    WithdrawLetterForm,
)
from rectification.views.conflicts import Conflict, Standing, again, last_amendment
from rectification.views.evidence_files import SANDBOX
from rectification.views.refusals import note_secrecy
from rectification.views.supervision import letter_page

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@require_POST
def letter_reword(request, inspection, number):
    letter = access.letter(request.user, inspection, number)
    form = RewordForm(request.POST, auto_id="reword-%s")

    def reword(*, version, **_):
        by, at = request.user, timezone.now()
        supervising.reword(letter, form.wording, by=by, at=at, version=version)
        return f"{letter}的文字已修改"

    return _act(request, letter, form, reword)


@require_POST
def letter_issue(request, inspection, number):
    letter = access.letter(request.user, inspection, number)

    def issue(**asked):
        supervising.issue(letter, **asked, by=request.user, at=timezone.now())
        return f"已签发{letter}"

    return _act(request, letter, IssueForm(request.POST, auto_id="issue-%s"), issue)


@require_POST
def letter_acknowledge(request, inspection, number):
    letter = access.letter(request.user, inspection, number)

    def acknowledge(**asked):
        supervising.acknowledge(letter, **asked, by=request.user, at=timezone.now())
        return f"已签收{letter}"

    form = AcknowledgeForm(request.POST, auto_id="acknowledge-%s")
    return _act(request, letter, form, acknowledge)


@require_POST
def letter_answer(request, inspection, number):
    letter = access.letter(request.user, inspection, number)

    def reply(**asked):
        supervising.answer(letter, **asked, by=request.user, at=timezone.now())
        return f"已回复{letter}"

    return _act(request, letter, AnswerForm(request.POST, auto_id="answer-%s"), reply)


@require_POST
def letter_settle(request, inspection, number):
    letter = access.letter(request.user, inspection, number)

    def settle(**asked):
        supervising.settle(letter, **asked, by=request.user, at=timezone.now())
        return f"已办结{letter}"

    return _act(request, letter, SettleForm(request.POST, auto_id="settle-%s"), settle)


@require_POST
def letter_withdraw(request, inspection, number):
    letter = access.letter(request.user, inspection, number)

    def withdraw(**asked):
        supervising.withdraw(letter, **asked, by=request.user, at=timezone.now())
        return f"已撤销{letter}"

    form = WithdrawLetterForm(request.POST, auto_id="withdraw-%s")
    return _act(request, letter, form, withdraw)


def _act(request, letter, form, verb):
    """Carry the verb out, which says what it did; refused, show why and keep what was typed."""
    name = request.resolver_match.url_name.removeprefix("letter_")
    if not form.is_valid():
        at = timezone.now()
        note_secrecy(form, kind="letter", code=letter.subject_code, by=request.user, at=at)
        return letter_page(request, letter, filled={name: form})
    try:
        said = verb(**form.cleaned_data)
    except (moving.MoveRefused, moving.StaleSave) as refusal:
        letter = access.letter(request.user, letter.inspection.code, letter.number)
        now = _standing(request.user, letter, form)
        conflict = Conflict.beside(now, form, sentence=str(refusal))
        filled = {name: again(form, version=now.version)}
        return letter_page(request, letter, filled=filled, conflict=conflict, status=409)
    messages.success(request, said)
    return redirect("rectification:letter_detail", letter.inspection.code, letter.number)


def _standing(user, letter, form):
    """The text of the letter beside one that was typed; of the others what was said last, of what
    this person is shown."""
    texts = dict.fromkeys(form.fields, "")
    if isinstance(form, RewordForm):
        texts = {name: getattr(letter, name) for name in form.fields if name != "version"}
    else:
        inside = permissions.may_oversee(user, letter.inspection)
        said = moments.last_said(letter, inside=inside)
        texts |= dict.fromkeys(texts.keys() & {"text", "why"}, said)
    return Standing(letter.version, texts, last_amendment("letter", letter.subject_code))


# The sheet --------------------------------------------------------------------------------------


@require_safe
def letter_word(request, inspection, number):
    """The letter as issued, as Word; who took it is recorded."""
    letter = access.letter(request.user, inspection, number)
    if not letter.is_issued:
        raise Http404
    try:
        said = supervising.letter_as_issued(letter)
    except supervising.LetterDamaged as error:
        return letter_page(request, letter, conflict=Conflict(str(error), "", ()), status=409)
    if request.method == "GET":
        after = {"reference": letter.reference, "digest": letter.digest}
        act = Act("download", "letter", letter.subject_code, after=after)
        journal.append(act, by=request.user, at=timezone.now())
    named = content_disposition_header(True, f"{letter}.docx")
    headers = {**SANDBOX, "Content-Disposition": named}
    return HttpResponse(letters.to_word(said), content_type=WORD, headers=headers)


# Many at once ------------------------------------------------------------------------------------


@require_POST
def letter_bulk(request, inspection):
    """Issue or withdraw each ticked proposal; the answer lists what was refused and why."""
    found = access.run(request.user, inspection)
    form = BulkLetterForm(request.POST)
    ticked = _chosen(request, found)
    chosen, left = ticked[:AT_ONCE], ticked[AT_ONCE:]
    at = timezone.now()
    note_secrecy(form, kind="inspection", code=found.code, by=request.user, at=at)
    context = {
        "nav": "supervision",
        "inspection": found,
        "form": form,
        "chosen": chosen,
        "left": len(left),
        "back": reverse("rectification:letter_list", args=[found.code]),
        "says": BULK.get(form.data.get("verb", ""), ""),
    }
    if form.is_valid() and chosen:
        context["done"], context["refused"] = _carry_out(chosen, form, by=request.user, at=at)
    return render(request, "rectification/letter_bulk.html", context)


def _chosen(request, inspection):
    """The ticked letters, each with the version that was read, by number."""
    versions = {}
    for tick in request.POST.getlist("chosen"):
        version, _, number = tick.partition(":")
        if all(each.isascii() and each.isdigit() and len(each) < 10 for each in (version, number)):
            versions[int(number)] = int(version)
    rows = permissions.letters_of(request.user).filter(inspection=inspection, number__in=versions)
    rows = rows.select_related("inspection__inspected_unit", "unit", "rung", "measure__problem")
    return [(letter, versions[letter.number]) for letter in rows.order_by("number")]


def _carry_out(chosen, form, *, by, at):
    """Each letter is a transaction of its own: what is refused for one stops no other."""
    verb, note = form.cleaned_data["verb"], form.cleaned_data["note"]
    done, refused = [], []
    for letter, version in chosen:
        try:
            if verb == "issue":
                supervising.issue(letter, by=by, at=at, version=version, note=note)
            else:
                supervising.withdraw(letter, why=note, by=by, at=at, version=version)
        except (moving.MoveRefused, moving.StaleSave) as refusal:
            refused.append((letter, str(refusal)))
        else:
            done.append(letter)
    return done, refused
