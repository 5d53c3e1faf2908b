"""The pages of evidence: its list, one piece, and the verbs, each a POST.

Files are received in a stream. Django reads a request when its form is first asked for, and that is
for the check against forgery; so a view that takes files is exempt from that check at first, asks
who may, sets its own receiver, and then has the check made.
"""

from django.contrib import messages
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.forms import Form
from django.http import HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST, require_safe

from accounts import journal
from accounts.journal import Act
from accounts.models import Unit
from rectification import access, clock, moving, permissions
from rectification.evidence import keeping, storing
from rectification.evidence.naming import FileRefused, SecretRefused
from rectification.evidence_forms import (
    MOST_FILES,
    AmendForm,
    EvidenceFilters,
    LinkForm,
    NewVersionForm,
    UnlinkForm,
    UploadForm,
    WithdrawEvidenceForm,
)
from rectification.models import Evidence, Measure
from rectification.views.conflicts import Conflict, again
from rectification.views.evidence_card import ACCEPT, limits
from rectification.views.listing import answer, listing
from rectification.views.measures import measure_page
from rectification.views.refusals import note_refusal, note_secrecy

TEXTS = frozenset(keeping.DESCRIBED) - {"is_public"}  # what a conflict shows side by side
TOO_MUCH = (TooManyFilesSent, TooManyFieldsSent, RequestDataTooBig, MultiPartParserError)


@require_safe
def evidence_list(request, inspection):
    found = access.inspection(request.user, inspection)
    visible = Evidence.objects.visible_within(permissions.scope_of(request.user))
    visible = visible.filter(inspection=found)
    units = Unit.objects.filter(pk__in=visible.order_by().values("unit")).order_by("order", "pk")
    choices = {"unit": [(str(unit.pk), str(unit)) for unit in units]}
    form = EvidenceFilters.read(request.GET, choices=choices)
    url = reverse("rectification:evidence_list", args=[found.code])
    page = listing(request, _selected(visible, form.kept).for_list(), url=url, form=form)
    context = {"nav": "measures", "inspection": found, "listing": page, "rows": page.rows}
    return answer(request, "rectification/evidence_list.html", context)


def _selected(rows, kept):
    if "q" in kept:
        rows = rows.matching(kept["q"])
    if "withdrawn" in kept:
        rows = rows.filter(withdrawn_at__isnull=kept["withdrawn"] == "no")
    return rows.filter(**{name: kept[name] for name in ("kind", "unit") if name in kept})


@require_safe
def evidence_detail(request, inspection, number):
    evidence = access.evidence(request.user, inspection, number)
    if request.method == "GET":
        act = Act("view", "evidence", evidence.subject_code)
        journal.append(act, by=request.user, at=timezone.now())
    return evidence_page(request, evidence)


def evidence_page(request, evidence, *, filled=None, conflict=None, file_error="", status=200):
    """The page of a piece; `filled` holds forms that came back by name, `conflict` says why."""
    served, ended = _measures(request.user, evidence)
    forms = offered_forms(request.user, evidence)
    forms |= {name: form for name, form in (filled or {}).items() if name in forms}
    unlink = (filled or {}).get("unlink")
    code = evidence.inspection.code
    context = {
        "nav": "measures",
        "inspection": evidence.inspection,
        "evidence": evidence,
        "latest": evidence.latest,
        "versions": list(evidence.versions.select_related("by").order_by("-number")),
        "crumbs": [("佐证材料", reverse("rectification:evidence_list", args=[code]))],
        "facts": _facts(evidence),
        "served": [(each, permissions.may_add_evidence(request.user, each)) for each in served],
        "ended": ended,
        "unlink_form": unlink or UnlinkForm(auto_id="unlink-%s"),
        "pages": range(1, evidence.latest.pages + 1),
        "accept": ACCEPT,
        "limits": limits(),
        "file_error": file_error,
        "conflict": conflict,
        **{f"{name}_form": form for name, form in forms.items()},
    }
    return render(request, "rectification/evidence_detail.html", context, status=status)


def offered_forms(user, evidence):
    """The forms of what this person may do with the piece now, by the name of the verb."""
    if evidence.is_withdrawn:
        return {}
    forms: dict[str, Form] = {"link": LinkForm(auto_id="link-%s")}
    if permissions.may_keep_evidence(user, evidence):
        version = {"version": evidence.version}
        said = {**version, **keeping.content_of(evidence)}
        forms["amend"] = AmendForm(initial=said, auto_id="amend-%s")
        if keeping.rests_on(evidence) is None:
            forms["version"] = NewVersionForm(initial=version, auto_id="version-%s")
            forms["withdraw"] = WithdrawEvidenceForm(initial=version, auto_id="withdraw-%s")
    elif not any(permissions.may_add_evidence(user, each) for each in _led_by(user, evidence)):
        del forms["link"]
    return forms


def _led_by(user, evidence):
    """Of the measures that the person could link the piece to, enough to know whether any is."""
    visible = Measure.objects.visible_within(permissions.scope_of(user))
    rows = visible.filter(inspection=evidence.inspection).select_related("lead_unit", "inspection")
    return rows.prefetch_related("supporting_units")[:20]


def _measures(user, evidence):
    """The measures that the piece serves, and the uses that ended: what the person sees of both."""
    visible = Measure.objects.visible_within(permissions.scope_of(user))
    uses = evidence.uses.filter(measure__in=visible).order_by("measure__code", "pk")
    uses = uses.select_related(
        "measure__inspection__inspected_unit", "measure__lead_unit", "ended_by"
    )
    served = [use.measure for use in uses if use.ended_at is None]
    return served, [use for use in uses if use.ended_at is not None]


def _facts(evidence):
    return [
        ("材料编号", evidence.code, "", ""),
        ("材料类型", evidence.get_kind_display(), "", ""),
        ("材料日期", clock.in_full(evidence.dated_on), "", ""),
        ("文号", evidence.document_number, "", ""),
        ("提供单位", evidence.unit, "", ""),
        ("公开范围", "可以公开" if evidence.is_public else "内部", "", ""),
    ]


# Verbs -------------------------------------------------------------------------------------------


@csrf_exempt  # checked in _add, once it is known that this person may send files here
@require_POST
def evidence_add(request, inspection, code):
    measure = access.measure(request.user, inspection, code, on=timezone.localdate())
    if not permissions.may_add_evidence(request.user, measure):
        sentence = f"{measure.code} 是“{measure.get_status_display()}”，不能由您上传佐证材料。"
        return measure_page(request, measure, conflict=Conflict(sentence, "", ()), status=409)
    if refusal := _receive(request):
        return measure_page(request, measure, files_error=refusal, status=400)
    return _add(request, measure)


@csrf_protect
def _add(request, measure):
    form = UploadForm(request.POST, auto_id="evidence-%s")
    files = [*request.FILES.getlist("files"), *request.FILES.getlist("camera")]
    refusal = _count_refusal(files)
    if form.is_valid() and not refusal:
        said = keeping.Description(**form.cleaned_data)
        now = timezone.now()
        try:
            pieces = keeping.add(measure, files, said, by=request.user, at=now)
        except (moving.MoveRefused, moving.StaleSave) as error:
            measure = access.measure(
                request.user, measure.inspection.code, measure.code, on=timezone.localdate()
            )
            conflict = Conflict(str(error), "", ())
            return measure_page(request, measure, conflict=conflict, status=409)
        except FileRefused as error:
            refusal = _refused(error, measure, by=request.user)
        else:
            codes = "、".join(piece.code for piece in pieces)
            messages.success(request, f"已上传{len(pieces)}份佐证材料：{codes}")
            place = (measure.inspection.code, measure.code)
            return _go(request, reverse("rectification:measure_detail", args=place))
    if not form.is_valid():
        note_secrecy(
            form, kind="measure", code=measure.subject_code, by=request.user, at=timezone.now()
        )
    filled = {"upload": form}
    return measure_page(request, measure, filled=filled, files_error=refusal, status=422)


@csrf_exempt  # checked in _add_version, once it is known that this person may send files here
@require_POST
def evidence_version(request, inspection, number):
    evidence = access.evidence(request.user, inspection, number)
    if "version" not in offered_forms(request.user, evidence):
        sentence = f"{evidence.code} 现在不能由您换新版：已撤下、已凭它销号，或由其他单位提供。"
        return evidence_page(request, evidence, conflict=Conflict(sentence, "", ()), status=409)
    if refusal := _receive(request):
        return evidence_page(request, evidence, file_error=refusal, status=400)
    return _add_version(request, evidence)


@csrf_protect
def _add_version(request, evidence):
    form = NewVersionForm(request.POST, auto_id="version-%s")
    files = request.FILES.getlist("file")
    refusal = _count_refusal(files, most=1)
    if refusal or not form.is_valid():
        filled = {"version": form}
        return evidence_page(request, evidence, filled=filled, file_error=refusal, status=422)

    def verb(*, version):
        row = keeping.add_version(
            evidence, files[0], by=request.user, at=timezone.now(), version=version
        )
        return f"{evidence.code} 已换成第{row.number}版"

    return _act(request, evidence, form, verb)


@require_POST
def evidence_amend(request, inspection, number):
    evidence = access.evidence(request.user, inspection, number)

    def amend(*, version, **said):
        description = keeping.Description(**said)
        keeping.describe(evidence, description, by=request.user, at=timezone.now(), version=version)
        return f"已修改 {evidence.code} 的说明"

    return _act(request, evidence, AmendForm(request.POST, auto_id="amend-%s"), amend)


@require_POST
def evidence_withdraw(request, inspection, number):
    evidence = access.evidence(request.user, inspection, number)

    def withdraw(**asked):
        keeping.withdraw(evidence, **asked, by=request.user, at=timezone.now())
        return f"{evidence.code} 已撤下"

    form = WithdrawEvidenceForm(request.POST, auto_id="withdraw-%s")
    return _act(request, evidence, form, withdraw)


@require_POST
def evidence_link(request, inspection, number):
    evidence = access.evidence(request.user, inspection, number)
    form = LinkForm(request.POST, auto_id="link-%s")

    def link(*, code):
        visible = Measure.objects.visible_within(permissions.scope_of(request.user))
        measure = visible.filter(inspection=evidence.inspection, code=code).first()
        if measure is None:
            raise moving.MoveRefused(f"没有编号为“{code}”的措施，请核对编号。")
        keeping.link(evidence, measure, by=request.user, at=timezone.now())
        return f"{evidence.code} 已用于 {measure.code}"

    return _act(request, evidence, form, link)


@require_POST
def evidence_unlink(request, inspection, number, code):
    evidence = access.evidence(request.user, inspection, number)
    measure = access.measure(request.user, inspection, code, on=timezone.localdate())

    def unlink(*, why):
        keeping.unlink(evidence, measure, by=request.user, at=timezone.now(), why=why)
        return f"{evidence.code} 不再用于 {measure.code}"

    return _act(request, evidence, UnlinkForm(request.POST, auto_id="unlink-%s"), unlink)


def _act(request, evidence, form, verb):
    """Carry the verb out, which says what it did; refused, show why and keep what was typed."""
    name = request.resolver_match.url_name.removeprefix("evidence_")
    if not form.is_valid():
        note_secrecy(
            form, kind="evidence", code=evidence.subject_code, by=request.user, at=timezone.now()
        )
        return evidence_page(request, evidence, filled={name: form})
    code, number = evidence.inspection.code, evidence.number
    try:
        said = verb(**form.cleaned_data)
    except FileRefused as error:
        refusal = _refused(error, evidence, by=request.user)
        page = {"filled": {name: form}, "file_error": refusal, "status": 422}
        return evidence_page(request, evidence, **page)
    except (moving.MoveRefused, moving.StaleSave, storing.FileDamaged) as refusal:
        evidence = access.evidence(request.user, code, number)
        conflict = Conflict.with_row(
            form,
            {name: said for name, said in keeping.content_of(evidence).items() if name in TEXTS},
            subject=("evidence", evidence.subject_code),
            sentence=str(refusal),
        )
        if "version" in form.fields:
            form = again(form, version=evidence.version)
        page = {"filled": {name: form}, "conflict": conflict, "status": 409}
        return evidence_page(request, evidence, **page)
    messages.success(request, said)
    return _go(request, reverse("rectification:evidence_detail", args=[code, number]))


def _receive(request) -> str:
    """Take the request's files through our receiver; why it could not be read, or nothing."""
    try:
        request.upload_handlers = [storing.Receiver(request)]
        request.POST  # noqa: B018  # asked for here, so that it is read here
    except TOO_MUCH:
        return f"一次提交的内容太多或不完整，没有保存。{limits()}"
    except OSError:
        return storing.FULL
    return ""


def _count_refusal(files, *, most=MOST_FILES) -> str:
    if not files:
        return f"请选择文件。{limits()}"
    if len(files) > most:
        return f"一次最多{most}个文件，现在有{len(files)}个，没有保存。{limits()}"
    return ""


def _refused(error, subject, *, by) -> str:
    """The sentence; a refusal for a mark of secrecy is recorded, without what was sent."""
    if isinstance(error, SecretRefused):
        kind = "measure" if isinstance(subject, Measure) else "evidence"
        note_refusal(kind=kind, code=subject.subject_code, where="文件", by=by, at=timezone.now())
        return str(error)
    return f"{error}{'' if '只收' in str(error) else limits()}"


def _go(request, url):
    """On to the page; a script that sent the files is told where, and goes there itself."""
    if request.headers.get("X-Upload") == "1":
        return HttpResponse(status=204, headers={"X-Go": url})
    return redirect(url)
