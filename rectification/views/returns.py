"""本单位报送: the page of a unit in a round, and the verbs of its liaison and of its head."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from rectification import access, clock, returning, unit_returns, workflow
from rectification.moving import MoveRefused, StaleSave
from rectification.return_forms import DraftForm, ReturnForm, TurnBackForm
from rectification.states import UNREPORTED, ReturnState
from rectification.views.conflicts import Conflict, Standing, again, last_act
from rectification.views.point_card import unit_points
from rectification.views.refusals import note_secrecy
from rectification.views.round_page import RETURN_TONES

MOST_CHOSEN = 500  # lines in one POST; Django takes no more than 1000 fields


@dataclass(frozen=True)
class Card:
    """A line on the page, with its forms; `open`: unfolded, for something came back; `is_next`: the
    first that waits, where the page goes on after another one."""

    row: unit_returns.ReturnRow
    form: ReturnForm | None
    turn_back_form: TurnBackForm | None
    conflict: Conflict | None = None
    open: bool = False
    is_next: bool = False

    @property
    def line(self):
        return self.row.line

    @property
    def tone(self):
        return "near" if self.nil_is_not_enough else RETURN_TONES[ReturnState(self.line.state)]

    @property
    def says(self):
        """How far the line is, in words; nothing where nothing has come yet and one tap will do."""
        if self.nil_is_not_enough:
            return "已零报告，待重报"
        if self.line.state == ReturnState.WAITING:
            return "待重报" if self.row.is_back else ""
        word = self.line.get_state_display()
        if self.line.is_late and self.line.state == ReturnState.FILED:
            word = "迟报"
        return f"{word}（零报告）" if self.reported and self.reported.nil_return else word

    @property
    def reported(self):
        """What the unit has reported in this round, where that may count; else None."""
        return None if self.line.state in UNREPORTED else self.line.entry

    @property
    def key(self):
        """The line with the versions that are shown."""
        return f"{self.line.pk}:{self.line.version}:{self.line.measure.version}"

    @property
    def writes(self):
        """Whether its form is unfolded with it."""
        return self.reported is None or self.line.has_draft or (self.form and self.form.is_bound)

    @property
    def one_tap(self):
        """无变化 without opening the line: where nothing came back, and nothing was typed that it
        would pass over."""
        owed = self.line.state == ReturnState.WAITING and not self.row.is_back
        return self.form is not None and owed and not self.line.has_draft

    @property
    def nil_is_not_enough(self):
        """The lead unit has reported no change on what was returned: the work is still awaited."""
        nil = self.reported is not None and self.reported.nil_return
        return nil and self.line.leads and self.row.is_back


@require_safe
def round_report(request, inspection, number):
    round = access.round_to_answer(request.user, inspection, number)
    return _page(request, round)


@require_POST
def return_file(request, inspection, number, line):
    round, found = _line(request, inspection, number, line)
    told = _told(found)
    form = ReturnForm.of(found, request.POST, told=told.text if told else "")

    def file(*, by, at):
        # One tap outside the form sends no text: what the unit named last still stands.
        one_tap = form.is_nil_return and "text" not in request.POST
        news = workflow.nothing_new(found.measure, unit=found.unit) if one_tap else form.news()
        returning.file(found, news, by=by, at=at, seen=form.seen())
        return _said(found, "零报告" if form.is_nil_return else "进展")

    return _act(request, round, found, form, file)


@require_POST
def return_draft(request, inspection, number, line):
    """Kept as one types, by a script that asks for JSON, or by 存草稿."""
    round, found = _line(request, inspection, number, line)
    form = DraftForm.of(found, request.POST)

    def keep(*, by, at):
        version = form.seen().line
        returning.keep_draft(found, form.news(), by=by, at=at, version=version)
        return f"{found.measure.code} 的草稿已保存"

    return _act(request, round, found, form, keep)


@require_POST
def return_turn_back(request, inspection, number, line):
    round, found = _line(request, inspection, number, line)
    form = TurnBackForm(request.POST, auto_id=f"turn-back-{found.pk}-%s")

    def turn_back(*, by, at):
        returning.turn_back(found, **form.cleaned_data, by=by, at=at)
        return f"{found.measure.code} 已退回修改"

    return _act(request, round, found, form, turn_back)


@require_POST
def return_confirm(request, inspection, number):
    """Confirm the lines that were sent, one or all."""
    round = access.round_to_answer(request.user, inspection, number)
    chosen = _chosen(request)

    def confirm(line):
        version = chosen[line.pk][0]
        returning.confirm(line, by=request.user, at=timezone.now(), version=version)

    return _each(request, round, chosen, confirm, says="已确认")


@require_safe
def return_all(request, inspection, number):
    """What 全部报送 would file, before it does."""
    round = access.round_to_answer(request.user, inspection, number)
    rows = unit_returns.return_rows(request.user, round, on=timezone.localdate())
    owed = [row for row in rows if row.may_file and row.line.state in UNREPORTED]
    owed.sort(key=lambda row: row.light.colour != "red")
    bare = [row for row in owed if not row.line.has_draft]
    context = {
        **_frame(round),
        "drafted": [(row, returning.as_drafted(row.line)) for row in owed if row.line.has_draft],
        "unchanged": [row for row in bare if not row.is_back],
        "came_back": [row for row in bare if row.is_back],
        "count": len(owed),
        "ticked": sum(row.line.has_draft or not row.is_back for row in owed),
        "back": _url("round_report", round),
    }
    return render(request, "rectification/round_report_all.html", context)


@require_POST
def return_file_all(request, inspection, number):
    round = access.round_to_answer(request.user, inspection, number)
    chosen = _chosen(request)

    def file(line):
        seen = returning.Seen(*chosen[line.pk])
        news = returning.as_drafted(line)
        returning.file(line, news, by=request.user, at=timezone.now(), seen=seen)

    return _each(request, round, chosen, file, says="已报送")


# One line ----------------------------------------------------------------------------------------


def _line(request, inspection, number, pk):
    round = access.round_to_answer(request.user, inspection, number)
    return round, access.return_line(request.user, round, pk)


def _told(line):
    told = line.measure.progress.filter(unit=line.unit, nil_return=False)
    return told.latest_first().first()


def _said(line, what):
    waits = "，等单位负责人确认" if line.state == ReturnState.TO_CONFIRM else ""
    late = "（迟报）" if line.is_late else ""
    return f"已报 {line.measure.code} 的{what}{late}{waits}"


def _act(request, round, line, form, verb):
    """Carry the verb out, which says what it did; refused, show why and keep what was typed."""
    by, at, scripted = request.user, timezone.now(), _asks_json(request)
    if not form.is_valid():
        if scripted:  # at each pause: the one who files it is on record
            return JsonResponse({"error": _first_error(form)}, status=422)
        note_secrecy(form, kind="round", code=round.subject_code, by=by, at=at)
        return _page(request, round, came_back=(line, form, None))
    try:
        said = verb(by=by, at=at)
    except (MoveRefused, StaleSave) as refusal:
        return _refused(request, round, line, form, refusal)
    if scripted:
        kept = {"version": line.version, "at": f"{timezone.localtime(at):%H:%M}"}
        return JsonResponse(kept)
    messages.success(request, said)
    return redirect(f"{_url('round_report', round)}#next")


def _refused(request, round, line, form, refusal):
    line = access.return_line(request.user, round, line.pk)
    now = _standing(line, form)
    conflict = Conflict.beside(now, form, sentence=str(refusal))
    onward = again(form, version=now.version)
    if "measure_version" in form.fields:
        onward.data["measure_version"] = str(line.measure.version)
    if _asks_json(request):
        both = render_to_string("components/conflict.html", {"conflict": conflict})
        answer = {"conflict": both, "version": now.version}
        answer["measure_version"] = line.measure.version
        return JsonResponse(answer, status=409)
    return _page(request, round, came_back=(line, onward, conflict), status=409)


def _standing(line, form):
    """What the line says now, beside what was typed: its draft, else its report."""
    source = line.entry
    texts = {name: getattr(source, name, "") for name in ("text", "difficulty", "next_step")}
    who, at = (source.by, source.at) if source else (None, None)
    if line.has_draft and (at is None or line.drafted_at >= at):
        texts = {name: getattr(line, f"draft_{name}") for name in texts}
        who, at = line.drafted_by, line.drafted_at
        act = "存了草稿"
    else:
        act = "报送"
    if form.cleaned_data["version"] == line.version:  # then it is the measure that has changed
        return Standing(line.version, texts, last_act(line.measure))
    when = timezone.localtime(at) if at else None
    said = f"{who.name}于{when.month}月{when.day}日 {when:%H:%M}{act}。" if when and who else ""
    return Standing(line.version, texts, said)


def _asks_json(request):
    return request.headers.get("Accept") == "application/json"


def _first_error(form):
    whole = form.non_field_errors()  # before those of hidden fields
    return next(str(each) for errors in (whole, *form.errors.values()) for each in errors)


# Several lines -----------------------------------------------------------------------------------


def _chosen(request):
    """By line, the versions of it and of its measure that were sent; what is no line is none. What
    is too much for once is said."""
    found, sent = {}, request.POST.getlist("line")
    if left := len(sent[MOST_CHOSEN:]):
        messages.warning(
            request, f"一次最多办{MOST_CHOSEN}条，还有{left}条没有办，请在这一页再办一次。"
        )
    for each in sent[:MOST_CHOSEN]:
        parts = each.split(":")
        if len(parts) == 3 and all(p.isascii() and p.isdigit() and len(p) < 10 for p in parts):
            found[int(parts[0])] = (int(parts[1]), int(parts[2]))
    return found


def _each(request, round, chosen, verb, *, says):
    """The verb for each chosen line of theirs; what was refused is listed on the page with why."""
    mine = access.return_lines(request.user, round).filter(pk__in=chosen)
    outcome = returning.each(mine.order_by("unit__order", "measure__code", "pk"), verb)
    if outcome.refused or not outcome.done:
        return _page(request, round, outcome=outcome, says=says)
    messages.success(request, f"{says}{len(outcome.done)}条")
    return redirect(_url("round_report", round))


# The page ----------------------------------------------------------------------------------------


def _page(request, round, *, came_back=None, outcome=None, says="", status=200):
    """`came_back` is a line with its form and, where it was too late, the conflict; `outcome` what
    came of several lines."""
    rows = unit_returns.return_rows(request.user, round, on=timezone.localdate())
    waiting = [row for row in rows if row.may_file and row.line.state in UNREPORTED]
    following = min(waiting, key=lambda row: row.is_back, default=None)
    cards = [_card(row, came_back, alone=len(rows) == 1, is_next=row is following) for row in rows]
    owed = [card for card in cards if card.line.state in UNREPORTED]
    to_confirm = [card for card in cards if card.row.may_confirm]
    context = {
        **_frame(round),
        "groups": _groups(cards),
        "count": len(cards),
        "done": len(cards) - len(owed),
        "percent": (len(cards) - len(owed)) * 100 // len(cards) if cards else 0,
        "may_file_all": any(card.row.may_file for card in owed),
        "by_liaison": bool(owed) and not any(card.row.may_file for card in cards),
        "to_confirm": to_confirm,
        "points": unit_points(request.user, round),
        "refused": came_back[0] if came_back and came_back[2] is None else None,
        "conflict": came_back[2] if came_back else None,
        "wrong_url": f"#line-{came_back[0].pk}" if came_back else "",
        "outcome": outcome,
        "says": says,
    }
    return render(request, "rectification/round_report.html", context, status=status)


def _frame(round):
    day = clock.short_day(round.meeting_on, on=timezone.localdate())
    return {
        "nav": "desk",
        "inspection": round.inspection,
        "round": round,
        "meeting": day,
        "crumbs": [("我的待办", reverse("rectification:desk"))],
        "is_current": type(round).objects.current().filter(pk=round.pk).exists(),
    }


def _card(row, came_back, *, alone, is_next):
    line, form, conflict = came_back or (None, None, None)
    mine = line is not None and line.pk == row.line.pk
    forms = {"form": _form(row), "turn_back_form": _turn_back_form(row)}
    if mine:
        name = "turn_back_form" if isinstance(form, TurnBackForm) else "form"
        forms[name] = form
    conflict = conflict if mine else None
    return Card(row=row, **forms, conflict=conflict, open=mine or alone, is_next=is_next)


def _form(row):
    """What the unit told last is filled in, or the draft."""
    if not row.may_file:
        return None
    line, told = row.line, row.told
    names = ("text", "difficulty", "next_step")
    texts = {name: getattr(told, name, "") for name in names}
    if line.has_draft:
        texts = {name: getattr(line, f"draft_{name}") for name in names}
    elif line.entry and not line.entry.nil_return:
        texts = {name: getattr(line.entry, name) for name in names}
    versions = {"version": line.version, "measure_version": line.measure.version}
    return ReturnForm.of(line, initial={**versions, **texts})


def _turn_back_form(row):
    if not row.may_confirm:
        return None
    return TurnBackForm(
        initial={"version": row.line.version}, auto_id=f"turn-back-{row.line.pk}-%s"
    )


def _groups(cards):
    """Each unit with its lines."""
    units = dict.fromkeys(card.line.unit for card in cards)
    return [(unit, [card for card in cards if card.line.unit == unit]) for unit in units]


def _url(name, round):
    return reverse(f"rectification:{name}", args=[round.inspection.code, round.number])
