from django.contrib import messages
from django.http import QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rectification import access as ledger_access
from rectification import permissions
from rectification.views.refusals import note_secrecy
from reports import access, editing, publishing, queries
from reports.composing import neutral_prose, stated_in
from reports.contents import contents_of_draft
from reports.document import SectionKind
from reports.draft_forms import PublishForm, SectionForm, StartForm, TitleForm
from reports.rendering.numbering import placed
from reports.rendering.text import body, head
from reports.storing import document_of


@require_GET
def draft_list(request, inspection):
    """The reports of an inspection, with what became of each."""
    found = ledger_access.overseen(request.user, inspection)
    context = {
        "inspection": found,
        "nav": "reports",
        "rows": [_list_row(line) for line in queries.drafts_of(found)],
        "may_write": permissions.may_run(request.user, found),
    }
    return render(request, "reports/draft_list.html", context)


@require_http_methods(["GET", "POST"])
def draft_new(request, inspection):
    """A new draft from the ledger as of a day."""
    found = ledger_access.run(request.user, inspection)
    if request.method == "GET":
        today = timezone.localdate()
        slug = editing.suggested_slug(found, on=today)
        return _new_page(request, found, StartForm(initial={"on": today, "slug": slug}))
    form = StartForm(request.POST)
    if not form.is_valid():
        return _new_page(request, found, form)
    try:
        report = editing.start(
            found,
            slug=form.cleaned_data["slug"],
            on=form.cleaned_data["on"],
            by=request.user,
            at=timezone.now(),
        )
    except editing.EditRefused as error:
        form.add_error(None, str(error))
        return _new_page(request, found, form)
    messages.success(request, f"已从台账生成《{report.title}》，数据截至{_day(report.as_of)}。")
    return redirect("reports:draft_detail", found.code, report.slug)


@require_GET
def draft_detail(request, inspection, slug):
    """The draft as it reads, each piece beside the measures behind it; title and publication."""
    report = access.draft(request.user, inspection, slug)
    return _detail_page(request, report)


@require_POST
def draft_title(request, inspection, slug):
    report = access.own_draft(request.user, inspection, slug)
    form = TitleForm(request.POST)
    if not form.is_valid():
        _note(request, report, form)
        return _detail_page(request, report, title_form=form)
    version, title = form.cleaned_data["version"], form.cleaned_data["title"]
    try:
        editing.retitle(report, title, by=request.user, at=timezone.now(), version=version)
    except editing.StaleDraft as error:
        report.refresh_from_db()
        form = TitleForm(_with(request.POST, version=report.version))
        form.add_error("title", f"{error}现在的标题是“{report.title}”。确认后可再次保存。")
        return _detail_page(request, report, title_form=form, status=409)
    messages.success(request, f"标题已改为《{report.title}》。")
    return redirect("reports:draft_detail", inspection, slug)


@require_http_methods(["GET", "POST"])
def draft_section(request, inspection, slug, order):
    """One piece of the draft in a form, beside its sources."""
    section = access.own_section(request.user, inspection, slug, order)
    if request.method == "GET":
        return _section_page(request, section, SectionForm(section=section))
    form = SectionForm(request.POST, section=section)
    if not form.is_valid():
        _note(request, section.report, form)
        return _section_page(request, section, form)
    version = form.cleaned_data["version"]
    try:
        editing.edit(section, form.wording(), by=request.user, at=timezone.now(), version=version)
    except editing.StaleDraft as error:
        section = access.own_section(request.user, inspection, slug, order)
        again = SectionForm(_kept(request.POST, section), section=section)
        again.add_error(None, f"{error}下面仍是您填写的文字，请对照现在的内容后再保存。")
        return _section_page(request, section, again, is_stale=True, status=409)
    except editing.EditRefused as error:
        form.add_error(None, str(error))
        return _section_page(request, section, form)
    messages.success(request, f"已保存“{_short(section.heading or section.text)}”。")
    url = reverse("reports:draft_detail", args=[inspection, slug])
    return redirect(f"{url}#section-{order}")


@require_POST
def draft_publish(request, inspection, slug):
    report = access.own_draft(request.user, inspection, slug)
    form = PublishForm(request.POST, corrects=report.publications.exists())
    if not form.is_valid():
        _note(request, report, form)
        return _detail_page(request, report, publish_form=form)
    try:
        publication = publishing.publish(
            report,
            by=request.user,
            at=timezone.now(),
            version=form.cleaned_data["version"],
            notice=form.cleaned_data.get("notice", ""),
        )
    except publishing.PublicationRefused as error:
        messages.error(request, str(error))
        report.refresh_from_db()
        return _detail_page(request, report, status=409)
    messages.success(request, f"《{publication.title}》第{publication.number}版已公开发布。")
    return redirect("reports:draft_detail", inspection, slug)


def _note(request, report, form):
    note_secrecy(form, kind="report", code=report.subject_code, by=request.user, at=timezone.now())


# Pages -------------------------------------------------------------------------------------------


def _new_page(request, inspection, form, *, status=200):
    context = {
        "inspection": inspection,
        "nav": "reports",
        "form": form,
        "crumbs": [_list_crumb(inspection)],
    }
    return render(request, "reports/draft_new.html", context, status=status)


def _detail_page(request, report, *, title_form=None, publish_form=None, status=200):
    document = stated_in(document_of(report))
    versions = list(report.publications.for_list().order_by("-number"))
    may_write = permissions.may_run(request.user, report.inspection)
    version = {"version": report.version}
    context = {
        "inspection": report.inspection,
        "nav": "reports",
        "report": report,
        "crumbs": [_list_crumb(report.inspection)],
        "may_write": may_write,
        "as_of": _day(report.as_of),
        "pieces": _pieces(report, document, may_write=may_write),
        "contents": contents_of_draft(_anchored(report, document)),
        "figures": [figure.shown for figure in publishing.headline(document)],
        "unsettled": publishing.unsettled(document),
        "versions": [_version(each, report.slug) for each in versions],
        "is_ahead": not versions or report.version > versions[0].draft_version,
        "title_form": title_form
        or TitleForm(initial={**version, "title": report.title}, auto_id="title-%s"),
        "publish_form": publish_form
        or PublishForm(initial=version, corrects=bool(versions), auto_id="publish-%s"),
        "public_url": reverse("reports:publication", args=[report.slug]) if versions else "",
    }
    return render(request, "reports/draft_detail.html", context, status=status)


def _section_page(request, section, form, *, is_stale=False, status=200):
    report = section.report
    url = reverse("reports:draft_detail", args=[report.inspection.code, report.slug])
    context = {
        "inspection": report.inspection,
        "nav": "reports",
        "report": report,
        "section": section,
        "crumbs": [_list_crumb(report.inspection), (str(report), url)],
        "name": _short(section.heading or section.text),
        "form": form,
        "back_url": f"{url}#section-{section.order}",
        "sources": queries.sources_of(section),
        "differences": form.differences() if is_stale else [],
    }
    return render(request, "reports/draft_section.html", context, status=status)


def _pieces(report, document, *, may_write):
    """What each section looks like in print, where to change it, and the measures behind it."""
    sections = list(report.sections.order_by("order"))
    measures = queries.measures_behind(sections)
    stand_ins = _stand_ins(report)
    pieces = []
    for section, place in zip(sections, placed(document), strict=True):
        editable = may_write and section.kind not in editing.FIXED
        pieces.append(
            {
                "anchor": f"section-{section.order}",
                "level": section.level,
                "is_title": section.kind == SectionKind.TITLE,
                "heading": head(place).strip(),
                "paragraphs": [line for line in body(place.section).split("\n") if line.strip()],
                "edit_url": _section_url(report, section) if editable else "",
                "is_stand_in": section.text in stand_ins,
                "problem": section.problem_id,
                "measures": measures.get(section.problem_id, []),
            }
        )
    return pieces


def _anchored(report, document):
    orders = report.sections.order_by("order").values_list("order", flat=True)
    anchors = [f"section-{order}" for order in orders]
    return zip(placed(document), anchors, strict=True)


def _stand_ins(report):
    """The neutral sentences that wait for an author."""
    if report.as_of is None:
        return frozenset()
    prose = neutral_prose(report.inspection, on=report.as_of)
    passages = (*prose.organisation, *prose.further)
    return frozenset({passage.text for passage in passages} | {prose.invitation})


# Pieces ------------------------------------------------------------------------------------------


def _list_row(line):
    published = line.published
    state, tone = "草稿", "plain"
    if published:
        state, tone = f"已发布第{published.number}版", "done"
    if line.is_ahead:
        state, tone = f"{state}，后有修改", "near"
    return {
        "draft": line.report,
        "state": state,
        "tone": tone,
        "changed": _minute(line.changed_at),
        "by": line.changed_by,
        "as_of": _day(line.report.as_of),
        "public_url": reverse("reports:publication", args=[line.report.slug]) if published else "",
    }


def _version(publication, slug):
    url = reverse("reports:publication_version", args=[slug, publication.number])
    when = _minute(publication.published_at)
    return (f"第{publication.number}版", when, publication.notice, url)


def _list_crumb(inspection):
    return ("报告", reverse("reports:draft_list", args=[inspection.code]))


def _section_url(report, section):
    return reverse(
        "reports:draft_section", args=[report.inspection.code, report.slug, section.order]
    )


def _with(typed: QueryDict, **changes):
    """What was typed, as a form that is shown again takes it."""
    again = typed.copy()
    for name, value in changes.items():
        again[name] = value
    return again


def _kept(typed: QueryDict, section):
    """What was typed on a newer version; the words of an item that is gone become a new one."""
    there = {f"item_{pk}" for pk in section.items.values_list("pk", flat=True)}
    gone = [str(typed[name]) for name in typed if name.startswith("item_") and name not in there]
    words = [text for text in gone if text.strip()]  # item_new is among them
    return _with(typed, version=section.version, item_new="\n".join(words))


def _short(text):
    return text if len(text) <= 30 else f"{text[:29]}…"


def _minute(moment):
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")


def _day(day):
    return f"{day.year}年{day.month}月{day.day}日" if day else ""
