"""通知 inside the system, and 发送记录: what became of every message of an inspection."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts import journal
from rectification import access, delivery, notifications, outbox, permissions
from rectification.ledger import spreadsheet
from rectification.models import Notice, NoticeKind
from rectification.notice_forms import FateFilters, ReadingFilters
from rectification.outbox import Fate
from rectification.states import FOR_THE_OFFICE, NoticeState
from rectification.views.listing import answer, listing

MOST_AT_ONCE = 200  # sent again with one click
SITUATION = ("state", "again")  # the filters that the tabs set
HEADINGS = (
    ("生成时间", 18),
    ("类别", 12),
    ("标题", 48),
    ("收件人", 14),
    ("单位", 24),
    ("渠道", 10),
    ("地址", 32),
    ("状态", 10),
    ("原因", 40),
    ("尝试次数", 10),
    ("结果时间", 18),
    ("阅读时间", 18),
)


@require_safe
def notice_list(request):
    mine = outbox.to_person(request.user)
    form = ReadingFilters.read(request.GET, choices={})
    rows = outbox.narrowed(mine, form.kept).latest_first()
    page = listing(request, rows, url=reverse("rectification:notice_list"), form=form)
    others = {name: value for name, value in form.kept.items() if name != "unread"}
    same = outbox.narrowed(mine, others)
    tabs = [
        page.tab("全部", same.count(), sets={}, of=["unread"]),
        page.tab("未读", same.unread().count(), sets={"unread": "yes"}, of=["unread"]),
    ]
    context = {"nav": "", "listing": page, "rows": page.rows, "tabs": tabs}
    return answer(request, "rectification/notice_list.html", context)


@require_POST
def notice_read(request, pk):
    """Mark one as read and go where it leads, or, of one without a page, back to the list."""
    notice = get_object_or_404(Notice.objects.addressed_to(request.user), pk=pk)
    one = Notice.objects.filter(pk=notice.pk)
    notifications.read(one, by=request.user, at=timezone.now())
    if request.POST.get("open") and notice.path:
        return redirect(notice.path)
    return redirect("rectification:notice_list")


@require_POST
def notice_read_all(request):
    count = notifications.read(Notice.objects.all(), by=request.user, at=timezone.now())
    messages.success(request, f"{count}条通知已标为已读")
    return redirect("rectification:notice_list")


@require_safe
def fate_list(request, inspection):
    found = access.overseen(request.user, inspection)
    every = outbox.of_inspection(found)
    form = _fate_filters(request, found)
    rows = outbox.for_list(outbox.narrowed(every, form.kept))
    url = reverse("rectification:fate_list", args=[found.code])
    page = listing(request, rows, url=url, form=form)
    runs = permissions.may_run(request.user, found)
    query = page.address.partition("?")[2]
    export = reverse("rectification:fate_export", args=[found.code])
    again = reverse("rectification:fate_send_all_again", args=[found.code])
    many = sum(row.state in FOR_THE_OFFICE for row in page.rows) > 1
    context = {
        "nav": "rounds",
        "inspection": found,
        "listing": page,
        "rows": [Fate(notice, whole=runs) for notice in page.rows],
        "tabs": _tabs(page, every),
        "may_run": runs,
        "again_url": f"{again}{f'?{query}' if query else ''}" if runs and many else "",
        "most_at_once": MOST_AT_ONCE,
        "export_url": f"{export}{f'?{query}' if query else ''}" if runs else "",
        "crumbs": [("调度", reverse("rectification:round_list", args=[found.code]))],
    }
    return answer(request, "rectification/fate_list.html", context)


@require_POST
def fate_send_again(request, inspection, pk):
    found = access.run(request.user, inspection)
    notice = get_object_or_404(outbox.of_inspection(found), pk=pk)
    try:
        delivery.send_again(notice, by=request.user, at=timezone.now())
    except delivery.SendAgainRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"已交重新发送：{notice.subject}")
    return redirect("rectification:fate_list", found.code)


@require_POST
def fate_send_all_again(request, inspection):
    """What is filtered and waits for the office, so many at a time."""
    found = access.run(request.user, inspection)
    form = _fate_filters(request, found)
    rows = outbox.narrowed(outbox.of_inspection(found), form.kept)
    bad = outbox.for_list(rows.filter(state__in=FOR_THE_OFFICE))[:MOST_AT_ONCE]
    count = delivery.send_all_again(bad, by=request.user, at=timezone.now())
    left = len(bad) - count
    refused = f"，另有{left}条的收件人或通知方式已经停用，没有再发" if left else ""
    messages.success(request, f"{count}条通知已交重新发送{refused}")
    return redirect("rectification:fate_list", found.code)


@require_GET
def fate_export(request, inspection):
    """What is filtered, all of it, as a workbook."""
    found = access.run(request.user, inspection)
    form = _fate_filters(request, found)
    rows = outbox.for_list(outbox.narrowed(outbox.of_inspection(found), form.kept))
    now = timezone.now()
    title = f"{found.name}发送记录（{timezone.localtime(now):%Y-%m-%d %H:%M}）"
    cells = [_cells(Fate(notice, whole=True)) for notice in rows]
    file = spreadsheet.write_table(cells, headings=HEADINGS, title=title)
    after = {"form": "xlsx", "filters": dict(form.kept), "entries": len(cells)}
    journal.append(
        journal.Act("export", "inspection", found.code, after=after), by=request.user, at=now
    )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    name = f"notices-{found.code}-{timezone.localdate(now)}.xlsx"
    disposition = f'attachment; filename="{name}"'
    return HttpResponse(file, content_type=kind, headers={"Content-Disposition": disposition})


def _fate_filters(request, inspection):
    rounds = [(str(each.number), str(each)) for each in inspection.rounds.held().latest_first()]
    return FateFilters.read(request.GET, choices={"round": rounds})


def _tabs(page, every):
    others = {name: value for name, value in page.form.kept.items() if name not in SITUATION}
    counts = outbox.tally(outbox.narrowed(every, others))
    again = sum(counts[state] for state in FOR_THE_OFFICE)
    choices = [("全部", counts["total"], {}), ("待处理", again, {"again": "yes"})]
    states = [
        *(NoticeState.HELD, NoticeState.FAILED, NoticeState.DUE, NoticeState.SENDING),
        *(NoticeState.SENT, NoticeState.SUPPRESSED),
    ]
    choices += [(state.label, counts[state], {"state": state.value}) for state in states]
    return [page.tab(label, count, sets=sets, of=SITUATION) for label, count, sets in choices]


def _cells(fate):
    notice = fate.notice
    return (
        _moment(notice.created_at),
        NoticeKind(notice.kind).label,
        notice.subject,
        fate.to,
        fate.unit,
        notice.get_channel_display(),
        fate.address,
        notice.get_state_display(),
        notice.reason,
        str(notice.attempt),
        _moment(notice.outcome_at),
        _moment(notice.read_at),
    )


def _moment(at):
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""
