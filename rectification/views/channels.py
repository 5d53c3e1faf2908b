"""通知方式: how a person, or the group of a unit, is reached; the calendar's private address."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Unit
from accounts.rights import rights_of
from rectification import contacting, permissions, recipients, subscribing
from rectification.contact_forms import MailForm, RobotForm, UnitChannelForm
from rectification.models import CalendarFeed, Channel, ContactPoint

REFUSALS = (contacting.ContactRefused, subscribing.FeedRefused)


@require_safe
def channel_list(request):
    return _own_page(request)


@require_POST
def channel_mail(request):
    """Another mail address."""
    return _enter_own(request, "mail", MailForm(request.POST, auto_id="mail-%s"))


@require_POST
def channel_enter(request):
    """A robot."""
    return _enter_own(request, "robot", RobotForm(request.POST, auto_id="robot-%s"))


@require_POST
def channel_mute(request):
    def mute():
        contacting.mute_mail(by=request.user, at=timezone.now())
        return "不再给您发邮件；站内通知照常"

    return _done(request, mute)


@require_POST
def channel_try_account(request):
    def try_out():
        contacting.try_out_account(by=request.user, at=timezone.now())
        return "测试消息已交发送，请到邮箱查收"

    return _done(request, try_out)


@require_POST
def channel_end(request, pk):
    point = _point(request.user, pk)

    def end():
        contacting.end(point, by=request.user, at=timezone.now())
        return f"{point.get_channel_display()}已停用"

    return _done(request, end, to=_page_of(point))


@require_POST
def channel_try(request, pk):
    point = _point(request.user, pk)

    def try_out():
        contacting.try_out(point, by=request.user, at=timezone.now())
        return f"测试消息已交发送，请到{point.get_channel_display()}里查收"

    return _done(request, try_out, to=_page_of(point))


@require_POST
def feed_renew(request):
    """Answers with the page itself: the new address is shown this once and kept nowhere."""
    try:
        token = subscribing.renew(by=request.user, at=timezone.now())
    except subscribing.FeedRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("rectification:channel_list")
    address = reverse("rectification:calendar_feed", args=[token])
    return _own_page(request, feed_address=request.build_absolute_uri(address))


@require_POST
def feed_revoke(request):
    def revoke():
        subscribing.revoke(by=request.user, at=timezone.now())
        return "日历订阅已停用，原来的地址不能再用"

    return _done(request, revoke)


@require_safe
def unit_channel_list(request, unit):
    return _unit_page(request, _unit(request.user, unit))


@require_POST
def unit_channel_enter(request, unit):
    owner = _unit(request.user, unit)
    form = UnitChannelForm(request.POST, auto_id="channel-%s")
    if form.is_valid() and (point := _entered(request, owner, form)):
        messages.success(request, f"已登记{owner}的{point.get_channel_display()}")
        return redirect("rectification:unit_channel_list", owner.pk)
    return _unit_page(request, owner, form=form)


def _enter_own(request, name, form):
    if form.is_valid() and (point := _entered(request, request.user, form)):
        messages.success(request, f"已登记您的{point.get_channel_display()}")
        return redirect("rectification:channel_list")
    return _own_page(request, **{f"{name}_form": form})


def _entered(request, owner, form):
    """The new way, or None where the form now says why there is none."""
    entry = contacting.Entry(**{"channel": Channel.MAIL, **form.cleaned_data})
    try:
        return contacting.enter(owner, entry, by=request.user, at=timezone.now())
    except contacting.ContactRefused as refusal:
        form.add_error(None, str(refusal))
        return None


def _done(request, verb, *, to=None):
    try:
        said = verb()
    except REFUSALS as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
    return redirect(to or reverse("rectification:channel_list"))


def _point(user, pk):
    """A way in use that the person keeps: an own one, or one of a unit."""
    rows = ContactPoint.objects.active().select_related("user", "unit")
    point = get_object_or_404(rows, pk=pk)
    own = point.user_id == user.pk
    if not own and not (point.unit and permissions.may_keep_channels(user, point.unit)):
        raise Http404
    return point


def _unit(user, pk):
    unit = get_object_or_404(Unit, pk=pk)
    if not permissions.may_keep_channels(user, unit):
        raise Http404
    return unit


def _page_of(point):
    if point.unit_id:
        return reverse("rectification:unit_channel_list", args=[point.unit_id])
    return reverse("rectification:channel_list")


def _shown(points):
    return [(point, contacting.masked(point)) for point in points]


def _own_page(request, *, mail_form=None, robot_form=None, feed_address=""):
    user = request.user
    points = ContactPoint.objects.active().filter(user=user).order_by("pk")
    mail = [point for point in points if point.channel == Channel.MAIL]
    account = recipients.mail_of_account(user)
    context = {
        "nav": "",
        "mail": mail[0] if mail else None,
        "account_mail": account,
        "account_fault": contacting.fault_of(Channel.MAIL, account) if account else "",
        "robots": _shown(point for point in points if point.channel != Channel.MAIL),
        "mail_form": mail_form or MailForm(auto_id="mail-%s"),
        "robot_form": robot_form or RobotForm(auto_id="robot-%s"),
        "feed": CalendarFeed.objects.active().filter(user=user).first(),
        "feed_address": feed_address,
        "units": _units_kept(user),
        "acting": user.acting_for is not None,
    }
    return render(request, "rectification/channel_list.html", context)


def _units_kept(user):
    """The units whose ways this person keeps, each with how many there are."""
    paths = rights_of(user).paths(*permissions.KEEPING_CHANNELS)
    units = Unit.objects.within(paths).filter(is_active=True).in_order()
    counts: dict[int, int] = {}
    for unit in ContactPoint.objects.active().filter(unit__in=units).values_list("unit", flat=True):
        counts[unit] = counts.get(unit, 0) + 1
    return [(unit, counts.get(unit.pk, 0)) for unit in units]


def _unit_page(request, unit, *, form=None):
    points = ContactPoint.objects.active().filter(unit=unit).order_by("channel", "pk")
    context = {
        "nav": "",
        "unit": unit,
        "rows": _shown(points),
        "form": form or UnitChannelForm(auto_id="channel-%s"),
        "crumbs": [("通知方式", reverse("rectification:channel_list"))],
    }
    return render(request, "rectification/unit_channel_list.html", context)
