"""调度安排: how often an inspection meets, and the meeting days of a year."""

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from rectification import access, clock, meeting_days, permissions, scheduling
from rectification.meeting_days import MeetingDay
from rectification.rhythm_forms import RhythmForm
from rectification.states import RoundState
from rectification.views.conflicts import Conflict, again
from rectification.views.listing import part
from rectification.views.round_page import ROUND_TONES


@dataclass(frozen=True)
class Line:
    """A round of the year in words."""

    day: MeetingDay
    url: str

    @property
    def due(self):
        return _with_weekday(self.day.due_on)

    @property
    def meeting(self):
        return _with_weekday(self.day.meeting_on)

    @property
    def is_on_its_day(self):
        return self.day.due_on == self.day.meeting_on

    @property
    def note(self):
        """Why the meeting is not on its day, or whose place it shares."""
        said = []
        if self.day.why_moved:
            said.append(f"应调度日休息（{self.day.why_moved}），顺延")
        if self.day.merged_into is not None:
            said.append(f"与第{self.day.merged_into}次同一天，并入第{self.day.merged_into}次")
        return "；".join(said)

    @property
    def state(self):
        """The word for a round that is there, and its tone."""
        round = self.day.round
        if round is None:
            return None
        return (round.get_state_display(), ROUND_TONES[RoundState(round.state)])


@require_safe
def rhythm(request, inspection):
    found = access.overseen(request.user, inspection)
    return _page(request, found, RhythmForm(inspection=found))


@require_POST
def rhythm_change(request, inspection):
    found = access.run(request.user, inspection)
    form = RhythmForm(request.POST, inspection=found)
    if not form.is_valid():
        return _page(request, found, form)
    version = form.cleaned_data["version"]
    try:
        scheduling.set_rhythm(
            found, form.settings, version=version, by=request.user, at=timezone.now()
        )
    except scheduling.StaleRhythm as refusal:
        found.refresh_from_db()
        conflict = Conflict.with_row(
            form,
            form.standing(found),
            subject=("inspection", found.code),
            sentence=str(refusal),
        )
        late = again(form, version=found.dispatch_version)
        return _page(request, found, late, conflict=conflict, status=409)
    except (scheduling.RhythmRefused, ValidationError) as refusal:
        sentences = refusal.messages if isinstance(refusal, ValidationError) else [str(refusal)]
        for sentence in sentences:
            form.add_error(None, sentence)
        return _page(request, found, form)
    messages.success(request, "调度安排已保存")
    return redirect("rectification:rhythm", found.code)


def _page(request, found, form, *, conflict=None, status=200):
    on = timezone.localdate()
    years = meeting_days.years(found, on=on)
    year = _year(request.GET.get("year", ""), years) or on.year
    days = meeting_days.of_year(found, year)
    url = reverse("rectification:rhythm", args=[found.code])
    may_change = permissions.may_run(request.user, found)
    context = {
        "nav": "rounds",
        "inspection": found,
        "crumbs": [("调度", reverse("rectification:round_list", args=[found.code]))],
        "form": form if may_change else None,
        "conflict": conflict,
        "year": year,
        "tabs": [(f"{each}年", f"{url}?year={each}", None, each == year) for each in years],
        "lines": [Line(each, _url(found, each)) for each in days],
        "held": sum(each.is_held for each in days),
        "moved": sum(bool(each.why_moved) for each in days),
        "caveats": sorted({each.caveat for each in days if each.caveat}),
        "calendar_url": _calendar_url(request.user, year),
        "back_url": url,
    }
    template = part(request, "rectification/rhythm.html", "page")
    return render(request, template, context, status=status)


def _year(text, years):
    return next((year for year in years if str(year) == text), None)


def _url(found, day):
    if day.round is None:
        return ""
    return reverse("rectification:round_detail", args=[found.code, day.number])


def _calendar_url(user, year):
    """The way to the calendar, for those who keep it."""
    if not permissions.may_keep_calendar(user):
        return ""
    return f"{reverse('rectification:calendar')}?year={year}"


def _with_weekday(day):
    return f"{clock.in_full(day)} {clock.weekday(day)}"
